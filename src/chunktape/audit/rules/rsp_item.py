"""The output of responses streams: items, texts, and calls (RSP-I1 … RSP-I4, RSP-T1, RSP-T2)."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from chunktape.audit.finding import Hit
from chunktape.audit.message import object_in, shown
from chunktape.audit.message_mutation import changed, dropping, event, pieces_of
from chunktape.audit.response import response_of
from chunktape.audit.rule import Rule
from chunktape.audit.rules.rsp import STREAMING
from chunktape.dialects.response_item import DELTAS
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange, Frame
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES"]


def _added(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    if stream.resumed:
        return
    items, repeated, strays, _ = stream.items
    for frame in repeated:
        yield _at(frame, "an output_index that an item has already", "added twice")
    for frame in strays:
        yield _at(frame, "an event of an item that was not added", "not added")
    for place, item in enumerate(items.values()):
        if item.index != place:
            yield _at(
                item.added, f"item {shown(item.index)} is added where {place} comes next", "not contiguous"
            )


def _over(exchange: Exchange) -> Iterator[Hit]:
    for frame in response_of(exchange).items.late:
        kind = shorten(str(frame.value.get("type")), 80)
        yield _at(frame, f"{kind} comes behind the end of its item", kind)


def _done(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    if stream.end is None or not stream.has("response.completed"):
        return
    for item in stream.items.all.values():
        if item.done is None:
            kind = shorten(str(item.body.get("type")), 60)
            yield _at(item.added, f"item {shown(item.index)} ({kind}) is never said to be done", kind)


def _same(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    for text in stream.texts:
        came = "".join(text.pieces)
        # A stream that is taken up again may begin within a text.
        is_rest = stream.resumed and text.said is not None and text.said.endswith(came)
        if text.pieces and text.said is not None and came != text.said and not is_rest:
            kind = text.done.value.get("type") or text.done.name
            told = f"{kind} says another text than its deltas add up to"
            yield _at(text.done, shorten(told), shorten(str(kind), 80))


def _parsed(exchange: Exchange) -> Iterator[Hit]:
    for _, frame, item in _calls(exchange):
        text = item.get("arguments")
        if isinstance(text, str) and text and not _is_object(text):
            yield Hit(
                shorten(f"arguments that are no JSON object: {text}"), "arguments", frame.number, text[:200]
            )


def _offered(exchange: Exchange) -> Iterator[Hit]:
    calls = list(_calls(exchange))
    names = _names(exchange.asked.get("tools"), 0) if calls and not _may_have_more(exchange) else None
    for name, frame, _ in calls:
        if not name:
            yield _at(frame, "a call without a name", "no name")
        elif names and name not in names:
            word = shorten(name, 60)
            yield _at(frame, f"a tool that the request does not offer: {word}", f"unknown tool {word}")


def _calls(exchange: Exchange) -> Iterator[tuple[str, Frame, dict[str, Any]]]:
    """Yield the name, the last frame and the body of each call of a function that came whole."""
    stream = response_of(exchange)
    if stream.has("response.incomplete"):
        return
    for item in stream.items.all.values():
        body = item.body
        if item.done is not None and body.get("type") == "function_call":
            name = body.get("name")
            yield name if isinstance(name, str) else "", item.done, body


def _names(tools: Any, depth: int) -> set[str] | None:
    """Return the names of the tools of a request; None where others may come, by search."""
    found: set[str] = set()
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict) or tool.get("type") == "tool_search":
            return None
        if isinstance(tool.get("name"), str):
            found.add(tool["name"])
        if depth == 0:
            # A namespace of tools.
            found |= _names(tool.get("tools"), 1) or set()
    return found


def _may_have_more(exchange: Exchange) -> bool:
    """Return whether the input, or the output before a call, brings tools of its own."""
    given = exchange.asked.get("input")
    kinds = [one.get("type") for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    kinds += [item.body.get("type") for item in response_of(exchange).items.all.values()]
    return any(kind in ("additional_tools", "tool_search_output") for kind in kinds)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _at(frame: Frame, message: str, subject: str) -> Hit:
    return Hit(message, subject, frame.number, frame.text or "")


def _garble(one: Interaction, random: Random) -> Interaction | None:
    found = [piece for piece in pieces_of(one) if piece.kind in DELTAS]
    if not found:
        return None
    piece = random.choice(found)
    piece.value["delta"] += "…"
    return changed(one, {piece.place: event(piece.value)})


def _go_on(one: Interaction, random: Random) -> Interaction | None:
    found = [piece for piece in pieces_of(one) if piece.kind == "response.output_item.done"]
    if not found:
        return None
    piece = random.choice(found)
    more = {
        "type": "response.output_text.delta",
        "output_index": piece.value.get("output_index"),
        "delta": "…",
    }
    return changed(one, {piece.place: piece.raw + event(more)})


def _edit_call(one: Interaction, random: Random, name: str, value: Any) -> Interaction | None:
    found = [
        piece
        for piece in pieces_of(one)
        if piece.kind == "response.output_item.done"
        and object_in(piece.value, "item").get("type") == "function_call"
    ]
    if not found:
        return None
    piece = random.choice(found)
    piece.value["item"][name] = value(piece.value["item"].get(name))
    return changed(one, {piece.place: event(piece.value)})


def _spoil(one: Interaction, random: Random) -> Interaction | None:
    return _edit_call(one, random, "arguments", lambda text: text[:-1] or "{")


def _rename(one: Interaction, random: Random) -> Interaction | None:
    return _edit_call(one, random, "name", lambda _: "no_such_tool")


_rule = partial(Rule, dialects=frozenset({"responses"}), source=STREAMING)

RULES: tuple[Rule, ...] = (
    _rule(
        id="RSP-I1",
        title="items are added once each, by output_index 0, 1, 2 …, before anything of them comes",
        strict="error",
        compat="error",
        example="response.output_text.delta of output_index 1, which nothing added",
        way_out="Send response.output_item.added first; SDKs look the item up by its index.",
        check=_added,
        mutate=dropping("response.output_item.added"),
    ),
    _rule(
        id="RSP-I2",
        title="every item of a completed response is done",
        strict="info",
        compat="info",
        example="response.output_item.added, response.completed",
        way_out="Read such items from the last event: OpenAI leaves their ends out for mcp_list_tools.",
        check=_done,
        mutate=dropping("response.output_item.done"),
    ),
    _rule(
        id="RSP-I3",
        title="the deltas of a text add up to the text that its end says",
        strict="error",
        compat="error",
        example='deltas "He" and "llo", then response.output_text.done with "Hallo"',
        way_out="Take the text of the end, and report the host: a piece was lost or altered.",
        check=_same,
        mutate=_garble,
    ),
    _rule(
        id="RSP-I4",
        title="nothing of an item comes once it is done",
        strict="warning",
        compat="warning",
        example="response.output_item.done of output_index 0, then response.output_text.delta of it",
        way_out="Take the item of its end for whole, and report the host: what follows it is lost.",
        check=_over,
        mutate=_go_on,
    ),
    _rule(
        id="RSP-T1",
        title="the arguments of a function call are a JSON object",
        strict="error",
        compat="error",
        example='"arguments":"{\\"city\\":\\"Par"',
        way_out="Do not run such a call; ask again, or with a larger max_output_tokens.",
        check=_parsed,
        mutate=_spoil,
    ),
    _rule(
        id="RSP-T2",
        title="a function call names a tool of the request",
        strict="error",
        compat="error",
        example='"name":"no_such_tool"',
        way_out="Answer such a call with an error, so the model can call a tool that there is.",
        check=_offered,
        mutate=_rename,
    ),
)
