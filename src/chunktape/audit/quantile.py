"""Exact quantiles of what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Quantiles", "median", "quantile", "quantiles"]


class Quantiles(NamedTuple):
    """The middle and the tail of `n` values; None where there are none."""

    n: int
    p50: float | None
    p90: float | None
    p99: float | None


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return a quantile of values in order, between two neighbours by their distance, as NumPy does."""
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    below = int(place)
    if below + 1 >= len(ordered):
        return float(ordered[-1])
    low, high = ordered[below], ordered[below + 1]
    return float(low + (high - low) * (place - below))


def median(values: Iterable[float]) -> float | None:
    """Return the middle value."""
    return quantile(sorted(values), 0.5)


def quantiles(values: Iterable[float]) -> Quantiles:
    """Return the quantiles of values in any order."""
    ordered = sorted(values)
    return Quantiles(len(ordered), *(quantile(ordered, share) for share in (0.5, 0.9, 0.99)))
