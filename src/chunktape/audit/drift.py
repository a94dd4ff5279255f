"""Drift: what changed between two recordings of the same requests.

`drift_between` pairs, compares and measures; the rules are in `drift_field`, `drift_shape`, `drift_answer`,
`drift_usage`, `drift_origin` and `drift_time`. What could not be compared is named, never counted as equal.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit import drift_answer, drift_field, drift_origin, drift_shape, drift_time, drift_usage
from chunktape.audit.drift_field import field_changes
from chunktape.audit.drift_pair import gap_in, paired, reading_of
from chunktape.audit.drift_sample import sample_section, samples_of
from chunktape.audit.finding import SEVERITIES, Unchecked, collapsed
from chunktape.audit.result import Section
from chunktape.dialects.profile import profile_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from chunktape.audit.drift_pair import Pair
    from chunktape.audit.drift_rule import Change, DriftRule, SampleRule
    from chunktape.audit.exchange import Exchange
    from chunktape.audit.finding import Finding
    from chunktape.audit.result import Cell

__all__ = ["DRIFT_RULES", "PAIR_RULES", "SAMPLE_RULES", "Drift", "drift_between", "drift_of_pair"]

PAIR_RULES: tuple[DriftRule, ...] = (
    *drift_field.RULES,
    *drift_shape.RULES,
    *drift_answer.RULES,
    *drift_usage.RULES,
    *drift_origin.RULES,
)
SAMPLE_RULES: tuple[SampleRule, ...] = drift_time.RULES
DRIFT_RULES: tuple[DriftRule | SampleRule, ...] = (*PAIR_RULES, *SAMPLE_RULES)
"""All rules of drift, for lists and explanations."""


class Drift(NamedTuple):
    """What changed: `findings` of the later recordings, what nobody could compare, and tables.

    `pairs` counts what was compared.
    """

    pairs: int
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    sections: tuple[Section, ...]


def drift_between(
    before: Sequence[Exchange],
    after: Sequence[Exchange],
    *,
    content: bool = False,
    place: Callable[[Exchange], str] = lambda one: one.cassette,
    outcomes: Callable[[Exchange], Mapping[str, str]] | None = None,
) -> Drift:
    """Return what changed from the recordings before to those after.

    With `content`, texts are compared, too. `place` names the cassette of an exchange as it is called on
    both sides, so that a request finds its partner there first. `outcomes` tells what each SDK makes of a
    recording, by the SDK's name, where they were replayed to some.
    """
    pairing = paired(before, after, content=content, place=place)
    pairs = pairing.pairs
    if outcomes is not None:
        pairs = [one._replace(outcomes=(outcomes(one.before), outcomes(one.after))) for one in pairs]
    findings: list[Finding] = []
    unchecked = [
        Unchecked(one.exchange.cassette, one.exchange.number, (), one.reason) for one in pairing.alone
    ]
    for pair in pairs:
        found, missed = drift_of_pair(pair)
        findings += found
        unchecked += missed
    samples = samples_of(pairs)
    for rule in SAMPLE_RULES:
        findings += _findings(rule, rule.check(samples), profile="", cassette="", interaction=None)
    sections = (sample_section(samples), _fields(pairs), _triggers(pairs))
    return Drift(len(pairs), tuple(findings), tuple(unchecked), tuple(one for one in sections if one.rows))


def drift_of_pair(pair: Pair) -> tuple[list[Finding], list[Unchecked]]:
    """Return what changed between two recordings, and what could not be compared, and why."""
    after = pair.after
    gap = gap_in(pair)
    findings: list[Finding] = []
    skipped: list[str] = []
    for rule in PAIR_RULES:
        if gap is not None and rule.needs in gap.lacks:
            skipped.append(rule.id)
            continue
        profile = profile_of(after.host).name
        findings += _findings(
            rule, rule.check(pair), profile=profile, cassette=after.cassette, interaction=after.number
        )
    missed = [] if gap is None else [Unchecked(after.cassette, after.number, tuple(skipped), gap.reason)]
    return findings, missed


def _findings(
    rule: DriftRule | SampleRule,
    changes: Iterable[Change],
    *,
    profile: str,
    cassette: str,
    interaction: int | None,
) -> list[Finding]:
    by_severity: dict[str, list[Change]] = {}
    for one in changes:
        by_severity.setdefault(one.severity, []).append(one)
    return [
        finding
        for severity in SEVERITIES
        for finding in collapsed(
            [one.hit for one in by_severity.get(severity, ())],
            rule=rule.id,
            severity=severity,
            profile=profile,
            cassette=cassette,
            interaction=interaction,
        )
    ]


def _fields(pairs: Iterable[Pair]) -> Section:
    """Return the changes of fields, each told once for all pairs of a host."""
    counts: Counter[tuple[str, ...]] = Counter()
    for pair in pairs:
        if gap_in(pair) is None:
            counts.update(
                {
                    (pair.after.host, str(pair.after.dialect), one.kind, one.path, *_row(one))
                    for one in field_changes(pair)
                }
            )
    rows: tuple[tuple[Cell, ...], ...] = tuple((*row, count) for row, count in sorted(counts.items()))
    columns = ("host", "dialect", "event", "field", "change", "before", "after", "sdk", "pairs")
    note = "sdk: ahead, what the pinned models do not know; behind, what they require and nobody sends."
    return Section("drift_fields", "Fields that changed", columns, rows, note)


def _row(one: drift_field.FieldChange) -> tuple[str, str, str, str]:
    return one.how, one.before, one.after, one.sdk


def _triggers(pairs: Iterable[Pair]) -> Section:
    """Return how often tools were called both times, only after, and only before, as K2-VV counts it."""
    counts: dict[tuple[str, str], list[int]] = {}
    for pair in pairs:
        readings = reading_of(pair.before), reading_of(pair.after)
        offered = pair.after.asked.get("tools") or pair.after.asked.get("functions")
        if not offered or gap_in(pair) is not None:
            continue
        was, now = (
            one is not None and any(choice.tools for choice in one.answer.choices) for one in readings
        )
        model = str(pair.after.asked.get("model") or "")
        row = counts.setdefault((pair.after.host, model), [0, 0, 0, 0])
        row[{(True, True): 0, (False, True): 1, (True, False): 2, (False, False): 3}[was, now]] += 1
    rows: tuple[tuple[Cell, ...], ...] = tuple((*key, *row) for key, row in sorted(counts.items()))
    columns = (
        "host",
        "model",
        "called_both_times",
        "called_after_only",
        "called_before_only",
        "never_called",
    )
    return Section("drift_calls", "Whether tools were called", columns, rows)
