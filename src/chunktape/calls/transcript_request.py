"""The request of a `Transcript`: one paragraph, with messages cut to a readable length."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chunktape.calls.plain import plain
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chunktape.calls.transcript import Transcript

__all__ = ["request_lines"]

_APART = frozenset(
    {"model", "messages", "input", "prompt", "system", "instructions", "tools", "functions", "stream"}
)
_LONGEST = 200


def request_lines(one: Transcript, *, exact: bool) -> Iterator[str]:
    """Yield what was asked: of whom, with which messages, tools and parameters."""
    asked = one.request
    streamed = ", streamed" if one.streamed else ""
    if one.answer is None and one.exchange is not None:
        request = one.exchange.request
        yield f"request: {request.method} {request.url}"
        return
    yield f"request: {one.provider or 'an unknown provider'} {_model(one, asked)}{streamed}"
    for role, text in _messages(asked):
        yield f"  {role}: {shorten(text, _LONGEST) if not exact else text}".replace("\n", "\\n")
    tools = [*_tools(asked.get("tools")), *_tools(asked.get("functions"))]
    if tools:
        yield f"  tools: {', '.join(tools)}"
    for name in sorted(set(asked) - _APART):
        value = plain(asked[name])
        if value is not None:
            text = json.dumps(value, ensure_ascii=False)
            yield f"  {name}: {shorten(text, _LONGEST) if not exact else text}"
    if exact and one.request_id:
        yield f"  request id: {one.request_id}"


def _model(one: Transcript, asked: Mapping[str, Any]) -> str:
    model = asked.get("model")
    return model if isinstance(model, str) and model else "its default model"


def _messages(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("system", "instructions"):
        if asked.get(name):
            yield "system", _text(asked[name])
    for name in ("messages", "input", "prompt"):
        found = asked.get(name)
        if isinstance(found, list):
            for message in found:
                said = message if isinstance(message, dict) else {"content": message}
                role = said.get("role") or said.get("type") or "user"
                yield str(role), _said(said)
        elif found:
            yield "user", _text(found)


def _said(message: Mapping[str, Any]) -> str:
    texts = [_text(message.get("content", message.get("output")))]
    for call in message.get("tool_calls") or ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            texts.append(f"→ {function.get('name')}({function.get('arguments')})")
    if message.get("type") == "function_call":
        texts.append(f"→ {message.get('name')}({message.get('arguments')})")
    return " ".join(text for text in texts if text)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(filter(None, map(_part, content)))
    return "" if content is None else json.dumps(plain(content), ensure_ascii=False)


def _part(part: Any) -> str:
    if not isinstance(part, dict):
        return str(part)
    kind = part.get("type")
    if isinstance(part.get("text"), str):
        return str(part["text"])
    if kind == "thinking":
        return f"[thinking: {part.get('thinking')}]"
    if kind == "tool_use":
        return f"→ {part.get('name')}({json.dumps(part.get('input'), ensure_ascii=False)})"
    if kind == "tool_result":
        return f"← {_text(part.get('content'))}"
    return f"[{kind}]"


def _tools(tools: Any) -> Iterator[str]:
    for tool in tools if isinstance(tools, list) else ():
        one = plain(tool)
        inner = one.get("function") if isinstance(one, dict) else None
        named = inner if isinstance(inner, dict) else one if isinstance(one, dict) else {}
        yield str(named.get("name") or named.get("type") or "?")
