"""The lower parts of the page: the audit's other tables, what was not looked at, and where it is from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chunktape.audit.report.html_gathered import MOST_ROWS
from chunktape.audit.report.html_markup import Cell, Column, cell, element, table
from chunktape.audit.report.html_number import UNKNOWN, count, dollars, number, share
from chunktape.audit.report.html_verdict import more, section

if TYPE_CHECKING:
    from chunktape.audit.report.html_gathered import Gathered
    from chunktape.audit.report.html_markup import Markup
    from chunktape.audit.result import AuditResult, Section

__all__ = ["provenance", "section_ident", "table_of", "unchecked", "unreadable"]

_MOST_RULES = 8


def section_ident(one: Section) -> str:
    """Return the name of a section within the page."""
    return "section-" + re.sub(r"[^A-Za-z0-9_-]", "-", one.id)


def table_of(one: Section) -> Markup:
    """Return a section of the audit as a table."""
    numeric = [
        any(isinstance(row[place], int | float) for row in one.rows) for place in range(len(one.columns))
    ]
    columns = [
        Column(_named(name), is_number=is_number and place > 0)
        for place, (name, is_number) in enumerate(zip(one.columns, numeric, strict=True))
    ]
    rows = [
        tuple(_cell(name, value) for name, value in zip(one.columns, row, strict=True))
        for row in one.rows[:MOST_ROWS]
    ]
    return section(
        section_ident(one),
        one.title,
        table(one.title, columns, rows) if rows else element("p", "There is nothing to show."),
        more(len(one.rows) - len(rows)),
        note=one.note or None,
    )


def _named(column: str) -> str:
    """Return the name of a column as people write it; what is no plain name stays as it is."""
    if not re.fullmatch("[a-z0-9_]+", column):
        return column
    return "USD" if column == "usd" else column.replace("_", " ").capitalize()


def _cell(column: str, value: str | float | None) -> Cell:
    if value is None or isinstance(value, str):
        return cell(UNKNOWN if value is None else value)
    if isinstance(value, bool):
        return cell("yes" if value else "no", float(value))
    if "usd" in column or "cost" in column:
        return cell(dollars(value), value)
    return cell(share(value) if column.endswith("share") else number(value), value)


def unchecked(result: AuditResult, found: Gathered) -> Markup:
    """Return what could not be looked at, by the reason."""
    if not result.unchecked:
        return section("unchecked", "Unchecked", element("p", "Everything that was asked for was looked at."))
    rows = [
        (reason, _rules(rules), cell(count(times), times), found.unchecked_at[reason, rules] or UNKNOWN)
        for (reason, rules), times in sorted(found.unchecked.items(), key=lambda one: (-one[1], one[0]))[
            :MOST_ROWS
        ]
    ]
    columns = [Column("Reason"), Column("Rules"), Column("Times", is_number=True), Column("For instance in")]
    return section(
        "unchecked",
        "Unchecked",
        table("What could not be looked at, and why", columns, rows),
        more(len(found.unchecked) - len(rows)),
        note="What nobody could look at is not clean.",
    )


def _rules(rules: tuple[str, ...]) -> str:
    if not rules:
        return "all"
    tail = f" and {len(rules) - _MOST_RULES} more" if len(rules) > _MOST_RULES else ""
    return ", ".join(rules[:_MOST_RULES]) + tail


def unreadable(result: AuditResult, found: Gathered) -> Markup | None:
    """Return the files that could not be read, None where all could be."""
    if not result.unreadable:
        return None
    return section(
        "unreadable",
        "Unreadable cassettes",
        table(
            "Files that could not be read, and why",
            [Column("File"), Column("Reason")],
            list(found.unreadable),
        ),
        more(found.unreadable.left_out),
    )


def provenance(result: AuditResult) -> Markup:
    """Return where the audit comes from."""
    told = result.provenance
    facts = [
        ("Command", element("code", told.command)),
        ("Made", told.created),
        ("chunktape", told.chunktape),
        ("Rule set", element("code", told.rule_set)),
        ("Prices", told.prices),
        *((name, version) for name, version in told.sdks.items()),
    ]
    rows = [element("div", element("dt", name), element("dd", value)) for name, value in facts]
    return section("provenance", "Provenance", element("dl", *rows, class_="facts"))
