"""`Pair`: two recordings of one request; which recordings make one, and which have no partner."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.message import LEFT
from chunktape.dialects.detect import read
from chunktape.errors import shorten
from chunktape.tape.matching import Matching

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from chunktape.audit.exchange import Exchange
    from chunktape.dialects.detect import Reading

__all__ = ["Alone", "Gap", "Pair", "Pairing", "gap_in", "paired", "reading_of", "request_line"]

_FIRST_FAILURE = 400


class Pair(NamedTuple):
    """One request, recorded before and after.

    `content` says that words are compared, too. `outcomes` are what SDKs make of the two streams, by the
    name of the SDK, empty where nobody replayed them.
    """

    before: Exchange
    after: Exchange
    content: bool = False
    outcomes: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})


class Alone(NamedTuple):
    """A recording that could not be compared, and why."""

    exchange: Exchange
    reason: str


class Gap(NamedTuple):
    """What two recordings lack, in the words of `DriftRule.needs`, so that they cannot be compared in all."""

    reason: str
    lacks: frozenset[str]


class Pairing(NamedTuple):
    """The pairs in the order of what came after, and what is left over on either side."""

    pairs: list[Pair]
    alone: list[Alone]


def paired(
    before: Sequence[Exchange],
    after: Sequence[Exchange],
    *,
    content: bool = False,
    place: Callable[[Exchange], str] = lambda one: one.cassette,
) -> Pairing:
    """Return the recordings of equal requests in pairs, identical requests in their order.

    A partner in the same cassette goes before one in another; `place` names the cassette as it is
    called on both sides. A recording without its request is paired in its cassette alone, by order.
    """
    matching = Matching()
    olds = list(before)
    partner: dict[int, Exchange] = {}

    def key(one: Exchange, *, here: bool) -> Hashable | None:
        request = one.interaction.request
        if matching.wildcard(request):
            return (place(one), one.dialect) if here else None
        found = one.dialect, matching.key(request)
        return (place(one), *found) if here else found

    for here in (True, False):
        waiting: dict[Hashable, list[Exchange]] = {}
        for one in reversed(olds):
            waiting.setdefault(key(one, here=here), []).append(one)
        waiting.pop(None, None)
        for one in after:
            known = waiting.get(key(one, here=here)) if id(one) not in partner else None
            if known:
                partner[id(one)] = known.pop()
        taken = {id(one) for one in partner.values()}
        olds = [one for one in olds if id(one) not in taken]
    pairs = [Pair(partner[id(one)], one, content) for one in after if id(one) in partner]
    alone = _left(olds, "was recorded before, and not after")
    alone += _left((one for one in after if id(one) not in partner), "was recorded after, and not before")
    return Pairing(pairs, alone)


def gap_in(pair: Pair) -> Gap | None:
    """Return what keeps two replies from being compared as answers; None where nothing does."""
    if pair.after.dialect is None:
        return Gap("it speaks no dialect of an LLM provider", frozenset({"answer"}))
    for one, when in ((pair.before, "before"), (pair.after, "after")):
        reading, ending = reading_of(one), one.interaction.ending
        if (one.status or 0) >= _FIRST_FAILURE and pair.before.status != pair.after.status:
            return Gap(f"{when}, the reply is an error: {one.status}", frozenset({"answer"}))
        if reading is None or not one.body:
            return Gap(f"{when}, there is no reply that could be read", frozenset({"answer"}))
        if reading.status == "interrupted" and ending is not None and ending.kind in LEFT:
            return Gap(f"{when}, the stream is cut: {LEFT[ending.kind]}", frozenset({"answer", "end"}))
    return None


def request_line(one: Exchange) -> str:
    """Return a request in few words."""
    request = one.interaction.request
    if request.url is None:
        return "a request that is not known"
    model = one.asked.get("model")
    words = (request.method, request.url, model if isinstance(model, str) else None)
    return shorten(" ".join(word for word in words if word))


def reading_of(one: Exchange) -> Reading | None:
    """Return what a reply says, read once for all rules; None where nobody knows."""
    return one.once(_read)


def _read(one: Exchange) -> Reading | None:
    try:
        return read(one.body, url=one.interaction.request.url)
    except RecursionError:
        return None


def _left(ones: Iterable[Exchange], how: str) -> list[Alone]:
    return [Alone(one, f"{request_line(one)} {how}") for one in ones]
