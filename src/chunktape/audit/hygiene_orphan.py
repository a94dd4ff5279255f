"""Recordings whose test is gone (CAS-2).

Without a run of pytest only the files of the tests can tell. They are read, not imported; whatever a
fixture, a hook or a base class may add to them is taken to be there, and what nobody can tell is said.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.hygiene_rule import Remark, Unjudged
from chunktape.audit.node_id import Named, module_source, ungrouped
from chunktape.errors import did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.hygiene_case import HygieneCase
    from chunktape.audit.hygiene_setting import HygieneSetting
    from chunktape.audit.node_id import ModuleSource

__all__ = ["orphaned"]


_PREFIX = re.compile(r"(?<![A-Za-z0-9])test_?", re.IGNORECASE)


class _Verdict(NamedTuple):
    """Whether a test is gone, and what comes closest; None and the reason where nobody can tell."""

    gone: bool | None
    why: str = ""


_THERE = _Verdict(gone=False)


def orphaned(case: HygieneCase) -> Iterator[Remark | Unjudged]:
    """Yield a remark for each recording of a test that is gone."""
    owners: dict[str | None, list[int]] = {}
    for number, one in enumerate(case.interactions, start=1):
        owners.setdefault(one.recorded_by, []).append(number)
    for owner, numbers in owners.items():
        if owner is None:
            total = len(case.interactions)
            yield Unjudged(f"{len(numbers)} of {total} recordings do not say which test has made them")
            continue
        verdict, shown = _judge(owner, case.setting), shorten(owner)
        if verdict.gone is None:
            yield Unjudged(f"{shown}: {verdict.why}")
        elif verdict.gone:
            line = case.line(numbers[0], "response.stream.recorded_by")
            for _ in numbers:
                yield Remark(f"there is no test {shown} any more{verdict.why}", shown, None, line)


def _judge(owner: str, setting: HygieneSetting) -> _Verdict:
    node = ungrouped(owner)
    named = Named.of(node)
    if setting.collected is None:
        return _written(named, setting)
    known, bases = _known(setting.collected)
    if node in known or owner in known:
        return _THERE
    if named.base in bases:
        siblings = [one for one in known if one.startswith(named.base)]
        return _Verdict(gone=True, why=did_you_mean(node, siblings))
    verdict = _written(named, setting)
    if verdict.gone is False and named.path in known:
        return _Verdict(gone=None, why="it is written, and was not collected")
    return verdict


def _written(named: Named, setting: HygieneSetting) -> _Verdict:
    """Judge by the files alone."""
    root = Path(setting.root)
    path = root / named.path
    if not path.exists():
        parts = Path(named.path).parts
        top = root / parts[0] if len(parts) > 1 else root
        there = top.is_dir()
        return (
            _Verdict(gone=True) if there else _unknown(f"there is no folder {top}, where its file would be")
        )
    if not named.names:
        return _THERE
    if path.suffix != ".py":
        return _unknown("its file is not Python, and nobody looks for tests in it")
    source = _source(str(path), path.stat().st_mtime_ns)
    return _unknown("its file cannot be read as Python") if source is None else _read(named, source)


def _read(named: Named, source: ModuleSource) -> _Verdict:
    if source.holds(named):
        return _THERE
    # "test" is what they all begin with, and makes nothing alike.
    names = {_PREFIX.sub("", one): one for one in sorted(source.defined) if "*" not in one}
    close = get_close_matches(_PREFIX.sub("", "::".join(named.names)), names, n=1)
    return _Verdict(gone=True, why=f"; did you mean {names[close[0]]!r}?" if close else "")


def _unknown(why: str) -> _Verdict:
    return _Verdict(gone=None, why=why)


@lru_cache(maxsize=4)
def _known(collected: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return all that a collection names, with the files, folders and classes around, and the bare ids."""
    known: set[str] = set()
    bases: set[str] = set()
    for node in collected:
        named = Named.of(ungrouped(node))
        # A tape of a module or a folder belongs to that.
        folders = map(str, Path(named.path).parents)
        known.update((node, ungrouped(node), named.path, *named.around, *folders))
        bases.add(named.base)
    return frozenset(known), frozenset(bases)


@lru_cache(maxsize=256)
def _source(path: str, changed: int) -> ModuleSource | None:  # noqa: ARG001 - another file is another result
    return module_source(Path(path))
