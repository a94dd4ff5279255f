"""The gaps between chunks: one line of bars, and the ones worth a name in words."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.quantile import median
from chunktape.cli.arrival import ended_at
from chunktape.cli.duration import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.tape.interaction import Interaction

__all__ = ["Gaps", "gaps_of", "sparkline"]

_BARS = "▁▂▃▄▅▆▇█"
_PLAIN_BARS = "_.-:=+*#"


class Gaps(NamedTuple):
    """The gaps in microseconds, the first between the first two chunks, and the silence behind the last."""

    gaps: tuple[int, ...]
    silence: int

    def __str__(self) -> str:
        """Return the middle and the longest one in words; chunks are counted from 1."""
        longest = max(self.gaps)
        words = f"median {in_words(median(self.gaps) or 0)}"
        if len(self.gaps) > 1:
            words += f" · longest {in_words(longest)} before chunk {self.gaps.index(longest) + 2:,}"
        return words + (f" · then silence for {in_words(self.silence)}" if self.silence > longest else "")


def gaps_of(one: Interaction) -> Gaps | None:
    """Return the gaps of a recording; None where it has no times, or fewer than two chunks."""
    if one.timing is None or len(one.timing.at) < 2:  # noqa: PLR2004 - a gap is between two
        return None
    at = one.timing.at
    return Gaps(
        tuple(max(0, later - before) for before, later in pairwise(at)), max(0, (ended_at(one) or 0) - at[-1])
    )


def sparkline(gaps: Sequence[int], width: int, *, plain: bool) -> str:
    """Return a bar for each gap, or, where they are more than fit, for the longest of several in a row.

    Bars grow with the square root of a gap: a stall stands out, and the others keep their rhythm beside it.
    Plain ones are ASCII.
    """
    bars = _PLAIN_BARS if plain else _BARS
    columns = min(len(gaps), width)
    places = [len(gaps) * column // columns for column in range(columns + 1)]
    tallest = max(gaps) or 1
    heights = (max(gaps[start:end]) for start, end in pairwise(places))
    return "".join(bars[min(len(bars) - 1, int(sqrt(height / tallest) * len(bars)))] for height in heights)
