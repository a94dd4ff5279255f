"""`Trace`: a stream as a page shows it: every piece of output with its time, and what frames them."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.discreet import discreet, discreet_pieces
from chunktape.audit.file import read_file
from chunktape.audit.judging import exchanges_of
from chunktape.audit.metrics import stall_limit
from chunktape.audit.output import OUTPUTS
from chunktape.audit.tick import chunks_of_events
from chunktape.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape.audit.exchange import Exchange
    from chunktape.audit.output import Output, OutputKind
    from chunktape.wire.message import Ending

__all__ = ["Piece", "Stall", "Trace", "TracePart", "file_traces", "trace_of"]


class TracePart(NamedTuple):
    """A run of text that belongs together: an answer, its reasoning, or one call, whose tool is `name`."""

    kind: OutputKind
    name: str | None = None


class Piece(NamedTuple):
    """What one event added to one part: the event's number from 1, its time, the part, and the very text.

    `at` is in microseconds since the request was sent, None where that was not recorded. The name of a
    tool is its part's and no piece's text, so a piece may be empty: the event that named it.
    """

    event: int
    at: int | None
    part: int
    text: str


class Stall(NamedTuple):
    """A gap between two events with output that is long for its stream, in microseconds."""

    start: int
    end: int


class Trace(NamedTuple):
    """All output of a stream, in the order of the wire.

    `head` and `end` are microseconds since the request was sent, None where they were not recorded;
    `ending` says how the transport ended, in words, None where that was not recorded.
    """

    parts: tuple[TracePart, ...]
    pieces: tuple[Piece, ...]
    head: int | None
    end: int | None
    ending: str | None
    stalls: tuple[Stall, ...]

    @property
    def is_timed(self) -> bool:
        """Whether every piece has a time."""
        return bool(self.pieces) and all(piece.at is not None for piece in self.pieces)


def trace_of(exchange: Exchange) -> Trace:
    """Return the output of a stream; that of a reply which is none is empty."""
    timing = exchange.interaction.timing
    parts = _Parts()
    pieces = []
    for event, at, output in _outputs(exchange):
        for one in output:
            place = parts.place(one)
            pieces.append(Piece(event, at, place, "" if one.names else one.text))
    times = sorted({piece.event: piece.at for piece in pieces if piece.at is not None}.items())
    gaps = [Stall(left, right) for (_, left), (_, right) in pairwise(times)]
    limit = stall_limit([gap.end - gap.start for gap in gaps])
    return Trace(
        tuple(TracePart(one.kind, one.name and discreet(one.name)) for one in parts.found),
        tuple(_without_keys(pieces, len(parts.found))),
        None if timing is None else timing.head,
        None if timing is None else timing.end,
        _said(exchange.interaction.ending),
        tuple(gap for gap in gaps if gap.end - gap.start > limit),
    )


def _without_keys(pieces: list[Piece], parts: int) -> list[Piece]:
    """Return pieces without the keys in the texts that they make: a page of them goes far."""
    found = list(pieces)
    for part in range(parts):
        places = [place for place, one in enumerate(pieces) if one.part == part]
        told = discreet_pieces([pieces[place].text for place in places])
        for place, text in zip(places, told, strict=True):
            found[place] = pieces[place]._replace(text=text)
    return found


def _outputs(exchange: Exchange) -> Iterator[tuple[int, int | None, list[Output]]]:
    """Yield number, time and output of each event that has some."""
    brought = OUTPUTS.get(exchange.dialect) if exchange.dialect is not None else None
    if brought is None:
        return
    timing = exchange.interaction.timing
    chunks = exchange.once(chunks_of_events)
    for place, frame in enumerate(exchange.frames):
        output = brought(frame.value) if type(frame.value) is dict else ()
        if output:
            at = None if timing is None or chunks is None else timing.at[chunks[place]]
            yield frame.number, at, list(output)


class _Parts:
    """The parts so far, and which of them is growing where."""

    def __init__(self) -> None:
        self.found: list[TracePart] = []
        self._places: dict[str, int] = {}

    def place(self, one: Output) -> int:
        """Return the part that a piece goes on with, a new one where it begins another."""
        # An index is whatever a host has sent, so its text is the key.
        key = f"{one.kind} {one.part!r}"
        place = self._places.get(key)
        # Some hosts give every call the same index (ollama#15457), others repeat its name (spring-ai#5973).
        if place is None or (one.names and self.found[place].name != one.text):
            place = self._places[key] = len(self.found)
            self.found.append(TracePart(one.kind, one.text if one.names else None))
        return place


def _said(ending: Ending | None) -> str | None:
    if ending is None:
        return None
    return ending.kind if ending.failure is None else f"{ending.kind}: {ending.failure.kind}"


def file_traces() -> Callable[[str, int], Trace | None]:
    """Return a function that reads the trace of a stream by its file and its number, None where it is gone.

    It holds the file that it read last: the streams of one are mostly asked for together.
    """

    @lru_cache(maxsize=1)
    def read(name: str) -> list[Exchange]:
        try:
            return exchanges_of(read_file(name), name)
        except (OSError, ValueError, CassetteError):  # ValueError: no system has a file of such a name
            return []

    def trace(name: str, number: int) -> Trace | None:
        found = read(name)
        return trace_of(found[number - 1]) if 1 <= number <= len(found) else None

    return trace
