"""An audit as annotations of GitHub Actions: workflow commands, the worst ten of each kind.

GitHub shows ten errors, ten warnings and ten notices of a step, so the last notice counts what is left.
(https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.audit.printable import one_line, printable
from chunktape.audit.report.address import path
from chunktape.audit.report.digest import digest_of
from chunktape.audit.report.wording import counted, counts, place, told, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chunktape.audit.catalogue import RuleText
    from chunktape.audit.finding import Finding
    from chunktape.audit.result import AuditResult

__all__ = ["MOST_OF_A_KIND", "commands"]

MOST_OF_A_KIND = 10

_KINDS = {"error": "error", "warning": "warning", "info": "notice"}


def commands(result: AuditResult, rules: Mapping[str, RuleText]) -> Iterator[str]:
    """Yield the commands, a line each; the last is the verdict."""
    digest = digest_of(result, most=MOST_OF_A_KIND, of_each=True)
    found: dict[str, list[str]] = {kind: [] for kind in _KINDS.values()}
    for name, reason in digest.unreadable:
        found["error"].append(_command("error", reason, file=path(name), title="Cassette cannot be read"))
    for finding in digest.findings:
        if finding.severity in _KINDS:
            kind = _KINDS[finding.severity]
            found[kind].append(_of_finding(kind, finding, rules))
    shown = 0
    for kind, lines in found.items():
        room = MOST_OF_A_KIND - (kind == "notice")
        yield from lines[:room]
        shown += len(lines[:room])
    left = digest.seen.total() + digest.unreadable_seen - shown
    more = f"; {counted(left, 'more is', 'more are')} not shown here" if left else ""
    yield _command("notice", f"{counts(result)}{more}", title=f"chunktape audit: {verdict(result)}")


def _of_finding(kind: str, finding: Finding, rules: Mapping[str, RuleText]) -> str:
    rule = rules.get(finding.rule)
    said = [f"{told(finding)}, at {place(finding)}"]
    said += [f"Way out: {rule.way_out}"] if rule is not None else []
    title = finding.rule if rule is None else f"{finding.rule} {rule.title}"
    where: dict[str, str] = {"file": path(finding.cassette)} if finding.cassette else {}
    if where and finding.line is not None:
        where["line"] = str(finding.line)
    return _command(kind, "\n".join(said), **where, title=title)


def _command(kind: str, text: str, **properties: str) -> str:
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    lines = "%0A".join(_escaped(one_line(line)) for line in printable(text).split("\n"))
    return f"::{kind} {said}::{lines}\n"


def _property(text: str) -> str:
    return _escaped(one_line(text)).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    return text.replace("%", "%25")
