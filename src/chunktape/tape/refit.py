"""Another body for an interaction, with its chunks as true as they can be."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from chunktape.tape.event_boundary import event_ends
from chunktape.tape.interaction import Timing
from chunktape.wire.sse import block_ends

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction

__all__ = ["refitted", "without_empty_chunks"]


def refitted(one: Interaction, body: bytes) -> Interaction:
    """Return the interaction with a body that somebody has made of its own.

    Where it has as many events as before, each chunk keeps its events and its time: a cut inside an
    event stays in the text around it, and a chunk of which nothing is left joins the next. Otherwise
    nobody knows what came when, and neither chunks nor times are kept.
    """
    if body == one.body:
        return one
    old, new = block_ends(one.body), block_ends(body)
    if not one.framed or len(old) != len(new):
        ends = event_ends(one.head, body)
        return replace(one, body=body, ends=ends, framed=False, timing=None)
    starts = list(zip([0, *old], [0, *new], strict=True))
    ends_of = [0] * len(one.ends)
    for place, cut in enumerate(one.ends):
        event = min(bisect_left(old, cut), len(old) - 1) if old else 0
        (a, b), (c, d) = starts[event], starts[event + 1] if old else starts[event]
        ends_of[place] = b + _moved(cut - a, one.body[a:c], body[b:d])
    return without_empty_chunks(replace(one, body=body, ends=tuple(ends_of)))


def _moved(cut: int, before: bytes, after: bytes) -> int:
    """Return where a cut of a text is in the text that was made of it."""
    if cut == len(before):
        return len(after)
    begin = _same(before, after)
    if cut <= begin:
        return cut
    end = min(_same(before[::-1], after[::-1]), len(before) - begin, len(after) - begin)
    if cut >= len(before) - end:
        return len(after) - (len(before) - cut)
    return len(after) - end


def _same(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def without_empty_chunks(one: Interaction) -> Interaction:
    """Return the interaction without chunks in which nothing came; what they waited, the next one did."""
    kept: list[int] = []
    waited: list[int] = []
    owed = 0
    waits = (0,) * len(one.ends) if one.timing is None else one.timing.waited
    for place, (start, end) in enumerate(pairwise((0, *one.ends))):
        owed += waits[place]
        if end > start:
            kept.append(place)
            waited.append(owed)
            owed = 0
    ends = tuple(one.ends[place] for place in kept)
    if one.timing is None:
        return replace(one, ends=ends)
    timing = Timing(
        one.timing.head, tuple(one.timing.at[place] for place in kept), tuple(waited), one.timing.end
    )
    return replace(one, ends=ends, timing=timing)
