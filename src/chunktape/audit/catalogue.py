"""All rules by their ids, for whoever tells people about them; what they check is not asked here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Catalogue", "RuleText", "catalogue"]


class RuleText(Protocol):
    """What a rule says of itself."""

    @property
    def id(self) -> str:
        """The name of the rule."""

    @property
    def title(self) -> str:
        """The promise, in one line."""

    @property
    def source(self) -> str:
        """Who made the promise."""

    @property
    def example(self) -> str:
        """How it looks when it is broken."""

    @property
    def way_out(self) -> str:
        """What to do then."""


class Catalogue(Mapping[str, "RuleText"]):
    """All rules by their ids; a family is imported when one of its rules is asked for."""

    def __getitem__(self, key: str) -> RuleText:
        return _family(_FAMILIES.get(key.partition("-")[0], _judging))[key]

    def __iter__(self) -> Iterator[str]:
        for rules in (_judging, *_FAMILIES.values()):
            yield from _family(rules)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def judging(self) -> tuple[str, ...]:
        """The ids of the rules that look at recordings alone: no others, and not at how they are kept."""
        return tuple(_family(_judging))


def catalogue() -> Catalogue:
    """Return all rules by their ids, in the order in which they are told; of two with one id, the first."""
    return Catalogue()


@cache
def _family(rules: Callable[[], Iterable[RuleText]]) -> dict[str, RuleText]:
    found: dict[str, RuleText] = {}
    for rule in rules():
        found.setdefault(rule.id, rule)
    return found


def _judging() -> Iterable[RuleText]:
    from chunktape.audit.rules import all_rules
    from chunktape.audit.rules.xch import CASSETTE_RULES

    return (*all_rules(), *CASSETTE_RULES)


def _drift() -> Iterable[RuleText]:
    from chunktape.audit.drift import DRIFT_RULES

    return DRIFT_RULES


def _hygiene() -> Iterable[RuleText]:
    from chunktape.audit.rules.cas import HYGIENE_RULES

    return HYGIENE_RULES


_FAMILIES: dict[str, Callable[[], Iterable[RuleText]]] = {"DRF": _drift, "CAS": _hygiene}
