"""An audit in Markdown, for the summary of a job in GitHub Actions, which takes 1 MiB of a step.

Recorded text stands there as code or with its punctuation as entities, so that it is text and nothing else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chunktape.audit.catalogue import RuleText
    from chunktape.audit.report.digest import Digest
    from chunktape.audit.result import AuditResult, Section

__all__ = ["MOST_BYTES", "as_code", "as_words", "summary"]

MOST_BYTES = 1_048_576
MOST_ROWS = 100
MOST_INFOS = 20
MOST_CHARACTERS = 300

_CUT = "\n… and more, which a summary has no room for; the JSON Lines report has all of it.\n"
_MARKS = re.compile(r"[\\`*_\[\]<>#|~&:@$]|(?i:www\.)|^[-+=]|^[0-9]+(?:\)|\.(?![0-9]))|^\s+|\s+$")
_UNFIT = re.compile(r"[\\`|]|^\s|\s$")


def summary(result: AuditResult, rules: Mapping[str, RuleText]) -> Iterator[str]:
    """Yield the summary line by line, never more than a step may have."""
    room = MOST_BYTES - len(_CUT.encode())
    for line in _lines(result, rules):
        text = f"{line}\n"
        room -= len(text.encode())
        if room < 0:
            yield _CUT
            return
        yield text


def _lines(result: AuditResult, rules: Mapping[str, RuleText]) -> Iterator[str]:
    digest = digest_of(result, most=MOST_ROWS, infos=MOST_INFOS)
    mark = "✅" if result.exit_code == 0 else "❌"
    yield f"## {mark} Audit: {verdict(result)}"
    yield ""
    yield f"{as_words(counts(result))}; {as_words(size(result))}."
    yield from _findings(digest, rules)
    yield from _rules(result, rules)
    yield from _metrics(result)
    yield from _listed(
        "Could not be read",
        [f"{as_code(name)}: {as_words(reason)}" for name, reason in digest.unreadable],
        digest.unreadable_seen,
    )
    yield from _unchecked(digest)
    known = [as_words(one) for one in baseline(result)]
    yield from _listed("Baseline", known, len(known))
    for section in result.sections:
        yield from _section(section)
    source = result.provenance
    sdks = "".join(f", {name} {version}" for name, version in source.sdks.items())
    by = f"chunktape {source.chunktape}, rules {source.rule_set}, prices {source.prices}{sdks}"
    yield ""
    yield f"<sub>{as_words(source.created)} · {as_words(by)} · {as_code(source.command)}</sub>"


def _findings(digest: Digest, rules: Mapping[str, RuleText]) -> Iterator[str]:
    if not digest.findings:
        return
    yield from _headed("Findings")
    rows = []
    for one in digest.findings:
        rule = rules.get(one.rule)
        title = "" if rule is None else f" {as_words(rule.title)}"
        said = as_words(told(one))
        evidence = f"<br>{as_code(one.evidence)}" if one.evidence else ""
        rows.append([one.severity, f"{as_code(one.rule)}{title}", as_code(place(one)), f"{said}{evidence}"])
    yield from _table(["", "rule", "where", "what"], rows)
    yield from _more(digest.left_out)


def _rules(result: AuditResult, rules: Mapping[str, RuleText]) -> Iterator[str]:
    clean = kept(result)
    rows = rule_rows(result, rules)
    if clean or rows:
        yield from _headed("Rules")
    if clean:
        yield f"{counted(clean, 'rule')} kept wherever they apply."
        yield ""
    if rows:
        cells = [
            [
                f"{as_code(row.id)} {as_words(row.title)}",
                *(f"{number:,}" for number in (row.failed, row.passed, row.unchecked)),
                as_words(row.providers),
            ]
            for row in rows[:MOST_ROWS]
        ]
        yield from _table(["rule", "broken", "kept", "unchecked", "broken by"], cells, right={1, 2, 3})
        yield from _more(len(rows) - MOST_ROWS)


def _metrics(result: AuditResult) -> Iterator[str]:
    good = goodput(result)
    if not result.summaries and good is None:
        return
    yield from _headed("Metrics")
    if good is not None:
        yield f"Goodput: {as_words(good)}."
        yield ""
    if result.summaries:
        rows = []
        for one in map(model_row, result.summaries[:MOST_ROWS]):
            cells = [one.provider, one.model, one.answers, *(each.line for each in one.measured), one.cost]
            rows.append([as_words(cell) for cell in cells])
        yield from _table(["provider", "model", "answers", *map(as_words, SHOWN), "cost"], rows)
        yield from _more(len(result.summaries) - MOST_ROWS)
        yield ""
        yield "Each metric: p50/p90/p99 (streams)."


def _unchecked(digest: Digest) -> Iterator[str]:
    if digest.unchecked:
        yield from _headed("Unchecked")
        found = digest.unchecked[:MOST_ROWS]
        rows = [
            [f"{one.times:,}", as_words(one.reason), as_code(one.first.cassette or "all cassettes")]
            for one in found
        ]
        yield from _table(["times", "why", "first"], rows, right={0})
        yield from _more(len(digest.unchecked) - MOST_ROWS)


def _section(section: Section) -> Iterator[str]:
    yield from _headed(as_words(section.title))
    if section.note:
        yield as_words(section.note)
        yield ""
    if section.columns and section.rows:
        columns = [as_words(headed(column)) for column in section.columns]
        width = len(columns)
        rows = [[as_words(as_cell(cell)) for cell in row[:width]] for row in section.rows[:MOST_ROWS]]
        yield from _table(columns, rows)
        yield from _more(len(section.rows) - MOST_ROWS)


def _listed(title: str, entries: Sequence[str], number: int) -> Iterator[str]:
    if entries:
        yield from _headed(title)
        yield from (f"* {one}" for one in entries[:MOST_ROWS])
        yield from _more(number - min(len(entries), MOST_ROWS))


def _headed(title: str) -> Iterator[str]:
    yield from ("", f"### {title}", "")


def _more(number: int) -> Iterator[str]:
    if number > 0:
        yield from ("", f"… and {number:,} more")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---:' if column in right else '---' for column in range(len(head)))} |"
    for cells in rows:
        yield f"| {' | '.join(cells)} |"


def as_code(text: str) -> str:
    """Return a text as code, exactly as it is, within one cell of a table."""
    text = shorten(one_line(text), MOST_CHARACTERS)
    if not text:
        return ""
    if _UNFIT.search(text) is None:
        return f"`{text}`"
    return f"<code>{_MARKS.sub(_entity, text)}</code>"


def as_words(text: str) -> str:
    """Return a text as words, which is never markup, a link or a mention, within one cell of a table."""
    return _MARKS.sub(_entity, shorten(one_line(text), MOST_CHARACTERS))


def _entity(found: re.Match[str]) -> str:
    return "".join(f"&#{ord(character)};" for character in found[0])
