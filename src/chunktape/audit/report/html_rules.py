"""Which rule is broken by whom, as a table of warm cells; and how often calls of tools are sound."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chunktape.audit.catalogue import catalogue
from chunktape.audit.report.html_markup import Column, cell, element, hidden_word, joined, table
from chunktape.audit.report.html_number import count, share
from chunktape.audit.report.html_verdict import section

if TYPE_CHECKING:
    from chunktape.audit.report.html_markup import Cell, Markup
    from chunktape.audit.result import AuditResult, RuleTally

__all__ = ["heat", "rule_texts", "tool_calls"]

_MOST_PROVIDERS = 24
_ABOUT_TOOLS = re.compile(r"[A-Z]+-T[0-9]+")
_WARMTH = (0.02, 0.1, 0.3, 0.6)


def rule_texts(result: AuditResult) -> dict[str, tuple[str, str, str]]:
    """Return title, way out and source of each rule that was asked for and is known here."""
    known = {name: (rule.title, rule.way_out, rule.source) for name, rule in catalogue().items()}
    return {name: known[name] for name in result.rules if name in known}


def heat(result: AuditResult) -> Markup:
    """Return the rules that are broken by the providers that break them, then the rules that are kept."""
    texts = rule_texts(result)
    providers = sorted(result.judged, key=lambda name: (-result.judged[name], name))
    shown = providers[:_MOST_PROVIDERS]
    broken = {rule for (rule, _), number in result.broken.items() if number}
    names = [name for name in result.rules if name in broken]
    names += sorted(broken - result.rules.keys())
    columns = [
        Column("Rule"),
        *(Column(name, is_number=True, title=_of(result, name)) for name in shown),
        Column("All", is_number=True, title="interactions that break the rule"),
    ]
    rows = [
        (
            _rule(name, texts),
            *(_warm(result, name, provider) for provider in shown),
            _sum(result, name),
        )
        for name in names
    ]
    note = "Which share of the interactions of each provider breaks the rule, and how many of how many."
    if len(providers) > len(shown):
        note += f" The {len(shown)} providers with the most interactions of {len(providers)}."
    return section(
        "rules",
        "Rules by provider",
        table(
            "Share of interactions that break a rule, by provider", columns, rows, ident="heat", class_="heat"
        )
        if rows
        else element("p", "No rule is broken."),
        _kept(result, broken, texts),
        note=note if rows else None,
    )


def _of(result: AuditResult, provider: str) -> str:
    return f"{count(result.judged[provider])} interactions were judged"


def _rule(name: str, texts: dict[str, tuple[str, str, str]]) -> Cell:
    title = texts[name][0] if name in texts else ""
    return cell(element("span", element("code", name), element("small", title), class_="rule"))


def _warm(result: AuditResult, rule: str, provider: str) -> Cell:
    number, judged = result.broken.get((rule, provider), 0), result.judged[provider]
    if not number:
        return cell(
            joined([element("span", "·", class_="none", aria_hidden="true"), hidden_word("0")]),
            0,
            class_="h0",
        )
    part = number / judged if judged else 1.0
    warmth = 1 + sum(part >= limit for limit in _WARMTH)
    link = element(
        "a",
        element("b", share(part)),
        element("small", f"{count(number)}/{count(judged)}"),
        hidden_word(f": show the findings of {rule} at {provider}"),
        href="#findings",
        data_rule=rule,
        data_provider=provider,
    )
    return cell(link, part, class_=f"h{warmth}")


def _sum(result: AuditResult, rule: str) -> Cell:
    number = sum(found for (name, _), found in result.broken.items() if name == rule)
    return cell(count(number), number)


def _kept(result: AuditResult, broken: set[str], texts: dict[str, tuple[str, str, str]]) -> Markup | None:
    rows = [
        (_rule(name, texts), *_tally(tally), cell(_verdict_of(tally)))
        for name, tally in result.rules.items()
        if name not in broken
    ]
    if not rows:
        return None
    columns = [
        Column("Rule"),
        Column("Kept", is_number=True),
        Column("Unchecked", is_number=True),
        Column("Verdict"),
    ]
    return element(
        "details",
        element("summary", f"{count(len(rows))} rules that nobody breaks"),
        table("Rules that nobody breaks", columns, rows),
    )


def _tally(tally: RuleTally) -> tuple[Cell, Cell]:
    return cell(count(tally.passed), tally.passed), cell(count(tally.unchecked), tally.unchecked)


def _verdict_of(tally: RuleTally) -> str:
    if tally.passed:
        return "kept"
    return "unchecked" if tally.unchecked else "about none of these"


def tool_calls(result: AuditResult) -> Markup | None:
    """Return how often calls of tools keep the rules about them, None where there were none."""
    texts = rule_texts(result)
    rows = [
        (
            _rule(name, texts),
            cell(count(tally.passed), tally.passed),
            cell(count(tally.failed), tally.failed, class_="bad" if tally.failed else None),
            cell(count(tally.unchecked), tally.unchecked),
            cell(share(part := tally.passed / (tally.passed + tally.failed)), part),
        )
        for name, tally in result.rules.items()
        if _ABOUT_TOOLS.fullmatch(name) and tally.passed + tally.failed
    ]
    if not rows:
        return None
    columns = [
        Column("Rule"),
        *(Column(one, is_number=True) for one in ("Kept", "Broken", "Unchecked", "Share")),
    ]
    return section(
        "tools",
        "Tool calls",
        table("Rules about tool calls", columns, rows),
        note="Interactions that keep and break each rule about the calls of tools.",
    )
