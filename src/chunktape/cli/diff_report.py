"""What ``chunktape diff`` prints: for people by place, for machines one JSON object on each line."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chunktape.audit.printable import one_line
from chunktape.cli.terminal import hanging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from chunktape.audit.drift import Drift
    from chunktape.audit.finding import Finding
    from chunktape.audit.result import Cell, Section

__all__ = ["json_lines", "show"]

_STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}
_MANY = "many recordings"
# The columns of a finding: its rule stands behind the severity, its message behind the rule.
_RULE, _MESSAGE = 11, 20


def json_lines(drift: Drift) -> Iterator[str]:
    """Yield findings, what was not compared, the rows of all tables, and the counts, as JSON."""
    for finding in drift.findings:
        yield json.dumps({"type": "finding", **finding._asdict()})
    for one in drift.unchecked:
        yield json.dumps({"type": "unchecked", **one._asdict()})
    for section in drift.sections:
        for row in section.rows:
            yield json.dumps({"type": section.id, **dict(zip(section.columns, row, strict=True))})
    counts = _counts(drift)
    names = ("pairs", "errors", "warnings", "infos", "unchecked")
    yield json.dumps({"type": "summary", **dict(zip(names, counts.values(), strict=True))})


def show(drift: Drift, console: Console) -> None:
    """Print the findings by place, then what was not compared, the tables, and the counts."""

    def line(text: str = "", *, at: int = 0, below: int = 2) -> None:
        console.out(hanging(one_line(text), console, at=at, below=below))

    for place, found in groupby(drift.findings, key=_place):
        line(place)
        for finding in found:
            console.out(f"  {finding.severity:<9}", style=_STYLES.get(finding.severity), end="")
            times = f" ({finding.count} times)" if finding.count > 1 else ""
            line(f"{finding.rule:<7}  {finding.message}{times}", at=_RULE, below=_MESSAGE)
        line()
    if drift.unchecked:
        line("not compared")
        for one in drift.unchecked:
            rules = f" ({', '.join(one.rules)})" if one.rules else ""
            line(f"  {one.cassette} · {one.interaction}  {one.reason}{rules}", below=4)
        line()
    for section in drift.sections:
        line(section.title.lower())
        for text in _table(section):
            line(f"  {text}", below=4)
        line()
    counts = _counts(drift)
    line(", ".join(f"{count} {_plural(name, count)}" for name, count in counts.items()))


def _plural(name: str, count: int) -> str:
    return name if count == 1 or name in {"info", "not compared"} else f"{name}s"


def _counts(drift: Drift) -> dict[str, int]:
    found = {"pair": drift.pairs}
    for severity in ("error", "warning", "info"):
        found[severity] = sum(one.severity == severity for one in drift.findings)
    return found | {"not compared": len(drift.unchecked)}


def _place(finding: Finding) -> str:
    return f"{finding.cassette} · {finding.interaction}" if finding.cassette else _MANY


def _table(section: Section) -> Iterator[str]:
    rows = [tuple(name.replace("_", " ") for name in section.columns)]
    rows += [tuple(map(_cell, row)) for row in section.rows]
    widths = [max(len(row[place]) for row in rows) for place in range(len(section.columns))]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
    if section.note:
        yield section.note


def _cell(value: Cell) -> Any:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
