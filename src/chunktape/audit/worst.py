"""`Worst`: the gravest of what an audit found, in as much as any report has room for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from chunktape.audit.finding import SEVERITIES

if TYPE_CHECKING:
    from chunktape.audit.finding import Finding, Severity, Unchecked
    from chunktape.audit.result import Accepted, CassetteResult

__all__ = ["MOST", "Blank", "Worst"]

MOST = 5_000
"""Of each severity: GitHub shows so many results of a SARIF file, which is the report that wants most."""
MOST_REASONS = 200
_OTHER = "other reasons"

_Kept = TypeVar("_Kept")


class Blank(NamedTuple):
    """What could not be looked at for one reason: how often, and the first of it."""

    reason: str
    times: int
    first: Unchecked


class Worst:
    """The first findings of each severity in the order of the cassettes, and how many there are.

    `accepted` are those that the baseline knows; `unreadable` are cassettes with the reason.
    """

    def __init__(self) -> None:
        self.findings: dict[Severity, list[Finding]] = {severity: [] for severity in SEVERITIES}
        self.accepted: dict[Severity, list[Accepted]] = {severity: [] for severity in SEVERITIES}
        self.unreadable: list[tuple[str, str]] = []
        self.seen: Counter[Severity] = Counter()
        self.accepted_seen = self.unreadable_seen = 0
        self._reasons: dict[str, list[int]] = {}
        self._first: dict[str, Unchecked] = {}

    def add(self, result: CassetteResult) -> None:
        """Take what is said of one cassette."""
        for finding in result.findings:
            self.seen[finding.severity] += 1
            _keep(self.findings[finding.severity], finding)
        for known in result.accepted:
            self.accepted_seen += 1
            _keep(self.accepted[known.finding.severity], known)
        if result.unreadable is not None:
            self.unreadable_seen += 1
            _keep(self.unreadable, (result.cassette, result.unreadable))
        for blank in result.unchecked:
            reason = blank.reason
            if reason not in self._reasons and len(self._reasons) >= MOST_REASONS:
                reason = _OTHER
            self._reasons.setdefault(reason, [0])[0] += 1
            self._first.setdefault(reason, blank)

    @property
    def unchecked(self) -> list[Blank]:
        """The reasons why something could not be looked at, the most frequent first."""
        found = [Blank(reason, times, self._first[reason]) for reason, (times,) in self._reasons.items()]
        return sorted(found, key=lambda blank: -blank.times)


def _keep(found: list[_Kept], one: _Kept) -> None:
    if len(found) < MOST:
        found.append(one)
