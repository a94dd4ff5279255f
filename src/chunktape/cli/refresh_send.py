"""Sending one recorded request again, and judging from the bytes whether what came may take its place."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from chunktape.calls.exchange_answer import read_answer
from chunktape.errors import TransportError, shorten
from chunktape.tape.record_mode import VERIFY
from chunktape.tape.session import Session
from chunktape.tape.transport import RecordTransport
from chunktape.wire.message import header

if TYPE_CHECKING:
    from threading import Event

    from chunktape.cli.refresh_plan import Planned
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.wire.transport import Transport

__all__ = ["Sent", "send"]

_ATTEMPTS = 3
_LONGEST_WAIT = 60.0
# Too many requests, out of service for now, and Anthropic's word for overloaded.
_BUSY = frozenset({429, 503, 529})
_SUCCESS = range(200, 300)


class Sent(NamedTuple):
    """What came of a request: the new recording, redacted, or why there is none that could be kept.

    `came` is what came at all, which may have cost something.
    """

    planned: Planned
    came: Interaction | None
    failed: str | None

    @property
    def interaction(self) -> Interaction | None:
        """The recording that takes the place of the older one."""
        return self.came if self.failed is None else None


def send(planned: Planned, transport: Transport, redaction: Redaction, *, stopped: Event) -> Sent:
    """Send a request as it was planned, again where its provider asks to wait, and read all that comes."""
    came: Interaction | None = None
    for attempt in range(1, _ATTEMPTS + 1):
        came = _exchange(planned, transport, redaction)
        wait = None if came is None else _wait_of(came)
        if wait is None or attempt == _ATTEMPTS or stopped.wait(wait):
            break
    if came is None:
        return Sent(planned, None, "it was not sent")
    why = _why_not(came)
    # What was asked is what is kept: the address and the headers as redaction leaves them, byte for byte.
    kept = replace(came, request=redaction.request(planned.interaction.request))
    return Sent(planned, kept, why)


def _exchange(planned: Planned, transport: Transport, redaction: Redaction) -> Interaction | None:
    assert planned.destination is not None  # noqa: S101 - nothing else is sent
    name = planned.chosen.name
    session = Session(name, VERIFY, redaction=redaction, recorded_by=planned.interaction.recorded_by)
    try:
        with RecordTransport(transport, session).send(planned.destination.request) as reply:
            deque(reply, 0)
    except TransportError:
        pass  # It is in the recording.
    return next(iter(session.recorded), None)


def _wait_of(came: Interaction) -> float | None:
    """Return how long to wait before another attempt; None where there is to be none."""
    if came.head is None or came.head.status not in _BUSY:
        return None
    told = header(came.head.headers, "retry-after-ms")
    try:
        wait = float(told) / 1000 if told else float(header(came.head.headers, "retry-after") or "")
    except ValueError:
        return None
    return wait if 0 <= wait <= _LONGEST_WAIT else None


def _why_not(came: Interaction) -> str | None:
    """Return why a recording is not to be kept; None where it is whole."""
    failure = None if came.ending is None else came.ending.failure
    told = "" if failure is None else f"{failure.kind}: {shorten(failure.message or failure.type)}"
    if came.head is None:
        return f"no reply came: {told}"
    reading = read_answer(came)
    error = None if reading is None or reading.error is None else reading.error.message
    if came.head.status not in _SUCCESS:
        words = " ".join(filter(None, (str(came.head.status), came.head.reason)))
        return f"{words}: {shorten(error)}" if error else words
    if failure is not None:
        return f"the reply broke off after {len(came.body)} bytes: {told}"
    if reading is None:
        return "what came is no answer of a model"
    if reading.status == "error":
        return f"the provider reported an error: {shorten(error or 'without a word')}"
    return None if reading.status == "complete" else "the reply ended before the answer did"
