"""Events of the responses dialect, built by hand, and what they become."""

from __future__ import annotations

import json

from chunktape.dialects.responses import ResponsesAssembly
from chunktape.wire.sse import Event

HEAD = {"id": "resp_1", "object": "response", "status": "in_progress", "model": "m", "output": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look", "arguments": ""}


def event(kind, **fields):
    return Event(json.dumps({"type": kind} | fields), kind)


def created(**fields):
    return event("response.created", response=HEAD | fields)


def added(index, **item):
    return event("response.output_item.added", output_index=index, item=item)


def done(index, **item):
    return event("response.output_item.done", output_index=index, item=item)


def delta(kind, piece, **fields):
    return event(f"response.{kind}.delta", delta=piece, **({"output_index": 0} | fields))


def ended(kind="completed", **fields):
    return event(f"response.{kind}", response=HEAD | {"status": kind} | fields)


def assembled(*events):
    assembly = ResponsesAssembly()
    parts = [part for one in events if (part := assembly.feed(one)) is not None]
    return assembly, parts


def message(text):
    return {"type": "message", "content": [{"type": "output_text", "text": text, "annotations": []}]}
