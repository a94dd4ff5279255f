"""Metrics by provider and model: curves beside the quantiles that they are read from, then cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.audit.metric_summary import MEASURED
from chunktape.audit.report.html_curve import FEWEST, MOST_CURVES, Curve, curves, swatch
from chunktape.audit.report.html_gathered import CURVES
from chunktape.audit.report.html_markup import Column, cell, element, joined, table
from chunktape.audit.report.html_number import count, dollars, seconds, written
from chunktape.audit.report.html_verdict import more, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.audit.metric_summary import Summary
    from chunktape.audit.quantile import Quantiles
    from chunktape.audit.report.html_gathered import Gathered, Group
    from chunktape.audit.report.html_markup import Cell, Markup
    from chunktape.audit.result import AuditResult

__all__ = ["costs", "metrics"]

_MOST_GROUPS, _MOST_DETAILED = 40, 12
_TITLES = {
    "ttft": ("Time to first token", "From the request to the first output of any kind."),
    "itl": (
        "Time per output token",
        "Mean time for a token after the first, by the provider's count; also called ITL or TPOT.",
    ),
    "e2e": ("End to end", "From the request to the last output."),
    "out_tps": ("Output speed", "Tokens in a second, after the first output."),
    "max_gap": ("Longest gap", "The longest silence between two events with output."),
}
_QUANTILES = ("n", "p50", "p90", "p99")


def metrics(result: AuditResult, found: Gathered) -> Markup:
    """Return a panel for each metric that is drawn, and a table of all of them."""
    groups = sorted(result.summaries, key=lambda one: (-one.n, str(one.provider), str(one.model)))
    shown = groups[:_MOST_GROUPS]
    # A model has the same line in each of the drawings.
    lines = {(one.provider, one.model): place for place, one in enumerate(shown[:MOST_CURVES])}
    panels = [_panel(name, shown, lines, found) for name in CURVES]
    return section(
        "metrics",
        "Metrics",
        *panels,
        None if any(panels) else element("p", "No recording holds times, so there is nothing to time."),
        _all(shown[:_MOST_DETAILED]) if shown else None,
        more(len(groups) - len(shown)),
        _goodput(result),
        note="By provider and model; one stream has one vote. Lines show which share of the streams was at "
        "or below a value, on a logarithmic axis."
        if any(panels)
        else None,
    )


def _name(one: Summary) -> str:
    return " · ".join(filter(None, (one.provider, one.model))) or "unknown"


def _panel(metric: str, groups: list[Summary], lines: Mapping[Group, int], found: Gathered) -> Markup | None:
    measured = [one for one in groups if one.metrics[metric].n]
    if not measured:
        return None
    title, meaning = _TITLES[metric]
    write = written(metric)
    # Of very few streams, a curve says nothing that the quantiles do not.
    fewest = min(FEWEST, max(one.metrics[metric].n for one in measured))
    first = [
        one for one in measured if (one.provider, one.model) in lines and one.metrics[metric].n >= fewest
    ]
    drawn = [
        Curve(_name(one), lines[key], found.values.get((metric, key), ()))
        for one in first
        if (key := (one.provider, one.model))
    ]
    drawing = curves(f"ecdf-{metric}", f"{title}: distribution", drawn, write)
    rows = [
        _quantile_row(metric, one, None if drawing is None else swatch(lines[one.provider, one.model]))
        for one in first
    ]
    others = [_quantile_row(metric, one, None) for one in measured if one not in first]
    columns = [Column("Model"), *(Column(name, is_number=True) for name in _QUANTILES)]
    caption = f"{title} by provider and model"
    return element(
        "div",
        element("h3", title),
        element("p", meaning, class_="note"),
        element(
            "div",
            element("div", drawing, class_="figure"),
            table(caption, columns, rows),
            class_="pair",
        ),
        element(
            "details",
            element("summary", f"{count(len(others))} more, of fewer streams"),
            table(f"{caption}, of fewer streams", columns, others),
        )
        if others
        else None,
        class_="panel",
        id=f"metric-{metric}",
    )


def _quantile_row(metric: str, one: Summary, line: Markup | None) -> tuple[Cell, ...]:
    provider = element("span", one.provider or "unknown", class_="over")
    name = element("span", provider, one.model or "unknown model")
    return (
        cell(name if line is None else element("span", line, name, class_="model")),
        *_quantiles(metric, one.metrics[metric]),
    )


def _quantiles(metric: str, one: Quantiles) -> list[Cell]:
    write = written(metric)
    return [cell(count(one.n), one.n), *(cell(write(value), value) for value in one[1:])]


def _all(groups: list[Summary]) -> Markup:
    rows: list[tuple[str | Cell, ...]] = []
    for one in groups:
        measured = [metric for metric in MEASURED if one.metrics[metric].n]
        rows += [
            (_name(one), element("code", metric), *_quantiles(metric, one.metrics[metric]))
            for metric in measured
        ]
        if one.gaps.n:
            pooled = joined([element("code", "icl"), " all gaps, pooled"])
            rows.append((_name(one), pooled, *_quantiles("max_gap", one.gaps)))
    columns = [Column("Model"), Column("Metric"), *(Column(name, is_number=True) for name in _QUANTILES)]
    return element(
        "details",
        element("summary", f"All metrics of the {len(groups)} with the most answers"),
        table("All metrics by provider and model", columns, rows),
    )


def _goodput(result: AuditResult) -> Markup | None:
    slo, good = result.slo, result.goodput
    if slo is None or good is None:
        return None
    limits = [(name, getattr(slo, name)) for name in ("ttft", "itl", "e2e", "max_gap")]
    asked = ", ".join(f"{name} ≤ {seconds(limit)}" for name, limit in limits if limit is not None)
    said = f"{count(good.good)} of {count(good.n - good.unknown)} streams keep {asked} and break no rule"
    tail = f"; {count(good.unknown)} could not be judged." if good.unknown else "."
    return joined([element("h3", "Goodput"), element("p", said + tail)])


def costs(result: AuditResult) -> Markup | None:
    """Return what the recordings cost by provider and model, None where no price is known."""
    if result.usd is None:
        return None
    groups = sorted(result.summaries, key=lambda one: (-(one.usd or 0.0), -one.n))[:_MOST_GROUPS]
    rows = [
        (
            one.provider or "unknown",
            one.model or "unknown",
            cell(count(one.n), one.n),
            cell(count(one.priced), one.priced),
            cell(dollars(one.usd), one.usd),
        )
        for one in groups
    ]
    first, others = rows[:_MOST_DETAILED], rows[_MOST_DETAILED:]
    columns = [
        Column("Provider"),
        Column("Model"),
        *(Column(name, is_number=True) for name in ("Answers", "Priced", "Cost")),
    ]
    caption = "Cost of the recordings by provider and model"
    said = f"{dollars(result.usd)} for {count(result.priced)} answers whose price is known."
    if result.usd_again is not None:
        said += f" To record all of these again would cost {dollars(result.usd_again)}."
    return section(
        "cost",
        "Cost",
        element("p", said),
        table(caption, columns, first),
        element(
            "details",
            element("summary", f"{count(len(others))} more, which cost less"),
            table(f"{caption}, the rest", columns, others),
        )
        if others
        else None,
        more(len(result.summaries) - len(rows)),
        note=f"Prices: {result.provenance.prices}.",
    )
