"""Breaking a promise on purpose: events of a recorded stream rewritten, its chunks still true.

What a rule finds is proved on a recording in which its promise was broken; the functions here make one
out of a recording that keeps it. All of them are pure; chance comes from the seed that they are given.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.exchange import ABSENT
from chunktape.tape.fault_edit import Edit, edited
from chunktape.wire.sse import block_ends, events

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from chunktape.audit.rule import Mutator
    from chunktape.tape.interaction import Interaction

    Path = tuple[str | int, ...]

__all__ = [
    "Block",
    "adding",
    "asked",
    "asking",
    "blocks",
    "dropped",
    "inserted",
    "objects",
    "part",
    "placed",
    "removing",
    "rewritten",
    "setting",
    "written",
]


class Block(NamedTuple):
    """One event in a body: where its bytes are, its fields, and its data as JSON or `ABSENT`."""

    start: int
    stop: int
    name: str | None
    text: str | None
    value: Any


def blocks(one: Interaction) -> list[Block]:
    """Return the events of a body."""
    found: list[Block] = []
    start = 0
    for stop in block_ends(one.body):
        found += [
            Block(start, stop, event.name, event.data, _json(event.data))
            for event in events(one.body[start:stop])
        ]
        start = stop
    return found


def objects(one: Interaction, among: Callable[[dict[str, Any]], bool] | None = None) -> list[Block]:
    """Return the events whose data is a JSON object, those alone of which `among` is true."""
    found = [block for block in blocks(one) if isinstance(block.value, dict)]
    return found if among is None else [block for block in found if among(block.value)]


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return ABSENT


def written(value: Any, *, name: str | None = None) -> bytes:
    """Return an event as bytes; text goes out as it is, everything else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    lead = "" if name is None else f"event: {name}\n"
    return f"{lead}data: {text}\n\n".encode("utf-8", "surrogatepass")


def rewritten(one: Interaction, *changes: tuple[Block, Any]) -> Interaction:
    """Return the interaction with other data in some of its events, given in their order."""
    return edited(
        one, [Edit(block.start, block.stop, written(value, name=block.name)) for block, value in changes]
    )


def dropped(one: Interaction, gone: Sequence[Block]) -> Interaction:
    """Return the interaction without some of its events, given in their order."""
    return edited(one, [Edit(block.start, block.stop) for block in gone])


def inserted(one: Interaction, place: int, data: bytes) -> Interaction:
    """Return the interaction with more bytes at one place of its body."""
    return edited(one, [Edit(place, place, data)])


def part(value: Any, path: Path) -> Any:
    """Return what lies at a path of a JSON value, `ABSENT` where nothing does."""
    for name in path:
        known: Any = range(-len(value), len(value)) if isinstance(value, list) else value
        if not isinstance(value, (dict, list)) or name not in known:
            return ABSENT
        value = value[name]  # type: ignore[index]  # a place in JSON, by keys or numbers
    return value


def placed(value: Any, path: Path, other: Any) -> Any:
    """Return a JSON value with something else at a path; with `ABSENT`, without what is there."""
    if not path:
        return other
    name, *rest = path
    found: Any = value.copy() if isinstance(value, (dict, list)) else {}
    if rest:
        found[name] = placed(part(value, (name,)), tuple(rest), other)
    elif other is ABSENT:
        del found[name]
    else:
        found[name] = other
    return found


def asked(one: Interaction) -> dict[str, Any]:
    """Return the JSON object of the request; empty where it is none, or not known."""
    found = _json(one.request.body.decode(errors="replace"))
    return found if isinstance(found, dict) else {}


def asking(one: Interaction, path: Path, *, to: Any) -> Interaction:
    """Return the interaction with something else in its request, which is made up where none is known."""
    body = json.dumps(placed(asked(one), path, to), ensure_ascii=False)
    return replace(one, request=replace(one.request, body=body.encode()))


def setting(*path: str | int, to: Any, among: Callable[[dict[str, Any]], bool] | None = None) -> Mutator:
    """Return a mutator that sets a field in one event; `to` may be a function of the old value."""

    def mutate(one: Interaction, random: Random) -> Interaction | None:
        places = [block for block in objects(one, among) if part(block.value, path[:-1]) is not ABSENT]
        if not places:
            return None
        block = random.choice(places)
        old = part(block.value, path)
        new = placed(block.value, path, to(old) if callable(to) else to)
        return None if new == block.value else rewritten(one, (block, new))

    return mutate


def removing(*path: str | int, among: Callable[[dict[str, Any]], bool] | None = None) -> Mutator:
    """Return a mutator that takes a field out of one event that has it."""

    def mutate(one: Interaction, random: Random) -> Interaction | None:
        places = [block for block in objects(one, among) if part(block.value, path) is not ABSENT]
        if not places:
            return None
        block = random.choice(places)
        return rewritten(one, (block, placed(block.value, path, ABSENT)))

    return mutate


def adding(
    make: Callable[[dict[str, Any]], Any], *, among: Callable[[dict[str, Any]], bool] | None = None
) -> Mutator:
    """Return a mutator that puts one more event behind one; `make` makes it out of that one's data."""

    def mutate(one: Interaction, random: Random) -> Interaction | None:
        places = objects(one, among)
        if not places:
            return None
        block = random.choice(places)
        return inserted(one, block.stop, written(make(block.value), name=block.name))

    return mutate
