"""Rules of other packages: loaded, and looked at before anything is judged by them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chunktape.audit.discreet import discreet
from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from collections.abc import Collection
    from importlib.metadata import EntryPoint

    from chunktape.audit.rule import Rule

__all__ = ["loaded"]

_ID = re.compile(r"[A-Z][A-Z0-9]*-[A-Z]*[0-9]+")


def loaded(point: EntryPoint, known: Collection[str]) -> list[Rule]:
    """Return the rules of an entry point; raises `ConfigurationError` where they cannot be used.

    `known` are the ids that are taken. Whatever is wrong with one is said at once: an audit without a
    rule that somebody installed would be green for want of looking.
    """
    try:
        found = list(point.load())
    except (Exception, SystemExit) as error:
        raise _unusable(point, f"{type(error).__name__}: {error}") from error
    taken = set(known)
    for rule in found:
        why = _wrong(rule, taken)
        if why is not None:
            raise _unusable(point, why)
        taken.add(rule.id)
    return found


def _wrong(rule: object, taken: Collection[str]) -> str | None:
    """Return why something cannot be used as a rule, None where it can."""
    from chunktape.audit.finding import SEVERITIES
    from chunktape.audit.rule import Rule

    if not isinstance(rule, Rule):
        return f"{shorten(repr(rule), 60)} is no Rule"
    if not isinstance(rule.id, str) or _ID.fullmatch(rule.id) is None:
        return f"{shorten(repr(rule.id), 60)} is no id of a rule, such as ACME-1"
    if rule.id in taken:
        return f"there is a rule {rule.id} already"
    severities = (rule.strict, rule.compat, *(rule.lesser or ()))
    for one in severities:
        if one not in SEVERITIES:
            return f"{rule.id} has the severity {shorten(repr(one), 60)}; there are {', '.join(SEVERITIES)}"
    texts = (rule.title, rule.source, rule.example, rule.way_out)
    if not all(isinstance(one, str) for one in texts) or not callable(rule.check):
        return f"{rule.id} has something else for a text, or for its check"
    return None


def _unusable(point: EntryPoint, why: str) -> ConfigurationError:
    dist = "" if point.dist is None else f" of {point.dist.name} {point.dist.version}"
    return ConfigurationError(
        f"Rules not loaded: {shorten(discreet(why))}\n"
        f"  where: the entry point {point.name} = {point.value}{dist}\n"
        "  way out: mend that package, or uninstall it"
    )
