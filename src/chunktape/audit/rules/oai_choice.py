"""OAI-8 to OAI-10 and OAI-15: the choices of a chat completions stream.

D1 is openai-python's `types/chat/chat_completion_chunk.py`, which is made from OpenAI's own description.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.chat import Chat, is_filter_note, shown
from chunktape.audit.finding import Hit
from chunktape.audit.mutation import asked, objects, placed, removing, rewritten, setting
from chunktape.audit.rule import Rule
from chunktape.audit.rules.oai_frame import CHAT, has_choices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES"]

_D1 = "openai-python types/chat/chat_completion_chunk.py"


def _delta(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    # Azure's first may lack it, which is a promise of its own there (AZR-5).
    first = chat.pieces[0] if chat.pieces and chat.is_azure else None
    for one in chat.pieces:
        choice = one.choice
        if choice.get("delta").__class__ is not dict and one is not first and not is_filter_note(choice):
            yield Hit("a choice has no delta", "no delta", one.number, shown(choice))
        if "message" in choice:
            yield Hit("a choice of a stream has a message", "message", one.number, shown(choice))
    for number, value in chat.chunks:
        choices = value.get("choices")
        for one in choices if choices.__class__ is list else ():
            if one.__class__ is not dict:
                yield Hit(f"a choice is {shown(one)}, and no object", "no object", number, shown(one))


def _messaged(one: Interaction, random: Random) -> Interaction | None:
    if random.random() < 0.5:  # noqa: PLR2004 - one way or the other
        message = {"role": "assistant", "content": "invented"}
        return setting("choices", 0, "message", to=message, among=has_choices)(one, random)
    later = objects(one, has_choices)[1:]
    if not later:
        return None
    block = random.choice(later)
    # With a filter's results and without a delta it would be one of Azure's notes.
    bare = {"index": block.value["choices"][0].get("index"), "finish_reason": None}
    return rewritten(one, (block, placed(block.value, ("choices", 0), bare)))


def _role(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    roles = [delta.get("role") for _, delta in chat.deltas]
    firsts = {repr(one.index): number for number, (one, _) in reversed(list(enumerate(chat.deltas)))}
    for number in firsts.values():
        if roles[number] != "assistant":
            said = "no role" if roles[number] is None else f"the role {shown(roles[number])}"
            yield Hit(f"the first delta has {said}", "first delta", chat.deltas[number][0].number)
    if len(roles) - roles.count(None) <= len(firsts):
        return
    known = set(firsts.values())
    for number, role in enumerate(roles):
        if role is not None and number not in known:
            place = chat.deltas[number][0].number
            yield Hit("the role comes again", "role again", place, f"role: {shown(role)}", lesser=True)


def _role_broken(one: Interaction, random: Random) -> Interaction | None:
    if random.random() < 0.5:  # noqa: PLR2004 - one way or the other
        return removing("choices", 0, "delta", "role")(one, random)
    return setting(
        "choices",
        0,
        "delta",
        "role",
        to="assistant",
        among=lambda value: has_choices(value) and "role" not in value["choices"][0]["delta"],
    )(one, random)


def _finish_key(exchange: Exchange) -> Iterator[Hit]:
    for one in exchange.once(Chat).pieces:
        choice = one.choice
        if "finish_reason" not in choice and not is_filter_note(choice) and not _tells_expiry(choice):
            yield Hit("a choice has no finish_reason, not even null", "no key", one.number, shown(one.choice))


def _tells_expiry(choice: dict[str, Any]) -> bool:
    """Return whether a choice is the last word about audio, which has no finish reason (D1)."""
    delta = choice.get("delta")
    audio = delta.get("audio") if delta.__class__ is dict and len(delta) == 1 else None
    return audio.__class__ is dict and "expires_at" in audio


def _count(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    n = exchange.asked.get("n")
    wanted = n if n.__class__ is int else 1
    came = len(chat.indexes)
    if came != wanted and chat.is_whole and not chat.errors:
        yield Hit(
            f"{shown(wanted)} choices were asked for, and {came} came",
            "choices",
            chat.pieces[-1].number if came else None,
        )


def _one_more(one: Interaction, random: Random) -> Interaction | None:
    places = objects(one, has_choices)
    if not places or not asked(one):
        return None
    block = random.choice(places)
    choices = block.value["choices"]
    other = {**choices[0], "index": 99}
    return rewritten(one, (block, placed(block.value, ("choices",), [*choices, other])))


RULES: tuple[Rule, ...] = (
    Rule(
        id="OAI-8",
        title="each choice has a delta, and none a message",
        strict="error",
        compat="warning",
        source=f"{_D1}; autogen#6465",
        example='{"choices":[{"index":0,"finish_reason":null}],…}',
        way_out="Look for a delta before reading it: openai's `.stream()` raises AttributeError without one.",
        check=_delta,
        mutate=_messaged,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-9",
        title="the first delta of a choice has the role “assistant”, and no other has one",
        strict="error",
        compat="warning",
        lesser=("error", "info"),
        source=f"{_D1}; repeated by Together, Databricks, OpenRouter and Ollama, left out by Cloudflare",
        example='{"delta":{"role":"assistant","content":" and"},…} as the fifth chunk',
        way_out="Take the role once; code that adds texts together makes “assistantassistant” of it.",
        check=_role,
        mutate=_role_broken,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-10",
        title="finish_reason is there on each choice, null until the end",
        strict="warning",
        compat="info",
        source=f"{_D1}; vllm#19662",
        example='{"choices":[{"index":0,"delta":{"content":"a"}}],…}',
        way_out="Read it as if it could be missing.",
        check=_finish_key,
        mutate=removing("choices", 0, "finish_reason", among=has_choices),
        dialects=CHAT,
    ),
    Rule(
        id="OAI-15",
        title="as many choices come as were asked for",
        strict="warning",
        compat="warning",
        source=f"{_D1}, and `n` of the request, which is 1 where it is not said",
        example='{"n":2,…} in the request, and only choices with the index 0',
        way_out="Some hosts know no `n`: send a request for each choice.",
        check=_count,
        mutate=_one_more,
        dialects=CHAT,
        needs_request=True,
    ),
)
