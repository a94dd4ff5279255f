"""`Reading`: the results of an audit as reports get them, read anew each time."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chunktape.audit.result import CassetteResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from chunktape.audit.addition import Addition
    from chunktape.audit.baseline import Baseline
    from chunktape.audit.finding import Finding, Unchecked

__all__ = ["Reading"]


class Reading:
    """Reads all results in order, with what the baseline accepts and what was found beside the rules."""

    def __init__(
        self,
        results: Callable[..., Iterator[CassetteResult]],
        baseline: Baseline | None,
        addition: Addition,
    ) -> None:
        self._results = results
        self._baseline = baseline
        self._findings: defaultdict[str, list[Finding]] = defaultdict(list)
        self._unchecked: defaultdict[str, list[Unchecked]] = defaultdict(list)
        for finding in addition.findings:
            self._findings[finding.cassette].append(finding)
        for one in addition.unchecked:
            self._unchecked[one.cassette].append(one)

    def close_with(self, findings: Iterable[Finding]) -> CassetteResult:
        """Add findings about all cassettes, and return them as they will be read."""
        more = list(findings)
        self._findings[""] += more
        return self._judged(CassetteResult("", findings=tuple(more)))

    def __call__(self, *, metrics: bool = True) -> Iterator[CassetteResult]:
        """Yield the result of each cassette, in order, with all that belongs to it."""
        left = dict.fromkeys((*self._findings, *self._unchecked))
        for result in self._results(metrics=metrics):
            left.pop(result.cassette, None)
            yield self._judged(self._with_more(result))
        for cassette in left:
            more = self._with_more(CassetteResult(cassette))
            if more.findings or more.unchecked:
                yield self._judged(more)

    def _with_more(self, result: CassetteResult) -> CassetteResult:
        findings = self._findings.get(result.cassette, ())
        unchecked = self._unchecked.get(result.cassette, ())
        if not findings and not unchecked:
            return result
        return result._replace(
            findings=(*result.findings, *findings), unchecked=(*result.unchecked, *unchecked)
        )

    def _judged(self, result: CassetteResult) -> CassetteResult:
        """Move what the baseline accepts to where it belongs."""
        if self._baseline is None or not result.findings:
            return result
        new, accepted = [], []
        for finding in result.findings:
            known = self._baseline.accepts(finding)
            if known is None:
                new.append(finding)
            else:
                accepted.append(known)
        return result._replace(findings=tuple(new), accepted=tuple(accepted)) if accepted else result
