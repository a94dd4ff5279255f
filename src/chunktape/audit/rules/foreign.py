"""Rules of other packages: loaded, and looked at before anything is judged by them."""

from __future__ import annotations

import os
import re
import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from collections.abc import Collection
    from importlib.metadata import EntryPoint

    from chunktape.audit.rule import Rule

__all__ = ["ENTRY_POINTS", "loaded", "points"]

ENTRY_POINTS = "chunktape.rules"
"""The group of entry points by which other packages add rules, each a tuple of them."""
_PACKAGES = (".dist-info", ".egg-info")

_ID = re.compile(r"[A-Z][A-Z0-9]*-[A-Z]*[0-9]+")


def points() -> list[EntryPoint]:
    """Return the entry points that add rules, in the order of their names."""
    if not _may_be_some():
        return []
    from importlib.metadata import entry_points

    return sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)


def _may_be_some() -> bool:
    """Return whether any installed package may add rules: asking for them takes ten times as long."""
    if any(hasattr(one, "find_distributions") and one is not PathFinder for one in sys.meta_path):
        return True
    for place in sys.path:
        try:
            with os.scandir(place or ".") as found:
                packages = [one.path for one in found if one.name.endswith(_PACKAGES)]
        except FileNotFoundError:
            continue
        except OSError:
            return True  # an archive, say, into which only importlib looks
        if any(map(_adds_rules, packages)):
            return True
    return False


def _adds_rules(package: str) -> bool:
    try:
        with open(os.path.join(package, "entry_points.txt"), "rb") as file:  # noqa: PTH118, PTH123 as fast as it gets
            return ENTRY_POINTS.encode() in file.read()
    except OSError:
        return False


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
    from chunktape.audit.discreet import discreet

    dist = "" if point.dist is None else f" of {point.dist.name} {point.dist.version}"
    return ConfigurationError(
        f"Rules not loaded: {shorten(discreet(why))}\n"
        f"  where: the entry point {point.name} = {point.value}{dist}\n"
        "  way out: mend that package, or uninstall it"
    )
