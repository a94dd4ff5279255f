"""How a `Transcript` is written down: readable lines, one fact on each, that differ where a fact does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_request import request_lines
from chunktape.dialects.detect import common_reason_for
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript import Transcript
    from chunktape.dialects.answer import Block, Choice, ToolCall

__all__ = ["transcript_text"]

_NORMAL_ENDINGS = frozenset({"eof", "closed"})
"""After a whole answer these are the same: most SDKs close once they have seen the end marker."""


def transcript_text(transcripts: list[Transcript], *, exact: bool = False) -> str:
    """Return transcripts as text; with `exact`, ids, times and all else that changes are in it."""
    several = len(transcripts) > 1
    parts = []
    for number, one in enumerate(transcripts):
        lines = list(_lines(one, exact=exact))
        parts.append("\n".join([f"[{number}]", *lines] if several else lines))
    return "\n\n".join(parts) if parts else "(nothing)"


def _lines(one: Transcript, *, exact: bool) -> Iterator[str]:
    yield from request_lines(one, exact=exact)
    if one.answer is not None:
        yield from _answer_lines(one, exact=exact)
    elif one.exchange is not None:
        body = one.exchange.body
        status = one.http_status if one.http_status is not None else "none"
        yield f"reply: status {status}, {len(body)} bytes"
        if body:
            yield from _quoted(shorten(body.decode(errors="replace"), 1000))
    if one.error is not None:
        code, message = one.error
        yield f"error: {code}: {message}" if code else f"error: {message}"
    if one.http_status is not None and one.http_status != 200:  # noqa: PLR2004 - HTTP's OK
        yield f"http status: {one.http_status}"
    yield from _cost_lines(one)
    yield f"status: {one.status}"
    yield from _ending_lines(one, exact=exact)


def _answer_lines(one: Transcript, *, exact: bool) -> Iterator[str]:
    answer = one.answer
    if answer is None:
        return
    yield f"answer: {answer.model or 'of an unnamed model'}"
    if exact:
        for name in ("id", "created", "created_at", "system_fingerprint", "service_tier"):
            if answer.body.get(name) is not None:
                yield f"  {name}: {answer.body[name]}"
    for choice in answer.choices:
        indent = "  "
        if len(answer.choices) > 1:
            yield f"  choice {choice.index}:"
            indent = "    "
        for block in choice.blocks:
            for line in _block_lines(block, exact=exact):
                yield indent + line
        yield indent + _reason(one, choice)
    usage = answer.usage
    if usage is not None:
        counts = {
            "input": usage.input_tokens,
            "output": usage.output_tokens,
            "cached": usage.cached_tokens,
            "cache write": usage.cache_write_tokens,
            "reasoning": usage.reasoning_tokens,
        }
        known = [f"{name} {count}" for name, count in counts.items() if count is not None]
        yield f"usage: {', '.join(known) or 'no token counts'}"


def _reason(one: Transcript, choice: Choice) -> str:
    if choice.finish_reason is None:
        return "finish reason: none"
    common = None if one.answer is None else common_reason_for(one.answer.dialect, choice)  # type: ignore[arg-type]  # an answer's dialect is one
    return f"finish reason: {choice.finish_reason}" + (
        "" if common == choice.finish_reason else f" ({common or 'no common word'})"
    )


def _block_lines(block: Block, *, exact: bool) -> Iterator[str]:
    if block.tool is not None:
        yield from _tool_lines(block.tool, exact=exact)
    elif block.kind in {"other", "tool_result", "redacted_thinking"}:
        kind = block.raw.get("type")
        yield f"{kind if isinstance(kind, str) else block.kind}:"
        yield from _indented(json.dumps(_masked(block.raw, exact=exact), ensure_ascii=False, indent=2))
    else:
        yield f"{block.kind}:"
        yield from _quoted(block.text)
        if exact and block.raw.get("signature"):
            yield f"  signature: {block.raw['signature']}"


def _tool_lines(tool: ToolCall, *, exact: bool) -> Iterator[str]:
    yield f"tool call: {tool.name}" + (f" (id {tool.id})" if exact and tool.id else "")
    try:
        arguments = json.dumps(tool.parsed(), ensure_ascii=False, indent=2)
    except ValueError:
        yield "  arguments that are no JSON:"
        yield from _quoted(tool.arguments)
        return
    yield from _indented(arguments)


def _cost_lines(one: Transcript) -> Iterator[str]:
    metadata = one.cost_metadata
    if metadata is not None and one.answer is not None and one.answer.choices:
        known = metadata.model_dump(mode="json", exclude_none=True)
        yield "cost metadata:"
        for name, value in known.items():
            yield f"  {name}: {json.dumps(value)}"
    if one.cost is not None:
        source = f"{one.cost.source} {one.cost.version}".strip()
        yield f"cost: {one.cost.usd:.10f}".rstrip("0").rstrip(".") + f" USD ({source})"


def _ending_lines(one: Transcript, *, exact: bool) -> Iterator[str]:
    ending = one.exchange.ending if one.exchange is not None else None
    if ending is None or one.exchange is None:
        return
    told = ending.kind if exact or ending.kind not in _NORMAL_ENDINGS or one.status != "complete" else None
    if told is not None:
        failure = ending.failure
        why = f": {failure.kind} ({failure.phase})" if failure is not None else ""
        yield f"ending: {told}{why}"
    if exact:
        ends, timing = one.exchange.ends, one.exchange.timing
        yield f"chunks: {len(ends)}" if one.exchange.framed else "chunks: unknown"
        if one.exchange.recorded_at is not None:
            yield f"recorded at: {one.exchange.recorded_at.isoformat()}"
        if timing is not None and timing.head is not None:
            yield f"head after: {timing.head / 1000:.3f} ms"


_VOLATILE = frozenset(
    {"id", "tool_use_id", "call_id", "item_id", "created", "created_at", "signature", "encrypted_content"}
    | {"encrypted_index", "encrypted_stdout", "data", "file_id", "container_id", "obfuscation", "page_age"}
)


def _masked(value: Any, *, exact: bool) -> Any:
    if exact:
        return value
    if isinstance(value, dict):
        return {
            name: "…"
            if name in _VOLATILE and isinstance(one, str | int | float)
            else _masked(one, exact=exact)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_masked(one, exact=exact) for one in value]
    return value


def _quoted(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        yield f"  | {line}" if line else "  |"


def _indented(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        yield f"  {line}"
