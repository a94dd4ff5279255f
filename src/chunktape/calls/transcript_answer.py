"""The answer of a `Transcript`: choices and blocks in their order, reasons to end, token counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import facts, indented, pretty, quoted, scalar
from chunktape.calls.transcript_logprob import logprob_lines
from chunktape.calls.transcript_media import media_text
from chunktape.dialects.detect import common_reason_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript_mask import Mask
    from chunktape.dialects.answer import Answer, Block, Choice, ToolCall, Usage

__all__ = ["answer_lines"]

_HEAD = ("id", "created", "created_at", "completed_at", "system_fingerprint", "provider")
_COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
_RAW = frozenset({"other", "tool_result"})
_SAFE = ({"filtered": False, "severity": "safe"}, {"filtered": False, "detected": False}, {"filtered": False})
# What has a line of its own, or repeats one.
_SHOWN = frozenset(
    {"role", "content", "tool_calls", "function_call", "refusal", "audio", "reasoning", "reasoning_content"}
    | {"reasoning_details", "annotations"}
)


def answer_lines(answer: Answer, *, mask: Mask) -> Iterator[str]:
    """Yield what was answered; nothing for an answer that holds nothing."""
    if not answer.choices and answer.usage is None and answer.model is None:
        return
    yield f"answer: {answer.model or 'model not named'}"
    if mask.exact:
        for name in _HEAD:
            if answer.body.get(name) is not None:
                yield f"  {name}: {scalar(answer.body[name], mask=mask)}"
    elif answer.id in mask.named:
        yield f"  id: {mask.id(answer.id)}"
    for choice in sorted(answer.choices, key=lambda one: one.index):
        lines = _choice_lines(answer, choice, mask=mask)
        if len(answer.choices) > 1:
            yield f"  choice {choice.index}:"
            lines = indented(lines)
        yield from indented(lines)
    yield from indented(_beside(answer, mask=mask))
    yield from _usage_lines(answer.usage, mask=mask)


def _choice_lines(answer: Answer, choice: Choice, *, mask: Mask) -> Iterator[str]:
    for block in choice.blocks:
        yield from _block_lines(block, mask=mask)
    raw = _raw_choice(answer, choice)
    message = raw.get("message")
    if isinstance(message, dict):
        yield from _citations(message.get("annotations"), mask=mask)
        for name in sorted(set(message) - _SHOWN):
            if message[name] not in (None, [], {}, ""):
                yield from facts(name, message[name], mask=mask)
    yield from logprob_lines(raw.get("logprobs"), mask=mask)
    yield from _filter_lines(raw.get("content_filter_results"), mask=mask)
    yield _reason(answer, choice)
    stopped_by = answer.body.get("stop_sequence")
    if isinstance(stopped_by, str):
        yield f"stop sequence: {scalar(stopped_by, mask=mask)}"


def _raw_choice(answer: Answer, choice: Choice) -> dict[str, Any]:
    listed = answer.body.get("choices")
    places = [number for number, one in enumerate(answer.choices) if one is choice]
    if not isinstance(listed, list) or not places:
        return {}
    dicts = [one for one in listed if isinstance(one, dict)]
    return dicts[places[0]] if places[0] < len(dicts) else {}


def _reason(answer: Answer, choice: Choice) -> str:
    if choice.finish_reason is None:
        return "finish reason: none"
    common = common_reason_for(answer.dialect, choice)  # type: ignore[arg-type]  # an answer's dialect is one
    if common == choice.finish_reason:
        return f"finish reason: {common}"
    return f"finish reason: {choice.finish_reason} ({common or 'no common word'})"


def _block_lines(block: Block, *, mask: Mask) -> Iterator[str]:
    raw = block.raw
    if block.tool is not None:
        yield from _tool_lines(block.tool, mask=mask)
        return
    if block.kind == "redacted_thinking":
        yield f"redacted thinking: {mask.hide(raw.get('data') or raw.get('encrypted_content'))}"
        return
    if block.kind in _RAW:
        yield from _raw_lines(block, mask=mask)
        return
    yield f"{block.kind}:"
    if block.text:
        yield from indented(quoted(block.text))
    for name in ("data", "id", "expires_at", "signature"):
        if isinstance(raw.get(name), str | int) and raw[name] and block.kind in {"audio", "thinking"}:
            yield from indented(_field_lines(name, raw[name], mask=mask))
    yield from indented(_citations(raw.get("citations") or raw.get("annotations"), mask=mask))
    yield from indented(logprob_lines(raw.get("logprobs"), mask=mask))


def _field_lines(name: str, value: Any, *, mask: Mask) -> Iterator[str]:
    sound = (
        media_text(value, "audio", exact=mask.exact) if name == "data" and isinstance(value, str) else None
    )
    yield f"{name}: {sound or mask.field(name, value) or scalar(value, mask=mask)}"


def _raw_lines(block: Block, *, mask: Mask) -> Iterator[str]:
    """Yield a block of the provider's own, such as a tool that it runs itself."""
    raw = dict(block.raw)
    kind = raw.pop("type", None)
    label = kind if isinstance(kind, str) and kind else block.kind
    if label in {"server_tool_use", "mcp_tool_use"}:
        yield f"{label} {mask.id(raw.pop('id', None))}: {raw.pop('name', None)}"
        yield from indented(pretty(raw.pop("input", {}), mask=mask))
        for name in sorted(raw):
            if not mask.skips(name, raw[name]) and (name != "caller" or mask.exact):
                yield from indented(facts(name, raw[name], mask=mask))
        return
    answered = raw.pop("tool_use_id", None)
    yield from facts(f"{label} {mask.id(answered)}" if answered else label, raw, mask=mask)


