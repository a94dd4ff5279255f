"""``chunktape audit --explain``: a rule in words, or all of them in a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.audit.catalogue import catalogue
from chunktape.audit.host_profile import packaged
from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.catalogue import RuleText

__all__ = ["explain"]


_EXEMPT = {
    "AZR-1": "Azure's first chunk may have no choices, ids or times: it is exempt from OAI-2 to OAI-7.",
    "AZR-3": "Azure's content_filter_results on choices are known: they are exempt from OAI-X1.",
}
"""What the catalogue counts among the rules, and what is no rule but an exemption from some."""


def explain(name: str) -> str:
    """Return what a rule is about; without a name, all rules, a line each."""
    known = catalogue()
    if not name:
        width = max(map(len, known))
        return "\n".join(
            f"{rule.id:<{width}}  {_severity(rule):<16}  {rule.title}" for rule in known.values()
        )
    if name.upper() in _EXEMPT:
        return f"{name.upper()}: {_EXEMPT[name.upper()]}"
    rule = known.get(name.upper())
    if rule is None:
        raise ConfigurationError(
            f"There is no rule {shorten(repr(name))}{did_you_mean(name.upper(), known)}\n"
            "  chunktape audit --explain lists all of them"
        )
    return "\n".join(_lines(rule))


def _lines(rule: RuleText) -> Iterator[str]:
    yield f"{rule.id}: {rule.title}"
    yield ""
    rows = {
        "severity": _severity(rule),
        "source": rule.source,
        "example": rule.example,
        "way out": rule.way_out,
        "since": str(getattr(rule, "since", "")),
    }
    for label, text in rows.items():
        if text:
            yield f"  {label:<9} {text}"
    for profile in packaged():
        habit = profile.habits.get(rule.id)
        if habit is not None and habit.expected:
            yield f"  {'expected':<9} of {profile.name}: {habit.seen}"


def _severity(rule: RuleText) -> str:
    """Return how serious it is: one word, or that of who wrote the protocol and that of the others."""
    strict, compat = getattr(rule, "strict", None), getattr(rule, "compat", None)
    if strict is None:
        return str(getattr(rule, "severity", ""))
    return strict if strict == compat else f"{strict}/{compat}"
