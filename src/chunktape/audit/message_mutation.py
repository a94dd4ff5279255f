"""Streams that are broken on purpose: events of a recording changed, dropped or added.

Chunks keep the events that they held and stay true to the bytes, so what is broken is the one thing
that was meant. This file knows named events; nothing in it knows a rule.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.tape.refit import without_empty_chunks
from chunktape.wire.sse import block_ends, events

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from chunktape.audit.rule import Mutator
    from chunktape.tape.interaction import Interaction

__all__ = [
    "Piece",
    "adding",
    "changed",
    "cutting",
    "dropping",
    "editing",
    "event",
    "pieces_of",
    "with_request",
]


class Piece(NamedTuple):
    """One event of a recording: its place, its bytes, its type (or name), and its data where that is JSON."""

    place: int
    raw: bytes
    kind: str
    value: Any


def pieces_of(one: Interaction) -> list[Piece]:
    """Return the events of a body, each with a value of its own that may be changed."""
    found = []
    for place, (start, end) in enumerate(pairwise((0, *block_ends(one.body)))):
        raw = one.body[start:end]
        value, name = None, None
        for sent in events(raw):
            name = sent.name
            try:
                value = json.loads(sent.data or "")
            except ValueError:
                value = None
        kind = value.get("type") if isinstance(value, dict) else None
        found.append(Piece(place, raw, kind if isinstance(kind, str) else name or "", value))
    return found


def event(value: Any, name: str | None = None) -> bytes:
    """Return an event with a name, that of its type where none is given; ``""`` leaves it out."""
    if name is None:
        name = str(value.get("type", "")) if isinstance(value, dict) else ""
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"{f'event: {name}' + chr(10) if name else ''}data: {data}\n\n".encode("utf-8", "surrogatepass")


def changed(one: Interaction, by_place: Mapping[int, bytes]) -> Interaction:
    """Return the recording with other bytes in the place of some events; none drop an event.

    What stands where one event did arrives in its chunk.
    """
    old = block_ends(one.body)
    blocks = [one.body[start:end] for start, end in pairwise((0, *old))]
    new = [by_place.get(place, raw) for place, raw in enumerate(blocks)]
    at = (0, *accumulate(map(len, new)))
    known = {end: at[place] for place, end in enumerate((0, *old))}
    ends, block = [], 0
    for cut in one.ends:
        while block < len(old) and old[block] < cut:
            block += 1
        inside = cut - (old[block - 1] if block else 0)
        ends.append(known[cut] if cut in known else at[block] + min(inside, len(new[block])))
    return without_empty_chunks(replace(one, body=b"".join(new), ends=tuple(ends)))


def with_request(one: Interaction, edit: Callable[[dict[str, Any]], Any]) -> Interaction | None:
    """Return the recording with another request, None where that is no JSON object or is left alone.

    `edit` changes the object, and returns False where there is nothing to change.
    """
    try:
        asked = json.loads(one.request.body)
    except ValueError:
        return None
    if not isinstance(asked, dict) or edit(asked) is False:
        return None
    body = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
    return replace(one, request=replace(one.request, body=body))


def dropping(kind: str, *, all_of_them: bool = False) -> Mutator:
    """Return a mutator that drops one event of a type, or all of them."""

    def mutate(one: Interaction, random: Random) -> Interaction | None:
        found = [piece.place for piece in pieces_of(one) if piece.kind == kind]
        if not found:
            return None
        return changed(one, dict.fromkeys(found if all_of_them else [random.choice(found)], b""))

    return mutate


def adding(sent: bytes, kind: str, *, before: bool = False) -> Mutator:
    """Return a mutator that adds bytes behind (or before) one event of a type."""

    def mutate(one: Interaction, random: Random) -> Interaction | None:
        found = [piece for piece in pieces_of(one) if piece.kind == kind]
        if not found:
            return None
        piece = random.choice(found)
        return changed(one, {piece.place: sent + piece.raw if before else piece.raw + sent})

    return mutate


def editing(kind: str, edit: Callable[[dict[str, Any]], Any], *, name: str | None = None) -> Mutator:
    """Return a mutator that changes the data of one event of a type.

    `edit` changes the object, and returns False for one in which there is nothing to change.
    """

    def mutate(one: Interaction, random: Random) -> Interaction | None:
        found = [piece for piece in pieces_of(one) if piece.kind == kind]
        random.shuffle(found)
        for piece in found:
            if isinstance(piece.value, dict) and edit(piece.value) is not False:
                return changed(one, {piece.place: event(piece.value, name)})
        return None

    return mutate


def cutting(one: Interaction, random: Random) -> Interaction | None:
    """Return the recording cut at the end of one of its events."""
    count = len(block_ends(one.body))
    if not count:
        return None
    kept = random.randrange(count)
    return changed(one, dict.fromkeys(range(kept, count), b""))
