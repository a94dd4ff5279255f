"""An audit on a terminal: the verdict first and last, between them what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chunktape.audit.printable import one_line
from chunktape.audit.report.digest import digest_of
from chunktape.audit.report.metric_table import SHOWN, model_row
from chunktape.audit.report.rule_table import kept, rule_rows
from chunktape.audit.report.wording import (
    as_cell,
    baseline,
    counted,
    counts,
    goodput,
    headed,
    place,
    size,
    told,
    verdict,
)
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from rich.console import Console, JustifyMethod

    from chunktape.audit.catalogue import RuleText
    from chunktape.audit.finding import Finding
    from chunktape.audit.metric_summary import Summary
    from chunktape.audit.report.digest import Digest
    from chunktape.audit.result import AuditResult, Section

__all__ = ["show"]

MOST_FINDINGS = 50
MOST_INFOS = 10
MOST_ROWS = 40
MOST_MODELS = 15
WIDE = 140
BESIDE, NARROWEST = 59, 16

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan", "off": "dim"}


def show(result: AuditResult, console: Console, rules: Mapping[str, RuleText]) -> None:
    """Print an audit; of what there is too much the worst, with how much is left out."""
    digest = digest_of(result, most=MOST_FINDINGS, infos=MOST_INFOS)
    _verdict(result, console)
    _line(console, size(result), style="dim")
    _findings(digest, console, rules)
    _rules(result, console, rules)
    _metrics(result, console)
    for section in result.sections:
        _section(section, console)
    _gaps(digest, console)
    _listed("Baseline", baseline(result), console)
    source = result.provenance
    sdks = ", ".join(f"{name} {version}" for name, version in source.sdks.items())
    by = f"chunktape {source.chunktape}, rules {source.rule_set}, prices {source.prices}"
    console.print()
    _line(console, f"{source.created} {by}{', ' if sdks else ''}{sdks}", style="dim")
    _line(console, f"$ {source.command}", style="dim")
    _verdict(result, console)


def _verdict(result: AuditResult, console: Console) -> None:
    style = "bold green" if result.exit_code == 0 else "bold red"
    said = Text.assemble((verdict(result).upper(), style), f"  {counts(result)}")
    console.print(said.append(f"  ({_limit(result)})", "dim"))


def _limit(result: AuditResult) -> str:
    """Return what makes the audit fail, in words."""
    limit = "no finding fails" if result.fail_on == "off" else f"fails on {result.fail_on}"
    return f"{limit}, strict" if result.strict else limit


def _findings(digest: Digest, console: Console, rules: Mapping[str, RuleText]) -> None:
    groups: dict[str, list[Finding]] = {}
    for finding in digest.findings:
        groups.setdefault(finding.cassette, []).append(finding)
    for cassette, found in groups.items():
        console.print()
        _line(console, cassette or "all cassettes", style="bold")
        for finding in found:
            _finding(finding, console, rules)
    if digest.left_out:
        console.print()
        shown: dict[str, int] = {}
        for finding in digest.findings:
            shown[finding.severity] = shown.get(finding.severity, 0) + 1
        left = {name: digest.seen[name] - shown.get(name, 0) for name in digest.seen}
        said = ", ".join(counted(number, name) for name, number in left.items() if number)
        _line(console, f"… and {said} more; the JSON Lines report has all of them", style="dim")


def _finding(finding: Finding, console: Console, rules: Mapping[str, RuleText]) -> None:
    rule = rules.get(finding.rule)
    head = Text.assemble((finding.severity, _STYLES[finding.severity]), " ", (one_line(finding.rule), "bold"))
    if rule is not None:
        head.append(f" {one_line(rule.title)}")
    console.print(Padding(head, (0, 0, 0, 2), expand=False))
    _line(console, told(finding), indent=4)
    # The cassette stands above; with a line it is something to click on.
    is_near = finding.line is None and finding.interaction is not None
    where = finding._replace(cassette="") if is_near else finding
    _line(console, f"at {place(where)}, profile {finding.profile}", indent=4, style="dim")
    if finding.evidence:
        shown = Text(one_line(finding.evidence), style="dim italic", no_wrap=True, overflow="ellipsis")
        console.print(Padding(shown, (0, 0, 0, 4), expand=False))


def _rules(result: AuditResult, console: Console, rules: Mapping[str, RuleText]) -> None:
    rows = rule_rows(result, rules)
    clean = kept(result)
    _headline(console, "Rules", f"{counted(clean, 'rule')} kept wherever they apply" if clean else "")
    if not rows:
        return
    table = _table(["rule", "promise", "broken", "kept", "unchecked", "broken by"], right={2, 3, 4})
    table.columns[1].no_wrap = True
    room = max(NARROWEST, console.width - BESIDE)
    for row in rows[:MOST_ROWS]:
        numbers = (f"{number:,}" for number in (row.failed, row.passed, row.unchecked))
        _row(table, [row.id, shorten(row.title, room), *numbers, row.providers])
    console.print(table)
    _more(len(rows) - MOST_ROWS, console)


def _metrics(result: AuditResult, console: Console) -> None:
    good = goodput(result)
    if not result.summaries and good is None:
        return
    _headline(console, "Metrics", f"goodput {good}" if good is not None else "")
    if console.width >= WIDE:
        _models_beside(result.summaries, console)
        return
    for summary in result.summaries[:MOST_MODELS]:
        one = model_row(summary)
        _line(console, f"{one.provider} {one.model}  answers {one.answers}, {one.cost}", indent=2)
        table = _table(["", "n", "p50", "p90", "p99"], right={1, 2, 3, 4})
        for measured in one.measured:
            if measured.n != "0":
                _row(table, measured)
        if table.row_count:
            console.print(Padding(table, (0, 0, 0, 2), expand=False))
    _more(len(result.summaries) - MOST_MODELS, console)


def _models_beside(found: Sequence[Summary], console: Console) -> None:
    """Print the models with all their metrics beside each other."""
    if not found:
        return
    table = _table(["provider", "model", "answers", *SHOWN, "cost"])
    for one in map(model_row, found[:MOST_ROWS]):
        cells = [measured.line for measured in one.measured]
        _row(table, [one.provider, one.model, one.answers, *cells, one.cost])
    console.print(table)
    _line(console, "p50/p90/p99 (streams)", indent=2, style="dim")
    _more(len(found) - MOST_ROWS, console)


def _section(section: Section, console: Console) -> None:
    _headline(console, section.title, section.note)
    right = {
        number
        for number in range(len(section.columns))
        if any(isinstance(row[number], int | float) for row in section.rows[:MOST_ROWS] if number < len(row))
    }
    table = _table([headed(column) for column in section.columns], right=right)
    for row in section.rows[:MOST_ROWS]:
        _row(table, [as_cell(cell) for cell in row[: len(section.columns)]])
    if section.rows:
        console.print(table)
    _more(len(section.rows) - MOST_ROWS, console)


def _gaps(digest: Digest, console: Console) -> None:
    """Print what could not be looked at, and why."""
    if digest.unchecked:
        _headline(console, "Unchecked")
        table = _table(["times", "why", "first"], right={0})
        for blank in digest.unchecked[:MOST_ROWS]:
            first = blank.first.cassette
            first += "" if blank.first.interaction is None else f" #{blank.first.interaction}"
            _row(table, [f"{blank.times:,}", blank.reason, first])
        console.print(table)
        _more(len(digest.unchecked) - MOST_ROWS, console)
    unread = [
        f"{name}: {' · '.join(line.strip() for line in reason.splitlines())}"
        for name, reason in digest.unreadable
    ]
    _listed("Unreadable", unread, console, more=digest.unreadable_seen - len(unread))


def _listed(title: str, lines: Sequence[str], console: Console, *, more: int = 0) -> None:
    if lines:
        _headline(console, title)
        for one in lines[:MOST_ROWS]:
            _line(console, one, indent=2)
        _more(more + max(0, len(lines) - MOST_ROWS), console)


def _headline(console: Console, title: str, note: str = "") -> None:
    console.print()
    said = Text(one_line(title), style="bold")
    console.print(said.append(f"  {one_line(note)}", style="not bold dim") if note else said)


def _more(number: int, console: Console) -> None:
    if number > 0:
        _line(console, f"… and {number:,} more", indent=2, style="dim")


def _line(console: Console, text: str, *, indent: int = 0, style: str = "") -> None:
    said = Text(one_line(text), style=style)
    console.print(Padding(said, (0, 0, 0, indent), expand=False) if indent else said)


def _table(columns: Sequence[str], *, right: Collection[int] = ()) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=True, header_style="dim")
    for number, column in enumerate(columns):
        justify: JustifyMethod = "right" if number in right else "left"
        table.add_column(Text(one_line(column)), justify=justify, overflow="fold", no_wrap=number in right)
    return table


def _row(table: Table, cells: Iterable[str]) -> None:
    table.add_row(*(Text(one_line(cell)) for cell in cells))
