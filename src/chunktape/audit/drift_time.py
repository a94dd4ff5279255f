"""DRF-L1 and DRF-L2: how fast answers come, and in what pieces. One stream alone says nothing of either."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chunktape.audit.drift_mutation import in_one_piece, slower
from chunktape.audit.drift_rule import Change, SampleRule
from chunktape.audit.drift_sample import LEAST, RATIO, P, verdict_of
from chunktape.audit.finding import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.audit.drift_sample import Sample
    from chunktape.audit.finding import Severity

__all__ = ["RULES"]

_TIMES = frozenset({"ttft", "e2e", "tpot", "max_gap"})
_PIECES = frozenset({"tok_per_chunk", "chars_per_chunk", "coalesced"})
_SOURCE = f"n ≥ {LEAST} on each side, Mann-Whitney p < {P}, ratio of the medians above {RATIO}"


def _judge(samples: Sequence[Sample], *, metrics: frozenset[str], severity: Severity) -> Iterator[Change]:
    for one in samples:
        found = verdict_of(one)
        if one.metric not in metrics or not found.changed or found.before is None or found.after is None:
            continue
        slow = found.after > found.before
        sizes = f"n = {len(one.before)} and {len(one.after)}, p = {found.p:.2g}"
        ratio = "" if found.ratio in (None, float("inf")) else f", {found.ratio:.2f} times"
        values = f"{found.before:.3g} → {found.after:.3g}{ratio}"
        told = f"{one.metric} of {one.model} at {one.provider}: {values} ({sizes})"
        subject = f"{one.provider} {one.model} {one.metric}"
        # What is faster than before is news, and no harm.
        yield Change(severity if slow else "info", Hit(told, subject))


RULES: tuple[SampleRule, ...] = (
    SampleRule(
        id="DRF-L1",
        title="answers come as fast: ttft, e2e, tpot, max_gap",
        severity="warning",
        source=_SOURCE,
        example="ttft of gpt-4o at openai: 0.4 → 0.9, 2.25 times (n = 40 and 40, p = 1e-9)",
        way_out="Look at the waterfalls of the slowest ones; what the server says of itself is in srv_ms.",
        check=partial(_judge, metrics=_TIMES, severity="warning"),
        mutate=slower,
    ),
    SampleRule(
        id="DRF-L2",
        title="answers come in pieces of the same size",
        severity="info",
        source=_SOURCE,
        example="chars_per_chunk of gpt-4o at openai: 4 → 60, 15.00 times (n = 40 and 40, p = 1e-9)",
        way_out="Nothing is lost, but what types along as text comes looks otherwise.",
        check=partial(_judge, metrics=_PIECES, severity="info"),
        mutate=in_one_piece,
    ),
)
