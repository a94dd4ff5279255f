"""The tool calls of messages streams: names, ids, and what their inputs must be (ANT-T1 … ANT-T3)."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from chunktape.audit.exchange import ABSENT
from chunktape.audit.finding import Hit
from chunktape.audit.json_schema import violation
from chunktape.audit.message import message_of, object_in, shown, was_cut_short
from chunktape.audit.message_mutation import changed, editing, event, pieces_of
from chunktape.audit.rule import Rule
from chunktape.audit.rules.ant import STREAMING
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange, Frame
    from chunktape.audit.message import Block
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES"]

SDK = "anthropic-python: types/tool_use_block.py"
FINE_GRAINED = "https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming"
# Tools that come by other ways than a definition of their own: sets of them, and changes on the way.
_CHANGES = {"tool_addition", "tool_reference", "compaction"}


def _called(exchange: Exchange) -> Iterator[Hit]:
    calls = [block for block in message_of(exchange).blocks.all if block.kind == "tool_use"]
    offered = _tools(exchange) if calls and not _may_have_more(exchange) else {}
    ids: set[str] = set()
    for block in calls:
        ident, name = block.opened.get("id"), block.opened.get("name")
        if not isinstance(ident, str) or not ident:
            yield _at(block.start, "a tool_use without an id", "no id")
        elif ident in ids:
            yield _at(block.start, f"a second tool_use with the id {shorten(ident, 60)}", "id repeated")
        else:
            ids.add(ident)
        if not isinstance(name, str) or not name:
            yield _at(block.start, "a tool_use without a name", "no name")
        elif offered and name not in offered and not block.opened.get("toolset_name"):
            word = shorten(name, 60)
            yield _at(block.start, f"a tool that the request does not offer: {word}", f"unknown tool {word}")


def _parsed(exchange: Exchange) -> Iterator[Hit]:
    if _may_be_broken(exchange):
        return
    for block in message_of(exchange).blocks.all:
        text = _input_of(block)
        if text is ABSENT:
            yield _at(block.deltas[0], "a partial_json that is no text", "partial_json")
        elif text and block.stops and not isinstance(_value_of(text), dict):
            told = shorten(f"arguments that are no JSON object: {text}")
            yield Hit(told, "arguments", block.stops[0].number, shorten(text))


def _fitting(exchange: Exchange) -> Iterator[Hit]:
    calls = [block for block in message_of(exchange).blocks.all if block.kind == "tool_use" and block.stops]
    offered = _tools(exchange) if calls else {}
    for block in calls:
        name, text = block.opened.get("name"), _input_of(block)
        value = _value_of(text) if text else block.opened.get("input")
        if not isinstance(name, str) or name not in offered or not isinstance(value, dict):
            continue
        broken = violation(value, offered[name])
        if broken is not None:
            told = f"arguments of {shorten(name, 60)} that break its input_schema: {broken}"
            yield Hit(told, shorten(name, 60), block.stops[0].number, shown(text or value, 200))


def _tools(exchange: Exchange) -> dict[str, Any]:
    """Return the schemas of the tools that the request offers, by name."""
    tools = exchange.asked.get("tools")
    found = [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    return {tool["name"]: tool.get("input_schema") for tool in found if isinstance(tool.get("name"), str)}


def _may_have_more(exchange: Exchange) -> bool:
    """Return whether the messages of the request bring tools of their own, or take up a summary of some."""
    messages = exchange.asked.get("messages")
    for one in messages if isinstance(messages, list) else ():
        content = one.get("content") if isinstance(one, dict) else None
        for part in content if isinstance(content, list) else ():
            kind = part.get("type") if isinstance(part, dict) else None
            if isinstance(kind, str) and kind in _CHANGES:
                return True
    return False


def _may_be_broken(exchange: Exchange) -> bool:
    """Return whether the arguments may be no JSON: the answer was cut, or the request allowed for it."""
    if was_cut_short(message_of(exchange)):
        return True
    tools = exchange.asked.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict) and tool.get("eager_input_streaming"):
            return True
    sent = exchange.interaction.request.headers
    betas = [value for name, value in sent if name.lower() == "anthropic-beta"]
    asked = exchange.asked.get("betas")
    betas += [one for one in asked if isinstance(one, str)] if isinstance(asked, list) else []
    return any("fine-grained-tool-streaming" in one for one in betas)


def _input_of(block: Block) -> Any:
    """Return the JSON text that the deltas of a block add up to, or `ABSENT` where one is no text."""
    if "input_json_delta" not in block.delta_kinds:
        return ""
    pieces = [object_in(frame.value, "delta") for frame in block.deltas]
    given = [one.get("partial_json") for one in pieces if one.get("type") == "input_json_delta"]
    texts = [text for text in given if isinstance(text, str)]
    return "".join(texts) if len(texts) == len(given) else ABSENT


def _value_of(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return ABSENT


def _at(frame: Frame, message: str, subject: str) -> Hit:
    return Hit(message, subject, frame.number, frame.text or "")


def _rename(value: dict[str, Any]) -> Any:
    block = object_in(value, "content_block")
    if block.get("type") != "tool_use":
        return False
    block["name"] = "no_such_tool"
    return None


def _spoil(one: Interaction, random: Random) -> Interaction | None:
    """Drop the last piece of some arguments."""
    return _arguments(one, random, lambda text: text[:-1] or "{")


def _misfit(one: Interaction, random: Random) -> Interaction | None:
    """Give a tool arguments of types that it did not ask for."""
    return _arguments(one, random, lambda _: '{"city":[7]}', tool="get_weather")


def _arguments(one: Interaction, random: Random, edit: Any, *, tool: str | None = None) -> Interaction | None:
    pieces = pieces_of(one)
    found = [
        piece.value["index"]
        for piece in pieces
        if piece.kind == "content_block_start"
        and piece.value["content_block"]["type"] == "tool_use"
        and tool in (None, piece.value["content_block"]["name"])
    ]
    if not found:
        return None
    index = random.choice(found)
    deltas = [
        piece for piece in pieces if piece.kind == "content_block_delta" and piece.value["index"] == index
    ]
    text = "".join(piece.value["delta"]["partial_json"] for piece in deltas)
    if not deltas:
        return None
    whole = deltas[0].value | {"delta": {"type": "input_json_delta", "partial_json": edit(text)}}
    places = {piece.place: b"" for piece in deltas}
    return changed(one, places | {deltas[0].place: event(whole)})


_rule = partial(Rule, dialects=frozenset({"messages"}))

RULES: tuple[Rule, ...] = (
    _rule(
        id="ANT-T1",
        title="a tool_use has an id of its own, and the name of a tool of the request",
        strict="error",
        compat="error",
        source=SDK,
        example='{"type":"tool_use","id":"toolu_1","name":"no_such_tool"}',
        way_out="Answer such a call with an error result, so the model can call a tool that there is.",
        check=_called,
        mutate=editing("content_block_start", _rename),
    ),
    _rule(
        id="ANT-T2",
        title="the arguments of a call add up to nothing or to a JSON object",
        strict="error",
        compat="warning",
        source=f"{STREAMING} and {FINE_GRAINED}",
        example='partial_json: {"city":"Par',
        way_out="Do not run such a call; ask again, or with a larger max_tokens.",
        check=_parsed,
        mutate=_spoil,
    ),
    _rule(
        id="ANT-T3",
        title="the arguments of a call keep the input_schema of its tool",
        strict="warning",
        compat="warning",
        source=SDK,
        example='{"city":7} where city is a string',
        way_out="Answer such a call with what is wrong, or ask with `strict: true`.",
        check=_fitting,
        mutate=_misfit,
        needs_request=True,
    ),
)
