"""The request of a `Transcript`: whom it was sent to, its messages cut to a readable length, its settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chunktape.calls.transcript_fact import Shown, indented
from chunktape.calls.transcript_message import message_fact
from chunktape.calls.transcript_tree import (
    Fact,
    Held,
    as_is,
    as_said,
    as_scalar,
    group,
    head_line,
    in_head,
    listed,
    numbered,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript import Transcript
    from chunktape.calls.transcript_mask import Mask

__all__ = ["ids_of", "request_fact"]

_MESSAGES = ("system", "instructions", "messages", "input", "prompt")
_APART = frozenset({*_MESSAGES, "model", "tools", "functions", "stream"})
_IDS = frozenset({"previous_response_id", "conversation", "container", "session_id"})
"""Settings that name what the provider made before."""
_DEPLOYMENT = re.compile(r"/deployments/([^/?]+)/")


def request_fact(one: Transcript, *, mask: Mask) -> Fact:
    """Return what was asked: of whom, with which messages, tools and settings."""
    head = [in_head("provider", _whom(one))]
    model = _model(one) if one.request else None
    if model is not None:
        head.append(in_head("model", model))
    if not one.request:
        head.append(in_head("recorded", value=False))
    head.append(in_head("streamed", one.streamed))
    inside = list(_inside(one, mask=mask)) if one.request else []
    return group("request", numbered([*head, *inside]), _write)


def ids_of(asked: Any) -> Iterator[str]:
    """Yield the ids that a request names, wherever they stand in it."""
    for name, value in asked.items() if isinstance(asked, dict) else ():
        if isinstance(value, str) and (name in _IDS or name == "id" or name.endswith("_id")):
            yield value
        yield from ids_of(value)
    for value in asked if isinstance(asked, list) else ():
        yield from ids_of(value)


def _write(label: str, held: Held, mask: Mask) -> Iterator[str]:
    line = head_line(label, held.told("provider"), held.told("model"))
    marks = {"recorded": ("False", "not recorded"), "streamed": ("True", "streamed")}
    for name, (value, word) in marks.items():
        found = held.told(name)
        if found == value:
            line += f", {word}"
        elif found not in (None, "False"):
            line += f", {name} {found}"
    yield line
    yield from indented(held.lines(mask))


def _whom(one: Transcript) -> str:
    if one.provider is not None:
        return one.provider
    try:
        host = urlsplit(one.url or "").hostname
    except ValueError:
        host = None
    return host or "unknown provider"


def _model(one: Transcript) -> str | None:
    model = one.request.get("model")
    if isinstance(model, str) and model:
        return model
    # Azure has it in the address.
    found = _DEPLOYMENT.search(one.url or "")
    return found[1] if found else None


def _inside(one: Transcript, *, mask: Mask) -> Iterator[Fact]:
    asked = one.request
    for name in _MESSAGES:
        if asked.get(name):
            yield _messages(name, asked[name], mask=mask)
    tools = [*_tools(asked.get("tools")), *_tools(asked.get("functions"))]
    if tools:
        yield Fact("tools", tools, "tools", _in_one_line)
    for name in sorted(set(asked) - _APART):
        if asked[name] is not None:
            yield _setting(name, asked[name], mask=mask)
    if mask.exact and one.request_id:
        yield Fact("request_id", one.request_id, "request id", as_is)


def _messages(name: str, value: Any, *, mask: Mask) -> Fact:
    if isinstance(value, dict) or (name == "prompt" and _is_tokens(value)):
        # A prompt that is kept at the provider, or one of numbers.
        return Fact(name, value, name, as_scalar)
    if name in {"system", "instructions"}:
        return message_fact({"role": "system", "content": value}, mask=mask, key="system")
    messages = value if isinstance(value, list) else [{"role": "user", "content": value}]
    return listed("messages", [message_fact(message, mask=mask) for message in messages])


def _setting(name: str, value: Any, *, mask: Mask) -> Fact:
    if isinstance(value, str):
        return (
            Fact(name, Shown(mask.id(value)), name, as_is)
            if name in _IDS
            else Fact(name, value, name, as_said)
        )
    return Fact(name, value, name, as_scalar)


def _in_one_line(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    yield f"{label}: {', '.join(map(str, value))}"


def _is_tokens(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, int | list) for one in value)


def _tools(tools: Any) -> Iterator[str]:
    for tool in tools if isinstance(tools, list) else ():
        one = tool if isinstance(tool, dict) else {}
        inner = one.get("function")
        named = inner if isinstance(inner, dict) else one
        kind, label = named.get("type"), named.get("server_label")
        yield f"{kind} {label}" if label else str(named.get("name") or kind or "?")
