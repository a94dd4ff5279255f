"""What a request asks, as a reader would say it: the model, who said what, which tools.

For the eye only: long words are cut, and what is not understood is shown as it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.wire.message import Request

__all__ = ["Line", "Prompt", "read_prompt"]

FIRST_SHOWN = 2
LAST_SHOWN = 6
NAMES_SHOWN = 8

# What stands in a conversation of the responses API without a role.
_ROLES = {"function_call": "call", "function_call_output": "result"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was said, and by whom."""

    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The model that was asked (None where none is named), and what it was told."""

    model: str | None
    lines: tuple[Line, ...]


def read_prompt(request: Request) -> Prompt:
    """Return what a request asks."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return Prompt(None, tuple(_unread(request.body)))
    if not isinstance(body, dict):
        return Prompt(None, (Line("body", _short(json.dumps(body, ensure_ascii=False))),))
    model = body.get("model")
    said = list(_said(body)) or [Line("body", json.dumps(body, ensure_ascii=False))]
    lines = [*_middle_left_out(said), *_tools(body.get("tools"))]
    return Prompt(
        model if isinstance(model, str) else None, tuple(Line(line.who, _short(line.text)) for line in lines)
    )


def _unread(body: bytes) -> Iterator[Line]:
    if not body:
        return
    try:
        yield Line("body", _short(body.decode()))
    except UnicodeDecodeError:
        yield Line("body", f"{len(body):,} bytes that are no text")


def _said(body: dict[str, Any]) -> Iterator[Line]:
    for name, who in (("instructions", "system"), ("system", "system"), ("prompt", "prompt")):
        if body.get(name):
            yield Line(who, _text(body[name]))
    for name in ("messages", "input"):
        said = body.get(name)
        for message in said if isinstance(said, list) else []:
            yield _message(message)
        if isinstance(said, str):
            yield Line("user", said)


def _message(message: Any) -> Line:
    if not isinstance(message, dict):
        return Line("user", _text(message))
    kind = message.get("type")
    who = message.get("role") or _ROLES.get(str(kind), kind)
    words = _text(message["content"]) if message.get("content") else ""
    calls = message.get("tool_calls")
    called = [_text(call) for call in calls] if isinstance(calls, list) else []
    return Line(str(who), " ".join(filter(None, [words, *called])) or _text(message))


def _text(said: Any) -> str:
    """Return the words of a text, of a list of content parts, or of one part."""
    if isinstance(said, str):
        return said
    if isinstance(said, list):
        return " ".join(map(_text, said))
    if not isinstance(said, dict):
        return json.dumps(said)
    if isinstance(said.get("text"), str):
        return str(said["text"])
    function = said["function"] if isinstance(said.get("function"), dict) else said
    if isinstance(function.get("name"), str):
        arguments = function.get("arguments", function.get("input", ""))
        return f"{function['name']} {arguments if isinstance(arguments, str) else json.dumps(arguments)}"
    inner = said.get("content") or said.get("output")
    return _text(inner) if inner else f"[{said.get('type') or 'part'}]"


def _tools(tools: Any) -> Iterator[Line]:
    if not isinstance(tools, list) or not tools:
        return
    names = [_tool_name(tool) for tool in tools[:NAMES_SHOWN]]
    more = [f"… {len(tools) - NAMES_SHOWN} more"] if len(tools) > NAMES_SHOWN else []
    yield Line("tools", ", ".join([*names, *more]))


def _tool_name(tool: Any) -> str:
    if not isinstance(tool, dict):
        return _text(tool)
    function = tool["function"] if isinstance(tool.get("function"), dict) else tool
    return str(function.get("name") or tool.get("type"))


def _middle_left_out(lines: list[Line]) -> list[Line]:
    left_out = len(lines) - FIRST_SHOWN - LAST_SHOWN
    if left_out <= 1:
        return lines
    return [*lines[:FIRST_SHOWN], Line("…", f"{left_out} more"), *lines[-LAST_SHOWN:]]


def _short(text: str) -> str:
    return shorten(" ".join(text.split()))
