"""The Mann-Whitney U test: whether one of two samples tends to larger values.

Mann and Whitney, On a test of whether one of two random variables is stochastically larger than the
other, Annals of Mathematical Statistics 18 (1947), 50-60. The normal approximation, which is good from
twenty values on each side, with the correction for ties and that for continuity.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RankTest", "rank_test"]


class RankTest(NamedTuple):
    """`u` counts the pairs in which the second value is larger, ties as half; `p` is two-sided."""

    u: float
    p: float


def rank_test(first: Sequence[float], second: Sequence[float]) -> RankTest:
    """Return the test of two samples; `p` is 1 where one is empty or all values are the same."""
    n, m = len(first), len(second)
    marked = sorted([*((value, 0) for value in first), *((value, 1) for value in second)])
    ranks, ties, place = 0.0, 0, 0
    while place < n + m:
        end = place
        while end < n + m and marked[end][0] == marked[place][0]:
            end += 1
        count = end - place
        # Equal values share the mean of their ranks, which count from 1.
        ranks += (place + 1 + end) / 2 * sum(side for _, side in marked[place:end])
        ties += count**3 - count
        place = end
    u = ranks - m * (m + 1) / 2
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1))) if n + m > 1 else 0.0
    if variance <= 0:
        return RankTest(u, 1.0)
    z = max(abs(u - n * m / 2) - 0.5, 0.0) / math.sqrt(variance)
    return RankTest(u, math.erfc(z / math.sqrt(2)))
