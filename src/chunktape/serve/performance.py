"""How a recording is performed on a connection: its head, its chunks at their times, its ending."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chunktape.serve.step import Body, Disconnect, End, Hang, Last, Pause, Reset, Start
from chunktape.tape.cursor import Cursor
from chunktape.tape.pace import Pace
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape.serve.step import Fields, Step
    from chunktape.tape.interaction import Interaction
    from chunktape.wire.message import Failure, Head

__all__ = ["STATUSES", "passed_on", "perform", "torn", "unplayable"]

REAL = Pace(1.0)
STATUSES = range(200, 600)
# RFC 9110 §15.3.5 and §15.4.5: these have no body.
BODILESS = frozenset({204, 304})

# Of the connection and not of the message (RFC 9110 §7.6.1), or a promise about another host.
_HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade", "alt-svc", "strict-transport-security"),
    }
)
# RFC 9110 §5.1 and §5.5, as h11 reads them: what fits neither could not be sent.
_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")


def unplayable(one: Interaction) -> str | None:
    """Return why a recording cannot be performed over HTTP; None where it can."""
    status = None if one.head is None else one.head.status
    if status is None or status in STATUSES:
        return None
    return f"No reply has the status {status} that was recorded; they go from 200 to 599"


def perform(
    one: Interaction, pace: Pace, headers: Fields = (), *, since: int | None = None
) -> Iterator[Step]:
    """Yield the steps of a recording at a pace, with more headers on its head.

    Its time begins when the request had come, at `since` on the clock of `perf_counter_ns`.

    What its own reader did not wait for is not known, so the connection is closed there without an end.
    A silence that a fault has put into it takes as long as it says, or at a factor, that part of it: the
    client's own time-out is what shall strike.
    """
    cursor = Cursor(one, pace, _stops, pace if pace.factor is not None else REAL, since)
    for delay in cursor.head_steps():
        yield Pause(delay)
    if one.head is None:
        yield torn(None if one.ending is None else one.ending.failure)
        return
    head = cursor.head
    fields = _fields(one, head)
    yield Start(head.status or 200, (*fields, *headers))
    # Who was promised a length knows the end by it, whenever it was told to the recorder.
    left = len(one.body) if any(name == b"content-length" for name, _ in fields) else -1
    try:
        for step in cursor.steps(_Torn, breathe=True):
            if isinstance(step, float):
                yield Pause(step)
                continue
            if head.status in BODILESS:
                continue
            left -= len(step)
            yield Body(step) if left or _breaks_off(one) else Last(step)
            if not left and not _breaks_off(one):
                return
    except _Torn as broken:
        yield torn(broken.failure)
    else:
        yield End()


def torn(failure: Failure | None) -> Step:
    """Return what a connection does where the recorded exchange broke off.

    A connection that was refused is reset: it has been accepted before anybody knew what it asks for.
    """
    kind = None if failure is None else failure.kind
    if kind == "timeout":
        return Hang()
    return Reset() if kind in {"reset", "connect"} else Disconnect()


class _Torn(Exception):  # noqa: N818 nobody is told of it as an error
    def __init__(self, failure: Failure | None) -> None:
        super().__init__()
        self.failure = failure


def _stops(_: Interaction) -> _Torn:
    """Return what ends a recording whose reader left early: what would have come is not known."""
    return _Torn(None)


def _fields(one: Interaction, head: Head) -> Fields:
    length = len(one.body)
    # A body that breaks off keeps the length that it was promised to have.
    return passed_on(head, length.__le__ if _breaks_off(one) else length.__eq__)


def _breaks_off(one: Interaction) -> bool:
    return one.ending is not None and one.ending.failure is not None


def passed_on(head: Head, fits: Callable[[int], bool]) -> Fields:
    """Return the headers of a reply as they may be sent on another connection.

    A length that does not fit is left out, so that the end is told by chunks.
    """
    kept = []
    # Where there are two framings, the length is none (RFC 9112 §6.3).
    chunked = header(head.headers, "transfer-encoding") is not None
    for name, value in head.headers:
        low, raw = name.lower(), _encoded(value)
        lies = low == "content-length" and (chunked or not _LENGTH.fullmatch(raw) or not fits(int(raw)))
        # What pages of which origins may read is this server's to say.
        foreign = low in _HOP_BY_HOP or low.startswith("access-control-")
        if not foreign and not lies and _NAME.fullmatch(name) and _VALUE.fullmatch(raw):
            kept.append((low.encode(), raw))
    return tuple(kept)


def _encoded(value: str) -> bytes:
    try:
        return value.strip().encode("latin-1")
    except UnicodeEncodeError:
        return value.strip().encode("utf-8", "replace")
