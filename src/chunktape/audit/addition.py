"""`gathered`: what an audit is asked for beside its rules: drift, SDK replay, timeline, hygiene.

Each of them looks at the recordings once more, here and one file at a time; what they find is counted
and told with the rest.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from chunktape.audit.discreet import discreet_findings, discreet_sections, discreet_unchecked
from chunktape.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chunktape.audit.exchange import Exchange
    from chunktape.audit.finding import Finding, Unchecked
    from chunktape.audit.hygiene_setting import HygieneSetting
    from chunktape.audit.result import CassetteResult, Section

__all__ = ["Addition", "Wanted", "gathered"]


@dataclass(frozen=True, slots=True)
class Addition:
    """What was found beside the rules; `passed` counts for each rule what keeps it."""

    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    sections: tuple[Section, ...] = ()
    passed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: `against` is a folder or a revision of git, `sdks` are specs of releases."""

    against: str | None = None
    content: bool = False
    sdks: tuple[str, ...] = ()
    timeline: bool = False
    hygiene: HygieneSetting | None = None
    sdk_cache: Path | None = None


def gathered(
    wanted: Wanted,
    *,
    paths: Sequence[str],
    names: Sequence[str],
    results: Iterable[CassetteResult],
    ids: Iterable[str],
) -> Addition:
    """Return what is found in the cassettes that `paths` mean, whose names are `names`.

    `results` are what the rules say of them, in order, and `ids` the rules that count.

    Raises `ConfigurationError` where there is no such folder, revision or release.
    """
    known = frozenset(ids)
    parts = []
    if wanted.hygiene is not None:
        readable = (one for one in results if one.unreadable is None)
        parts = [_kept_well([_hygiene(one, wanted.hygiene) for one in readable])]
    if wanted.against is not None:
        parts.append(_drift(wanted, paths, names))
    if wanted.sdks:
        parts.append(_sdks(wanted, names))
    if wanted.timeline:
        parts.append(_timeline(names))
    unchecked = (one for part in parts for one in part.unchecked if not one.rules or known & set(one.rules))
    return Addition(
        discreet_findings(one for part in parts for one in part.findings if one.rule in known),
        discreet_unchecked(unchecked),
        discreet_sections(one for part in parts for one in part.sections if one.rows),
        {rule: n for part in parts for rule, n in part.passed.items() if rule in known},
    )


def exchanges_in(names: Iterable[str]) -> Iterator[Exchange]:
    """Yield the exchanges of some cassettes; those that cannot be read were named by who judged them."""
    from chunktape.audit.file import read_file
    from chunktape.audit.judging import exchanges_of

    for name in names:
        try:
            found = exchanges_of(read_file(name), name)
        except (OSError, CassetteError):
            continue
        yield from found


def _hygiene(result: CassetteResult, setting: HygieneSetting) -> Addition:
    from chunktape.audit.file import read_file
    from chunktape.audit.hygiene import hygiene_of
    from chunktape.audit.judging import exchanges_of

    name = result.cassette
    try:
        text = read_file(name)
        interactions = [one.interaction for one in exchanges_of(text, name)]
    except (OSError, CassetteError):
        return Addition()
    judged = result.metrics if len(result.metrics) == len(interactions) else None
    found = hygiene_of(
        name, interactions, text=text, setting=setting, findings=result.findings, metrics=judged
    )
    return Addition(found.findings, found.unchecked, found.sections, {name: 1})


def _kept_well(parts: Sequence[Addition]) -> Addition:
    """Return the hygiene of all cassettes, with one table of each kind."""
    from chunktape.audit.hygiene_cost import joined_sections
    from chunktape.audit.rules.cas import HYGIENE_RULES

    total = sum(len(part.passed) for part in parts)
    findings = tuple(one for part in parts for one in part.findings)
    unchecked = tuple(one for part in parts for one in part.unchecked)
    touched = {(one.rule, one.cassette) for one in findings}
    touched |= {(rule, one.cassette) for one in unchecked for rule in one.rules}
    broken = Counter(rule for rule, _ in touched)
    passed = {rule.id: total - broken[rule.id] for rule in HYGIENE_RULES}
    return Addition(findings, unchecked, joined_sections(part.sections for part in parts), passed)


def _drift(wanted: Wanted, paths: Sequence[str], names: Sequence[str]) -> Addition:
    from chunktape.audit.drift import DRIFT_RULES, drift_between
    from chunktape.audit.finding import Unchecked
    from chunktape.audit.judging import exchanges_of
    from chunktape.audit.revision import cassettes_at

    origin = wanted.against or ""
    places = {name: _below(name, paths) for name in names}
    before: list[Exchange] = []
    lost = []
    for kept in cassettes_at(origin, paths):
        shown = str(Path(origin) / kept.name) if Path(origin).is_dir() else f"{origin}:{kept.name}"
        places[shown] = kept.name
        why = kept.lost
        try:
            before += [] if why else exchanges_of(kept.data, shown)
        except CassetteError as error:
            why = str(error)
        if why:
            lost.append(Unchecked(shown, None, (), why.partition("\n")[0]))
    found = drift_between(
        before, list(exchanges_in(names)), content=wanted.content, place=lambda one: places[one.cassette]
    )
    broken = Counter(
        rule for rule, _, _ in {(one.rule, one.cassette, one.interaction) for one in found.findings}
    )
    passed = {rule.id: max(found.pairs - broken[rule.id], 0) for rule in DRIFT_RULES}
    return Addition(found.findings, (*lost, *found.unchecked), found.sections, passed)


def _below(name: str, paths: Sequence[str]) -> str:
    """Return what a cassette is called below the folder that was named; by itself where it was named."""
    for path in paths:
        below = os.path.relpath(name, path)
        if below != "." and not below.startswith(".."):
            return PurePath(below).as_posix()
    return PurePath(name).name


def _sdks(wanted: Wanted, names: Sequence[str]) -> Addition:
    from chunktape.audit.sdk_replay import replay_through

    found = replay_through(exchanges_in(names), wanted.sdks, cache=wanted.sdk_cache)
    return Addition(found.findings, found.unchecked, (found.section,))


def _timeline(names: Sequence[str]) -> Addition:
    from chunktape.audit.timeline import SchemaTimeline

    timeline = SchemaTimeline()
    for one in exchanges_in(names):
        timeline.add(one)
    return Addition(sections=(timeline.section,))
