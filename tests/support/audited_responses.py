"""Clean responses streams: two dozen in the shape that recordings show, invented, and those of the corpus."""

from __future__ import annotations

from audit_evidence import ROWS, kept, recorded
from audited_messages import CALLS, TEXTS

from chunktape.loopback import raw
from chunktape.loopback.script.stream import sse
from chunktape.loopback.script.text import pieces, tool_pieces

URL = "https://api.openai.com/v1/responses"
TOOLS = [
    {"type": "function", "name": "get_weather", "parameters": {"type": "object"}},
    {"type": "function", "name": "get_time", "parameters": {"type": "object"}},
]
ASKED = {"model": "gpt-5.5-2026-04-23", "input": "Hello", "tools": TOOLS, "stream": True}


def _item(index, kind, *, announced, whole, deltas, done):
    """Yield the events of one item."""
    part = whole["type"] == "message"
    at = {"output_index": index, "item_id": announced["id"]}
    yield {"type": "response.output_item.added", "output_index": index, "item": announced}
    if part:
        at["content_index"] = 0
        yield {"type": "response.content_part.added", **at, "part": {"type": "output_text", "text": ""}}
    for delta in deltas:
        yield {"type": f"response.{kind}.delta", **at, "delta": delta}
    yield {"type": f"response.{kind}.done", **at, **done}
    if part:
        yield {"type": "response.content_part.done", **at, "part": {"type": "output_text", **done}}
    yield {"type": "response.output_item.done", "output_index": index, "item": whole}


def events_of(text, calls):
    """Return the events of a stream that tells a text and calls tools."""
    head = {"id": "resp_invented", "object": "response", "status": "in_progress", "model": ASKED["model"]}
    found = [{"type": f"response.{kind}", "response": head} for kind in ("created", "in_progress")]
    output = []
    if text:
        whole = {"id": "msg_0", "type": "message", "content": [{"type": "output_text", "text": text}]}
        parts = {"announced": whole | {"content": []}, "whole": whole, "done": {"text": text}}
        found += _item(0, "output_text", **parts, deltas=pieces(text))
        output.append(whole)
    for call in calls:
        name, deltas = tool_pieces(call)
        whole = {"id": f"fc_{len(output)}", "type": "function_call", "call_id": f"call_{len(output)}"}
        whole |= {"name": name, "arguments": "".join(deltas)}
        parts = {"announced": whole | {"arguments": ""}, "whole": whole}
        parts["done"] = {"arguments": whole["arguments"]}
        found += _item(len(output), "function_call_arguments", **parts, deltas=deltas)
        output.append(whole)
    counts = {"input_tokens": 12, "output_tokens": len(found), "total_tokens": 12 + len(found)}
    end = head | {"status": "completed", "output": output, "usage": counts}
    found.append({"type": "response.completed", "response": end})
    return [one | {"sequence_number": number} for number, one in enumerate(found)]


def scripted():
    """Return clean streams by name."""
    found = {}
    for number, text in enumerate(TEXTS):
        for place, calls in enumerate(([], *CALLS)):
            sent = [sse(one, one["type"]) for one in events_of(text, calls)]
            found[f"text {number} calls {place}"] = recorded(raw(*sent), ASKED, url=URL)
    return found


def of_the_corpus():
    """Return the streams of the corpus by name; nothing where it is not there."""
    names = [name for name, row in ROWS.items() if row["api"] == "responses" and row["kind"] == "stream"]
    return {name: kept(name) for name in names}
