"""What the events of a stream say to a reader: text, thinking, tool calls, refusals, errors.

For the eye only, and therefore tolerant: nothing is judged or assembled here. Known are chat
completions and the completions before them, Anthropic's messages and OpenAI's responses; an
event that is none of these is shown as the data it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from chunktape.wire.sse import Event

__all__ = ["Kind", "Part", "Reading"]

Kind = Literal["text", "thinking", "tool", "refusal", "error", "data", "cut"]

# Events that frame what others say.
_FRAMES = frozenset(
    {
        *("ping", "message_start", "message_delta", "message_stop", "content_block_stop"),
        *("response.created", "response.queued", "response.in_progress", "response.completed"),
        *("response.content_part.added", "response.content_part.done", "response.output_item.done"),
        *("response.reasoning_summary_part.added", "response.reasoning_summary_part.done"),
    }
)
_PROGRESS = (".in_progress", ".searching", ".interpreting", ".generating", ".completed")
_SPOKEN: dict[str, Kind] = {
    "response.output_text": "text",
    "response.refusal": "refusal",
    "response.reasoning_text": "thinking",
    "response.reasoning_summary_text": "thinking",
    "response.function_call_arguments": "tool",
    "response.custom_tool_call_input": "tool",
    "response.mcp_call_arguments": "tool",
    "response.code_interpreter_call_code": "tool",
}
_DELTAS: dict[str, Kind] = {
    "content": "text",
    "reasoning": "thinking",
    "reasoning_content": "thinking",
    "refusal": "refusal",
}
# Beside a delta's words: what repeats them, or only labels them.
_BESIDE = frozenset({"role", "channel", "reasoning_details", "tool_calls", "function_call"})


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of what a stream says; pieces of one `key` belong together.

    `choice` counts the answers of a request that asked for several.
    """

    kind: Kind
    text: str
    key: Hashable
    choice: int = 0


