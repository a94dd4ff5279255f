"""Replies in Anthropic's messages format.

The shapes are taken from recordings; ids, signatures and counts are invented and fixed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chunktape.loopback.script.head import EVENT_STREAM, JSON, headers
from chunktape.loopback.script.stream import document, sse, stream
from chunktape.loopback.script.text import COSY_TEXT, ToolCall, pieces, tool_pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chunktape.loopback.encoding import Encoding
    from chunktape.loopback.reply import Reply, Step

__all__ = ["MESSAGE_MODEL", "complete_message", "message"]

MESSAGE_MODEL = "claude-haiku-4-5-20251001"
INPUT_TOKENS = 14
SIGNATURE = "bG9vcGJhY2staW52ZW50ZWQtc2lnbmF0dXJl"  # "loopback-invented-signature"


def message(
    text: str | Iterable[str] | None = None,
    *,
    thinking: str | Iterable[str] | None = None,
    tools: Sequence[ToolCall] = (),
    usage: Mapping[str, Any] | None = None,
    cache_read: int = 0,
    cache_creation: int = 0,
    gap: float = 0.0,
    ping: bool = True,
    model: str = MESSAGE_MODEL,
    stop_reason: str | None = None,
    end: Step | tuple[Step, ...] | None = None,
    cut: int | None = None,
    encoding: Encoding | None = None,
) -> Reply:
    """Return a streamed message, one write for each event.

    A text is cut into words, pieces are sent as they are; with neither text nor tools a default
    text is told. Thinking comes first and is signed. `usage` overrides the invented counts,
    `cache_read` and `cache_creation` are those of the prompt cache. `ping` sends one after the
    first block was opened. `gap` seconds pass between events. `cut` sends only the first events
    (-1 leaves ``message_stop`` out), then disconnects; `end` says what happens instead.
    """
    counts = _counts(cache_read, cache_creation)
    answer = _Answer.of(
        text, thinking, tools, model=model, stop_reason=stop_reason, counts=counts, usage=usage
    )
    events = [sse(event, event["type"]) for event in answer.events(ping=ping)]
    sent = headers("anthropic", EVENT_STREAM)
    return stream(events, headers=sent, gap=gap, end=end, cut=cut, encoding=encoding)


def complete_message(
    text: str | Iterable[str] | None = None,
    *,
    thinking: str | Iterable[str] | None = None,
    tools: Sequence[ToolCall] = (),
    usage: Mapping[str, Any] | None = None,
    cache_read: int = 0,
    cache_creation: int = 0,
    model: str = MESSAGE_MODEL,
    stop_reason: str | None = None,
    encoding: Encoding | None = None,
) -> Reply:
    """Return the message in one JSON document that `message` would stream.

    The arguments of a tool must be JSON here: the document holds them parsed.
    """
    counts = _counts(cache_read, cache_creation)
    answer = _Answer.of(
        text, thinking, tools, model=model, stop_reason=stop_reason, counts=counts, usage=usage
    )
    return document(answer.whole(), headers=headers("anthropic", JSON), encoding=encoding)


@dataclass(frozen=True)
class _Block:
    """One content block: as it opens, its deltas, and as it is in the end."""

    opened: dict[str, Any]
    deltas: tuple[dict[str, Any], ...]
    filled: dict[str, Any]
    arguments: str | None = None

    def whole(self) -> dict[str, Any]:
        parsed = {} if self.arguments is None else {"input": json.loads(self.arguments or "{}")}
        return self.opened | self.filled | parsed


@dataclass(frozen=True)
class _Answer:
    blocks: tuple[_Block, ...]
    model: str
    stop_reason: str
    usage: dict[str, Any]

    @classmethod
    def of(
        cls,
        text: str | Iterable[str] | None,
        thinking: str | Iterable[str] | None,
        tools: Sequence[ToolCall],
        *,
        model: str,
        stop_reason: str | None,
        counts: dict[str, Any],
        usage: Mapping[str, Any] | None,
    ) -> _Answer:
        if text is None:
            text = "" if tools else COSY_TEXT
        told, thought = pieces(text), pieces(thinking or "")
        blocks = [_thinking(thought)] if thought else []
        blocks += [_text(told)] if told else []
        blocks += [_tool(index, *tool_pieces(call)) for index, call in enumerate(tools)]
        counted = counts | {"output_tokens": sum(len(block.deltas) for block in blocks)}
        reason = stop_reason or ("tool_use" if tools else "end_turn")
        return cls(tuple(blocks), model, reason, counted | {**(usage or {})})

    def events(self, *, ping: bool) -> Iterator[dict[str, Any]]:
        """Yield the events of the stream."""
        begun = self._body([], None, self.usage | {"output_tokens": 1})
        yield {"type": "message_start", "message": begun}
        for index, block in enumerate(self.blocks):
            yield {"type": "content_block_start", "index": index, "content_block": block.opened}
            if ping and index == 0:
                yield {"type": "ping"}
            for delta in block.deltas:
                yield {"type": "content_block_delta", "index": index, "delta": delta}
            yield {"type": "content_block_stop", "index": index}
        delta = {"stop_reason": self.stop_reason, "stop_sequence": None, "stop_details": None}
        counted = {key: value for key, value in self.usage.items() if isinstance(value, int)}
        yield {"type": "message_delta", "delta": delta, "usage": counted}
        yield {"type": "message_stop"}

    def whole(self) -> dict[str, Any]:
        """Return the document that the stream adds up to."""
        return self._body([block.whole() for block in self.blocks], self.stop_reason, self.usage)

    def _body(
        self, content: list[dict[str, Any]], stop_reason: str | None, usage: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "model": self.model,
            "id": "msg_loopback00000000000000",
            "type": "message",
            "role": "assistant",
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "stop_details": None,
            "usage": usage,
        }


def _counts(cache_read: int, cache_creation: int) -> dict[str, Any]:
    return {
        "input_tokens": INPUT_TOKENS,
        "cache_creation_input_tokens": cache_creation,
        "cache_read_input_tokens": cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": cache_creation, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
    }


def _text(told: tuple[str, ...]) -> _Block:
    deltas = tuple({"type": "text_delta", "text": piece} for piece in told)
    return _Block({"type": "text", "text": ""}, deltas, {"text": "".join(told)})


def _thinking(thought: tuple[str, ...]) -> _Block:
    opened = {"type": "thinking", "thinking": "", "signature": ""}
    deltas = tuple({"type": "thinking_delta", "thinking": piece} for piece in thought)
    signed = {"type": "signature_delta", "signature": SIGNATURE}
    return _Block(opened, (*deltas, signed), {"thinking": "".join(thought), "signature": SIGNATURE})


def _tool(index: int, name: str, arguments: tuple[str, ...]) -> _Block:
    opened = {"type": "tool_use", "id": f"toolu_loopback{index:010d}", "name": name, "input": {}}
    deltas = tuple({"type": "input_json_delta", "partial_json": piece} for piece in ("", *arguments))
    return _Block(opened, deltas, {}, "".join(arguments))
