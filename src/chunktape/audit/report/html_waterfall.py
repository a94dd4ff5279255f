"""Waterfalls: a stream as a row of ticks, one for each event, in a lane for each kind of output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.audit.report.html_axis import Mark, label, linear_marks, percent
from chunktape.audit.report.html_markup import Markup, element, joined
from chunktape.audit.report.html_number import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.output import OutputKind
    from chunktape.audit.trace import Trace

__all__ = ["waterfall"]

_LANE, _LABEL, _AXIS, _WIDTH, _BINS = 34, 14, 20, 1_000, 500
_WORDS = {"text": "text", "reasoning": "reasoning", "refusal": "refusal", "tool": "tool call"}


def waterfall(trace: Trace, *, ident: str, title: str) -> Markup | None:
    """Return the drawing of a stream, None for one whose recording holds no times."""
    if not trace.is_timed:
        return None
    times = [piece.at or 0 for piece in trace.pieces]
    whole = max(*times, trace.head or 0, trace.end or 0, 1)
    kinds = list(dict.fromkeys(part.kind for part in trace.parts))
    height = (_LANE + _LABEL) * len(kinds)
    shades = [
        _band(one.start / whole, one.end / whole, height, seconds((one.end - one.start) / 1e6))
        for one in trace.stalls
    ]
    lanes = [_lane(trace, kind, place * (_LANE + _LABEL), whole) for place, kind in enumerate(kinds)]
    marks = [
        label(mark, height + _AXIS - 5, seconds(mark.value / 1e6) if mark.value else "0")
        for mark in linear_marks(whole)
    ]
    return element(
        "svg",
        element("title", title, id=f"{ident}-title"),
        element("desc", _said(trace), id=f"{ident}-desc"),
        *shades,
        *_frames(trace, whole, height),
        *lanes,
        *marks,
        role="img",
        aria_labelledby=f"{ident}-title {ident}-desc",
        class_="chart waterfall",
        width="100%",
        height=height + _AXIS,
    )


def _said(trace: Trace) -> str:
    """Return what is drawn, for who cannot see it."""
    events = len({piece.event for piece in trace.pieces})
    parts = [f"{events} events with output"]
    first, last = trace.pieces[0].at, trace.pieces[-1].at
    parts.append(f"from {seconds((first or 0) / 1e6)} to {seconds((last or 0) / 1e6)} after the request")
    for one in trace.stalls:
        parts.append(f"a stall of {seconds((one.end - one.start) / 1e6)} at {seconds(one.start / 1e6)}")  # noqa: PERF401 - words
    if trace.ending is not None:
        parts.append(f"ending: {trace.ending}")
    return ", ".join(parts) + "."


def _band(start: float, end: float, height: int, words: str) -> Markup:
    across, width = percent(start), percent(end - start)
    return joined(
        [
            Markup(f'<rect class="stall" x="{across}" width="{width}" y="0" height="{height}"/>'),
            label(Mark(0, (start + end) / 2), 11, words, "label on")
            if end - start > 0.05  # noqa: PLR2004 - wide enough for words
            else None,
        ]
    )


def _frames(trace: Trace, whole: int, height: int) -> Iterator[Markup]:
    """Yield the lines of the head and of the end."""
    for name, at in (("head", trace.head), ("end", trace.end)):
        if at is not None:
            place = percent(at / whole)
            yield Markup(f'<line class="frame {name}" x1="{place}" x2="{place}" y1="0" y2="{height}"/>')
    yield Markup(f'<line class="grid" x1="0" x2="100%" y1="{height}" y2="{height}"/>')


def _lane(trace: Trace, kind: OutputKind, top: int, whole: int) -> Markup:
    """Return one kind of output: for each place the largest event there, as high as the root of its size."""
    sizes: dict[int, int] = {}
    largest = 1
    for piece in trace.pieces:
        part = trace.parts[piece.part]
        if part.kind == kind:
            place = round((piece.at or 0) / whole * _BINS)
            # The event that names a tool brings its name.
            size = len(piece.text) or len(part.name or "")
            sizes[place] = max(size, sizes.get(place, 0))
            largest = max(largest, size)
    ticks = "".join(
        f"M{place * _WIDTH // _BINS} 100v-{max(round((size / largest) ** 0.5 * 100), 6)}"
        for place, size in sorted(sizes.items())
    )
    return joined(
        [
            element("text", _WORDS[kind], x=0, y=top + 10, class_=f"label lane k-{kind}"),
            Markup(
                f'<svg y="{top + _LABEL}" viewBox="0 0 {_WIDTH} 100" preserveAspectRatio="none" width="100%" '
                f'height="{_LANE}"><path class="ticks k-{kind}" d="{ticks}"/></svg>'
            ),
        ]
    )
