"""`Tap`: a recording in progress.

It takes notes of a reply while somebody else reads it. Everything in it is synchronous and cheap,
and nothing in it can fail for the reader; what the notes mean is worked out afterwards.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate
from time import perf_counter_ns
from typing import TYPE_CHECKING, Self

from chunktape.errors import ChunktapeError
from chunktape.tape.encoding import DecodingError, decoder
from chunktape.tape.interaction import Interaction, Timing
from chunktape.tape.limit import SIZE
from chunktape.wire.message import Ending, EndingKind, Failure, Head, Request, header

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from chunktape.tape.cursor import Cursor
    from chunktape.tape.encoding import Decoder
    from chunktape.wire.message import Phase

__all__ = ["Tap"]

# A weaker ending gives way to a stronger one: SDKs close what they have read to its end, and a
# generator that is dropped looks closed although its response is read on (openai's async client
# iterates the response twice).
_STRENGTH: dict[EndingKind, int] = {"open": 0, "closed": 1, "cancelled": 2, "error": 2, "eof": 2}


class Tap:
    """Takes notes of one exchange: `started` is when the request was sent, `void` says that it never was.

    Where there is an `altered`, the reply is read whole, and what that returns is played instead of it.
    """

    __slots__ = (
        "_asked",
        "_at",
        "_decoded",
        "_ended",
        "_ending",
        "_head",
        "_head_at",
        "_pieces",
        "_waited",
        "altered",
        "recorded_at",
        "recorded_by",
        "request",
        "started",
        "void",
    )

    def __init__(self, request: Request, *, recorded_by: str | None = None) -> None:
        self.request = request
        self.recorded_by = recorded_by
        self.recorded_at = datetime.now(UTC)
        self.void = False
        self.altered: Callable[[], Cursor] | None = None
        self._head: Head | None = None
        self._head_at: int | None = None
        self._pieces: list[bytes] = []
        self._at = array("q")
        self._waited = array("q")
        self._decoded = False
        self._ending: Ending = Ending("open")
        self._ended: int | None = None
        self.started = self._asked = perf_counter_ns()

    def begin(self, head: Head, *, decoded: bool = False) -> None:
        """Note the head; `decoded` says that the stack hands out bodies with their encoding undone."""
        self._head_at = self._asked = perf_counter_ns()
        self._head = head
        self._decoded = decoded

    def decode(self) -> None:
        """Note that the body comes with its encoding undone after all."""
        self._decoded = True

    def ask(self) -> None:
        """Note that the reader waits for the next chunk from now on."""
        self._asked = perf_counter_ns()

    def keep(self, data: bytes) -> None:
        """Note a chunk that has just come."""
        now = perf_counter_ns()
        self._pieces.append(data)
        self._at.append(now)
        self._waited.append(now - self._asked)

    def end(self, kind: EndingKind, failure: Failure | None = None) -> None:
        """Note how it ended; see `Ending`. The first of the strongest endings counts."""
        if _STRENGTH[kind] > _STRENGTH[self._ending.kind]:
            self._ending = Ending(kind, None, failure)
            self._ended = perf_counter_ns()

    def fail(self, error: BaseException, describe: Callable[[BaseException], Failure]) -> None:
        """Note the exception that the transport raised."""
        if _is_cancellation(error):
            self.end("cancelled")
            return
        failure = describe(error)
        phase: Phase = "connect" if self._head is None else "body"
        # What is no failure of the network, before anything came over it, is nobody's answer: a
        # test tool that forbids sockets, or a mistake of the caller.
        self.void = phase == "connect" and failure.kind == "other"
        self.end("error", replace(failure, phase=phase))

    def reading(self, describe: Callable[[BaseException], Failure]) -> _Reading:
        """Return a context in which the body is read; leaving it notes how it ended."""
        return _Reading(self, describe)

    def sending(self, describe: Callable[[BaseException], Failure]) -> _Sending:
        """Return a context in which the request is sent; an exception in it means that no head came."""
        return _Sending(self, describe)

    @property
    def ending(self) -> Ending:
        """How it has ended so far."""
        return self._ending

    @property
    def interaction(self) -> Interaction:
        """What is known by now, with the content encoding undone; made anew each time it is asked for."""
        head, ending, encoding = self._head, self._ending, None
        # Another thread may still be reading: what it has not noted to the end does not count yet.
        notes = list(zip(self._at, self._waited, strict=False))
        pieces = self._pieces[: len(notes)]
        if head is not None and _has_body(self.request, head):
            whole = ending.kind == "eof"
            if not self._decoded:
                stream = decoder(header(head.headers, "content-encoding"))
                pieces, notes, failure = _undo(stream, pieces, notes, whole=whole)
                ending = ending if failure is None else Ending("error", None, failure)
            head, encoding = _without_encoding(head, sum(map(len, pieces)) if whole else None)
        body = b"".join(pieces)
        timing = Timing(
            head=self._since(self._head_at),
            at=tuple((at - self.started) // 1000 for at, _ in notes),
            waited=tuple(waited // 1000 for _, waited in notes),
            end=self._since(self._ended),
        )
        return Interaction(
            request=self.request,
            head=head,
            body=body,
            ends=tuple(accumulate(map(len, pieces))),
            ending=replace(ending, at=None if timing.end is None else timing.end / 1e6),
            timing=timing,
            recorded_at=self.recorded_at.replace(microsecond=self.recorded_at.microsecond // 1000 * 1000),
            recorded_by=self.recorded_by,
            client=client_of(self.request),
            framing=framing_of(head) if head is not None else None,
            content_encoding=encoding,
        )

    def _since(self, moment: int | None) -> int | None:
        return None if moment is None else (moment - self.started) // 1000


class _Sending:
    """Tells the tap why no head came."""

    __slots__ = ("_describe", "_tap")

    def __init__(self, tap: Tap, describe: Callable[[BaseException], Failure]) -> None:
        self._tap = tap
        self._describe = describe

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._tap.fail(error, self._describe)


class _Reading:
    """Leaving it tells the tap how the reading ended."""

    __slots__ = ("_describe", "_tap")

    def __init__(self, tap: Tap, describe: Callable[[BaseException], Failure]) -> None:
        self._tap = tap
        self._describe = describe

    def __enter__(self) -> Self:
        self._tap.ask()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._tap.end("eof")
        elif isinstance(error, GeneratorExit):
            self._tap.end("closed")
        else:
            self._tap.fail(error, self._describe)


def _is_cancellation(error: BaseException) -> bool:
    # asyncio's CancelledError, trio's Cancelled, and a Ctrl-C: the reader gave up, the network did not.
    return not isinstance(error, Exception) and not isinstance(error, ChunktapeError)


def _has_body(request: Request, head: Head) -> bool:
    # Their headers speak of a body that is not there (RFC 9110 §9.3.2, §15.4.5).
    return request.method != "HEAD" and head.status not in {204, 304}


def _undo(
    stream: Decoder | None, pieces: list[bytes], notes: list[tuple[int, int]], *, whole: bool
) -> tuple[list[bytes], list[tuple[int, int]], Failure | None]:
    """Return the decoded pieces with their notes; a piece that decodes to nothing joins the next."""
    if stream is None:
        return pieces, notes, None
    out: list[bytes] = []
    kept: list[tuple[int, int]] = []
    owed = 0
    # No file could hold more, and a small reply may stand for much.
    room = SIZE
    try:
        for piece, (at, waited) in zip(pieces, notes, strict=True):
            text = stream.feed(piece)
            owed += waited
            room -= len(text)
            if room < 0:
                return out, kept, _failure(f"it unpacks to more than {SIZE:,} bytes")
            if text:
                out.append(text)
                kept.append((at, owed))
                owed = 0
        if whole:
            stream.finish()
    except DecodingError as error:
        return out, kept, _failure(str(error))
    return out, kept, None


def _failure(why: str) -> Failure:
    return Failure("protocol", "httpx2.DecodingError", why)


def _without_encoding(head: Head, length: int | None) -> tuple[Head, str | None]:
    """Return the head of the decoded body, and the encoding that the wire had.

    `length` is None where the body is not whole: its content-length would be a lie then.
    """
    name = header(head.headers, "content-encoding")
    if name is None or (decoder(name) is None and name.lower() != "identity"):
        return head, None
    kept = []
    for key, value in head.headers:
        if key.lower() == "content-length":
            kept += [(key, str(length))] if length is not None else []
        elif key.lower() != "content-encoding":
            kept.append((key, value))
    return replace(head, headers=tuple(kept)), name


def framing_of(head: Head) -> str:
    """Return how the body's end is told: ``h2``, ``chunked``, ``length`` or ``close`` (RFC 9112 §6.3)."""
    if head.http_version is not None and head.http_version.startswith("HTTP/2"):
        return "h2"
    if "chunked" in (header(head.headers, "transfer-encoding") or "").lower():
        return "chunked"
    return "close" if header(head.headers, "content-length") is None else "length"


def client_of(request: Request) -> str | None:
    """Return the SDK and its version as ``openai/3.51.0``, from the user agent it sends.

    ``OpenAI/Python 3.51.0`` (openai, anthropic: `_base_client.py`, `user_agent`) and
    ``azsdk-python-ai-inference/1.0.0b9 Python/3.11`` (azure-core: `UserAgentPolicy`).
    """
    agent = header(request.headers, "user-agent")
    if not agent:
        return None
    first, _, rest = agent.partition(" ")
    name, _, version = first.partition("/")
    if version == "Python" and rest:
        name, version = name.removeprefix("Async").removeprefix("Azure"), rest.split()[0]
    return f"{name.lower().removeprefix('azsdk-python-')}/{version}" if version else name.lower()
