"""The answers of the loopback provider in the format that an asker reads, and what they say.

Those of the Responses API are invented in the shape of the SDK's own types (openai/types/responses).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from asker import CITY, Asker, Told

from chunktape.loopback import (
    Disconnect,
    Reply,
    Write,
    chat,
    complete_chat,
    complete_message,
    error,
    message,
    raw,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = "The tape 📼 remembers what the wind forgot: Größe, 磁带."
TOOLS = [("weather", CITY)]
FLAVORS = {"chat": "openai", "azure": "azure", "message": "anthropic", "responses": "openai"}
RESPONSE = {
    "id": "resp_loopback",
    "object": "response",
    "created_at": 1795168800,
    "model": "gpt-4o-mini",
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
}
USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 19,
}
CUT = 4


def answer(asker: Asker, *, tool: bool = False, cut: bool = False) -> Reply:
    """Return one answer: a text, or a call of the tool; `cut` ends it after some events."""
    if asker.wire == "responses":
        return _responses(stream=asker.stream, tool=tool, cut=cut)
    text, tools = (None, TOOLS) if tool else (TEXT, ())
    if asker.wire == "message":
        if asker.stream:
            return message(text or "", tools=tools, **({"cut": CUT, "end": Disconnect()} if cut else {}))
        return complete_message(text or "", tools=tools)
    azure = asker.wire == "azure"
    if asker.stream:
        return chat(text, tools=tools, azure=azure, **({"cut": CUT, "end": Disconnect()} if cut else {}))
    return complete_chat(text, tools=tools, azure=azure)


def refusal(asker: Asker, status: int) -> Reply:
    """Return an error as the provider would send it."""
    return error(status, provider=FLAVORS[asker.wire])


def spoken(asker: Asker, *, tool: bool = False) -> Told:
    """Return what the asker is to be told; the tokens are the script's, and not looked at here."""
    calls = tuple((name, arguments) for name, arguments in TOOLS) if tool else ()
    return Told(TEXT if not tool or asker.rounds > 1 else "", calls)


def _responses(*, stream: bool, tool: bool, cut: bool) -> Reply:
    arguments = json.dumps(CITY, ensure_ascii=False)
    call = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "weather",
        "status": "completed",
    }
    said = {"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}
    told = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [said]}
    item = {**call, "arguments": arguments} if tool else told
    whole = RESPONSE | {"output": [item], "usage": USAGE}
    if not stream:
        steps = (Write(json.dumps(whole).encode()),)
        return Reply(headers=(("content-type", "application/json"),), steps=steps, framing="length")
    begun = RESPONSE | {"output": [], "status": "in_progress"}
    place = {"item_id": item["id"], "output_index": 0}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": begun}]
    opened = {**item, "status": "in_progress"} | ({"arguments": ""} if tool else {"content": []})
    events.append({"type": "response.output_item.added", "output_index": 0, "item": opened})
    events += _call(place, arguments) if tool else _text(place, said)
    events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    events.append({"type": "response.completed", "response": whole})
    wire = [
        f"event: {one['type']}\ndata: {json.dumps(one | {'sequence_number': number})}\n\n".encode()
        for number, one in enumerate(events)
    ]
    return raw(*wire[:CUT], end=Disconnect()) if cut else raw(*wire)


def _text(place: dict[str, Any], said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    place = place | {"content_index": 0}
    yield {"type": "response.content_part.added", **place, "part": {**said, "text": ""}}
    for start in range(0, len(TEXT), 9):
        yield {
            "type": "response.output_text.delta",
            **place,
            "delta": TEXT[start : start + 9],
            "logprobs": [],
        }
    yield {"type": "response.output_text.done", **place, "text": TEXT, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": said}


def _call(place: dict[str, Any], arguments: str) -> Iterator[dict[str, Any]]:
    for start in range(0, len(arguments), 9):
        delta = arguments[start : start + 9]
        yield {"type": "response.function_call_arguments.delta", **place, "delta": delta}
    named = {"arguments": arguments, "name": "weather"}
    yield {"type": "response.function_call_arguments.done", **place, **named}
