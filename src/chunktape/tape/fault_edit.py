"""Other bytes, or other boundaries, in an interaction: chunks, times and silences follow.

What changes and why is the business of the faults; here the sums stay true.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from chunktape.tape.cursor import is_complete
from chunktape.tape.header_value import with_length
from chunktape.tape.interaction import Timing
from chunktape.wire.message import Ending

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chunktape.tape.interaction import Interaction, Silence
    from chunktape.wire.message import Failure

__all__ = ["Edit", "edited", "ended", "rechunked", "unanswered"]


class Edit(NamedTuple):
    """The bytes from `start` up to `stop` give way to `data`."""

    start: int
    stop: int
    data: bytes = b""


def rechunked(one: Interaction, ends: Iterable[int]) -> Interaction:
    """Return the same bytes in other chunks: each comes when its last byte came.

    `ends` may come in any order; the end of the body and the places of silences are added.
    """
    size = len(one.body)
    places = {*ends, *(silence.at for silence in one.silences if silence.at is not None), size}
    new = tuple(sorted(place for place in places if 0 < place <= size))
    return replace(one, ends=new, timing=None if one.timing is None else _times(one.timing, one.ends, new))


def _times(timing: Timing, old: tuple[int, ...], new: tuple[int, ...]) -> Timing:
    at, waited = [], []
    begins = (0, *old[:-1])
    begun = 0
    for end in new:
        last = min(bisect_left(old, end), len(old) - 1)
        # A chunk has waited for all whose first byte is in it.
        fresh = bisect_left(begins, end)
        at.append(timing.at[last] if old else timing.head or 0)
        waited.append(sum(timing.waited[begun:fresh]))
        begun = fresh
    return replace(timing, at=tuple(at), waited=tuple(waited))


def edited(one: Interaction, edits: Sequence[Edit], *, ending: Ending | None = None) -> Interaction:
    """Return the interaction with other bytes, and with another ending where one is given.

    The edits are in order and do not overlap. What is put in comes with the chunk before it, or with
    the first one whose bytes it takes the place of.
    """
    body, at = one.body, 0
    pieces = []
    for start, stop, data in edits:
        pieces += [body[at:start], data]
        at = stop
    new = b"".join((*pieces, body[at:]))
    moved = _Moved(edits)
    kept: list[int] = []
    ends: list[int] = []
    for index, end in enumerate(map(moved.offset, one.ends)):
        if end > (ends[-1] if ends else 0):
            kept.append(index)
            ends.append(end)
    if len(new) > (ends[-1] if ends else 0):
        kept.append(len(one.ends) - 1)
        ends.append(len(new))
    return replace(
        one,
        head=one.head and replace(one.head, headers=with_length(one.head.headers, None, len(new))),
        body=new,
        ends=tuple(ends),
        ending=ending or one.ending,
        timing=None if one.timing is None else _kept(one.timing, kept),
        silences=tuple(moved.silences(one.silences)),
    )


def ended(one: Interaction) -> Ending | None:
    """Return how a body ends that is no longer the recorded one.

    Most readers leave at the end marker; where that is one of the bytes that change, nothing else
    would tell that all has come.
    """
    closed = one.ending is not None and one.ending.kind == "closed"
    return Ending("eof", one.ending.at) if closed and one.ending and is_complete(one) else one.ending


def _kept(timing: Timing, kept: list[int]) -> Timing:
    # What has no chunk before it in the recording comes with the head.
    at = tuple(timing.at[index] if index >= 0 else timing.head or 0 for index in kept)
    waited = tuple(timing.waited[index] if index >= 0 else 0 for index in kept)
    # Where chunks at the end are gone, the end comes right after what is left.
    whole = bool(kept) and kept[-1] == len(timing.at) - 1
    return Timing(timing.head, at, waited, timing.end if whole else at[-1] if at else timing.head)


def unanswered(one: Interaction, failure: Failure) -> Interaction:
    """Return the interaction as it is where no reply comes, but this failure."""
    ending = Ending("error", None, failure)
    return replace(one, head=None, body=b"", ends=(), timing=None, ending=ending, silences=())


class _Moved:
    """Where the places of a body are after edits."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._starts = [edit.start for edit in edits]
        self._shifts = (0, *accumulate(len(edit.data) - (edit.stop - edit.start) for edit in edits))

    def offset(self, place: int) -> int:
        """Return where a place is; within what was replaced, it is the end of what came instead."""
        count = bisect_left(self._starts, place)
        if count < len(self._edits) and self._edits[count].stop == place:
            count += 1  # put in right here: it belongs to what is before
        stop = self._edits[count - 1].stop if count else 0
        return max(place, stop) + self._shifts[count]

    def silences(self, silences: Iterable[Silence]) -> Iterator[Silence]:
        """Yield the silences at their new places, without those within bytes that come no more."""
        for one in silences:
            if one.at is None:
                yield one
                continue
            count = bisect_left(self._starts, one.at)
            if one.at >= (self._edits[count - 1].stop if count else 0):
                yield replace(one, at=self.offset(one.at))
