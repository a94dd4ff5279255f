"""The request of a `Transcript`: whom it was sent to, its messages cut to a readable length, its settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chunktape.calls.transcript_fact import indented, said, scalar
from chunktape.calls.transcript_message import message_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chunktape.calls.transcript import Transcript
    from chunktape.calls.transcript_mask import Mask

__all__ = ["ids_of", "request_lines"]

_MESSAGES = ("system", "instructions", "messages", "input", "prompt")
_APART = frozenset({*_MESSAGES, "model", "tools", "functions", "stream"})
_IDS = frozenset({"previous_response_id", "conversation", "container", "session_id"})
"""Settings that name what the provider made before."""
_DEPLOYMENT = re.compile(r"/deployments/([^/?]+)/")


def request_lines(one: Transcript, *, mask: Mask) -> Iterator[str]:
    """Yield what was asked: of whom, with which messages, tools and settings."""
    asked = one.request
    if not asked:
        yield f"request: {_whom(one)}, not recorded" + (", streamed" if one.streamed else "")
        return
    yield f"request: {_whom(one)}{_model(one)}" + (", streamed" if one.streamed else "")
    yield from indented(_inside(asked, mask=mask))
    if mask.exact and one.request_id:
        yield f"  request id: {one.request_id}"


def ids_of(asked: Any) -> Iterator[str]:
    """Yield the ids that a request names, wherever they stand in it."""
    for name, value in asked.items() if isinstance(asked, dict) else ():
        if isinstance(value, str) and (name in _IDS or name == "id" or name.endswith("_id")):
            yield value
        yield from ids_of(value)
    for value in asked if isinstance(asked, list) else ():
        yield from ids_of(value)


def _whom(one: Transcript) -> str:
    if one.provider is not None:
        return one.provider
    try:
        host = urlsplit(one.url or "").hostname
    except ValueError:
        host = None
    return host or "unknown provider"


def _model(one: Transcript) -> str:
    model = one.request.get("model")
    if isinstance(model, str) and model:
        return f" {model}"
    # Azure has it in the address.
    found = _DEPLOYMENT.search(one.url or "")
    return f" {found[1]}" if found else ""


def _inside(asked: Mapping[str, Any], *, mask: Mask) -> Iterator[str]:
    for name in _MESSAGES:
        if asked.get(name):
            yield from _messages(name, asked[name], mask=mask)
    tools = [*_tools(asked.get("tools")), *_tools(asked.get("functions"))]
    if tools:
        yield f"tools: {', '.join(tools)}"
    for name in sorted(set(asked) - _APART):
        yield from _setting(name, asked[name], mask=mask)


def _messages(name: str, value: Any, *, mask: Mask) -> Iterator[str]:
    if isinstance(value, dict) or (name == "prompt" and _is_tokens(value)):
        # A prompt that is kept at the provider, or one of numbers.
        yield f"{name}: {scalar(value, mask=mask)}"
    elif name in {"system", "instructions"}:
        yield from message_lines({"role": "system", "content": value}, mask=mask)
    else:
        for message in value if isinstance(value, list) else [{"role": "user", "content": value}]:
            yield from message_lines(message, mask=mask)


def _setting(name: str, value: Any, *, mask: Mask) -> Iterator[str]:
    if isinstance(value, str):
        yield from [f"{name}: {mask.id(value)}"] if name in _IDS else said(name, value, mask=mask)
    elif value is not None:
        yield f"{name}: {scalar(value, mask=mask)}"


def _is_tokens(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, int | list) for one in value)


def _tools(tools: Any) -> Iterator[str]:
    for tool in tools if isinstance(tools, list) else ():
        one = tool if isinstance(tool, dict) else {}
        inner = one.get("function")
        named = inner if isinstance(inner, dict) else one
        kind, label = named.get("type"), named.get("server_label")
        yield f"{kind} {label}" if label else str(named.get("name") or kind or "?")
