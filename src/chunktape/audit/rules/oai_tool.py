"""OAI-T1 to OAI-T4, OAI-T10 and OAI-T11: tool calls in a chat completions stream, and what names them.

D1 is openai-python's `types/chat/chat_completion_chunk.py`, which is made from OpenAI's own description.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.chat import Chat, shown
from chunktape.audit.exchange import ABSENT
from chunktape.audit.finding import Hit
from chunktape.audit.mutation import asked, dropped, objects, part, placed, removing, rewritten, setting
from chunktape.audit.rule import Rule
from chunktape.audit.rules.oai_finish import is_finish
from chunktape.audit.rules.oai_frame import CHAT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange
    from chunktape.tape.interaction import Interaction

__all__ = ["FIRST_CALL", "RULES", "begins_call", "has_call"]

_D1 = "openai-python types/chat/chat_completion_chunk.py"
FIRST_CALL = ("choices", 0, "delta", "tool_calls", 0)
"""Where the first fragment of a call lies in a chunk."""
_CUT_SHORT = ("length", "content_filter")


def has_call(value: dict[str, Any]) -> bool:
    """Return whether a chunk has a fragment of a call."""
    return isinstance(part(value, FIRST_CALL), dict)


def begins_call(value: dict[str, Any]) -> bool:
    """Return whether a chunk has the first fragment of a call."""
    return isinstance(part(value, (*FIRST_CALL, "id")), str)


def _goes_on(value: dict[str, Any]) -> bool:
    return has_call(value) and not begins_call(value)


def _indexes(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    known: dict[str, int] = {}
    for one in chat.call_parts:
        if one.raw.__class__ is not dict:
            yield Hit("a fragment of a tool call is no object", "no object", one.number, shown(one.raw))
        elif one.index.__class__ is not int:
            yield Hit(f"a tool call has the index {shown(one.index)}", "no index", one.number, shown(one.raw))
        elif one.is_first:
            wanted = known.setdefault(repr(one.choice), 0)
            if one.index != wanted:
                told = f"a new tool call has the index {shown(one.index)}, and {shown(wanted)} is the next"
                yield Hit(told, "index jumps", one.number, shown(one.raw))
            known[repr(one.choice)] = max(one.index, wanted) + 1
        elif one.begins_again:
            told = f"a new tool call has the index {shown(one.index)}, which another one has already"
            yield Hit(told, "index again", one.number, shown(one.raw))


def _misnumbered(one: Interaction, random: Random) -> Interaction | None:
    if random.random() < 0.5:  # noqa: PLR2004 - one way or the other
        return removing(*FIRST_CALL, "index", among=has_call)(one, random)
    return setting(*FIRST_CALL, "index", to=7, among=has_call)(one, random)


def _named(exchange: Exchange) -> Iterator[Hit]:
    for one in exchange.once(Chat).call_parts:
        # Without an index nobody knows which fragment is the first, unless it names its call (OAI-T1).
        if not one.is_first or (one.index is ABSENT and not one.id) or one.raw.__class__ is not dict:
            continue
        kind = one.raw.get("type")
        missing = [
            name
            for name, there in (
                ("id", isinstance(one.id, str) and one.id),
                ("type", kind == "custom" if one.is_free else kind == "function"),
                ("name", isinstance(one.name, str) and one.name),
            )
            if not there
        ]
        for name in missing:
            yield Hit(f"the first fragment of a tool call lacks its {name}", name, one.number, shown(one.raw))


def _unnamed(one: Interaction, random: Random) -> Interaction | None:
    path = random.choice((("id",), ("type",), ("function", "name")))
    return removing(*FIRST_CALL, *path, among=begins_call)(one, random)


def _named_again(exchange: Exchange) -> Iterator[Hit]:
    ids: dict[str, Any] = {}
    for one in exchange.once(Chat).call_parts:
        if one.index is ABSENT:
            continue
        key = f"{one.choice!r} {one.index!r}"
        known = ids.get(key)
        if one.is_first or one.begins_again or not known:
            ids[key] = one.id
        elif one.id and one.id != known:
            told = f"the tool call {shown(known)} goes on as {shown(one.id)}"
            yield Hit(told, "another id", one.number, shown(one.raw))
            ids[key] = one.id
            continue
        elif one.id:
            yield Hit(
                "the id of a tool call comes again", "id again", one.number, shown(one.raw), lesser=True
            )
        if not one.is_first and not one.begins_again and one.name:
            told = "the name of a tool call comes again"
            yield Hit(told, "name again", one.number, shown(one.raw), lesser=True)


def _renamed(one: Interaction, random: Random) -> Interaction | None:
    begun = objects(one, begins_call)
    if not begun:
        return None
    first = part(begun[-1].value, FIRST_CALL)
    later = [block for block in objects(one, _goes_on) if block.start > begun[-1].start]
    if not later:
        return None
    block = random.choice(later)
    path, to = random.choice(
        ((("id",), "call_invented"), (("id",), first["id"]), (("function", "name"), "invented"))
    )
    return rewritten(one, (block, placed(block.value, (*FIRST_CALL, *path), to)))


def _unique(exchange: Exchange) -> Iterator[Hit]:
    known: set[str] = set()
    for call in exchange.once(Chat).calls:
        if call.id and repr(call.id) in known:
            yield Hit(f"two tool calls have the id {shown(call.id)}", "id twice", call.number, shown(call.id))
        known.add(repr(call.id))


def _same_id(one: Interaction, _: Random) -> Interaction | None:
    begun = objects(one, begins_call)
    if len(begun) < 2:  # noqa: PLR2004 - two have one id
        return None
    first, last = begun[0], begun[-1]
    path = (*FIRST_CALL, "id")
    return rewritten(one, (last, placed(last.value, path, part(first.value, path))))


def _is_forced(exchange: Exchange) -> bool:
    """Return whether the request left no choice but to call, where OpenAI itself says `stop`."""
    choice = exchange.asked.get("tool_choice")
    allowed = choice.get("allowed_tools") if isinstance(choice, dict) else None
    if isinstance(allowed, dict):
        return allowed.get("mode") == "required"
    return isinstance(choice, dict) or choice == "required"


def _reason_of_calls(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    for index in {repr(call.choice): None for call in chat.calls}:
        end, reason = chat.ends.get(index, (None, None))
        if end is None or reason in ("tool_calls", "function_call", *_CUT_SHORT):
            continue
        if reason != "stop" or (exchange.asked and not _is_forced(exchange)):
            told = f"tools are called, and the finish reason is {shown(reason)}"
            yield Hit(told, shown(reason), end.number)


def _stopping(one: Interaction, random: Random) -> Interaction | None:
    if not objects(one, has_call):
        return None
    # Where nobody knows what was asked, `stop` may be right.
    to = "stop" if asked(one) else "eos"
    return setting("choices", 0, "finish_reason", to=to, among=is_finish)(one, random)


def _calls_of_reason(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    calling = {repr(call.choice) for call in chat.calls}
    for one, reason in chat.finishes:
        if reason == "tool_calls" and repr(one.index) not in calling:
            told = "the finish reason is tool_calls, and no tool is called"
            yield Hit(told, "no call", one.number, shown(one.choice))


def _callless(one: Interaction, random: Random) -> Interaction | None:
    without = dropped(one, objects(one, has_call))
    return setting("choices", 0, "finish_reason", to="tool_calls", among=is_finish)(without, random) or (
        without if objects(one, has_call) else None
    )


RULES: tuple[Rule, ...] = (
    Rule(
        id="OAI-T1",
        title="each fragment of a tool call has an index; new ones are 0, 1, 2 …",
        strict="error",
        compat="error",
        source=f"{_D1}, `index: int`; ollama#15457, #7881, sglang#6310, Mistral",
        example='{"tool_calls":[{"id":"call_1","function":{"name":"f","arguments":"{}"}}]}',
        way_out="openai's `.stream()` raises on it; join fragments by id where there is no index.",
        check=_indexes,
        mutate=_misnumbered,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-T2",
        title="the first fragment of a tool call has its id, its type and its name",
        strict="error",
        compat="warning",
        source=_D1,
        example='{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]} as the first of index 0',
        way_out="Wait for the name before acting on a call; make an id up where none comes.",
        check=_named,
        mutate=_unnamed,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-T3",
        title="later fragments of a tool call have neither another id nor its id or name again",
        strict="error",
        compat="error",
        lesser=("error", "warning"),
        source=f"{_D1}; maka#1976, hermes-agent#3468 (“write_filewrite_file”), spring-ai#5973 (vLLM)",
        example='{"index":0,"id":"call_1","function":{"name":"f"}} twice',
        way_out="Take id and name once; another id with the same index is another call.",
        check=_named_again,
        mutate=_renamed,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-T4",
        title="no two tool calls have one id",
        strict="error",
        compat="error",
        source=_D1,
        example='{"index":0,"id":"call_1"} and {"index":1,"id":"call_1"}',
        way_out="Make ids of your own before answering: an answer goes to its call by id.",
        check=_unique,
        mutate=_same_id,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-T10",
        title="tools are called with the finish reason tool_calls, unless the request forced a call",
        strict="warning",
        compat="warning",
        source="vllm#25054 (gpt-4o says `stop` where tool_choice is forced), vllm#9209, python-genai#2868",
        example='tool calls, and {"finish_reason":"stop"}',
        way_out="Look for the calls themselves, not for the reason.",
        check=_reason_of_calls,
        mutate=_stopping,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-T11",
        title="the finish reason tool_calls comes with a tool call",
        strict="error",
        compat="error",
        source="vllm#53255",
        example='{"finish_reason":"tool_calls"} without any tool call',
        way_out="Ask again: the call was lost on its way, in most hosts by a parser of theirs.",
        check=_calls_of_reason,
        mutate=_callless,
        dialects=CHAT,
    ),
)
