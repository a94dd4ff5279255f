"""Messages streams as they come over the wire, built by hand: ids, words and counts are invented."""

from __future__ import annotations

import json

from chunktape.dialects.messages import MessagesAssembly
from chunktape.wire.sse import events

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-m",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 1},
}


def sse(kind, **fields):
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | fields, ensure_ascii=False)}\n\n".encode()


def started(**fields):
    return sse("message_start", message=MESSAGE | fields)


def block(index, *deltas, **start):
    """Return one block, from its start to its stop."""
    grown = b"".join(delta(index, **one) for one in deltas)
    return begun(index, **start) + grown + stopped(index)


def begun(index, **start):
    return sse("content_block_start", index=index, content_block=start)


def delta(index, **fields):
    return sse("content_block_delta", index=index, delta=fields)


def stopped(index):
    return sse("content_block_stop", index=index)


def said(index, *pieces):
    return block(index, *({"type": "text_delta", "text": one} for one in pieces), type="text", text="")


def thought(index, text, signature):
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in text]
    deltas.append({"type": "signature_delta", "signature": signature})
    return block(index, *deltas, type="thinking", thinking="", signature="")


def called(index, *pieces, ident="toolu_1", name="look", kind="tool_use", **start):
    deltas = ({"type": "input_json_delta", "partial_json": one} for one in pieces)
    return block(index, *deltas, **({"type": kind, "id": ident, "name": name, "input": {}} | start))


def reason(word="end_turn", *, usage=None, **fields):
    usage = {"output_tokens": 5} if usage is None else usage
    return sse("message_delta", delta={"stop_reason": word, "stop_sequence": None} | fields, usage=usage)


STOP = sse("message_stop")


def assembled(*wire, **options):
    """Return the assembly of a stream, and what each event added."""
    assembly = MessagesAssembly(**options)
    parts = [part for event in events(b"".join(wire)) if (part := assembly.feed(event)) is not None]
    return assembly, parts


def content_of(*wire):
    return assembled(*wire)[0].body()["content"]
