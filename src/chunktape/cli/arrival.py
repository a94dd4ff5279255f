"""When each event of a stream came, and in which chunks, as a recording knows it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from chunktape.wire.sse import block_ends, events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.tape.interaction import Interaction
    from chunktape.wire.sse import Event

__all__ = ["Arrival", "arrivals", "ended_at"]

_BOM = b"\xef\xbb\xbf"


class Arrival(NamedTuple):
    """An event: its number and those of its first and last chunk, from 1, and its size with its blank line.

    `at` is when its last byte came, in microseconds since the request was sent. Chunks are None where
    no boundaries were recorded, `at` where no times were.
    """

    number: int
    event: Event
    size: int
    first: int | None
    last: int | None
    at: int | None


def arrivals(one: Interaction) -> Iterator[Arrival]:
    """Yield the events of a stream with all that is known of how they came."""
    times = one.timing.at if one.timing is not None else ()
    for number, (event, (start, end)) in enumerate(zip(events(one.body), _blocks(one.body), strict=True), 1):
        # The blank line may come in a chunk of its own, and only it tells that the event is whole.
        place = bisect_left(one.ends, end)
        first, last = (bisect_right(one.ends, start) + 1, place + 1) if one.framed else (None, None)
        at = times[place] if place < len(times) else None
        yield Arrival(number, event, end - start, first, last, at)


def ended_at(one: Interaction) -> int | None:
    """Return when an exchange had ended, in microseconds; None where that was not recorded."""
    if one.timing is not None and one.timing.end is not None:
        return one.timing.end
    if one.ending is not None and one.ending.at is not None:
        return round(one.ending.at * 1e6)
    return max(one.timing.at, default=None) if one.timing is not None else None


def _blocks(body: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the events begin and end; blank lines between them belong to the next."""
    start = 0
    for end in block_ends(body):
        if body[start:end].removeprefix(b"" if start else _BOM).strip(b"\r\n"):
            yield start, end
            start = end
