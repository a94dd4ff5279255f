"""What a ``response`` of OpenAI's Responses API says: its body decoded, streamed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.dialects.answer import (
    Answer,
    Block,
    BlockKind,
    Choice,
    CommonFinishReason,
    ToolCall,
    Usage,
    count,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CALLS", "COMMON", "NAME", "answer_of", "call_of", "common_reason", "usage_of"]

NAME = "responses"
COMMON: dict[str, CommonFinishReason] = {
    "completed": "stop",
    "max_output_tokens": "length",
    "content_filter": "content_filter",
}
_UNFINISHED = {"in_progress", "queued"}
CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
"""The tools that the caller runs and that have a name and a text: the field of their text."""
# Parts of messages and of reasoning: their kind, and the field of their text.
_PARTS: dict[str, tuple[BlockKind, str]] = {
    "output_text": ("text", "text"),
    "refusal": ("refusal", "refusal"),
    "output_audio": ("audio", "transcript"),
    "reasoning_text": ("thinking", "text"),
    "summary_text": ("thinking", "text"),
}


def answer_of(body: dict[str, Any]) -> Answer:
    """Return what a ``response`` says: one choice, or none where the body has no output at all."""
    output = body.get("output")
    choices: tuple[Choice, ...] = ()
    if isinstance(output, list):
        items = (one for one in output if isinstance(one, dict))
        choices = (Choice(0, tuple(block for item in items for block in _blocks(item)), _reason(body)),)
    return Answer(NAME, _word(body.get("id")), _word(body.get("model")), choices, usage_of(body), body)


def usage_of(body: dict[str, Any]) -> Usage | None:
    """Return the usage that a ``response`` holds, or None."""
    raw = body.get("usage")
    if not isinstance(raw, dict):
        return None
    return Usage(
        input_tokens=count(raw, "input_tokens"),
        output_tokens=count(raw, "output_tokens"),
        cached_tokens=count(raw, "input_tokens_details", "cached_tokens"),
        cache_write_tokens=count(raw, "input_tokens_details", "cache_write_tokens"),
        reasoning_tokens=count(raw, "output_tokens_details", "reasoning_tokens"),
        raw=raw,
    )


def call_of(item: dict[str, Any]) -> ToolCall | None:
    """Return the call of a function or custom tool that an item is, or None.

    The id is ``call_id``, which the tool's result must name; the item's own is in `raw`. The
    arguments of a custom tool are whatever text the model wrote.
    """
    field = CALLS.get(_word(item.get("type")) or "")
    if field is None:
        return None
    identity = _word(item.get("call_id")) or _word(item.get("id"))
    return ToolCall(_word(item.get("name")), _text(item.get(field)), identity, item)


def common_reason(choice: Choice) -> CommonFinishReason | None:
    """Return the common word for why a choice ended; a call of a tool does not show in the status."""
    if choice.finish_reason == "completed" and choice.tools:
        return "tool_calls"
    return COMMON.get(choice.finish_reason or "")


def _reason(body: dict[str, Any]) -> str | None:
    """Return the reason why a response is incomplete, else its status; None before its end."""
    status = _word(body.get("status"))
    if status in _UNFINISHED:
        return None
    details = body.get("incomplete_details")
    reason = _word(details.get("reason")) if isinstance(details, dict) else None
    return reason or status


def _blocks(item: dict[str, Any]) -> Iterator[Block]:
    kind = _word(item.get("type")) or ""
    call = call_of(item)
    if call is not None:
        yield Block("tool_call", tool=call, raw=item)
    elif kind == "message":
        yield from _parts(item.get("content"), "text")
    elif kind == "reasoning":
        parts = [*_parts(item.get("summary"), "thinking"), *_parts(item.get("content"), "thinking")]
        # Reasoning that is not shown is still an item, which must be sent back.
        yield from parts or [Block("redacted_thinking", raw=item)]
    else:
        yield Block("tool_result" if kind.endswith("_output") else "other", raw=item)


def _parts(parts: Any, otherwise: BlockKind) -> Iterator[Block]:
    if isinstance(parts, str):
        yield Block(otherwise, parts, raw={"text": parts})
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict):
            kind, field = _PARTS.get(_word(part.get("type")) or "", ("other", ""))
            yield Block(kind, _text(part.get(field)), raw=part)


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
