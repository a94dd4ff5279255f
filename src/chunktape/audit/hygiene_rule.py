"""`HygieneRule`: one promise about how a cassette is kept, and how it looks when it is broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from chunktape.audit.finding import Severity
    from chunktape.audit.hygiene_case import HygieneCase

__all__ = ["HygieneCheck", "HygieneMutator", "HygieneRule", "Remark", "Unjudged"]

HygieneCheck: TypeAlias = "Callable[[HygieneCase], Iterable[Remark | Unjudged]]"
HygieneMutator: TypeAlias = "Callable[[HygieneCase, Random], HygieneCase | None]"


class Remark(NamedTuple):
    """One place where a rule is broken; without an interaction it is about the whole cassette.

    `interaction`, `event` and `line` count from 1. A `lesser` one is taken less seriously.
    """

    message: str
    subject: str
    interaction: int | None = None
    line: int | None = None
    event: int | None = None
    evidence: str = ""
    lesser: bool = False


class Unjudged(NamedTuple):
    """What a rule could not look at, and why."""

    reason: str
    interaction: int | None = None


@dataclass(frozen=True, slots=True)
class HygieneRule:
    """One promise, with the fields of a `Rule`; its severity is the same whoever was recorded.

    `check` yields the places where a cassette breaks it. `mutate` breaks it in a case that keeps it, and
    returns None for one that has nothing to break; its randomness is that of the seed. `lesser` is the
    severity of the remarks that say so.
    """

    id: str
    title: str
    severity: Severity
    source: str
    example: str
    way_out: str
    check: HygieneCheck
    mutate: HygieneMutator
    since: str = "0.1.0"
    lesser: Severity | None = None

    @property
    def strict(self) -> Severity:
        """The severity, as profiles ask for it."""
        return self.severity

    @property
    def compat(self) -> Severity:
        """The severity, as profiles ask for it."""
        return self.severity
