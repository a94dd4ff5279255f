"""Ten times the events take the rules ten times as long, whatever is in them.

The streams are invented, and as unkind to each family as they can be.
"""

from __future__ import annotations

import gc
import json
from time import process_time
from typing import TYPE_CHECKING

from audit_evidence import exchange, recorded
from audited_chat import OPENAI
from audited_messages import URL as MESSAGES
from audited_responses import URL as RESPONSES
from claim import ratio

from chunktape.audit.metrics import metrics_of
from chunktape.audit.rules import all_rules
from chunktape.loopback import raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from claim import Measured

CLAIM = "11 audit scale"
SMALL, FACTOR = 10_000, 10
LIMIT = 2.0
"""Twice as long as in proportion: caches are smaller than the longer streams."""
RULES = all_rules()
HEAD = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def chat(delta, index=0, finish=None, **more):
    return HEAD | {"choices": [{"index": index, "delta": delta, "finish_reason": finish}]} | more


def call(index, ident, text, name="f"):
    return {"tool_calls": [{"index": index, "id": ident, "function": {"name": name, "arguments": text}}]}


def text(name, place, **more):
    at = {"output_index": 0, "content_index": 0, "sequence_number": place}
    return {"type": f"response.output_text.{name}", **at, **more}


LONG = "x" * 50_000
# Each makes the events of one stream, of a length.
CHAT = {
    "calls of one index": lambda n: [chat(call(0, f"c{k}", "{}")) for k in range(n)],
    "calls of their own": lambda n: [chat(call(k, f"c{k}", "{}", f"f{k}")) for k in range(n)],
    "calls without an index": lambda n: [chat(call(None, f"c{k % 2}", "{")) for k in range(n)],
    "choices": lambda n: [chat(call(0, f"c{k}", "{}"), k, f"r{k}") for k in range(n)],
    "choices that are lists": lambda n: [chat({"content": "a"}, [k], f"r{k}") for k in range(n)],
    "finishes": lambda n: [chat({"content": "a"}, 0, "stop") for _ in range(n)],
    "ids, the first one long": lambda n: [
        chat({"content": "a"}, id=f"{k}{'' if k else LONG}", model=f"{k}") for k in range(n)
    ],
    "usage": lambda n: [chat({}, usage={"prompt_tokens": n - k, "total_tokens": k}) for k in range(n)],
    "errors": lambda n: [{"error": {"code": str(k)}} for k in range(n)],
    "no numbers, late": lambda n: [
        *(chat({"content": "a"}) for _ in range(n)), chat({"content": [float("nan")] * n})
    ],
    "unknown fields": lambda n: [chat({f"d{k}": 1}) | {f"t{k}": 1} for k in range(n)],
    "notes of a filter": lambda n: [
        chat({}) | {"choices": [{"index": 0, "content_filter_offsets": {"check_offset": n - k}}]}
        for k in range(n)
    ],
    "markers": lambda n: ["[DONE]"] * n,
}  # fmt: skip  # read as a table
BLOCK = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
MESSAGE = {
    "blocks": lambda n: [
        {"type": "content_block_start", "index": k, "content_block": BLOCK} for k in range(n)
    ],
    "one block again": lambda n: [
        {"type": f"content_block_{('start', 'stop')[k % 2]}", "index": 0, "content_block": BLOCK}
        for k in range(n)
    ],
    "wrong deltas": lambda n: [
        {"type": "content_block_start", "index": 0, "content_block": BLOCK},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": f"{k}_delta"}} for k in range(n)),
    ],
    "starts": lambda n: [{"type": "message_start", "message": {}}] * n,
    "stops": lambda n: [{"type": "message_stop"}] * n,
    "unknown": lambda n: [{"type": f"note {k}"} for k in range(n)],
}
RESPONSE = {
    "items": lambda n: [
        {"type": "response.output_item.added", "output_index": k, "item": {"type": "message"}}
        for k in range(n)
    ],
    "ends of a text": lambda n: [
        *(text("delta", k, delta="a") for k in range(n)), *(text("done", k, text="a") for k in range(n))
    ],
    "ends": lambda n: [{"type": "response.completed", "response": {}}] * n,
    "numbers": lambda n: [text("delta", n - k, delta="a") for k in range(n)],
    "unknown": lambda n: [{"type": f"response.note {k}"} for k in range(n)],
}  # fmt: skip  # read as a table
WRITING = {
    "comments": lambda n: b": x\n\n" * n,
    "fields": lambda n: b"".join(b"f%d: x\n" % k for k in range(n)),
    "empty lines": lambda n: b"data: {}\n\n" + b"\n" * n,
    "names": lambda n: b"event: x\n\n" * n,
    "no JSON": lambda n: b"data: {\n\n" * n,
    "keys twice": lambda n: b"data: {" + b",".join([b'"a":1,"b":2'] * n) + b"}\n\n",
    "brackets": lambda n: b"data: " + b"[" * n + b"\n\n",
    "lines of one event": lambda n: b"data: 1\n" * n,
}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]


def measured(body, url):
    """Return the seconds that each rule takes, after the stream was read."""
    one = recorded(
        raw(body), {"stream": True, "tools": TOOLS, "stream_options": {"include_usage": True}}, url=url
    )
    looked_at = exchange(one)
    assert isinstance(looked_at.frames, tuple)  # read once, for all
    found = {}
    for rule in RULES:
        started = process_time()
        if rule.applies(looked_at):
            for _ in rule.check(looked_at):
                pass
        found[rule.id] = process_time() - started
    started = process_time()
    metrics_of(looked_at)
    return found | {"metrics": process_time() - started}


def body_of(values):
    """Return the body of a stream of these events."""
    return b"".join(
        (f"event: {value['type']}\n" if isinstance(value, dict) and "type" in value else "").encode()
        + f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode()
        for value in values
    )


FAMILIES = {
    "chat completions": (OPENAI, CHAT),
    "messages": (MESSAGES, MESSAGE),
    "responses": (RESPONSES, RESPONSE),
    "ways to write events": (OPENAI, WRITING),
}


def measure() -> Iterator[Measured]:
    """Yield for each family of unkind streams what ten times the events take."""
    for family, (url, streams) in FAMILIES.items():
        few = many = 0.0
        for make in streams.values():
            few += _seconds(make(SMALL), url)
            many += _seconds(make(SMALL * FACTOR), url)
        subject = f"{len(streams)} unkind streams of {family}, {SMALL * FACTOR} events each, all rules"
        yield ratio(CLAIM, subject, many, few * FACTOR, limit=LIMIT, against=f"{FACTOR} times {SMALL} events")


def _seconds(made, url):
    """Return the seconds that all rules and the metrics take for a stream."""
    gc.collect()
    return sum(measured(made if isinstance(made, bytes) else body_of(made), url).values())
