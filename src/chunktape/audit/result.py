"""What an audit found, as data: `CassetteResult` of one file, `AuditResult` of all of them.

Reports read it and decide nothing. Findings stay where the runner has put them, so that an audit of a
million cassettes holds counts and measured numbers, and `AuditResult.results` reads the rest once more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chunktape.audit.finding import Finding, Severity, Unchecked
    from chunktape.audit.metric_summary import Goodput, Slo, Summary
    from chunktape.audit.stream_metrics import StreamMetrics
    from chunktape.audit.worst import Worst

__all__ = ["Accepted", "AuditResult", "CassetteResult", "Cell", "Provenance", "RuleTally", "Section"]

Cell = str | int | float | None
"""What stands in a table; None is what nobody knows."""


class Accepted(NamedTuple):
    """A finding that the baseline knows, why it is accepted, and until when (an ISO date, or None)."""

    finding: Finding
    reason: str
    expires: str | None


class CassetteResult(NamedTuple):
    """All that is said of one cassette.

    `passed` counts for each rule the interactions (for a rule about cassettes: cassettes) that keep it.
    `findings` are new; those that the baseline knows are in `accepted`. `unreadable` says why the file
    could not be read, and then nothing else is known. What is said of many cassettes has an empty name.
    `profiles` counts the streams by the profile that judged them.
    """

    cassette: str
    interactions: int = 0
    streams: int = 0
    passed: Mapping[str, int] = {}
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    metrics: tuple[StreamMetrics, ...] = ()
    unreadable: str | None = None
    accepted: tuple[Accepted, ...] = ()
    profiles: Mapping[str, int] = {}


class RuleTally(NamedTuple):
    """How a rule came out: the interactions that keep it, break it, and could not be looked at."""

    passed: int = 0
    failed: int = 0
    unchecked: int = 0


class Section(NamedTuple):
    """A table that belongs to the audit beside its findings: a timeline, an SDK matrix, costs by test.

    `columns` are names as in JSON (``first_seen``); a report writes them for people.
    """

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


class Provenance(NamedTuple):
    """Where an audit comes from; times are ISO 8601 in UTC, versions are those of what judged."""

    command: str
    created: str
    chunktape: str
    rule_set: str
    prices: str
    sdks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AuditResult:
    """An audit of many cassettes, counted.

    `rules` has every rule that was asked for, in the order of the catalogue; `severities` counts new
    findings. `broken` counts for rule and provider (its host where it is none that is known) the
    interactions that break the rule, `judged` for each provider those that were judged. `usd` is what the
    recordings cost, of `priced` interactions whose price is known, and `usd_again` what recording those
    again would. `fail_on` is the least severity that
    fails; `expired` and `unused` are entries of the baseline, in words. `worst` are the gravest findings,
    which spares most reports a second reading.
    """

    provenance: Provenance
    cassettes: int
    interactions: int
    streams: int
    rules: Mapping[str, RuleTally]
    severities: Mapping[Severity, int]
    broken: Mapping[tuple[str, str], int]
    judged: Mapping[str, int]
    unchecked: int
    unreadable: int
    accepted: int
    expired: tuple[str, ...]
    unused: tuple[str, ...]
    summaries: tuple[Summary, ...]
    slo: Slo | None
    goodput: Goodput | None
    usd: float | None
    usd_again: float | None
    priced: int
    fail_on: Severity
    strict: bool
    exit_code: int
    read: Callable[..., Iterator[CassetteResult]] = field(repr=False)
    sections: tuple[Section, ...] = ()
    worst: Worst | None = field(default=None, repr=False)

    def results(self, *, metrics: bool = True) -> Iterator[CassetteResult]:
        """Yield what is said of each cassette, in their order, read anew each time.

        Without `metrics` those are left out, which takes half of the time.
        """
        return self.read(metrics=metrics)
