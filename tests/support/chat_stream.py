"""Chat completions streams written by hand, for what no recording shows. All data here is invented."""

from __future__ import annotations

import json

from chunktape.dialects.chat_completions import ChatCompletionsAssembly
from chunktape.wire.sse import events

DONE = b"data: [DONE]\n\n"
HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "gpt-4o"}


def event(data, name=None):
    """Return the bytes of one event."""
    lines = f"event: {name}\n" if name else ""
    return f"{lines}data: {json.dumps(data)}\n\n".encode()


def chunk(delta=None, reason=None, index=0, **more):
    """Return an event with one choice; `more` are fields of the choice."""
    choice = {"index": index, "delta": {} if delta is None else delta, "finish_reason": reason} | more
    return event(HEAD | {"choices": [choice]})


def usage(**counts):
    """Return an event with nothing but usage."""
    return event(HEAD | {"choices": [], "usage": counts})


def call(arguments=None, *, name=None, **more):
    """Return one fragment of a tool call; without an index, unless one is given."""
    function = {"name": name, "arguments": arguments}
    return more | {"function": {key: value for key, value in function.items() if value is not None}}


def feed(*parts, **options):
    """Return an assembly that has taken in these bytes, and what each of the events gave."""
    assembly = ChatCompletionsAssembly(**options)
    given = [assembly.feed(one) for one in events(b"".join(parts))]
    return assembly, [part for part in given if part is not None]


def assemble(*parts, **options):
    """Return an assembly that has taken in these bytes."""
    return feed(*parts, **options)[0]


def message(*parts):
    """Return the first message that these bytes make."""
    return assemble(*parts).body()["choices"][0]["message"]