class Reading:
    """Reads the events of one stream, in their order."""

    def __init__(self) -> None:
        self._seen: set[Hashable] = set()
        self._count = 0

    def feed(self, event: Event) -> list[Part]:
        """Return what an event says, which may be nothing."""
        if event.data is None or event.data.strip() in {"", "[DONE]"}:
            return []
        self._count += 1
        try:
            value = json.loads(event.data)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            return [self._raw(event.data, "data" if event.terminated else "cut")]
        parts = [part for part in self._read(value, event.data) if part.text]
        self._seen.update(part.key for part in parts)
        return parts

    def _read(self, value: dict[str, Any], data: str) -> Iterator[Part]:
        kind = _word(value)
        if value.get("error") or kind in {"error", "response.failed", "response.incomplete"}:
            yield Part("error", _complaint(value, data), ("error", self._count))
        if isinstance(value.get("choices"), list):
            for choice in value["choices"]:
                if isinstance(choice, dict):
                    index = _number(choice, "index")
                    yield from (replace(part, choice=index) for part in self._choice(choice, index))
        elif kind == "content_block_start":
            yield from self._block(_number(value, "index"), value.get("content_block"))
        elif kind == "content_block_delta":
            yield from self._delta(_number(value, "index"), value.get("delta"))
        elif kind.startswith("response."):
            yield from self._response(kind, value, data)
        elif kind not in _FRAMES and not value.get("error") and kind != "error":
            yield self._raw(data)

    def _choice(self, choice: dict[str, Any], index: int) -> Iterator[Part]:
        if isinstance(choice.get("text"), str):
            yield Part("text", choice["text"], ("text", index))
        delta = choice.get("delta") or choice.get("message")
        if not isinstance(delta, dict):
            return
        for name, said in delta.items():
            if name in _DELTAS:
                yield from self._said(_DELTAS[name], said, index)
            elif name not in _BESIDE and said:
                yield self._raw(_compact({name: said}))
        calls = delta.get("tool_calls") or []
        if isinstance(delta.get("function_call"), dict):
            calls = [{"function": delta["function_call"]}]
        for call in calls if isinstance(calls, list) else []:
            if isinstance(call, dict):
                function = call.get("function")
                named = function if isinstance(function, dict) else {}
                key = "tool", index, _number(call, "index")
                yield from self._call(key, named.get("name"), named.get("arguments"))

    def _said(self, kind: Kind, said: Any, index: Hashable) -> Iterator[Part]:
        """Yield text, or Mistral's list of texts and thoughts (magistral, 2025-11)."""
        if isinstance(said, str):
            yield Part(kind, said, (kind, index))
        for piece in said if isinstance(said, list) else []:
            if isinstance(piece, dict) and piece.get("type") == "thinking":
                yield from self._said("thinking", piece.get("thinking"), index)
            elif isinstance(piece, dict) and isinstance(piece.get("text"), str):
                yield from self._said(kind, piece["text"], index)
            else:
                yield self._raw(_compact(piece))

    def _block(self, index: int, block: Any) -> Iterator[Part]:
        held = block if isinstance(block, dict) else {}
        kind = _word(held)
        if kind in {"tool_use", "server_tool_use", "mcp_tool_use"}:
            yield from self._call(("tool", index), held.get("name"), held.get("input") or None)
        elif kind == "text":
            yield Part("text", str(held.get("text") or ""), ("text", index))
        elif kind == "thinking":
            yield Part("thinking", str(held.get("thinking") or ""), ("thinking", index))
        elif kind == "redacted_thinking":
            yield Part(
                "thinking", f"({len(str(held.get('data')))} encrypted characters)", ("thinking", index)
            )
        else:
            yield self._raw(_compact(block))

    def _delta(self, index: int, delta: Any) -> Iterator[Part]:
        held = delta if isinstance(delta, dict) else {}
        kind = _word(held)
        if kind == "text_delta":
            yield Part("text", str(held.get("text") or ""), ("text", index))
        elif kind == "thinking_delta":
            yield Part("thinking", str(held.get("thinking") or ""), ("thinking", index))
        elif kind == "input_json_delta":
            yield from self._call(("tool", index), None, held.get("partial_json"))
        elif kind != "signature_delta":
            yield self._raw(_compact(delta))

    def _response(self, kind: str, value: dict[str, Any], data: str) -> Iterator[Part]:
        said, _, step = kind.rpartition(".")
        if said in _SPOKEN and step in {"delta", "done"}:
            word = _SPOKEN[said]
            key = word, *(_number(value, f"{place}_index") for place in ("output", "content", "summary"))
            # The whole is told again at its end; it counts where no piece of it came.
            if step == "delta":
                yield Part(word, str(value.get("delta") or ""), key)
            elif key not in self._seen:
                whole = value.get("text") or value.get("arguments") or value.get("code")
                yield Part(word, str(whole or value.get("refusal") or ""), key)
        elif kind == "response.output_item.added":
            item = value.get("item")
            held = item if isinstance(item, dict) else {}
            if _word(held) not in {"message", "reasoning"}:
                key = "tool", _number(value, "output_index"), 0, 0
                yield Part("tool", f"{held.get('name') or _word(held)} ", key)
        elif kind not in _FRAMES and not kind.endswith((*_PROGRESS, ".failed", ".incomplete")):
            yield self._raw(data)

    def _call(self, key: Hashable, name: Any, arguments: Any) -> Iterator[Part]:
        if name:
            yield Part("tool", f"{name} ", key)
        if arguments is not None:
            yield Part("tool", arguments if isinstance(arguments, str) else _compact(arguments), key)

    def _raw(self, data: str, kind: Kind = "data") -> Part:
        self._count += 1
        return Part(kind, shorten(data), (kind, self._count))


def _word(value: dict[str, Any]) -> str:
    """Return what an object says it is, or nothing."""
    kind = value.get("type")
    return kind if isinstance(kind, str) else ""


def _number(value: dict[str, Any], name: str) -> int:
    """Return an index, 0 where there is none."""
    index = value.get(name)
    return index if isinstance(index, int) else 0


def _complaint(value: dict[str, Any], data: str) -> str:
    """Return the words of an error, or its data where it has none."""
    response = value.get("response") if isinstance(value.get("response"), dict) else {}
    error = value.get("error") or (response or {}).get("error") or (response or {}).get("incomplete_details")
    if isinstance(error, str):
        return error
    held = error if isinstance(error, dict) else value
    message = held.get("message") or held.get("reason")
    if not isinstance(message, str):
        return shorten(data)
    word = held.get("type") or held.get("code")
    return f"{word}: {message}" if word and word != "error" else message


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
