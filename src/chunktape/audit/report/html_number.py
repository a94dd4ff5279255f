"""Numbers as people read them; `html.js` writes them in the same way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UNKNOWN", "count", "dollars", "number", "seconds", "share", "written"]

UNKNOWN = "\N{EN DASH}"
_MINUTE = 60


def seconds(value: float | None) -> str:
    """Return a time in the unit that keeps it short."""
    if value is None:
        return UNKNOWN
    if abs(value) >= 10 * _MINUTE:
        return f"{value / _MINUTE:.1f} min"
    if abs(value) >= 1:
        return f"{_short(value)} s"
    return f"{_short(value * 1000)} ms" if value else "0 ms"


def dollars(value: float | None) -> str:
    """Return an amount, with at least two digits that are not zeros."""
    if value is None:
        return UNKNOWN
    if value >= 1 or value <= 0:
        return f"${value:,.2f}"
    return f"${value:.{max(4, 1 - math.floor(math.log10(value)))}f}"


def share(value: float | None) -> str:
    """Return a share in per cent; what is not all and not nothing never looks like it."""
    if value is None:
        return UNKNOWN
    percent = value * 100
    if 0 < percent < 1:
        return "<1 %"
    if 99 < percent < 100:  # noqa: PLR2004 - not all of it
        return ">99 %"
    return f"{percent:.0f} %"


def count(value: float | None) -> str:
    """Return a whole number with its thousands apart."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def number(value: float | None) -> str:
    """Return any other number."""
    if value is None:
        return UNKNOWN
    return f"{value:,}" if isinstance(value, int) else _short(value)


def _short(value: float) -> str:
    size = abs(value)
    if size >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"  # noqa: PLR2004 - two digits


_SECONDS = {"ttfb", "ttfc", "ttft", "ttfa", "e2e", "e2e_close", "itl", "max_gap", "p99_gap", "net"}
_SHARES = {"coalesced", "stall_time"}


def written(metric: str) -> Callable[[float | None], str]:
    """Return what writes the values of a metric."""
    if metric in _SECONDS:
        return seconds
    if metric == "srv_ms":
        return lambda value: seconds(None if value is None else value / 1000)
    return share if metric in _SHARES else number
