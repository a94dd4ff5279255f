"""`Digest`: the worst of an audit and the sum of the rest, read once and small however much there is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from chunktape.audit.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.audit.finding import Finding, Severity, Unchecked
    from chunktape.audit.result import Accepted, CassetteResult

__all__ = ["Blank", "Digest", "digest_of"]

MOST_REASONS = 200
_OTHER = "other reasons"

_Kept = TypeVar("_Kept")


class Blank(NamedTuple):
    """What could not be looked at for one reason: how often, and the first of it."""

    reason: str
    times: int
    first: Unchecked


class Digest(NamedTuple):
    """What a report has room for.

    `findings` and `accepted` are the worst, errors before warnings before notes, each in the order of the
    cassettes; `seen` counts all findings. `unreadable` are cassettes with the reason, the first ones.
    """

    findings: list[Finding]
    seen: Counter[Severity]
    accepted: list[Accepted]
    accepted_seen: int
    unreadable: list[tuple[str, str]]
    unreadable_seen: int
    unchecked: list[Blank]

    @property
    def left_out(self) -> int:
        """How many findings there was no room for."""
        return self.seen.total() - len(self.findings)


def digest_of(
    results: Iterable[CassetteResult], *, most: int, infos: int | None = None, of_each: bool = False
) -> Digest:
    """Return the digest of results, each of which is looked at once and let go.

    `most` is how many findings there is room for, of all severities together or of each, and `infos` how
    many of them may be those that matter least.
    """
    findings: dict[Severity, list[Finding]] = {severity: [] for severity in SEVERITIES}
    accepted: dict[Severity, list[Accepted]] = {severity: [] for severity in SEVERITIES}
    unreadable: list[tuple[str, str]] = []
    seen: Counter[Severity] = Counter()
    accepted_seen = unreadable_seen = 0
    reasons: dict[str, Blank] = {}
    for one in results:
        for finding in one.findings:
            seen[finding.severity] += 1
            _keep(findings[finding.severity], finding, most)
        for known in one.accepted:
            accepted_seen += 1
            _keep(accepted[known.finding.severity], known, most)
        if one.unreadable is not None:
            unreadable_seen += 1
            _keep(unreadable, (one.cassette, one.unreadable), most)
        for blank in one.unchecked:
            name = blank.reason if blank.reason in reasons or len(reasons) < MOST_REASONS else _OTHER
            before = reasons.get(name, Blank(name, 0, blank))
            reasons[name] = before._replace(times=before.times + 1)
    room = None if of_each else most
    del findings["info"][most if infos is None else infos :]
    return Digest(
        [one for found in findings.values() for one in found][:room],
        seen,
        [one for found in accepted.values() for one in found][:room],
        accepted_seen,
        unreadable,
        unreadable_seen,
        sorted(reasons.values(), key=lambda blank: -blank.times),
    )


def _keep(found: list[_Kept], one: _Kept, most: int) -> None:
    if len(found) < most:
        found.append(one)
