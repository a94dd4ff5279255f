"""OAI-T5 to OAI-T9: the arguments of tool calls, against the tools of the request.

The words in parentheses of the titles are OpenRouter's for the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chunktape.audit.chat import Chat, shown
from chunktape.audit.exchange import ABSENT
from chunktape.audit.finding import Hit
from chunktape.audit.json_schema import violation
from chunktape.audit.mutation import asked, asking, dropped, objects, part, placed, rewritten
from chunktape.audit.rule import Rule
from chunktape.audit.rules.oai_frame import CHAT
from chunktape.audit.rules.oai_tool import FIRST_CALL, begins_call, has_call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.chat_call import WholeCall
    from chunktape.audit.exchange import Exchange
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES"]

_BUCKETS = "OpenRouter's buckets for what goes wrong with tool calls"
_LONG = 40
_CUT_SHORT = ("length", "content_filter")
_ARGUMENTS = (*FIRST_CALL, "function", "arguments")


def _parsed(call: WholeCall) -> Any:
    try:
        return json.loads(call.arguments or "")
    except (ValueError, RecursionError):
        return ABSENT


def _takes_none(exchange: Exchange, call: WholeCall) -> bool:
    """Return whether a call's tool takes no arguments, as far as the request tells."""
    tools = exchange.once(Chat).tools
    tool = tools.get(call.name) if isinstance(call.name, str) else None
    schema = {} if tool is None else tool.get("parameters")
    return not isinstance(schema, dict) or not schema.get("properties")


def _whole(exchange: Exchange) -> Iterator[WholeCall]:
    """Yield the calls whose arguments were sent to the end."""
    chat = exchange.once(Chat)
    for call in chat.calls:
        reason = chat.reasons.get(repr(call.choice))
        if not call.is_free and reason not in _CUT_SHORT and (reason is not None or chat.is_whole):
            yield call


def _is_json(exchange: Exchange) -> Iterator[Hit]:
    if exchange.once(Chat).errors:
        return  # which cut them short
    for call in _whole(exchange):
        if call.arguments is None:
            yield Hit("the arguments of a tool call are no text", "no text", call.last, shown(call.pieces))
        elif _parsed(call) is ABSENT and not (call.arguments == "" and _takes_none(exchange, call)):
            name, said = shown(call.name), call.arguments
            yield Hit(f"the arguments of {name} are no JSON: {shown(said)}", "no JSON", call.last, said)


