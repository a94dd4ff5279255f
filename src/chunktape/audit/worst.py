"""`Worst`: the gravest of what an audit found, in as much as any report has room for."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from chunktape.audit.finding import SEVERITIES, Finding, Unchecked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chunktape.audit.finding import Severity
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
        self.accepted: dict[Severity, list[Accepted]] = {severity: [] for severity in SEVERITIES}
        self.unreadable: list[tuple[str, str]] = []
        self.seen: Counter[Severity] = Counter()
        self.accepted_seen = self.unreadable_seen = 0
        self._findings: dict[Severity, list[Finding]] = {severity: [] for severity in SEVERITIES}
        # Of other tallies, as text: most reports show fewer findings than there are.
        self._rest: dict[Severity, list[str]] = {severity: [] for severity in SEVERITIES}
        self._held: Counter[Severity] = Counter()
        self._reasons: dict[str, list[int]] = {}
        self._first: dict[str, Unchecked] = {}

    @property
    def findings(self) -> Mapping[Severity, Sequence[Finding]]:
        """The findings of each severity, as many as any report shows."""
        return {severity: self.first(severity, MOST) for severity in SEVERITIES}

    def first(self, severity: Severity, most: int) -> Sequence[Finding]:
        """Return the first findings of a severity."""
        found, rest = self._findings[severity], self._rest[severity]
        while rest and len(found) < most:
            found += [Finding._make(row) for row in json.loads(rest.pop(0))]
        return found[: min(most, MOST)]

    def add(self, result: CassetteResult) -> None:
        """Take what is said of one cassette."""
        for finding in result.findings:
            self.seen[finding.severity] += 1
            if self._rest[finding.severity]:
                self.first(finding.severity, MOST)
            _keep(self._findings[finding.severity], finding)
        for known in result.accepted:
            self.accepted_seen += 1
            _keep(self.accepted[known.finding.severity], known)
        if result.unreadable is not None:
            self.unreadable_seen += 1
            _keep(self.unreadable, (result.cassette, result.unreadable))
        for blank in result.unchecked:
            self._blank(blank.reason, 1, blank)

    def state(self) -> dict[str, Any]:
        """Return all of it as values for JSON, for `merge`; it has no room for what is accepted."""
        return {
            "findings": [json.dumps(self._findings[one]) for one in SEVERITIES],
            "seen": self.seen,
            "unreadable": self.unreadable,
            "unreadable_seen": self.unreadable_seen,
            "reasons": [[name, times, self._first[name]] for name, (times,) in self._reasons.items()],
        }

    def merge(self, state: dict[str, Any]) -> None:
        """Add what another one has taken, whose cassettes come after these."""
        self.seen.update(state["seen"])
        for severity, text in zip(SEVERITIES, state["findings"], strict=True):
            if text != "[]" and self._held[severity] < MOST:
                self._held[severity] += state["seen"][severity]
                self._rest[severity].append(text)
        for name, reason in state["unreadable"]:
            _keep(self.unreadable, (name, reason))
        self.unreadable_seen += state["unreadable_seen"]
        for name, times, (cassette, interaction, rules, reason) in state["reasons"]:
            self._blank(name, times, Unchecked(cassette, interaction, tuple(rules), reason))

    def _blank(self, reason: str, times: int, first: Unchecked) -> None:
        if reason not in self._reasons and len(self._reasons) >= MOST_REASONS:
            reason = _OTHER
        self._reasons.setdefault(reason, [0])[0] += times
        self._first.setdefault(reason, first)

    @property
    def unchecked(self) -> list[Blank]:
        """The reasons why something could not be looked at, the most frequent first."""
        found = [Blank(reason, times, self._first[reason]) for reason, (times,) in self._reasons.items()]
        return sorted(found, key=lambda blank: -blank.times)


def _keep(found: list[_Kept], one: _Kept) -> None:
    if len(found) < MOST:
        found.append(one)
