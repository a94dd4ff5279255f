"""ECDFs: which share of the streams was at or below a value, on a logarithmic axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.report.html_axis import LogAxis, Mark, label, percent
from chunktape.audit.report.html_markup import Markup, element, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["FEWEST", "MOST_CURVES", "Curve", "curves", "swatch"]

MOST_CURVES, FEWEST, _POINTS, _WIDTH = 8, 5, 200, 1_000
_HEIGHT, _BOTTOM = 280, 26


class Curve(NamedTuple):
    """A distribution to draw: its name, the number of its line, and the values."""

    name: str
    line: int
    values: Sequence[float]


def swatch(number: int) -> Markup:
    """Return a bit of the line of a curve, as a legend shows it."""
    line = Markup(f'<line x1="1" x2="25" y1="6" y2="6" class="curve c{number}"/>')
    return element("svg", line, width=26, height=12, class_="swatch", aria_hidden="true")


def curves(
    ident: str,
    title: str,
    groups: Sequence[Curve],
    write: Callable[[float | None], str],
) -> Markup | None:
    """Return a drawing of the distributions of some groups, None where there is nothing to draw."""
    drawn = [one._replace(values=sorted(one.values)) for one in groups if one.values]
    positive = [value for one in drawn for value in one.values if value > 0]
    if not positive:
        return None
    axis = LogAxis(min(positive), max(positive))
    marks = axis.marks()
    height = _HEIGHT - _BOTTOM
    grid = [
        *(_line(percent(one.place), percent(one.place), "0", str(height)) for one in marks),
        *(_line("0", "100%", str(height * step // 4), str(height * step // 4)) for step in range(5)),
    ]
    labels = [
        *(label(one, _HEIGHT - 8, write(one.value)) for one in marks),
        *(label(Mark(0, 0), height * step // 4 + 13, f"{100 - 25 * step} %") for step in range(4)),
    ]
    lines = [Markup(f'<path class="curve c{one.line}" d="{_path(one.values, axis)}"/>') for one in drawn]
    inner = Markup(
        f'<svg viewBox="0 0 {_WIDTH} {_WIDTH}" preserveAspectRatio="none" width="100%" height="{height}">'
        f"{joined(lines)}</svg>"
    )
    said = "; ".join(f"{one.name}, {len(one.values)} streams" for one in drawn)
    return element(
        "svg",
        element("title", title, id=f"{ident}-title"),
        element("desc", f"Share of streams at or below a value, logarithmic: {said}. ", id=f"{ident}-desc"),
        *grid,
        inner,
        *labels,
        role="img",
        aria_labelledby=f"{ident}-title {ident}-desc",
        class_="chart",
        width="100%",
        height=_HEIGHT,
    )


def _path(ordered: Sequence[float], axis: LogAxis) -> str:
    """Return the steps of a curve, thinned to so many."""
    last = len(ordered) - 1
    points = min(len(ordered), _POINTS)
    places = sorted({round(step * last / max(points - 1, 1)) for step in range(points)})
    parts, here = [f"M{_across(ordered[0], axis)} {_WIDTH}"], None
    for place in places:
        across = _across(ordered[place], axis)
        if across != here:
            parts.append(f"H{across}")
        parts.append(f"V{round(_WIDTH * (1 - (place + 1) / len(ordered)))}")
        here = across
    return "".join([*parts, f"H{_WIDTH}"])


def _across(value: float, axis: LogAxis) -> int:
    return round(axis.place(value) * _WIDTH)


def _line(x1: str, x2: str, y1: str, y2: str) -> Markup:
    return Markup(f'<line class="grid" x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}"/>')
