"""What one event brought of what the model generated, word by word, in each dialect.

Roles, pings, counts, signatures and padding are no output: providers send them before the model has
produced anything, or beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chunktape.audit.message import object_in
from chunktape.dialects.chat_call import calls_of
from chunktape.dialects.chat_event import pieces_of
from chunktape.dialects.response_item import DELTAS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chunktape.dialects.detect import Dialect

__all__ = ["OUTPUTS", "Output", "OutputKind"]

OutputKind = Literal["text", "reasoning", "refusal", "tool"]
"""What was generated; `tool` is the name or the arguments of a call."""

_MESSAGE_DELTAS: dict[str, tuple[str, OutputKind]] = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "reasoning"),
    "input_json_delta": ("partial_json", "tool"),
}
_CALLS = {"tool_use", "server_tool_use", "mcp_tool_use"}
_RESPONSE_PARTS: dict[str, OutputKind] = {
    "output_text": "text",
    "refusal": "refusal",
    "reasoning_text": "reasoning",
    "summary_text": "reasoning",
}
_CHAT_FIELDS: tuple[tuple[str, OutputKind], ...] = (
    ("content", "text"),
    ("refusal", "refusal"),
    ("reasoning_content", "reasoning"),
    ("reasoning", "reasoning"),
)
# Newer vLLM says the same under both names of its reasoning.
_ALIKE = {"reasoning_content", "reasoning"}


class Output(NamedTuple):
    """A piece of output: what it is, its words, and the numbers of the part that it goes on with.

    One that `names` is the name of a tool, at the beginning of a call.
    """

    kind: OutputKind
    text: str
    part: tuple[Any, ...]
    names: bool = False


def _of_message(value: dict[str, Any]) -> Sequence[Output]:
    kind = value.get("type")
    if kind == "content_block_delta":
        delta = object_in(value, "delta")
        given = delta.get("type")
        field = _MESSAGE_DELTAS.get(given) if isinstance(given, str) else None
        piece = None if field is None else delta.get(field[0])
        if field is not None and isinstance(piece, str) and piece:
            return (Output(field[1], piece, (value.get("index"),)),)
    elif kind == "content_block_start":
        block = object_in(value, "content_block")
        given, name = block.get("type"), block.get("name")
        if isinstance(given, str) and given in _CALLS and isinstance(name, str) and name:
            return (Output("tool", name, (value.get("index"),), names=True),)
        if given == "text" and isinstance(block.get("text"), str) and block["text"]:
            return (Output("text", block["text"], (value.get("index"),)),)
    return ()


def _of_chat(value: dict[str, Any]) -> Sequence[Output]:
    choices = value.get("choices")
    found: list[Output] = []
    for choice in choices if isinstance(choices, list) else ():
        if not isinstance(choice, dict):
            continue
        text, index = choice.get("text"), choice.get("index")
        if isinstance(text, str) and text:
            found.append(Output("text", text, (index,)))
        delta = choice.get("delta")
        if isinstance(delta, dict):
            _add_delta(found, delta, index)
    return found


def _add_delta(found: list[Output], delta: dict[str, Any], index: Any) -> None:
    seen = ""
    for name, kind in _CHAT_FIELDS:
        value = delta.get(name)
        if not value:
            continue
        for spoken, piece in pieces_of(name, value):
            if piece and not (name in _ALIKE and piece == seen):
                found.append(Output("reasoning" if spoken == "thinking" else kind, piece, (index,)))
                seen = piece if name in _ALIKE else seen
    if delta.get("tool_calls") or delta.get("function_call"):
        for call in calls_of(delta):
            part = (index, call.raw.get("index"))
            if call.name:
                found.append(Output("tool", call.name, part, names=True))
            if call.arguments:
                found.append(Output("tool", call.arguments, part))
    transcript = object_in(delta, "audio").get("transcript")
    if isinstance(transcript, str) and transcript:
        found.append(Output("text", transcript, (index,)))


def _of_response(value: dict[str, Any]) -> Sequence[Output]:
    kind = value.get("type")
    place = DELTAS.get(kind) if isinstance(kind, str) else None
    if place is not None:
        piece = value.get("delta")
        if isinstance(piece, str) and piece:
            part = (value.get("output_index"), value.get(place.index_name) if place.index_name else None)
            return (Output(_RESPONSE_PARTS.get(place.part_type, "tool"), piece, part),)
    elif kind == "response.output_item.added":
        name = object_in(value, "item").get("name")
        if isinstance(name, str) and name:
            return (Output("tool", name, (value.get("output_index"), None), names=True),)
    return ()


OUTPUTS: dict[Dialect, Callable[[dict[str, Any]], Sequence[Output]]] = {
    "chat_completions": _of_chat,
    "completions": _of_chat,
    "messages": _of_message,
    "responses": _of_response,
}
"""For each dialect the function that takes the object of an event and gives its output."""
