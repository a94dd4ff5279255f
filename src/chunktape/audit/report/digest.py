"""`Digest`: what one report has room for, the worst of an audit and the sum of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.finding import SEVERITIES
from chunktape.audit.worst import Worst

if TYPE_CHECKING:
    from collections import Counter

    from chunktape.audit.finding import Finding, Severity
    from chunktape.audit.result import Accepted, AuditResult
    from chunktape.audit.worst import Blank

__all__ = ["Digest", "digest_of"]


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


def digest_of(result: AuditResult, *, most: int, infos: int | None = None, of_each: bool = False) -> Digest:
    """Return the digest of an audit.

    `most` is how many findings there is room for, of all severities together or of each, and `infos` how
    many of them may be those that matter least.
    """
    worst = result.worst
    if worst is None:
        worst = Worst()
        for one in result.results(metrics=False):
            worst.add(one)
    room = None if of_each else most
    each = {
        severity: worst.first(severity, most if severity != "info" or infos is None else infos)
        for severity in SEVERITIES
    }
    return Digest(
        [one for found in each.values() for one in found][:room],
        worst.seen,
        [one for found in worst.accepted.values() for one in found[:most]][:room],
        worst.accepted_seen,
        worst.unreadable[:most],
        worst.unreadable_seen,
        worst.unchecked,
    )
