"""An audit as JUnit XML: a suite for each cassette, a case for each of its interactions.

What fails the audit is a failure, what nobody could look at is skipped, and a file that could not be
read is an error. Readers expect one verdict for a case, so a failure goes before what was skipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from chunktape.audit.finding import SEVERITIES
from chunktape.audit.printable import one_line
from chunktape.audit.report.wording import place, told, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chunktape.audit.catalogue import RuleText
    from chunktape.audit.finding import Finding, Severity
    from chunktape.audit.result import AuditResult, CassetteResult
    from chunktape.audit.stream_metrics import StreamMetrics

__all__ = ["xml"]

_MANY = "all cassettes"


def xml(result: AuditResult, rules: Mapping[str, RuleText]) -> Iterator[str]:
    """Yield the document piece by piece, in ASCII.

    The root has no counts: they would be known only at its end, and readers add up those of the suites.
    """
    fails = _failing(result.fail_on)
    source = result.provenance
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield _ascii(f"<testsuites{_attributes(name='chunktape audit: ' + verdict(result))}>\n")
    for one in result.results():
        cases = list(_cases(one, rules, fails))
        if not cases:
            continue
        kinds = [kind for kind, _ in cases]
        head = {
            "name": one.cassette or _MANY,
            "tests": str(len(cases)),
            "failures": str(kinds.count("failure")),
            "errors": str(kinds.count("error")),
            "skipped": str(kinds.count("skipped")),
            "timestamp": source.created,
        }
        yield _ascii(
            f"  <testsuite{_attributes(**head)}>\n{''.join(text for _, text in cases)}  </testsuite>\n"
        )
    yield "</testsuites>\n"


def _cases(
    one: CassetteResult, rules: Mapping[str, RuleText], fails: set[Severity]
) -> Iterator[tuple[str, str]]:
    """Yield for each case what became of it, and its element."""
    name = one.cassette or _MANY
    if one.unreadable is not None:
        yield "error", _case(name, "cassette", _element("error", "cannot be read", [one.unreadable]))
        return
    findings: dict[int | None, list[Finding]] = {}
    for finding in one.findings:
        findings.setdefault(finding.interaction, []).append(finding)
    blanks: dict[int | None, list[str]] = {}
    for blank in one.unchecked:
        said = f"{', '.join(blank.rules) or 'all rules'}: {blank.reason}"
        blanks.setdefault(blank.interaction, []).append(said)
    measured = {row.interaction: row for row in one.metrics}
    numbers = {*range(1, one.interactions + 1), *findings, *blanks}
    for number in sorted(numbers, key=lambda number: number or 0):
        found, missed = findings.get(number, []), blanks.get(number, [])
        title = "cassette" if number is None else f"interaction {number}"
        failed = [finding for finding in found if finding.severity in fails]
        others = (finding for finding in found if finding.severity not in fails)
        beside = [line for finding in others for line in _in_lines(finding, rules)]
        row = None if number is None else measured.get(number)
        kind, inner = "passed", ""
        if failed:
            first = f"{failed[0].rule}: {failed[0].message}"
            first += f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
            lines = [line for finding in failed for line in _in_lines(finding, rules)]
            kind, inner = "failure", _element("failure", first, lines)
            beside += [f"unchecked: {reason}" for reason in missed]
        elif missed:
            kind, inner = "skipped", _element("skipped", missed[0], missed)
        yield kind, _case(name, title, inner + _out(beside), row)


def _case(suite: str, name: str, inner: str, row: StreamMetrics | None = None) -> str:
    head = {"classname": suite, "name": name}
    if row is not None and row.e2e_close is not None:
        head["time"] = f"{row.e2e_close:.6f}"
    opened = f"    <testcase{_attributes(**head)}"
    return f"{opened}>\n{inner}    </testcase>\n" if inner else f"{opened}/>\n"


def _element(kind: str, message: str, texts: Sequence[str]) -> str:
    return f"      <{kind}{_attributes(message=message)}>{_text(texts)}</{kind}>\n"


def _out(texts: Sequence[str]) -> str:
    return f"      <system-out>{_text(texts)}</system-out>\n" if texts else ""


def _in_lines(finding: Finding, rules: Mapping[str, RuleText]) -> list[str]:
    """Return a finding in lines."""
    rule = rules.get(finding.rule)
    said = [f"{finding.severity} {finding.rule}" + (f": {rule.title}" if rule is not None else "")]
    said += [f"  {told(finding)}", f"  at {place(finding)}, profile {finding.profile}"]
    said += [f"  evidence: {finding.evidence}"] if finding.evidence else []
    said += [f"  way out: {rule.way_out}"] if rule is not None else []
    return said


def _failing(least: Severity) -> set[Severity]:
    """Return the severities that are failures: errors, whatever fails the audit."""
    if least == "off":
        return {"error"}
    return {"error", *SEVERITIES[: SEVERITIES.index(least) + 1]}


def _text(texts: Iterable[str]) -> str:
    return escape("\n".join(map(one_line, texts)))


def _attributes(**values: str) -> str:
    return "".join(f" {name}={quoteattr(one_line(value))}" for name, value in values.items())


def _ascii(text: str) -> str:
    """Return XML without anything that a stream of another encoding cannot hold."""
    return text.encode("ascii", "xmlcharrefreplace").decode()
