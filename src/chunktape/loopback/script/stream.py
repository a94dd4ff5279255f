"""Events and bytes as the steps of a reply; no provider's format is known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.loopback.reply import EVENT_STREAM, Disconnect, Finish, Pause, Reply, Reset, Write
from chunktape.loopback.script.text import compact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.loopback.encoding import Encoding
    from chunktape.loopback.reply import Framing, Step
    from chunktape.wire.message import Headers

__all__ = ["document", "raw", "sse", "stream"]


def sse(value: object, name: str | None = None) -> bytes:
    """Return one server-sent event; text goes out as it is, everything else as JSON."""
    data = value if isinstance(value, str) else compact(value)
    lead = "" if name is None else f"event: {name}\n"
    return f"{lead}data: {data}\n\n".encode()


def raw(
    *pieces: bytes,
    status: int = 200,
    headers: Headers = EVENT_STREAM,
    framing: Framing = "chunked",
    encoding: Encoding | None = None,
    gap: float = 0.0,
    end: Step | tuple[Step, ...] | None = None,
) -> Reply:
    """Return a reply of exactly these pieces, wherever they cut lines, characters or events.

    `gap` seconds pass between two pieces; `end` follows the last one in place of a proper end.
    """
    return Reply(status, headers, (*_spaced(pieces, gap), *_ending(end)), framing, encoding)


def stream(
    events: Iterable[bytes],
    *,
    headers: Headers,
    gap: float,
    end: Step | tuple[Step, ...] | None,
    cut: int | None,
    encoding: Encoding | None,
) -> Reply:
    """Return a reply with one write for each event.

    With `cut`, only so many events are sent (a negative number leaves out that many), then `end`,
    or a disconnect where none is given. Behind a disconnect or reset the other events stay in the
    reply, never sent, so that framing ``length`` announces the whole body.
    """
    written = list(events)
    ending = _ending(end if end is not None or cut is None else Disconnect())
    never_sent: tuple[Step, ...] = ()
    if cut is not None and isinstance(ending[-1], Disconnect | Reset):
        never_sent = tuple(Write(event) for event in written[cut:])
    return Reply(200, headers, (*_spaced(written[:cut], gap), *ending, *never_sent), encoding=encoding)


def document(value: object, *, headers: Headers, encoding: Encoding | None, status: int = 200) -> Reply:
    """Return a reply whose body is one JSON document with a content-length."""
    return Reply(status, headers, (Write(compact(value).encode()),), "length", encoding)


def _spaced(writes: Iterable[bytes], gap: float) -> tuple[Step, ...]:
    steps: list[Step] = []
    for data in writes:
        if steps and gap:
            steps.append(Pause(gap))
        steps.append(Write(data))
    return tuple(steps)


def _ending(end: Step | tuple[Step, ...] | None) -> tuple[Step, ...]:
    if end is None:
        return (Finish(),)
    return end if isinstance(end, tuple) else (end,)
