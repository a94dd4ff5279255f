"""What a ``message`` means: from a body, however it came, to an `Answer`."""

from __future__ import annotations

from typing import Any

from chunktape.dialects.answer import Answer, Block, BlockKind, Choice, CommonFinishReason, ToolCall
from chunktape.dialects.message_block import arguments_of, is_tool
from chunktape.dialects.message_event import string_of, usage_of

__all__ = ["COMMON", "NAME", "answer_of"]

NAME = "messages"
COMMON: dict[str, CommonFinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""The common word for each stop reason; one that is not here, such as ``pause_turn``, has none."""
_TEXTS: dict[str, BlockKind] = {"text": "text", "thinking": "thinking"}


def answer_of(body: dict[str, Any]) -> Answer:
    """Return what a ``message`` says, streamed or not; an error has no choices."""
    choices: tuple[Choice, ...] = ()
    if "content" in body or "stop_reason" in body:
        content = body.get("content")
        # Some hosts send plain text where a list of blocks belongs.
        blocks = content if isinstance(content, list) else [content]
        found = tuple(_block_of(one) for one in blocks if isinstance(one, str | dict))
        choices = (Choice(0, found, string_of(body.get("stop_reason"))),)
    ident, model = string_of(body.get("id")), string_of(body.get("model"))
    return Answer(NAME, ident, model, choices, usage_of(body), body)


def _block_of(raw: str | dict[str, Any]) -> Block:
    if isinstance(raw, str):
        return Block("text", raw)
    kind = raw.get("type")
    if is_tool(raw):
        tool = ToolCall(string_of(raw.get("name")), arguments_of(raw), string_of(raw.get("id")), raw)
        return Block("tool_call", tool=tool, raw=raw)
    if not isinstance(kind, str):
        kind = next((name for name in _TEXTS if isinstance(raw.get(name), str)), "")
    if kind in _TEXTS:
        text = raw.get(kind)
        return Block(_TEXTS[kind], text if isinstance(text, str) else "", raw=raw)
    if kind == "redacted_thinking":
        return Block("redacted_thinking", raw=raw)
    # Calls of tools that run at the provider are no calls that anybody has to answer.
    return Block("tool_result" if kind.endswith("tool_result") else "other", raw=raw)
