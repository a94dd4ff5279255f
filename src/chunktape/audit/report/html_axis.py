"""Axes of the page's drawings: where their marks are, in words and in per mille of the width."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.report.html_markup import element

if TYPE_CHECKING:
    from chunktape.audit.report.html_markup import Markup

__all__ = ["LogAxis", "Mark", "label", "linear_marks", "percent"]

_EDGE = 0.04


class Mark(NamedTuple):
    """A value that an axis names, and where it is, from 0 to 1."""

    value: float
    place: float


def percent(place: float) -> str:
    """Return a place as SVG takes it."""
    return f"{place * 100:.4g}%"


def label(mark: Mark, y: int, text: str, class_: str = "label") -> Markup:
    """Return the words of a mark, within the drawing and without zeros that say nothing."""
    anchor = "start" if mark.place < _EDGE else "end" if mark.place > 1 - _EDGE else "middle"
    said = re.sub(r"\.0+(?![0-9])|(\.[0-9]*?[1-9])0+(?![0-9])", r"\1", text)
    return element("text", said, x=percent(mark.place), y=y, text_anchor=anchor, class_=class_)


def linear_marks(end: float, most: int = 6) -> list[Mark]:
    """Return round values from 0 to an end."""
    if not end > 0:
        return [Mark(0.0, 0.0)]
    rough = end / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * one for one in (1, 2, 5) if power * one >= rough), power * 10)
    return [Mark(place * step, place * step / end) for place in range(int(end / step * (1 + 1e-9)) + 1)]


class LogAxis:
    """A logarithmic axis over some values; those of 0 stand at its left end."""

    def __init__(self, low: float, high: float) -> None:
        # A single value still needs a width to stand in.
        self.low, self.high = (low, high) if high > low * 1.2 else (low / 2, high * 2)

    def place(self, value: float) -> float:
        """Return where a value is, from 0 to 1."""
        if value <= self.low:
            return 0.0
        return min(math.log(value / self.low) / math.log(self.high / self.low), 1.0)

    def marks(self) -> list[Mark]:
        """Return round values within the axis, at most about eight."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        steps = (1, 2, 5) if last - first <= 2 else (1, 3) if last - first <= 3 else (1,)  # noqa: PLR2004 - decades
        values = [10.0**power * step for power in range(first, last + 1) for step in steps]
        return [Mark(one, self.place(one)) for one in values if self.low <= one <= self.high]