def _is_known(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    for call in chat.calls:
        # One without a name is another promise (OAI-T2).
        if isinstance(call.name, str) and call.name and call.name not in chat.tools:
            told = f"no tool of the request is called {shown(call.name)}"
            yield Hit(told, shown(call.name), call.number, shown(call.name))


def _fits(exchange: Exchange) -> Iterator[Hit]:
    tools = exchange.once(Chat).tools
    for call in _whole(exchange) if tools else ():
        tool = tools.get(call.name) if isinstance(call.name, str) else None
        value = _parsed(call)
        if tool is None or value is ABSENT or call.arguments is None:
            continue
        told = violation(value, tool.get("parameters"))
        if told is not None:
            yield Hit(
                f"the arguments of {shown(call.name)}: {told}", shown(call.name), call.last, call.arguments
            )


def _is_empty(exchange: Exchange) -> Iterator[Hit]:
    for call in _whole(exchange):
        if call.arguments == "" and _takes_none(exchange, call):
            told = f"the arguments of {shown(call.name)} are empty, and no object"
            yield Hit(told, "empty", call.last)


def _is_at_once(exchange: Exchange) -> Iterator[Hit]:
    for call in exchange.once(Chat).calls:
        texts = [one for one in call.pieces if one]
        if len(texts) == 1 and texts[0].__class__ is str and len(texts[0]) > _LONG:
            told = f"all {len(texts[0])} characters of the arguments come at once"
            yield Hit(told, "at once", call.last, texts[0])


def _with_arguments(one: Interaction, random: Random, text: str) -> Interaction | None:
    """Return the recording with other arguments for one of its calls, all of them in its first fragment."""
    begun = objects(one, begins_call)
    if not begun:
        return None
    block = random.choice(begun)
    index = part(block.value, (*FIRST_CALL, "index"))
    choice = part(block.value, ("choices", 0, "index"))
    rest = [
        other
        for other in objects(one, has_call)
        if part(other.value, (*FIRST_CALL, "index")) == index
        and part(other.value, ("choices", 0, "index")) == choice
        and other.start > block.start
    ]
    # The later events go first, or the place of the earlier one would move.
    return rewritten(dropped(one, rest), (block, placed(block.value, _ARGUMENTS, text)))


def _not_json(one: Interaction, random: Random) -> Interaction | None:
    return _with_arguments(one, random, '{"invented":')


def _not_known(one: Interaction, random: Random) -> Interaction | None:
    begun = objects(one, begins_call)
    if not begun or not asked(one):
        return None
    block = random.choice(begun)
    return rewritten(one, (block, placed(block.value, (*FIRST_CALL, "function", "name"), "no_such_tool")))


def _not_fitting(one: Interaction, random: Random) -> Interaction | None:
    return _with_arguments(_offering(one, {"type": "object", "required": ["invented"]}), random, "{}")


def _empty(one: Interaction, random: Random) -> Interaction | None:
    return _with_arguments(_offering(one, {"type": "object", "properties": {}}), random, "")


def _offering(one: Interaction, parameters: Any) -> Interaction:
    """Return the recording with a request that offers each tool that is called."""
    names = [part(block.value, (*FIRST_CALL, "function", "name")) for block in objects(one, begins_call)]
    tools = [{"type": "function", "function": {"name": name, "parameters": parameters}} for name in names]
    return asking(one, ("tools",), to=tools)


def _at_once(one: Interaction, random: Random) -> Interaction | None:
    return _with_arguments(one, random, json.dumps({"invented": "x" * 40}))


RULES: tuple[Rule, ...] = (
    Rule(
        id="OAI-T5",
        title="the arguments of a tool call are JSON, unless it was cut short (InvalidJson)",
        strict="error",
        compat="error",
        source=_BUCKETS,
        example='{"city": and then finish_reason tool_calls',
        way_out="Send the text back as the tool's answer, saying that it is no JSON; models repair it.",
        check=_is_json,
        mutate=_not_json,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-T6",
        title="a tool that is called is one of the request's (UnknownName)",
        strict="error",
        compat="error",
        source=_BUCKETS,
        example="a call of get_wether, and get_weather in the request",
        way_out="Answer the call with an error that names the tools there are.",
        check=_is_known,
        mutate=_not_known,
        dialects=CHAT,
        needs_request=True,
    ),
    Rule(
        id="OAI-T7",
        title="the arguments keep the tool's schema (SchemaMismatch)",
        strict="warning",
        compat="warning",
        source="K2 Vendor Verifier, schema_accuracy: https://github.com/MoonshotAI/K2-Vendor-Verifier",
        example='{"city":7} where the schema says string',
        way_out="Validate before calling; ask for `strict` where the host has it.",
        check=_fits,
        mutate=_not_fitting,
        dialects=CHAT,
        needs_request=True,
    ),
    Rule(
        id="OAI-T8",
        title="a tool without parameters is called with {}, not with nothing",
        strict="warning",
        compat="warning",
        source="Databricks sends nothing in 4 of 17 streams",
        example='{"name":"now","arguments":""}',
        way_out="Take empty arguments for an empty object.",
        check=_is_empty,
        mutate=_empty,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-T9",
        title=f"more than {_LONG} characters of arguments come in more than one piece",
        strict="info",
        compat="info",
        source="Ollama and Mistral send them at once",
        example="one delta with all the arguments",
        way_out="Nothing is wrong: but there is no progress to show while a tool is being called.",
        check=_is_at_once,
        mutate=_at_once,
        dialects=CHAT,
    ),
)
