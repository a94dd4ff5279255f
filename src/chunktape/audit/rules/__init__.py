"""The rules of the audits, one file for each family; each rule with what breaks it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from chunktape.audit.rules.foreign import ENTRY_POINTS, loaded, points

if TYPE_CHECKING:
    from chunktape.audit.rule import Rule
    from chunktape.dialects.detect import Dialect

__all__ = ["ENTRY_POINTS", "all_rules", "rules_about"]

_TOGETHER = {"cas", "foreign", "xch"}
"""The families about whole cassettes, which have tuples of their own, and what is no family."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return the rules of this package, then those that other packages add."""
    found: list[Rule] = []
    for name in sorted({module.name for module in iter_modules(__path__)} - _TOGETHER):
        found += import_module(f"{__name__}.{name}").RULES
    for point in points():
        found += loaded(point, {rule.id for rule in found})
    return tuple(found)


@cache
def rules_about(dialect: Dialect | None, *, is_stream: bool) -> tuple[Rule, ...]:
    """Return the rules that are about what speaks a dialect."""
    return tuple(rule for rule in all_rules() if rule.is_about(dialect, is_stream=is_stream))
