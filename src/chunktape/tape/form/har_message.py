"""The events that Chrome keeps of a stream beside or in place of its body: ``_eventSourceMessages``.

Each has ``time`` (seconds, wall clock), ``eventName`` (``message`` where none was sent), ``eventId`` (the
last that was) and ``data``: `EventSourceMessageDTO` in front_end/models/har/Log.ts of Chrome's DevTools.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from chunktape.tape.event_boundary import event_ends
from chunktape.tape.form.piece import microseconds
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.sse import block_ends, events

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chunktape.tape.entry import Entry
    from chunktape.wire.message import Ending, Head, Request

__all__ = ["with_messages"]


def with_messages(
    entry: Entry,
    request: Request,
    head: Head,
    body: bytes,
    *,
    started: datetime | None,
    ending: Ending | None,
) -> Interaction:
    """Return the exchange with the times of its events; those that came at once are one chunk.

    Where the body was not kept, it is written anew of the events, and that is noted.
    """
    untimed = Interaction(
        request, head, body, event_ends(head, body), ending, framed=False, recorded_at=started
    )
    messages = _messages(entry)
    data = [text for _, text, _ in messages]
    if body and [event.data for event in events(body) if event.data is not None] != data:
        entry.source.lose(f"{entry.name} has a body, and other events beside it")
        return untimed
    if body:
        pieces = _cut(body)
    else:
        pieces = [_written(name, text) for name, text, _ in messages]
        body = b"".join(pieces)
        entry.source.leave_out(
            f"the bytes of {entry.name}: its body is written anew of {len(pieces)} events",
            entry.line(),
            way_out="record it with chunktape where comments, ids and blanks matter",
        )
    times = _times([time for *_, time in messages], started)
    if times is None or len(pieces) != len(times):
        return replace(untimed, body=body, ends=event_ends(head, body))
    ends = list(accumulate(map(len, pieces)))
    ends[-1] = len(body)
    last = [place for place, (one, after) in enumerate(pairwise((*times, -1))) if one != after]
    at = tuple(times[place] for place in last)
    waited = tuple(later - earlier for earlier, later in pairwise((0, *at)))
    timing = Timing(None, at, waited)
    chunks = tuple(ends[place] for place in last)
    return replace(untimed, body=body, ends=chunks, timing=timing, framed=True)


def _messages(entry: Entry) -> list[tuple[str, str, Any]]:
    path = "_eventSourceMessages"
    found = entry.get(path)
    if not isinstance(found, list):
        raise entry.wrong(path, found, "a list")
    messages = []
    for one in found:
        name, data = (one.get("eventName") or "", one.get("data")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(data, str):
            raise entry.wrong(path, one, "an event with its data")
        messages.append((name, data, one.get("time")))
    return messages


def _written(name: str, data: str) -> bytes:
    lead = "" if name in {"", "message"} else f"event: {name}\n"
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"{lead}{lines}\n".encode(errors="replace")


def _cut(body: bytes) -> list[bytes]:
    """Return a body cut behind each event that carries data."""
    pieces: list[bytes] = []
    begun = 0
    for start, end in pairwise((0, *block_ends(body))):
        if any(event.data is not None for event in events(body[start:end])):
            pieces.append(body[begun:end])
            begun = end
    return pieces


def _times(times: Sequence[Any], started: datetime | None) -> list[int] | None:
    """Return when events came in microseconds since the request; None where that is not known."""
    if started is None:
        return None
    begun = round(started.timestamp() * 1_000_000)
    found: list[int] = []
    for time in times:
        if isinstance(time, bool) or not isinstance(time, (int, float)):
            return None
        wall = microseconds(time * 1000)
        if wall is None or wall < (found[-1] if found else begun):
            return None
        found.append(wall)
    return [wall - begun for wall in found]
