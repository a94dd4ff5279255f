"""What a ``chat.completion`` means: from a body, however it came, to an `Answer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.dialects.answer import Answer, Block, BlockKind, Choice, CommonFinishReason
from chunktape.dialects.chat_call import calls_of
from chunktape.dialects.chat_event import (
    choices_of,
    id_of,
    index_of,
    message_of,
    model_of,
    thought_of,
    usage_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["COMMON", "NAME", "answer_of"]

NAME = "chat_completions"
COMMON: dict[str, CommonFinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
"""The common word for each finish reason; one that is not here has none."""
_PARTS: dict[str, BlockKind] = {"text": "text", "thinking": "thinking", "refusal": "refusal"}


def answer_of(body: dict[str, Any]) -> Answer:
    """Return what a ``chat.completion`` says, streamed or not."""
    choices = tuple(_choice_of(raw) for raw in choices_of(body))
    return Answer(NAME, id_of(body), model_of(body), choices, usage_of(body), body)


def _choice_of(raw: dict[str, Any]) -> Choice:
    reason = raw.get("finish_reason")
    blocks = tuple(_blocks_of(message_of(raw)))
    return Choice(index_of(raw), blocks, reason if isinstance(reason, str) and reason else None)


def _blocks_of(message: dict[str, Any]) -> Iterator[Block]:
    thoughts = [message.get(name) for name in ("reasoning_content", "reasoning")]
    # Newer vLLM says the same under both names, so it is said once.
    for thought in dict.fromkeys(one for one in thoughts if isinstance(one, str) and one):
        yield Block("thinking", thought)
    content = message.get("content")
    if isinstance(content, list):
        yield from (_part_of(part) for part in content if isinstance(part, dict))
    elif isinstance(content, str) and content:
        yield Block("text", content)
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        yield Block("refusal", refusal)
    audio = message.get("audio")
    if isinstance(audio, dict):
        transcript = audio.get("transcript")
        yield Block("audio", transcript if isinstance(transcript, str) else "", raw=audio)
    for call in calls_of(message):
        yield Block("tool_call", tool=call, raw=call.raw)


def _part_of(part: dict[str, Any]) -> Block:
    kind = part.get("type")
    text = thought_of(part) if kind == "thinking" else part.get(kind) if isinstance(kind, str) else None
    if isinstance(kind, str) and kind in _PARTS and isinstance(text, str):
        return Block(_PARTS[kind], text, raw=part)
    return Block("other", raw=part)
