"""Later recordings that are another one on purpose: what each drift rule finds, and nothing more on purpose.

Each function takes a recording and gives the one that is recorded after it, or None where there is
nothing to change.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chunktape.audit.exchange import Exchange
from chunktape.audit.mutation import inserted, objects, rewritten, written
from chunktape.dialects.detect import read
from chunktape.tape.fault_edit import Edit, edited
from chunktape.wire.sse import block_ends

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from chunktape.audit.mutation import Block
    from chunktape.audit.rule import Mutator
    from chunktape.tape.interaction import Interaction

__all__ = [
    "bad_document",
    "counted_otherwise",
    "in_one_piece",
    "new_word",
    "odd_event",
    "odd_field",
    "other_call",
    "other_model",
    "other_reason",
    "other_text",
    "slower",
    "with_carriage_returns",
    "with_header",
]

# More of the events than that come together as it is.
_MOSTLY = 0.7
_REASONS = {"finish_reason", "stop_reason"}
_TEXTS = {"content", "text", "delta"}
# Types of what holds a part of a call.
_CALLS = ("arguments", "json", "tool_use", "function_call")


def _each(edit: Callable[[Any], Any], *, only: set[str]) -> Callable[[Interaction], Interaction | None]:
    """Return a function that changes the plain values of some names, wherever they stand outside of calls."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(one) for one in value]
        if not isinstance(value, dict) or any(word in str(value.get("type")) for word in _CALLS):
            return value
        return {
            name: edit(one) if name in only and isinstance(one, str | int) else changed(one)
            for name, one in value.items()
        }

    return lambda one: _rewriting(one, changed)


def _rewriting(one: Interaction, change: Callable[[Any], Any]) -> Interaction | None:
    found = objects(one)
    if found:
        new: list[tuple[Block, Any]] = [(block, change(block.value)) for block in found]
        new = [(block, value) for block, value in new if value != block.value]
        return rewritten(one, *new) if new else None
    try:
        body = json.loads(one.body)
    except (ValueError, RecursionError):
        return None
    value = change(body)
    if value == body:
        return None
    data = json.dumps(value, ensure_ascii=False).encode()
    return replace(one, body=data, ends=(len(data),), timing=None, framed=False)


def odd_field(one: Interaction, random: Random) -> Interaction | None:
    """Add a field to one event, or to the answer."""
    found = objects(one)
    if found:
        block = random.choice(found)
        return rewritten(one, (block, block.value | {"invented_field": 1}))
    return _rewriting(one, lambda value: value | {"invented_field": 1} if isinstance(value, dict) else value)


def new_word(one: Interaction, _: Random) -> Interaction | None:
    """Say a reason that nobody said before."""
    return _each(lambda old: "invented" if isinstance(old, str) else old, only=_REASONS | {"status"})(one)


def other_reason(one: Interaction, _: Random) -> Interaction | None:
    """End for another reason."""
    return _each(_swapped, only=_REASONS | {"status"})(one)


def _swapped(old: Any) -> Any:
    words = {"stop": "length", "end_turn": "max_tokens", "completed": "incomplete"}
    return words.get(old, "stop") if isinstance(old, str) and old and old != "in_progress" else old


def odd_event(one: Interaction, random: Random) -> Interaction | None:
    """Add one event of a type that never came."""
    found = objects(one)
    if not found:
        return None
    value = random.choice(found).value
    if "choices" in value:
        piece = {"index": 0, "delta": {"refusal": "No."}, "finish_reason": None}
        ours: Any = value | {"choices": [piece], "usage": None}
        if b'"refusal":"' in one.body or b'"text":' in one.body:
            return None
        return inserted(one, random.choice(found).stop, written(ours))
    return inserted(one, random.choice(found).stop, written({"type": "invented"}, name="invented"))


def with_carriage_returns(one: Interaction, _: Random) -> Interaction | None:
    """End each line with CRLF."""
    stops = block_ends(one.body)
    if not objects(one) or b"\r" in one.body:
        return None
    starts = [0, *stops[:-1]]
    return edited(
        one,
        [
            Edit(start, stop, one.body[start:stop].replace(b"\n", b"\r\n"))
            for start, stop in zip(starts, stops, strict=True)
        ],
    )


def other_call(one: Interaction, _: Random) -> Interaction | None:
    """Call tools of other names."""

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(item) for item in value]
        if not isinstance(value, dict):
            return value
        calls = "arguments" in value or value.get("type") == "tool_use"
        return {
            name: f"{item}_again"
            if calls and name == "name" and isinstance(item, str) and item
            else renamed(item)
            for name, item in value.items()
        }

    return _rewriting(one, renamed)


def bad_document(one: Interaction, _: Random) -> Interaction | None:
    """Answer with what is no JSON, where a document was asked for."""
    if b'"json_' not in one.request.body:
        return None
    return _each(lambda old: old.replace("}", "") if isinstance(old, str) else old, only=_TEXTS)(one)


def other_text(one: Interaction, _: Random) -> Interaction | None:
    """Say everything three times."""
    if not _says(one):
        return None
    return _each(lambda old: old * 3 if isinstance(old, str) else old, only=_TEXTS)(one)


def _says(one: Interaction) -> str | None:
    found = read(one.body, url=one.request.url)
    return None if found is None else found.answer.text


def counted_otherwise(*names: str) -> Mutator:
    """Return a mutator that counts seven tokens more."""

    def mutate(one: Interaction, _: Random) -> Interaction | None:
        return _each(lambda old: old + 7 if type(old) is int else old, only=set(names))(one)

    return mutate


def other_model(one: Interaction, _: Random) -> Interaction | None:
    """Let another version of the model answer."""
    return _each(lambda old: f"{old}-2099-01-01" if isinstance(old, str) else old, only={"model"})(one)


def with_header(one: Interaction, _: Random) -> Interaction | None:
    """Send one header more."""
    if one.head is None or not one.head.headers:
        return None
    return replace(one, head=replace(one.head, headers=(*one.head.headers, ("x-invented", "1"))))


def slower(one: Interaction, _: Random) -> Interaction | None:
    """Take twice as long for everything."""
    timing = one.timing
    if timing is None or not objects(one):
        return None
    at, waited = (tuple(2 * value for value in values) for values in (timing.at, timing.waited))
    head = None if timing.head is None else 2 * timing.head
    end = None if timing.end is None else 2 * timing.end
    return replace(one, timing=replace(timing, head=head, at=at, waited=waited, end=end))


def in_one_piece(one: Interaction, _: Random) -> Interaction | None:
    """Let all events arrive in one read."""
    timing = one.timing
    from chunktape.audit.metrics import metrics_of  # it brings prices along

    share = metrics_of(Exchange(one, cassette="", number=1)).coalesced
    if timing is None or share is None or share > _MOSTLY:
        return None
    return replace(
        one,
        ends=one.ends[-1:],
        timing=replace(timing, at=timing.at[-1:], waited=(timing.at[-1],)),
    )
