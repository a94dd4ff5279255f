"""Streams on their way into a cassette of vcrpy's: redacted, filtered by its options, with our block."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

from chunktape.adapters.vcrpy_entry import interaction_of, path_of, vcr_block, vcr_request, vcr_response
from chunktape.errors import SecretFoundError
from chunktape.tape import codec
from chunktape.tape.refit import refitted
from chunktape.tape.tap import Tap

if TYPE_CHECKING:
    from collections.abc import Callable

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.wire.message import EndingKind, Failure, Request

__all__ = ["EndingTap", "Keeper"]


class EndingTap(Tap):
    """A tap that says when it has ended, and again when it turns out to have gone on."""

    __slots__ = ("_ended_now",)

    def __init__(self, request: Request, *, recorded_by: str | None, ended: Callable[[Tap], object]) -> None:
        super().__init__(request, recorded_by=recorded_by)
        self._ended_now = ended

    def end(self, kind: EndingKind, failure: Failure | None = None) -> None:
        """Note how it ended."""
        before = self.ending
        super().end(kind, failure)
        if self.ending is not before:
            self._ended_now(self)


class Keeper:
    """Puts what the taps of one cassette have recorded into it.

    At the end of a stream, so that a test sees it in the cassette as it sees vcrpy's own. What goes
    wrong here is nobody's who reads a stream: `failures` holds it until the cassette is left.
    """

    def __init__(self, cassette: Any, redaction: Redaction) -> None:
        self.failures: list[Exception] = []
        self._cassette = cassette
        self._redaction = redaction
        self._lock = RLock()
        self._kept: dict[Tap, tuple[Interaction, Any]] = {}
        self._taps: list[Tap] = []

    def tap(self, request: Request, *, recorded_by: str | None) -> Tap:
        """Return a tap for a request that goes live."""
        tap = EndingTap(request, recorded_by=recorded_by, ended=self._keep)
        self._taps.append(tap)
        return tap

    def finish(self) -> bool:
        """Keep what has come of streams that nobody has ended; return whether the cassette has changed."""
        changed = [tap for tap in self._taps if self._keep(tap)]
        return bool(changed)

    def _keep(self, tap: Tap) -> bool:
        with self._lock:
            one = tap.interaction
            before = self._kept.get(tap)
            if tap.void or (before is not None and before[0] == one):
                return False
            try:
                entry = self._added(one)
            except Exception as error:  # noqa: BLE001 a filter is the user's code
                self.failures.append(error)
                entry = None
            if before is not None:
                self._put_back(before[1], entry)
            self._kept[tap] = (one, entry)
            return entry is not None or (before is not None and before[1] is not None)

    def _added(self, recorded: Interaction) -> Any:
        """Add an interaction at the end; return its entry, or None where a filter has dropped it."""
        one = self._redaction.interaction(recorded)
        data = self._cassette.data
        count, dirty = len(data), self._cassette.dirty
        self._cassette.append(vcr_request(one.request), vcr_response(one) | {"stream": vcr_block(one)})
        if len(data) == count:
            return None
        entry = data[-1]
        request, response = entry
        body = _body(response)
        if body is not None:
            response["stream"] = vcr_block(refitted(one, body))
            try:
                self._scan(interaction_of(request, response, path_of(self._cassette)))
            except BaseException:
                data.remove(entry)
                self._cassette.dirty = dirty
                raise
        return entry

    def _put_back(self, old: Any, new: Any) -> None:
        """Put an entry in the place of the one that it completes."""
        data = self._cassette.data
        if new is not None and data and data[-1] is new:
            data.pop()
        for index, entry in enumerate(data):
            if entry is old:
                data[index : index + 1] = [] if new is None else [new]
                return

    def _scan(self, one: Interaction) -> None:
        leaks = self._redaction.scan(codec.dumps([one]))
        if leaks:
            raise SecretFoundError(
                f"Stream not recorded: the cassette would hold {leaks[0].what}\n"
                f"  where: {path_of(self._cassette)}, {one.request.method} {one.request.url}\n"
                "  way out: take it out with before_record_request or before_record_response"
            )


def _body(response: Any) -> bytes | None:
    """Return the body that the filters have left, None where they have left none that can be read."""
    found = response.get("body") if isinstance(response, dict) else None
    body = found.get("string") if isinstance(found, dict) else None
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
