"""OAI-1 to OAI-7: the chunks of a chat completions stream, and what ends it.

Sources: D1 are the SDK's docstrings, which are made from OpenAI's own description (openai-python,
`types/chat/chat_completion_chunk.py`); D3 is https://platform.openai.com/docs/api-reference/chat-streaming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.chat import Chat, distinct, is_prompt_note, shown
from chunktape.audit.exchange import ABSENT
from chunktape.audit.finding import Hit
from chunktape.audit.mutation import (
    blocks,
    dropped,
    inserted,
    objects,
    removing,
    setting,
    written,
)
from chunktape.audit.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange
    from chunktape.dialects.detect import Dialect
    from chunktape.tape.interaction import Interaction

__all__ = ["CHAT", "RULES", "WITH_DONE", "has_choices"]

CHAT: frozenset[Dialect] = frozenset({"chat_completions"})
WITH_DONE: frozenset[Dialect] = frozenset({"chat_completions", "completions"})
_D1 = "openai-python types/chat/chat_completion_chunk.py"
_D3 = "https://platform.openai.com/docs/api-reference/chat-streaming"
_REQUIRED = ("id", "object", "created", "model", "choices")


def has_choices(value: dict[str, Any]) -> bool:
    """Return whether a chunk says something of a choice that has a delta."""
    choices = value.get("choices")
    first = choices[0] if choices and isinstance(choices, list) else None
    return isinstance(first, dict) and isinstance(first.get("delta"), dict)


def _done(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    frames, done = chat.frames, chat.done
    if not done:
        if chat.was_left:
            yield Hit("the reader left before [DONE]", "left by the reader", len(frames) or None, lesser=True)
        else:
            yield Hit("the stream ends without [DONE]", "no end marker", len(frames) or None)
        return
    for number in done[1:]:
        yield Hit("[DONE] comes again", "several end markers", number)
    for one in frames:
        if one.number > done[0] and one.text and one.text != "[DONE]":
            yield Hit("an event follows [DONE]", "data after the end marker", one.number, one.text or "")


def _undone(one: Interaction, random: Random) -> Interaction | None:
    marks = [block for block in blocks(one) if block.text == "[DONE]"]
    way = random.choice(("none", "again", "more"))
    if not marks or way == "none":
        return dropped(one, marks) if marks else None
    more = written("[DONE]" if way == "again" else {"choices": []})
    return inserted(one, len(one.body), more)


def _steady(name: str, values: list[Any], numbers: list[int]) -> Iterator[Hit]:
    """Yield the places where a field is not what it was at first; what was not sent is no change."""
    if len(distinct(values)) <= 1:
        return
    there = [(number, value) for number, value in zip(numbers, values, strict=True) if _is_there(value)]
    first = there[0][1] if there else None
    was = shown(first)
    for number, value in there[1:]:
        if value != first:
            yield Hit(f"{name} is {shown(value)}, and was {was} at first", name, number, shown(value))


def _is_there(value: Any) -> bool:
    return value is not ABSENT and value is not None and value != ""


def _same(*names: str) -> Any:
    def check(exchange: Exchange) -> Iterator[Hit]:
        chat = exchange.once(Chat)
        for name in names:
            yield from _steady(name, chat.column(name), chat.numbers)

    return check


def _changed(name: str, to: Any) -> Any:
    """Return a mutator that changes a field in a chunk that is not the only one with choices."""

    def mutate(one: Interaction, random: Random) -> Interaction | None:
        if len(objects(one, has_choices)) <= 1:
            return None
        return setting(name, to=to, among=has_choices)(one, random)

    return mutate


def _object(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    column = chat.column("object")
    if column.count("chat.completion.chunk") == len(column):
        return
    for number, value in zip(chat.numbers, column, strict=True):
        if value != "chat.completion.chunk" and _is_there(value):
            yield Hit(f"object is {shown(value)}", shown(value), number, shown(value))


def _required(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    for one in chat.frames:
        if one.value is not ABSENT and one.value.__class__ is not dict:
            yield Hit("a chunk is no object", "no object", one.number, one.text or "")
    for name in _REQUIRED:
        column = chat.column(name)
        if all(column) and name != "choices":
            continue
        for number, value in zip(chat.numbers, column, strict=True):
            # An empty list of choices is another promise (OAI-7).
            if value is ABSENT or value is None or (not value and value.__class__ is not list):
                how = "is not there" if value is ABSENT else f"is {shown(value)}"
                yield Hit(f"{name} {how}", name, number, f"{name}: {shown(value)}")
            elif name == "choices" and value.__class__ is not list:
                yield Hit(f"choices are {shown(value)}, and no list", name, number, shown(value))


def _emptied(one: Interaction, random: Random) -> Interaction | None:
    name = random.choice(_REQUIRED)
    if random.random() < 0.5:  # noqa: PLR2004 - one way or the other
        return removing(name, among=has_choices)(one, random)
    return setting(name, to=None if name == "choices" else "", among=has_choices)(one, random)


def _choiceless(exchange: Exchange) -> Iterator[Hit]:
    for number, value in exchange.once(Chat).chunks:
        if value.get("choices") == [] and not (
            value.get("usage") or value.get("moderation") or is_prompt_note(value)
        ):
            yield Hit("choices are empty, and there is no usage", "empty choices", number, shown(value))


RULES: tuple[Rule, ...] = (
    Rule(
        id="OAI-1",
        title="one [DONE] ends the stream, and nothing follows it",
        strict="error",
        compat="warning",
        lesser=("info", "info"),
        source=f"{_D3}; missing: ik_llama.cpp#467, text-generation-inference#2221, mlc-llm#1300, llama-box#2",
        example="the last event is a chunk with a finish reason",
        way_out="Without [DONE] nothing tells a whole answer from half of one: ask again.",
        check=_done,
        mutate=_undone,
        dialects=WITH_DONE,
    ),
    Rule(
        id="OAI-2",
        title="all chunks have the same id",
        strict="error",
        compat="warning",
        source=f"{_D1}: “Each chunk has the same ID”; foundry-local#144, litellm#38098, llama.cpp#5876",
        example='{"id":"chatcmpl-1",…} and then {"id":"chatcmpl-2",…}',
        way_out="Do not join chunks by their ids where this host answers.",
        check=_same("id"),
        mutate=_changed("id", "chatcmpl-invented"),
        dialects=CHAT,
    ),
    Rule(
        id="OAI-3",
        title="all chunks have the same time",
        strict="warning",
        compat="info",
        source=f"{_D1}: “Each chunk has the same timestamp”",
        example='{"created":1758144046,…} and then {"created":1758144050,…}',
        way_out="Take the time of the first chunk.",
        check=_same("created"),
        mutate=_changed("created", 1_795_168_801),
        dialects=CHAT,
    ),
    Rule(
        id="OAI-4",
        title="model and system_fingerprint stay the same in a stream",
        strict="error",
        compat="warning",
        source=_D1,
        example='{"model":"a",…} and then {"model":"b",…}',
        way_out="Ask the host which model has answered: a router may have changed it on the way.",
        check=_same("model", "system_fingerprint"),
        mutate=_changed("model", "invented-model"),
        dialects=CHAT,
    ),
    Rule(
        id="OAI-5",
        title='object is "chat.completion.chunk"',
        strict="error",
        compat="warning",
        source=f"{_D1}; Perplexity sends `chat.completion.done`",
        example='{"object":"chat.completion.done",…}',
        way_out="Tell chunks by their choices, not by this field.",
        check=_object,
        mutate=setting("object", to="chat.completion", among=has_choices),
        dialects=CHAT,
    ),
    Rule(
        id="OAI-6",
        title="id, object, created, model and choices are there, and not empty",
        strict="error",
        compat="warning",
        source=_D1,
        example='{"id":"","object":"chat.completion.chunk",…}',
        way_out="Take what is missing for unknown; SDKs hand out None for it, whatever their types say.",
        check=_required,
        mutate=_emptied,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-7",
        title="choices are empty only beside usage, moderation or a note of Azure's filter",
        strict="error",
        compat="warning",
        source=_D1,
        example='{"choices":[],…} without usage',
        way_out="Look whether there is a choice before reading the first one.",
        check=_choiceless,
        mutate=setting("choices", to=[], among=lambda value: has_choices(value) and not value.get("usage")),
        dialects=CHAT,
    ),
)
