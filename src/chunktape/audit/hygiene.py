"""What there is to say about the keeping of a cassette: age, orphans, size, secrets, costs.

Pure but for the test modules that it reads: give it the time, the SDKs and the reports in a setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.finding import Hit, Unchecked, collapsed
from chunktape.audit.hygiene_case import HygieneCase
from chunktape.audit.hygiene_cost import cost_sections
from chunktape.audit.hygiene_rule import Unjudged
from chunktape.audit.rules.cas import HYGIENE_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chunktape.audit.finding import Finding
    from chunktape.audit.hygiene_rule import HygieneRule, Remark
    from chunktape.audit.hygiene_setting import HygieneSetting
    from chunktape.audit.metrics import StreamMetrics
    from chunktape.audit.result import Section
    from chunktape.tape.interaction import Interaction

__all__ = ["HygieneResult", "hygiene_of"]

PROFILE = "hygiene"


class HygieneResult(NamedTuple):
    """What was found in one cassette, what nobody could look at, and its tables."""

    cassette: str
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    sections: tuple[Section, ...]


def hygiene_of(
    path: str,
    interactions: Sequence[Interaction],
    *,
    text: bytes,
    setting: HygieneSetting,
    findings: Sequence[Finding] | None = None,
    metrics: Sequence[StreamMetrics] | None = None,
    rules: Iterable[HygieneRule] = HYGIENE_RULES,
) -> HygieneResult:
    """Return what there is to say about the keeping of one cassette; `text` is its file, as it lies there.

    `findings` are those of an audit that nobody has accepted, for CAS-7; `metrics` those of the
    interactions in their order, which are made where they are not given.
    """
    case = HygieneCase(path, interactions, text=text, setting=setting, findings=findings, metrics=metrics)
    found: list[Finding] = []
    unchecked: list[Unchecked] = []
    for rule in rules:
        remarks: list[Remark] = []
        for one in rule.check(case):
            if isinstance(one, Unjudged):
                unchecked.append(Unchecked(path, one.interaction, (rule.id,), one.reason))
            else:
                remarks.append(one)
        found += _found(rule, remarks, path)
    return HygieneResult(path, tuple(found), tuple(unchecked), cost_sections(case))


def _found(rule: HygieneRule, remarks: list[Remark], path: str) -> Iterator[Finding]:
    """Yield one finding for each interaction and subject, with the line of the first of them."""
    by_interaction: dict[int | None, list[Remark]] = {}
    for remark in remarks:
        by_interaction.setdefault(remark.interaction, []).append(remark)
    for interaction, some in by_interaction.items():
        lines = {remark.subject: remark.line for remark in reversed(some)}
        hits = [Hit(one.message, one.subject, one.event, one.evidence, one.lesser) for one in some]
        for finding in collapsed(
            hits,
            rule=rule.id,
            severity=rule.severity,
            lesser=rule.lesser,
            profile=PROFILE,
            cassette=path,
            interaction=interaction,
        ):
            yield finding._replace(line=lines[finding.subject])
