"""Why a request was not found, or its recording ends early: what happened, where, the way out.

Only words are made here. What counts as the same is `matching`'s business, what differs is
`difference`'s.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from chunktape.errors import shorten
from chunktape.tape.difference import ABSENT, differences, shared_length, show_pair
from chunktape.tape.normaliser import NAMED, Normaliser

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from chunktape.tape.difference import Difference
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.matching import Matching
    from chunktape.wire.message import Request

__all__ = ["explain_end", "explain_miss"]

SHOWN_PLACES = 3
_CLOSER_LOOKS = 12
_EDGE = 4096
# Another number is another question more often than noise: nobody is told to level numbers.
_VOLATILE = tuple(name for name in NAMED if name != "number")
_ARTICLES = {"hex": "a hex string", "id": "an id"}


def explain_miss(
    request: Request,
    interactions: Sequence[Interaction],
    played: Collection[int],
    *,
    matching: Matching,
    cassette: str,
    way_out: str,
    anew: str | None = None,
    called: Callable[[int], str] = lambda number: f"#{number + 1}",
    again: str = "repeats=True plays it again",
) -> str:
    """Return what to tell whoever made a request that the cassette has no recording for.

    `played` holds the indexes, from 0, of the interactions that were played; `way_out` follows
    ``to record it:``, and `anew` is how all of them are recorded again, which is the shorter way where
    this request has taken the place of one not yet played. `called` gives an interaction its name, and
    `again` says how one is played twice. Takes redacted requests and shows what it gets.
    """
    count = len(interactions)
    left = count - len(played)
    recorded = f"{count} recorded, {left} not yet played" if count else "empty"
    lines = [
        f"No recording left for {request.method or '?'} {shorten(request.url or '?')}",
        f"  cassette: {cassette} ({recorded})",
        *_closest(request, interactions, played, matching, called=called, again=again),
        f"  to record it: {way_out}",
    ]
    if anew is not None and left:
        lines.append(f"  or all of it anew: {anew}")
    # A lone surrogate could not be printed.
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode()


def explain_end(interaction: Interaction, number: int | None, cassette: str, way_out: str) -> str:
    """Return what to tell whoever reads on where the reader of a recording left it; it counts from 1."""
    ending = interaction.ending.kind if interaction.ending is not None else "open"
    place = cassette if number is None else f"{cassette}, #{number}"
    return (
        f"The recording of {interaction.request.method} {interaction.request.url} stops here\n"
        f"  cassette: {place}\n"
        f"  its own reader left the stream after {len(interaction.ends)} chunks"
        f" ({len(interaction.body)} bytes, ending: {ending}), before the end came\n"
        f"  to record it further: {way_out.replace('new_episodes', 'rewrite')}"
    )


def _closest(
    request: Request,
    interactions: Sequence[Interaction],
    played: Collection[int],
    matching: Matching,
    *,
    called: Callable[[int], str],
    again: str,
) -> list[str]:
    if not interactions:
        return []
    requests = [interaction.request for interaction in interactions]
    known = {number: one for number, one in enumerate(requests) if not matching.wildcard(one)}
    if not known:
        why = "already played" if request.method == "POST" else "which answers POST only"
        return [f"  closest: {called(0)}, a reply without its request, {why}"]
    candidates = _shortlist(request, known, played, matching)
    key = matching.key(request)
    same = [number for number in candidates if matching.key(requests[number]) == key]
    if same:
        number = min(same, key=lambda number: (number in played, number))
        spent = f", already played; {again}" if number in played else ", not yet played"
        return _describe_same(request, requests[number], called(number), spent, matching)
    found = {number: differences(request, requests[number], matching) for number in candidates}
    number = min(
        candidates,
        key=lambda number: (
            _distance(request, requests[number], matching),
            number in played,
            sum(difference.size for difference in found[number]),
            number,
        ),
    )
    return _describe(request, requests[number], called(number), found[number], matching)


def _shortlist(
    request: Request, known: dict[int, Request], played: Collection[int], matching: Matching
) -> list[int]:
    """Return the few that deserve a closer look: near by a cheap measure, and next in order."""
    rough = {
        number: (_distance(request, one, matching), _rough_size(request.body, one.body))
        for number, one in known.items()
    }
    near = sorted(known, key=lambda number: rough[number])[:_CLOSER_LOOKS]
    fresh = sorted(known, key=lambda number: (rough[number][0], number in played, rough[number][1]))
    in_order = sorted(known, key=lambda number: (rough[number][0], number in played))
    return list(dict.fromkeys([*near, *fresh[:_CLOSER_LOOKS], *in_order[: _CLOSER_LOOKS // 3]]))


def _distance(request: Request, recorded: Request, matching: Matching) -> int:
    """Return how far apart the places are that two requests go to."""
    then, now = matching.address(recorded.url), matching.address(request.url)
    other_method = (request.method or "").upper() != (recorded.method or "").upper()
    return 2 * other_method + 2 * (then.path != now.path) + (then.host != now.host)


def _rough_size(one: bytes, other: bytes) -> int:
    """Return about how many bytes differ; of long bodies only the two ends are looked at."""
    if one == other:
        return 0
    both = min(len(one), len(other))
    edge = min(both, _EDGE)
    begin = shared_length(one[:edge], other[:edge])
    end = min(shared_length(one[: -edge - 1 : -1], other[: -edge - 1 : -1]), both - begin)
    return abs(len(one) - len(other)) + 2 * edge - begin - end


def _describe_same(
    request: Request, recorded: Request, name: str, spent: str, matching: Matching
) -> list[str]:
    objection = matching.objection(request, recorded)
    if objection is not None:
        return [f"  closest: {name}, the same but for {shorten(objection)}"]
    return [f"  closest: {name}, the same request{spent}"]


def _describe(
    request: Request, recorded: Request, name: str, found: list[Difference], matching: Matching
) -> list[str]:
    start = f"  closest: {name}, differs"
    if not found:
        return [f"{start} in its raw body only"]
    first = found[0]
    then, now = show_pair(first)
    if len(found) == 1 and (first.recorded is ABSENT or first.now is ABSENT):
        return [f"{start} {first.where}: recorded {then}, now {now}"]
    lines = [f"{start} {_places(found)}", f"    recorded: {then}", f"    now:      {now}"]
    return lines + _volatile_hint(request, recorded, found, matching)


def _places(found: list[Difference]) -> str:
    """Return ``at $.a, $.b, $.c and 2 more``."""
    shown = [found[0].where]
    for before, difference in pairwise(found[:SHOWN_PLACES]):
        word, _, place = difference.where.partition(" ")
        shown.append(place if before.where.startswith(f"{word} ") else difference.where)
    more = len(found) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _volatile_hint(
    request: Request, recorded: Request, found: list[Difference], matching: Matching
) -> list[str]:
    """Return a line that names the normalisers under which two requests are the same, if there are any."""
    texts = [(one.recorded, one.now) for one in found]
    if not all(isinstance(then, str) and isinstance(now, str) for then, now in texts):
        return []
    texts = [(matching.level(then), matching.level(now)) for then, now in texts]
    names = list(_VOLATILE)
    if not _levels(names, texts):
        return []
    # The coarsest first: what is left are the most telling names that suffice.
    for name in reversed(_VOLATILE):
        fewer = [other for other in names if other != name]
        if fewer and _levels(fewer, texts):
            names = fewer
    wider = matching.levelling(names)
    if wider.key(request) != wider.key(recorded):
        return []
    *others, last = [_ARTICLES.get(name, f"a {name}") for name in names]
    what = f"{', '.join(others)} and {last}" if others else last
    listed = ", ".join(f'"{name}"' for name in names)
    option = f"adding {listed} to normalize" if matching.normalises else f"normalize=[{listed}]"
    return [f"    only {what} {'differs' if len(names) == 1 else 'differ'}: {option} would match it"]


def _levels(names: list[str], texts: list[tuple[str, str]]) -> bool:
    normaliser = Normaliser(names)
    return all(normaliser.level(then) == normaliser.level(now) for then, now in texts)
