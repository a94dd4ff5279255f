"""`Tick`: one event that brought something the model generated, and when it arrived."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.output import OUTPUTS
from chunktape.wire.sse import EventParser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.audit.exchange import Exchange
    from chunktape.audit.output import Output, OutputKind

__all__ = ["Tick", "chunks_of_events", "ticks_of"]


class Tick(NamedTuple):
    """One event with output: its number from 1, what it brought, and in how many characters.

    `at` is in microseconds since the request was sent, `chunk` the read of the transport that completed
    it, from 0; both are None where that was not recorded.
    """

    event: int
    kind: OutputKind
    characters: int
    at: int | None
    chunk: int | None


def ticks_of(exchange: Exchange) -> tuple[Tick, ...]:
    """Return the events of a stream that brought output, made once for each exchange."""
    return exchange.once(_ticks)


def _ticks(exchange: Exchange) -> tuple[Tick, ...]:
    brought = OUTPUTS.get(exchange.dialect) if exchange.dialect is not None else None
    if brought is None:
        return ()
    timing = exchange.interaction.timing
    chunks = exchange.once(chunks_of_events)
    found = []
    for place, frame in enumerate(exchange.frames):
        if type(frame.value) is not dict:
            continue
        output = brought(frame.value)
        if output:
            chunk = None if chunks is None else chunks[place]
            at = None if timing is None or chunk is None else timing.at[chunk]
            found.append(Tick(frame.number, *_summed(output), at, chunk))
    return tuple(found)


def _summed(output: Sequence[Output]) -> tuple[OutputKind, int]:
    """Return what an event brought, and how much; one with an answer beside reasoning brings an answer."""
    if len(output) == 1:
        return output[0].kind, len(output[0].text)
    kind: OutputKind = next((one.kind for one in output if one.kind != "reasoning"), "reasoning")
    return kind, sum(len(one.text) for one in output)


def chunks_of_events(exchange: Exchange) -> list[int] | None:
    """Return for each event the chunk that completed it; None where nobody noted the chunks."""
    one = exchange.interaction
    if not one.framed or not one.ends:
        return None
    last, frames = len(one.ends) - 1, exchange.frames
    if len(exchange.ends) == len(frames):
        return [min(bisect_left(one.ends, end), last) for end in exchange.ends]
    # Blank lines without an event between them: only a parser can tell.
    parser, found = EventParser(), []
    for place, chunk in enumerate(one.chunks):
        found += [place] * len(parser.feed(chunk.data))
    return found + [last] * len(parser.finish())
