"""What is said at the end of a run about cassettes that nobody needs, or that are too old."""

from __future__ import annotations

import math
import posixpath
import shlex
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chunktape.pytest_plugin.place import from_here

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

__all__ = ["age_lines", "in_words", "old_among", "orphan_lines"]

_SHOWN = 10
_OWNERS_SHOWN = 3
_DAY = timedelta(days=1)


def orphan_lines(orphans: list[dict[str, Any]], config: pytest.Config, *, fails: bool) -> Iterator[str]:
    """Yield what to say about cassettes without a test."""
    if not orphans:
        return
    what = "1 cassette has" if len(orphans) == 1 else f"{len(orphans)} cassettes have"
    yield f"{what} no test any more{', and that fails the run' if fails else ''}"
    for one in orphans[:_SHOWN]:
        owners = [from_here(config, node) for node in one["recorded_by"]]
        more = f" and {len(owners) - _OWNERS_SHOWN} more" if len(owners) > _OWNERS_SHOWN else ""
        yield f"  {from_here(config, one['path'])}"
        yield f"    recorded by: {', '.join(owners[:_OWNERS_SHOWN])}{more}"
        if one["closest"] is not None:
            yield f"    closest: {from_here(config, one['closest'])}"
        yield f"    way out: {_way_out(one, config)}"
    if len(orphans) > _SHOWN:
        yield f"  and {len(orphans) - _SHOWN} more, which --tape-report=FILE.json names"
    yield '  where this is meant: tape_orphans = ignore, or orphans = "ignore" below [tool.chunktape]'


def old_among(tests: Iterable[dict[str, Any]], allowed: timedelta | None) -> dict[str, datetime]:
    """Return the cassettes that were played and are too old, with the time of their oldest recording."""
    if allowed is None:
        return {}
    limit = datetime.now(UTC) - allowed
    found = {
        tape["cassette"]: datetime.fromisoformat(tape["recorded_at"])
        for test in tests
        for tape in test["tapes"]
        if tape["played"] and tape["recorded_at"] is not None
    }
    return {cassette: moment for cassette, moment in sorted(found.items()) if moment < limit}


def age_lines(old: dict[str, datetime], allowed: timedelta, config: pytest.Config) -> Iterator[str]:
    """Yield what to say about cassettes that are too old."""
    if not old:
        return
    what = "1 cassette is" if len(old) == 1 else f"{len(old)} cassettes are"
    yield f"{what} older than {in_words(allowed, allowed)}"
    for cassette, moment in sorted(old.items(), key=lambda pair: pair[1])[:_SHOWN]:
        age = in_words(datetime.now(UTC) - moment, allowed)
        yield f"  {from_here(config, cassette)}: {age}, recorded {moment:%Y-%m-%d}"
    if len(old) > _SHOWN:
        yield f"  and {len(old) - _SHOWN} more, which --tape-report=FILE.json names"
    yield "  to record them again: pytest --tape=expired"


def in_words(age: timedelta, allowed: timedelta) -> str:
    """Return an age in hours where hours are what is allowed, else in days; never as less than it is."""
    unit, word = (_DAY, "day") if allowed >= 2 * _DAY or allowed == _DAY else (_DAY / 24, "hour")
    number = math.ceil(age / unit * 10) / 10
    return f"{number:g} {word}{'' if number == 1 else 's'}"


def _way_out(orphan: dict[str, Any], config: pytest.Config) -> str:
    path = shlex.quote(from_here(config, orphan["path"]))
    if orphan["instead"] is None:
        return f"rm {path}"
    there = from_here(config, orphan["instead"])
    folder = posixpath.dirname(there)
    # A module that was renamed has no folder of its own yet.
    is_new = not (config.rootpath / orphan["instead"]).parent.is_dir()
    first = f"mkdir -p {shlex.quote(folder)} && " if is_new else ""
    return f"{first}mv {path} {shlex.quote(there)}"
