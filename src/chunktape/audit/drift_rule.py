"""`DriftRule` and `SampleRule`: what stays the same between two recordings of one request.

A `DriftRule` compares the two recordings of a pair, a `SampleRule` all that was measured on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from chunktape.audit.finding import Hit
from chunktape.audit.message import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from chunktape.audit.drift_pair import Pair
    from chunktape.audit.drift_sample import Sample
    from chunktape.audit.finding import Severity
    from chunktape.audit.rule import Mutator

__all__ = ["Change", "DriftCheck", "DriftRule", "SampleCheck", "SampleRule", "arrow", "change"]


class Change(NamedTuple):
    """One thing that is not as it was, and how serious that is."""

    severity: Severity
    hit: Hit


DriftCheck: TypeAlias = "Callable[[Pair], Iterable[Change]]"
SampleCheck: TypeAlias = "Callable[[Sequence[Sample]], Iterable[Change]]"


@dataclass(frozen=True, slots=True)
class DriftRule:
    """One thing that is compared.

    `severity` is the worst that the rule says; each change has one of its own. `check` yields the changes
    of a pair. `mutate` makes a later recording out of an earlier one, in which this one thing is not as it
    was, and returns None for one that has nothing to change; its randomness is that of the seed. What a
    rule needs of both recordings is an ``answer``, its ``end`` (a refusal is one, but no reader left before
    it), or no more than the ``reply``.
    """

    id: str
    title: str
    severity: Severity
    source: str
    example: str
    way_out: str
    check: DriftCheck
    mutate: Mutator | None
    since: str = "0.1.0"
    needs: Literal["answer", "end", "reply"] = "answer"


@dataclass(frozen=True, slots=True)
class SampleRule:
    """One thing that is measured, with the fields of a `DriftRule`; `mutate` changes what is measured."""

    id: str
    title: str
    severity: Severity
    source: str
    example: str
    way_out: str
    check: SampleCheck
    mutate: Mutator
    since: str = "0.1.0"


def change(severity: Severity, subject: str, before: Any, after: Any, *, note: str = "") -> Change:
    """Return a change of a value that is shown as it was and as it is."""
    return Change(severity, Hit(f"{subject}: {arrow(before, after)}{note}", subject))


def arrow(before: Any, after: Any) -> str:
    """Return two values as a change of one into the other."""
    return f"{_told(before)} → {_told(after)}"


def _told(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) and value else shown(value)