def _tool_lines(tool: ToolCall, *, mask: Mask) -> Iterator[str]:
    yield f"tool call {mask.id(tool.id)}: {tool.name}" if tool.id else f"tool call: {tool.name}"
    try:
        parsed = tool.parsed()
    except ValueError:
        told = "input" if tool.raw.get("type") == "custom_tool_call" else "arguments that are no JSON"
        yield f"  {told}:"
        yield from indented(quoted(tool.arguments), "    ")
        return
    yield from indented(pretty(parsed, mask=mask))


def _citations(found: Any, *, mask: Mask) -> Iterator[str]:
    for one in found if isinstance(found, list) else ():
        if not isinstance(one, dict):
            yield f"citation: {scalar(one, mask=mask)}"
            continue
        flat = dict(one)
        kind = flat.pop("type", None)
        inner = flat.pop(kind, None) if isinstance(kind, str) else None
        flat |= inner if isinstance(inner, dict) else {}
        yield from facts(f"citation {kind}" if kind else "citation", flat, mask=mask)


def _filter_lines(found: Any, *, mask: Mask) -> Iterator[str]:
    """Yield what a content filter found; that it found nothing is only told where all is."""
    for name in sorted(found) if isinstance(found, dict) else ():
        if mask.exact or found[name] not in _SAFE:
            yield f"content filter {name}: {scalar(found[name], mask=mask)}"


def _beside(answer: Answer, *, mask: Mask) -> Iterator[str]:
    prompts = answer.body.get("prompt_filter_results")
    for one in prompts if isinstance(prompts, list) else ():
        results = one.get("content_filter_results") if isinstance(one, dict) else None
        for line in _filter_lines(results, mask=mask):
            yield f"prompt {line}"
    if answer.dialect == "chat_completions":
        # Perplexity's and others' own place for them.
        yield from _citations(answer.body.get("citations"), mask=mask)


def _usage_lines(usage: Usage | None, *, mask: Mask) -> Iterator[str]:
    if usage is None:
        return
    counts = [(name, getattr(usage, name)) for name in _COUNTS]
    known = [f"  {name}: {count}" for name, count in counts if count is not None]
    yield "usage:" if known else "usage: no token counts"
    yield from known
    if mask.exact and usage.raw:
        yield from indented(facts("raw", usage.raw, mask=mask))
