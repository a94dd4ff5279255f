"""Fixtures of aimock as exchanges: no recordings but scripts, so the wire of each is invented here.

A fixture says when it answers and what (`FixtureFileEntry` in dist/types.d.ts of @copilotkit/aimock
1.43.0), not in which bytes; its record mode collapses streams into the same, and keeps when frames came
but no frame (dist/recorder.js). The wire is the one that the loopback provider speaks. What cannot be
said in it, or asked for by a request, is told and left out.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chunktape.errors import CassetteError
from chunktape.loopback.reply import Write
from chunktape.loopback.script import chat, error, message
from chunktape.tape.damage import Source, word
from chunktape.tape.event_boundary import event_ends
from chunktape.tape.form.reading import Recordings
from chunktape.tape.interaction import Interaction
from chunktape.tape.json_tree import read_json
from chunktape.wire.message import Head, Request, header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.loopback.reply import Reply

__all__ = ["Asking", "read_script"]

Provider = Literal["openai", "anthropic", "azure"]
BY = "aimock fixture {}, wire invented by chunktape import"
MAX_TOKENS = 1024

_URLS = {
    "openai": "https://api.openai.com/v1/chat/completions",
    "anthropic": "https://api.anthropic.com/v1/messages",
}
_SAID = {"userMessage", "model", "endpoint", "sequenceIndex", "turnIndex", "hasToolResult"}
_ANSWERS = {"content", "toolCalls", "error"}
_CARRIED = {
    "openai": _ANSWERS | {"finishReason", "model", "status"},
    "azure": _ANSWERS | {"finishReason", "model", "status"},
    "anthropic": _ANSWERS | {"reasoning", "model", "status"},
}
_STATUS = 500


class Asking(NamedTuple):
    """What the command line says of the requests: whose wire, where to, for which model."""

    provider: Provider = "openai"
    url: str | None = None
    model: str | None = None

    @property
    def address(self) -> str:
        """Where requests go."""
        return self.url or _URLS[self.provider]


class _LeftOutError(Exception):
    """Why a fixture is no exchange."""


def read_script(data: bytes, name: str, asking: Asking) -> Recordings:
    """Return the exchanges of a file of fixtures; those that cannot be any are told of.

    Raises `CassetteError` for damage, and where none can be an exchange.
    """
    source = Source(name)
    tree = read_json(data, source)
    fixtures = tree.get("fixtures") if isinstance(tree, dict) else None
    if not isinstance(fixtures, list):
        raise source.damage("it has no list of fixtures")
    found: list[Interaction] = []
    told: list[str] = []
    for number, one in enumerate(fixtures, start=1):
        try:
            exchange, lost = _exchange(one, f"{name} {number}", asking)
        except (_LeftOutError, UnicodeEncodeError) as error:
            why = "it has text that is no Unicode" if isinstance(error, UnicodeEncodeError) else str(error)
            told.append(f"Left out: fixture {number}: {why}\n  where: {name}")
            continue
        found.append(exchange)
        if lost:
            told.append(f"Not carried over: {', '.join(lost)} of fixture {number}\n  where: {name}")
    if not found:
        why = told[0].partition("\n")[0].removeprefix("Left out: ") if told else "it has none"
        raise CassetteError(
            f"Not imported: no fixture can be an exchange; {why}\n  where: {name}\n"
            "  way out: run aimock and record what it answers, chunktape record"
        )
    return Recordings("aimock", tuple(found), tuple(told))


def _exchange(one: Any, name: str, asking: Asking) -> tuple[Interaction, list[str]]:
    match, response = (one.get("match"), one.get("response")) if isinstance(one, dict) else (None, None)
    if not isinstance(match, dict) or not isinstance(response, dict):
        raise _LeftOutError("it has no match and response")
    text = _asked(match)
    model = match.get("model") or asking.model
    if not isinstance(model, str):
        raise _LeftOutError("it names no model: --model NAME says which one is asked")
    request = _request(text, asking, model)
    reply = _reply(response, asking, _text(response, "model") or model)
    carried = _CARRIED[asking.provider]
    lost = sorted(chain(set(map(str, response)) - carried, set(map(str, one)) - {"match", "response"}))
    if isinstance(response.get("toolCalls"), list) and any(
        isinstance(call, dict) and "id" in call for call in response["toolCalls"]
    ):
        lost.append("ids of tool calls")
    body = b"".join(step.data for step in reply.steps if isinstance(step, Write))
    known = reply.status in HTTPStatus.__members__.values()
    kind = header(reply.headers, "content-type") or ""
    head = Head(reply.status, HTTPStatus(reply.status).phrase if known else None, (("content-type", kind),))
    by = BY.format(name)
    ends = event_ends(head, body)
    return Interaction(request, head, body, ends, framed=False, recorded_by=by), lost


def _asked(match: Mapping[str, Any]) -> str:
    """Return what the user says in the smallest request that a fixture answers."""
    others = sorted(set(map(str, match)) - _SAID)
    if others:
        raise _LeftOutError(f"it matches by {', '.join(others)}, which no smallest request has")
    if match.get("endpoint") not in (None, "chat"):
        raise _LeftOutError("it answers another endpoint than chat")
    if match.get("turnIndex") not in (None, 0) or match.get("hasToolResult"):
        raise _LeftOutError("it answers a later turn, and the turns before it are not in it")
    text = match.get("userMessage")
    if not isinstance(text, str) or not text:
        raise _LeftOutError("it matches by no userMessage")
    return text


def _request(text: str, asking: Asking, model: str) -> Request:
    body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": text}], "stream": True}
    if asking.provider == "anthropic":
        body = {"max_tokens": MAX_TOKENS, **body}
    return Request("POST", asking.address, (("content-type", "application/json"),), _json(body).encode())


def _reply(response: Mapping[str, Any], asking: Asking, model: str) -> Reply:
    if "error" in response:
        return _refusal(response, asking)
    content, calls = response.get("content"), response.get("toolCalls")
    if content is None and calls is None:
        kinds = ", ".join(sorted(map(str, response))) or "nothing"
        raise _LeftOutError(f"its answer is no chat but {kinds}")
    if isinstance(content, (dict, list)):
        content = _json(content)
    if not isinstance(content, (str, type(None))):
        raise _LeftOutError(f"its content is {word(content)}")
    tools = [_tool(call) for call in _list(calls)]
    # Neither text nor tools is the script's word for its own text.
    text = (content or "") if tools else content or [""]
    if asking.provider == "anthropic":
        return message(text, thinking=_text(response, "reasoning"), tools=tools, model=model)
    azure = asking.provider == "azure"
    finish = _text(response, "finishReason")
    return chat(text, tools=tools, usage=False, azure=azure, finish=finish, model=model)


def _refusal(response: Mapping[str, Any], asking: Asking) -> Reply:
    told = response["error"]
    status = response.get("status", _STATUS)
    if not isinstance(told, dict) or type(status) is not int or not 100 <= status <= 599:  # noqa: PLR2004 HTTP's own
        raise _LeftOutError("its error is none")
    code = _text(told, "type" if asking.provider == "anthropic" else "code")
    return error(status, provider=asking.provider, message=_text(told, "message"), code=code)


def _tool(call: Any) -> tuple[str, str]:
    name = call.get("name") if isinstance(call, dict) else None
    arguments = call.get("arguments") if isinstance(call, dict) else None
    if not isinstance(name, str) or not isinstance(arguments, (str, dict, list)):
        raise _LeftOutError("it has a tool call without a name or arguments")
    return name, arguments if isinstance(arguments, str) else _json(arguments)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _LeftOutError(f"its tool calls are {word(value)}")
    return value


def _text(table: Mapping[str, Any], key: str) -> str | None:
    found = table.get(key)
    if found is not None and not isinstance(found, str):
        raise _LeftOutError(f"its {key} is {word(found)}")
    return found or None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
