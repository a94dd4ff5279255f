"""`Sample`: one metric of the answers of one model, before and after; and when the two may be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.drift_usage import measured
from chunktape.audit.quantile import median
from chunktape.audit.rank_test import rank_test
from chunktape.audit.result import Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from chunktape.audit.drift_pair import Pair
    from chunktape.audit.metrics import StreamMetrics

__all__ = [
    "LEAST",
    "METRICS",
    "RATIO",
    "P",
    "Sample",
    "Verdict",
    "sample_section",
    "samples_of",
    "verdict_of",
]

LEAST, P, RATIO = 20, 0.01, 1.25
"""As many on each side, a smaller p, and a larger ratio of the medians: only all three together judge."""

METRICS: dict[str, Callable[[StreamMetrics], float | None]] = {
    "ttft": lambda row: row.ttft,
    "e2e": lambda row: row.e2e,
    "tpot": lambda row: row.tpot,
    "max_gap": lambda row: row.max_gap,
    "tok_per_chunk": lambda row: row.tok_per_chunk,
    "chars_per_chunk": lambda row: None if row.chars_per_chunk is None else row.chars_per_chunk.p50,
    "coalesced": lambda row: row.coalesced,
}
"""What is compared, in seconds or as a plain number; by the names that metrics have."""


class Sample(NamedTuple):
    """What was measured of one model of one provider on both sides."""

    provider: str
    model: str
    metric: str
    before: tuple[float, ...]
    after: tuple[float, ...]


class Verdict(NamedTuple):
    """What can be said of a sample: `ratio` is that of the medians, None where there are none.

    `judged` says whether there is enough on both sides, `changed` whether it is another one then.
    """

    before: float | None
    after: float | None
    ratio: float | None
    p: float | None
    judged: bool
    changed: bool


def samples_of(pairs: Iterable[Pair]) -> list[Sample]:
    """Return what was measured in pairs, for each provider and model that was asked, in their order."""
    groups: dict[tuple[str, str], list[tuple[StreamMetrics, StreamMetrics]]] = {}
    for pair in pairs:
        before, after = measured(pair.before), measured(pair.after)
        asked = pair.after.asked.get("model")
        model = asked if isinstance(asked, str) else after.model or ""
        groups.setdefault((after.provider or after.host, model), []).append((before, after))
    found = []
    for (provider, model), rows in sorted(groups.items()):
        for metric, read in METRICS.items():
            values = [
                tuple(value for row in side if (value := read(row)) is not None)
                for side in zip(*rows, strict=True)
            ]
            if values[0] or values[1]:
                found.append(Sample(provider, model, metric, values[0], values[1]))
    return found


def verdict_of(sample: Sample) -> Verdict:
    """Return what can be said of a sample."""
    before, after = median(sample.before), median(sample.after)
    judged = min(len(sample.before), len(sample.after)) >= LEAST
    if before is None or after is None:
        return Verdict(before, after, None, None, judged=False, changed=False)
    ratio = after / before if before else 1.0 if not after else float("inf")
    p = rank_test(sample.before, sample.after).p if judged else None
    changed = p is not None and p < P and not 1 / RATIO <= ratio <= RATIO
    return Verdict(before, after, ratio, p, judged, changed)


def sample_section(samples: Sequence[Sample]) -> Section:
    """Return all that was measured as a table, be it judged or not."""
    rows = []
    for one in samples:
        found = verdict_of(one)
        verdict = "changed" if found.changed else "same" if found.judged else f"fewer than {LEAST}"
        ratio = None if found.ratio in (None, float("inf")) else found.ratio
        numbers = (len(one.before), len(one.after), found.before, found.after, ratio, found.p)
        rows.append((one.provider, one.model, one.metric, *numbers, verdict))
    return Section(
        "drift_metrics",
        "Metrics before and after",
        (
            "provider",
            "model",
            "metric",
            "n_before",
            "n_after",
            "p50_before",
            "p50_after",
            "ratio",
            "p",
            "verdict",
        ),
        tuple(rows),
        f"Seconds, or plain numbers. Judged with n ≥ {LEAST} on each side: p < {P} (Mann-Whitney), "
        f"and medians {RATIO} times apart.",
    )
