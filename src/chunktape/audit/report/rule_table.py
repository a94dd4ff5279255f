"""How each rule came out, as reports for people show it: those that were broken or could not be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.audit.catalogue import RuleText
    from chunktape.audit.result import AuditResult

__all__ = ["RuleRow", "kept", "rule_rows"]

MOST_PROVIDERS = 4


class RuleRow(NamedTuple):
    """One rule: its counts of interactions, and who breaks it most, with how many of theirs."""

    id: str
    title: str
    failed: int
    passed: int
    unchecked: int
    providers: str


def rule_rows(result: AuditResult, rules: Mapping[str, RuleText]) -> list[RuleRow]:
    """Return the rules that were broken, most often first, then those that could not be checked."""
    broken: dict[str, list[tuple[int, str]]] = {}
    for (name, provider), number in result.broken.items():
        broken.setdefault(name, []).append((number, provider))
    found = []
    for name, tally in result.rules.items():
        if tally.failed or tally.unchecked:
            rule = rules.get(name)
            by = sorted(broken.get(name, ()), key=lambda one: (-one[0], one[1]))
            said = [_share(provider, number, result) for number, provider in by[:MOST_PROVIDERS]]
            said += [f"… {len(by) - MOST_PROVIDERS} more"] if len(by) > MOST_PROVIDERS else []
            title = "" if rule is None else rule.title
            found.append(RuleRow(name, title, tally.failed, tally.passed, tally.unchecked, ", ".join(said)))
    return sorted(found, key=lambda row: (-row.failed, -row.unchecked))


def kept(result: AuditResult) -> int:
    """Return how many rules were kept wherever they were looked at."""
    return sum(
        1 for tally in result.rules.values() if tally.passed and not tally.failed and not tally.unchecked
    )


def _share(provider: str, number: int, result: AuditResult) -> str:
    judged = result.judged.get(provider)
    return f"{provider} {number:,}" + (f" of {judged:,}" if judged else "")
