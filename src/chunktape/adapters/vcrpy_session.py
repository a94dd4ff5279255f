"""`BridgeSession`: what is decided about a request while a cassette of vcrpy's is open.

vcrpy's cassette keeps, finds and counts the interactions, so its record modes, matchers and filters
hold; ours is what a stream is recorded and played with.
"""

from __future__ import annotations

import os
import sys
from threading import RLock
from typing import TYPE_CHECKING, Any

from vcr.errors import (  # type: ignore[import-untyped] # vcrpy has no types
    CannotOverwriteExistingCassetteException,
)

from chunktape.adapters.failure import causes
from chunktape.adapters.vcrpy_ask import asks_for_stream
from chunktape.adapters.vcrpy_entry import interaction_of, path_of, request_of, vcr_request
from chunktape.adapters.vcrpy_keep import Keeper
from chunktape.adapters.vcrpy_passage import decide
from chunktape.errors import NetworkRefusedError, RecordingExhaustedError, UnmatchedRequestError
from chunktape.tape.cursor import Cursor
from chunktape.tape.interaction import Interaction
from chunktape.tape.matching import MATCHERS, Matching
from chunktape.tape.miss import explain_miss
from chunktape.tape.pace import Pace
from chunktape.tape.redaction import Redaction
from chunktape.tape.watch import Watch

if TYPE_CHECKING:
    from chunktape.tape.tap import Tap
    from chunktape.wire.message import Request

__all__ = ["BridgeSession"]

NEVER_MATCHED = ("method", "uri")


class BridgeSession:
    """One open cassette of vcrpy's, as the doors see it.

    `missed` are the errors of streams that have no recording; leaving the cassette raises the first
    one again unless it has been seen.
    """

    # The guard and the placeholders keep away: what is no stream of ours is vcrpy's business.
    can_record = True
    demands_recording = False
    watch = Watch()
    origins: frozenset[tuple[str, int]] = frozenset()

    def __init__(self, cassette: Any) -> None:
        self.cassette = cassette
        self.name = path_of(cassette)
        self.closed = False
        self.missed: list[UnmatchedRequestError] = []
        self._lock = RLock()
        self._redaction = Redaction()
        self._keeper = Keeper(cassette, self._redaction)

    # What the doors ask.

    def answer(self, request: Request) -> Cursor | Tap | None:
        """Decide about a request: play it, record it, or leave it to vcrpy (None).

        Raises `UnmatchedRequestError` where there is no recording and none may be made.
        """
        decide(past=False)
        if not asks_for_stream(request):
            return None
        redacted, sent = vcr_request(self._redaction.request(request)), vcr_request(request)
        if not self.cassette.filter_request(sent):
            # vcrpy neither plays nor records it (`ignore_hosts`, a filter), and would hold it back.
            decide(past=True)
            return None
        # Recordings of ours are redacted, those of vcrpy's only where its filters say so.
        for asked in (redacted, sent):
            with self._lock:
                response = self._response(asked)
            if response is not None:
                return self._cursor(redacted, response)
        if self.cassette.write_protected:
            raise self._miss(redacted, sent)
        decide(past=True)
        return self._keeper.tap(request, recorded_by=_running_test())

    def passes(self, url: str | None) -> bool:  # noqa: ARG002 its signature
        """Return that every request is to be decided about."""
        return False

    def ignores(self, host: str, port: int | None) -> bool:  # noqa: ARG002 its signature
        """Return that no host is ignored here; vcrpy's own option is."""
        return False

    def refuse(self, message: str) -> NetworkRefusedError:
        """Return the error that says that the network was refused."""
        return NetworkRefusedError(message)

    # What the bridge asks.

    def close(self) -> None:
        """Save what vcrpy could not know of when it saved, and raise what somebody may have swallowed."""
        self.closed = True
        # Still unsaved after vcrpy's own turn: `record_on_exception=False` has said no.
        refused = self.cassette.dirty
        if self._keeper.finish() and not refused:
            self.cassette._save(force=True)  # noqa: SLF001 as its context does; vcrpy has no other word for it
        for error in (*self._keeper.failures, *self.missed):
            if not _was_seen(error):
                raise error

    # Inside.

    def _response(self, asked: Any) -> Any:
        return self.cassette.play_response(asked) if self.cassette.can_play_response_for(asked) else None

    def _cursor(self, request: Any, response: Any) -> Cursor:
        return Cursor(interaction_of(request, response, self.name), Pace(), self._exhausted)

    def _miss(self, redacted: Any, sent: Any) -> UnmatchedRequestError:
        refusal = CannotOverwriteExistingCassetteException(cassette=self.cassette, failed_request=sent)
        closest = refusal.similar_requests[0] if refusal.similar_requests else (None, [], [])
        objecting = [name for name, _ in closest[2]]
        known = [name for name in (*closest[1], *objecting) if name in MATCHERS] or NEVER_MATCHED
        text = explain_miss(
            request_of(redacted),
            [self._recorded(one) for one in self.cassette.requests],
            frozenset(self.cassette.play_counts),
            matching=Matching(match_on=known),
            cassette=self.name,
            way_out=_way_out(),
        )
        if objecting:
            text = text.replace(
                "\n  to record it:", f"\n  differs for vcrpy in: {', '.join(objecting)}\n  to record it:"
            )
        error = UnmatchedRequestError(text)
        self.missed.append(error)
        return error

    def _recorded(self, request: Any) -> Interaction:
        return Interaction(self._redaction.request(request_of(request)), None)

    def _exhausted(self, one: Interaction) -> RecordingExhaustedError:
        ending = one.ending.kind if one.ending is not None else "open"
        error = RecordingExhaustedError(
            f"The recording of {one.request.method} {one.request.url} stops here\n"
            f"  cassette: {self.name}\n"
            f"  its own reader left the stream after {len(one.ends)} chunks"
            f" ({len(one.body)} bytes, ending: {ending}), before the end came\n"
            f"  to record it further: {_way_out('all')}"
        )
        self.missed.append(error)
        return error


def _was_seen(error: BaseException) -> bool:
    """Return whether an exception is leaving right now, or was caught by who runs the tests."""
    if any(error is one for one in causes(sys.exc_info()[1])):
        return True
    # It has gone through every frame up to the one that caught it; `sys.last_value` knows no
    # BaseException.
    outermost = error.__traceback__
    caught_by = None if outermost is None else outermost.tb_frame.f_globals.get("__name__")
    return caught_by in {"_pytest.runner", "unittest.case"}


def _running_test() -> str | None:
    # ``tests/test_app.py::test_hello (call)``, as pytest sets it.
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0] or None


def _way_out(mode: str = "new_episodes") -> str:
    test = _running_test()
    if test is not None and "pytest_recording" in sys.modules:
        return f"pytest --record-mode={'rewrite' if mode == 'all' else mode} {test}"
    return f'record_mode="{mode}"'
