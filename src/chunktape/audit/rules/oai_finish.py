"""OAI-11 to OAI-14: how the choices of a chat completions stream finish.

D1 is openai-python's `types/chat/chat_completion_chunk.py`, which is made from OpenAI's own description.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.chat import Chat, is_filter_note, shown
from chunktape.audit.finding import Hit
from chunktape.audit.mutation import inserted, objects, part, placed, rewritten, setting, written
from chunktape.audit.rule import Rule
from chunktape.audit.rules.oai_frame import CHAT, has_choices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES", "is_finish"]

_D1 = "openai-python types/chat/chat_completion_chunk.py"
_KNOWN = ("stop", "length", "tool_calls", "content_filter", "function_call")
_SAYING = ("content", "tool_calls", "refusal", "function_call", "reasoning_content", "reasoning")
_REASON = ("choices", 0, "finish_reason")


def is_finish(value: dict[str, Any]) -> bool:
    """Return whether a chunk has the finish reason of its first choice."""
    return isinstance(part(value, _REASON), str)


def _goes_on(value: dict[str, Any]) -> bool:
    return has_choices(value) and part(value, _REASON) is None


def _says(delta: Any) -> bool:
    return delta.__class__ is dict and any(delta.get(name) for name in _SAYING)


def _once(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    known: set[str] = set()
    for one, reason in chat.finishes:
        if reason == "":
            yield Hit("the finish reason is empty, which is not null", "empty", one.number, shown(one.choice))
            continue
        key = repr(one.index)
        # Azure's filter may stop, later, what had finished before it had looked.
        if key in known and not is_filter_note(one.choice):
            yield Hit(f"the choice finishes again: {shown(reason)}", "again", one.number, shown(one.choice))
        known.add(key)
    if chat.errors or chat.was_left:
        return  # which is why there is none
    for index in chat.indexes:
        if repr(index) not in known:
            yield Hit(f"the choice {shown(index)} has no finish reason", "none", len(chat.frames))


def _not_once(one: Interaction, random: Random) -> Interaction | None:
    finishes = objects(one, is_finish)
    way = random.choice(("none", "again", "empty"))
    if way == "empty":
        return setting(*_REASON, to="", among=_goes_on)(one, random)
    if not finishes:
        return None
    block = random.choice(finishes)
    if way == "again":
        return inserted(one, block.stop, written(block.value))
    return rewritten(one, (block, placed(block.value, _REASON, None)))


def _known(exchange: Exchange) -> Iterator[Hit]:
    for one, reason in exchange.once(Chat).finishes:
        if reason not in _KNOWN and reason != "":
            yield Hit(f"the finish reason is {shown(reason)}", shown(reason), one.number, shown(one.choice))


def _over(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    if not chat.finishes:
        return
    over: set[str] = set()
    start = chat.finishes[0][0].number
    for one in chat.pieces:
        if one.number < start:
            continue
        key = repr(one.index)
        if key in over and _says(one.choice.get("delta")):
            yield Hit("the answer goes on after its finish reason", "goes on", one.number, shown(one.choice))
        if one.choice.get("finish_reason"):
            over.add(key)


def _more(one: Interaction, random: Random) -> Interaction | None:
    places = objects(one, is_finish)
    if not places:
        return None
    block = random.choice(places)
    more = placed(placed(block.value, _REASON, None), ("choices", 0, "delta"), {"content": "invented"})
    return inserted(one, block.stop, written(more))


def _alone(exchange: Exchange) -> Iterator[Hit]:
    for one, reason in exchange.once(Chat).finishes:
        if reason and _says(one.choice.get("delta")):
            yield Hit("the chunk that finishes has content", "content", one.number, shown(one.choice))


RULES: tuple[Rule, ...] = (
    Rule(
        id="OAI-11",
        title="each choice has one finish reason that is not null; empty is not null",
        strict="error",
        compat="error",
        source=f"{_D1}; opencode#43882, cc-switch#5087 (empty on every chunk); OpenRouter sends it twice",
        example='two chunks with {"finish_reason":"stop"}',
        way_out="Take the first that is not empty; without any, take the answer for unfinished.",
        check=_once,
        mutate=_not_once,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-12",
        title=f"the finish reason is one of {', '.join(_KNOWN)}",
        strict="error",
        compat="warning",
        source=f"{_D1}; `end_turn`: litellm#12481; `eos`",
        example='{"finish_reason":"end_turn"}',
        way_out="Treat words that you do not know as an end that you know nothing of.",
        check=_known,
        mutate=setting(*_REASON, to="eos", among=is_finish),
        dialects=CHAT,
    ),
    Rule(
        id="OAI-13",
        title="no content and no tool call after the finish reason",
        strict="error",
        compat="error",
        source=f"{_D1}; api.together.xyz sends 17 deltas after it",
        example='{"finish_reason":"stop"} and then {"delta":{"content":"more"}}',
        way_out="Read on up to [DONE], or text is lost.",
        check=_over,
        mutate=_more,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-14",
        title="the chunk that finishes has no content",
        strict="info",
        compat="off",
        source="what OpenAI does; Mistral and OpenRouter send both in one chunk",
        example='{"delta":{"content":"."},"finish_reason":"stop"}',
        way_out="Read the delta of a chunk before its finish reason.",
        check=_alone,
        mutate=setting("choices", 0, "delta", to={"content": "invented"}, among=is_finish),
        dialects=CHAT,
    ),
)
