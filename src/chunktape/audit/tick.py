"""`Tick`: one event that brought something the model generated, and when it arrived.

Roles, pings, counts, signatures and padding are no output: providers send them before the model has
produced anything, or beside it.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chunktape.audit.message import object_in
from chunktape.dialects.chat_call import calls_of
from chunktape.dialects.chat_event import pieces_of
from chunktape.dialects.response_item import DELTAS
from chunktape.wire.sse import EventParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from chunktape.audit.exchange import Exchange
    from chunktape.dialects.detect import Dialect

__all__ = ["Tick", "TickKind", "chunks_of_events", "ticks_of"]

TickKind = Literal["text", "reasoning", "refusal", "tool"]
"""What was generated; `tool` is the name or the arguments of a call."""

_MESSAGE_DELTAS: dict[str, tuple[str, TickKind]] = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "reasoning"),
    "input_json_delta": ("partial_json", "tool"),
}
_CALLS = {"tool_use", "server_tool_use", "mcp_tool_use"}
_RESPONSE_PARTS: dict[str, TickKind] = {
    "output_text": "text",
    "refusal": "refusal",
    "reasoning_text": "reasoning",
    "summary_text": "reasoning",
}
_CHAT_FIELDS: tuple[tuple[str, TickKind], ...] = (
    ("content", "text"),
    ("refusal", "refusal"),
    ("reasoning_content", "reasoning"),
    ("reasoning", "reasoning"),
)
# Newer vLLM says the same under both names of its reasoning.
_ALIKE = {"reasoning_content", "reasoning"}


class Tick(NamedTuple):
    """One event with output: its number from 1, what it brought, and in how many characters.

    `at` is in microseconds since the request was sent, `chunk` the read of the transport that completed
    it, from 0; both are None where that was not recorded.
    """

    event: int
    kind: TickKind
    characters: int
    at: int | None
    chunk: int | None


def ticks_of(exchange: Exchange) -> tuple[Tick, ...]:
    """Return the events of a stream that brought output, made once for each exchange."""
    return exchange.once(_ticks)


def _ticks(exchange: Exchange) -> tuple[Tick, ...]:
    brought = _BROUGHT.get(exchange.dialect) if exchange.dialect is not None else None
    if brought is None:
        return ()
    timing = exchange.interaction.timing
    chunks = exchange.once(chunks_of_events)
    found = []
    for place, frame in enumerate(exchange.frames):
        if type(frame.value) is not dict:
            continue
        output = brought(frame.value)
        if output is not None:
            chunk = None if chunks is None else chunks[place]
            at = None if timing is None or chunk is None else timing.at[chunk]
            found.append(Tick(frame.number, *output, at, chunk))
    return tuple(found)


def chunks_of_events(exchange: Exchange) -> list[int] | None:
    """Return for each event the chunk that completed it; None where nobody noted the chunks."""
    one = exchange.interaction
    if not one.framed or not one.ends:
        return None
    last, frames = len(one.ends) - 1, exchange.frames
    if len(exchange.ends) == len(frames):
        return [min(bisect_left(one.ends, end), last) for end in exchange.ends]
    # Blank lines without an event between them: only a parser can tell.
    parser, found = EventParser(), []
    for place, chunk in enumerate(one.chunks):
        found += [place] * len(parser.feed(chunk.data))
    return found + [last] * len(parser.finish())


def _of_message(value: dict[str, Any]) -> tuple[TickKind, int] | None:
    kind = value.get("type")
    if kind == "content_block_delta":
        delta = object_in(value, "delta")
        given = delta.get("type")
        field = _MESSAGE_DELTAS.get(given) if isinstance(given, str) else None
        piece = None if field is None else delta.get(field[0])
        return (field[1], len(piece)) if field is not None and isinstance(piece, str) and piece else None
    if kind == "content_block_start":
        block = object_in(value, "content_block")
        given, name = block.get("type"), block.get("name")
        if isinstance(given, str) and given in _CALLS and isinstance(name, str) and name:
            return "tool", len(name)
        if given == "text" and isinstance(block.get("text"), str) and block["text"]:
            return "text", len(block["text"])
    return None


def _of_chat(value: dict[str, Any]) -> tuple[TickKind, int] | None:
    choices = value.get("choices")
    first: TickKind | None = None
    characters = 0
    for choice in choices if isinstance(choices, list) else ():
        text = choice.get("text") if isinstance(choice, dict) else None
        if isinstance(text, str) and text:
            first, characters = "text", characters + len(text)
        for kind, length in _of_delta(object_in(choice, "delta")):
            # One with an answer and reasoning beside it brings an answer.
            first = kind if first in (None, "reasoning") else first
            characters += length
    return None if first is None else (first, characters)


def _of_delta(delta: dict[str, Any]) -> list[tuple[TickKind, int]]:
    found: list[tuple[TickKind, int]] = []
    seen = ""
    for name, kind in _CHAT_FIELDS:
        value = delta.get(name)
        if not value:
            continue
        for spoken, piece in pieces_of(name, value):
            if piece and not (name in _ALIKE and piece == seen):
                found.append(("reasoning" if spoken == "thinking" else kind, len(piece)))
                seen = piece if name in _ALIKE else seen
    if delta.get("tool_calls") or delta.get("function_call"):
        length = sum(len(call.name or "") + len(call.arguments) for call in calls_of(delta))
        if length:
            found.append(("tool", length))
    transcript = object_in(delta, "audio").get("transcript")
    if isinstance(transcript, str) and transcript:
        found.append(("text", len(transcript)))
    return found


def _of_response(value: dict[str, Any]) -> tuple[TickKind, int] | None:
    kind = value.get("type")
    place = DELTAS.get(kind) if isinstance(kind, str) else None
    if place is not None:
        piece = value.get("delta")
        if isinstance(piece, str) and piece:
            return _RESPONSE_PARTS.get(place.part_type, "tool"), len(piece)
    elif kind == "response.output_item.added":
        name = object_in(value, "item").get("name")
        if isinstance(name, str) and name:
            return "tool", len(name)
    return None


_BROUGHT: dict[Dialect, Callable[[dict[str, Any]], tuple[TickKind, int] | None]] = {
    "chat_completions": _of_chat,
    "completions": _of_chat,
    "messages": _of_message,
    "responses": _of_response,
}
