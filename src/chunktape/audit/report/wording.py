"""How reports for people say things: verdicts, counts, places, times. What is true is decided elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chunktape.audit.finding import Finding
    from chunktape.audit.metric_summary import Slo
    from chunktape.audit.result import AuditResult, Cell

__all__ = [
    "as_cell",
    "as_seconds",
    "as_share",
    "as_usd",
    "baseline",
    "counted",
    "counts",
    "goodput",
    "headed",
    "limits",
    "place",
    "size",
    "told",
    "verdict",
]

_VERDICTS = {
    0: "passed",
    1: "failed",
    2: "nothing to audit",
    3: "failed: not everything could be checked",
    4: "failed: not everything could be read",
}
_MILLI = 1e-3
_LEAST_USD = 1e-4


def verdict(result: AuditResult) -> str:
    """Return how an audit ended, in words for its exit code."""
    return _VERDICTS.get(result.exit_code, f"exit code {result.exit_code}")


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def counts(result: AuditResult) -> str:
    """Return how many findings there are, and what else there is to tell."""
    found = result.severities
    said = [
        counted(found.get("error", 0), "error"),
        counted(found.get("warning", 0), "warning"),
        counted(found.get("info", 0), "info"),
    ]
    more = {"unchecked": result.unchecked, "unreadable": result.unreadable, "accepted": result.accepted}
    return ", ".join([*said, *(f"{number:,} {name}" for name, number in more.items() if number)])


def size(result: AuditResult) -> str:
    """Return what was looked at, and what it cost."""
    said = [
        counted(result.cassettes, "cassette"),
        counted(result.interactions, "interaction"),
        counted(result.streams, "stream"),
    ]
    if result.usd is not None:
        again = "" if result.usd_again is None else f" (to record again: {as_usd(result.usd_again)})"
        said.append(f"{as_usd(result.usd)}{again} for {result.priced:,} whose price is known")
    return ", ".join(said)


def place(finding: Finding) -> str:
    """Return where a finding is, as editors and people read it: ``a.yaml:12 #3 event 7``."""
    said = [finding.cassette if finding.line is None else f"{finding.cassette}:{finding.line}"]
    if finding.interaction is not None:
        said.append(f"#{finding.interaction}")
    if finding.event is not None:
        said.append(f"event {finding.event}")
    return " ".join(filter(None, said)) or "all cassettes"


def told(finding: Finding) -> str:
    """Return what a finding says, with its subject and how often."""
    subject = f"{finding.subject}: " if finding.subject not in finding.message else ""
    times = f" ({finding.count:,} times)" if finding.count > 1 else ""
    return f"{subject}{finding.message}{times}"


def limits(slo: Slo) -> str:
    """Return service levels as one writes them."""
    levels = {"ttft": slo.ttft, "itl": slo.itl, "e2e": slo.e2e, "max_gap": slo.max_gap}
    return ", ".join(f"{name} ≤ {as_seconds(limit)}" for name, limit in levels.items() if limit is not None)


def goodput(result: AuditResult) -> str | None:
    """Return how many streams kept the service levels, None where nobody asked."""
    found = result.goodput
    if found is None:
        return None
    judged = found.n - found.unknown
    levels = f", with {limits(result.slo)}" if result.slo is not None else ""
    if not judged:
        return f"unknown: none of {counted(found.n, 'stream')} can be judged{levels}"
    said = f"{as_share(found.share)}, {found.good:,} of {judged:,} streams"
    if found.unknown:
        said += f" ({found.unknown:,} more cannot be judged)"
    return said + levels


def baseline(result: AuditResult) -> list[str]:
    """Return what there is to say of the baseline."""
    said = [f"{counted(result.accepted, 'finding')} accepted"] if result.accepted else []
    return said + [f"expired: {one}" for one in result.expired] + [f"unused: {one}" for one in result.unused]


def as_seconds(value: float | None) -> str:
    """Return a time in the unit that suits it."""
    if value is None:
        return "-"
    if value and abs(value) < _MILLI:
        return f"{value * 1e6:.0f} µs"
    return f"{value * 1e3:.3g} ms" if abs(value) < 1 - _MILLI / 2 else f"{value:,.2f} s"


def as_usd(value: float | None) -> str:
    """Return a cost in USD, with four digits after the point."""
    if value is None:
        return "-"
    return "< $0.0001" if 0 < value < _LEAST_USD else f"${value:,.4f}"


def as_share(value: float | None) -> str:
    """Return a share in per cent."""
    return "-" if value is None else f"{value:.1%}"


def as_cell(value: Cell) -> str:
    """Return what stands in a table."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.6g}" if isinstance(value, float) else value


def headed(column: str) -> str:
    """Return the name of a column as people write it."""
    return column.replace("_", " ")
