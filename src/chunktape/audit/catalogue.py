"""All rules by their ids, for whoever tells people about them; what they check is not asked here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chunktape.audit.rules import all_rules
from chunktape.audit.rules.xch import CASSETTE_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RuleText", "catalogue"]


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


def catalogue() -> dict[str, RuleText]:
    """Return all rules by their ids; of two with one id, the first."""
    families: tuple[Iterable[RuleText], ...] = (all_rules(), CASSETTE_RULES)
    found: dict[str, RuleText] = {}
    for rule in (rule for family in families for rule in family):
        found.setdefault(rule.id, rule)
    return found
