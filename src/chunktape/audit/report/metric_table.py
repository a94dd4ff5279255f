"""The numbers of each provider and model, as reports for people show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.report.wording import as_seconds, as_usd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chunktape.audit.metric_summary import Summary
    from chunktape.audit.quantile import Quantiles

__all__ = ["SHOWN", "Measured", "ModelRow", "model_row"]


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f} /s"


SHOWN: dict[str, Callable[[float | None], str]] = {
    "ttft": as_seconds,
    "itl": as_seconds,
    "e2e": as_seconds,
    "max_gap": as_seconds,
    "out_tps": _rate,
}
"""The metrics that are shown, with how their values are written; the others are in the JSON Lines."""


class Measured(NamedTuple):
    """One metric in words: how many streams hold it, and its quantiles."""

    name: str
    n: str
    p50: str
    p90: str
    p99: str

    @property
    def line(self) -> str:
        """All of it in one cell, with one unit where there is but one."""
        if self.n == "0":
            return "-"
        parts = [value.partition(" ") for value in (self.p50, self.p90, self.p99)]
        units = {unit for _, _, unit in parts}
        if len(units) > 1:
            return f"{self.p50}/{self.p90}/{self.p99} ({self.n})"
        return f"{'/'.join(value for value, _, _ in parts)} {units.pop()} ({self.n})"


class ModelRow(NamedTuple):
    """What is shown of one model of one provider."""

    provider: str
    model: str
    answers: str
    cost: str
    measured: Sequence[Measured]


def model_row(summary: Summary) -> ModelRow:
    """Return a summary in words; metrics that no stream holds are in it with n = 0."""
    measured = [_measured(name, summary.metrics.get(name)) for name in SHOWN]
    answers = f"{summary.n:,}, {summary.streamed:,} streamed"
    cost = as_usd(summary.usd)
    if summary.usd is not None and summary.priced != summary.n:
        cost += f" ({summary.priced:,} priced)"
    return ModelRow(
        summary.provider or "unknown provider", summary.model or "unknown model", answers, cost, measured
    )


def _measured(name: str, found: Quantiles | None) -> Measured:
    if found is None or not found.n:
        return Measured(name, "0", "-", "-", "-")
    written = SHOWN[name]
    return Measured(name, f"{found.n:,}", written(found.p50), written(found.p90), written(found.p99))
