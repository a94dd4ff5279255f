"""`Tally`: what many cassettes come to, counted as their results go by."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from chunktape.audit.finding import SEVERITIES, Finding
from chunktape.audit.metric_summary import GoodputTally, SummaryTally
from chunktape.audit.result import RuleTally
from chunktape.audit.worst import Worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chunktape.audit.finding import Severity
    from chunktape.audit.host_profile import HostProfile
    from chunktape.audit.metric_summary import Goodput, Slo
    from chunktape.audit.result import CassetteResult

__all__ = ["Tally"]

_ENOUGH, _CHANCE, _SUREST = 20, 0.01, 0.9
"""An expected deviation is gone where so many streams lack it, which chance would do less often than that.

A share that somebody saw in a few streams is never taken for certain.
"""


_NUMBERS = (
    *("cassettes", "interactions", "streams", "unchecked", "unreadable", "accepted", "priced"),
    *("usd", "usd_again"),
)
_COUNTERS = ("_failed", "_unchecked", "_profiles", "judged")


class Tally:
    """Counts and measured numbers of an audit; its findings are not kept."""

    def __init__(self, slo: Slo | None) -> None:
        self.cassettes = self.interactions = self.streams = 0
        self.unchecked = self.unreadable = self.accepted = self.priced = 0
        self.usd = self.usd_again = 0.0
        self.worst = Worst()
        self.broken: Counter[tuple[str, str]] = Counter()
        self.judged: Counter[str] = Counter()
        self.summaries = SummaryTally()
        self._goodput = None if slo is None else GoodputTally(slo)
        self._kept: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._unchecked: Counter[str] = Counter()
        # By identity: the rules that were kept are the same object for most cassettes, held here.
        self._passed: dict[int, list[Any]] = {}
        self._profiles: Counter[str] = Counter()
        self._seen: set[tuple[str, str]] = set()

    def add(self, result: CassetteResult) -> None:
        """Count what is said of one cassette."""
        self.cassettes += bool(result.cassette)
        self.interactions += result.interactions
        self.streams += result.streams
        self.unreadable += result.unreadable is not None
        self.accepted += len(result.accepted)
        failed, unchecked = self._failed, self._unchecked
        self._passed.setdefault(id(result.passed), [result.passed, 0])[1] += 1
        # `Counter.update` takes twice as long, and there may be a million cassettes.
        for name, n in result.profiles.items():
            self._profiles[name] = self._profiles.get(name, 0) + n
        findings = [*result.findings, *(one.finding for one in result.accepted)]
        broken = {(one.rule, one.interaction) for one in findings}
        for rule, _ in broken:
            failed[rule] = failed.get(rule, 0) + 1
        for one in findings:
            self._seen.add((one.profile, one.rule))
        self.worst.add(result)
        for known in result.unchecked:
            self.unchecked += len(known.rules) or 1
            for rule in known.rules:
                unchecked[rule] = unchecked.get(rule, 0) + 1
        self._measure(result, broken, {one.interaction for one in findings if one.severity == "error"})

    def _measure(
        self, result: CassetteResult, broken: set[tuple[str, int | None]], failed: set[int | None]
    ) -> None:
        whose: dict[int | None, str] = {}
        for row in result.metrics:
            name = row.provider or row.host or "unknown"
            whose[row.interaction] = name
            self.judged[name] += 1
            self.summaries.add(row)
            if self._goodput is not None:
                self._goodput.add(row, failed=row.interaction in failed)
            if row.cost is not None and row.cost_again is not None:
                self.priced += 1
                self.usd += row.cost.usd
                self.usd_again += row.cost_again.usd
        for rule, interaction in broken:
            if interaction in whose:
                self.broken[rule, whose[interaction]] += 1

    def rules(self, ids: Iterable[str]) -> dict[str, RuleTally]:
        """Return how each rule came out; those that nothing was about have three zeros."""
        passed = self._all_passed()
        return {one: RuleTally(passed[one], self._failed[one], self._unchecked[one]) for one in ids}

    def _all_passed(self) -> Counter[str]:
        passed = Counter(self._kept)
        for kept, times in self._passed.values():
            for rule, n in kept.items():
                passed[rule] += n * times
        return passed

    def state(self) -> dict[str, Any]:
        """Return all of it as values for JSON, which `merge` adds to another one."""
        return {
            "numbers": [getattr(self, name) for name in _NUMBERS],
            "counters": [self._all_passed(), *(getattr(self, name) for name in _COUNTERS)],
            "seen": sorted(self._seen),
            "broken": [[*key, n] for key, n in self.broken.items()],
            "summaries": self.summaries.state(),
            "goodput": None if self._goodput is None else self._goodput.state(),
            "worst": self.worst.state(),
        }

    def merge(self, state: dict[str, Any]) -> None:
        """Add what another one has counted, whose cassettes come after these."""
        for name, number in zip(_NUMBERS, state["numbers"], strict=True):
            setattr(self, name, getattr(self, name) + number)
        kept, *counters = state["counters"]
        self._kept.update(kept)
        for name, counts in zip(_COUNTERS, counters, strict=True):
            getattr(self, name).update(counts)
        self._seen.update(map(tuple, state["seen"]))
        for rule, provider, n in state["broken"]:
            self.broken[rule, provider] += n
        self.summaries.merge(state["summaries"])
        if self._goodput is not None:
            self._goodput.merge(state["goodput"])
        self.worst.merge(state["worst"])

    def goodput(self) -> Goodput | None:
        """Return the goodput, where service levels were asked for."""
        return None if self._goodput is None else self._goodput.goodput()

    def gone(self, profiles: Iterable[HostProfile]) -> Iterator[Finding]:
        """Yield the deviations that a profile expects, and that none of enough streams has any more."""
        for profile in profiles:
            n = self._profiles[profile.name]
            for rule, habit in profile.habits.items():
                if not habit.expected or habit.share is None or (profile.name, rule) in self._seen:
                    continue
                if n >= _ENOUGH and (1 - min(habit.share, _SUREST)) ** n < _CHANCE:
                    message = (
                        f"{profile.name} was known for it ({habit.seen}), and none of {n} streams does it"
                    )
                    yield Finding(
                        "DRF-S2",
                        "warning",
                        profile.name,
                        "",
                        None,
                        None,
                        None,
                        f"{rule} gone",
                        n,
                        message,
                        "",
                    )

    def least(self, fail_on: Severity) -> int:
        """Return how many new findings are at least so serious."""
        limit = SEVERITIES.index(fail_on)
        return sum(self.worst.seen[one] for one in SEVERITIES[: limit + 1])
