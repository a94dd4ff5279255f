"""One long stream of ours in an interpreter of its own; prints what it took as JSON.

    long_stream.py openai|anthropic|azure EVENTS

The bytes are made while they are read, so that what is kept is the stream's own.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from chunktape.wire.memory import EVENT_STREAM
from chunktape.wire.message import Chunk, Head
from chunktape.wire.transport import Reply, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

PADDING = "the tape hears every word "


def chat(events: int) -> Iterator[bytes]:
    """Yield a chat completions stream as OpenAI sends it."""
    for number in range(events - 2):
        yield (
            f'data: {{"id":"chatcmpl-long","object":"chat.completion.chunk","created":1795168800,"model":'
            f'"gpt-4o-mini-2024-07-18","choices":[{{"index":0,"delta":{{"content":"{number} {PADDING}"}},'
            f'"finish_reason":null}}]}}\n\n'
        ).encode()
    yield (
        b'data: {"id":"chatcmpl-long","object":"chat.completion.chunk","created":1795168800,"model":'
        b'"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    )
    yield b"data: [DONE]\n\n"


def message(events: int) -> Iterator[bytes]:
    """Yield a messages stream as Anthropic sends it."""

    def event(name: str, **data: Any) -> bytes:
        return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()

    yield event(
        "message_start",
        message={
            "id": "msg_long",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-6",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 9, "output_tokens": 1},
        },
    )
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for number in range(events - 5):
        yield event(
            "content_block_delta", index=0, delta={"type": "text_delta", "text": f"{number} {PADDING}"}
        )
    yield event("content_block_stop", index=0)
    yield event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": events})
    yield event("message_stop")


class Endless(Transport):
    """Answers with a stream that is made while it is read."""

    def __init__(self, body: Iterator[bytes]) -> None:
        self._body = body
        self.size = 0

    def send(self, request: Any) -> Reply:  # noqa: ARG002 - whatever is asked
        """Return the stream."""
        return _Reply(self)


class _Reply(Reply):
    head: Head = EVENT_STREAM

    def __init__(self, transport: Endless) -> None:
        self._transport = transport

    def __iter__(self) -> Iterator[Chunk]:
        for piece in self._transport._body:  # noqa: SLF001 - they are one thing
            self._transport.size += len(piece)
            yield Chunk(piece)


def peak() -> int:
    """Return the most memory that this interpreter has held, in bytes."""
    # Not `getrusage`: its number is that of the parent where that is higher.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main(provider: str, events: int) -> None:
    """Read a short stream to have everything imported, then the long one."""
    package = import_module(f"chunktape.{provider}")
    make = message if provider == "anthropic" else chat

    def read(count: int) -> tuple[Any, int]:
        transport = Endless(make(count))

        @package.call("a-model", stream=True, transport=transport)
        def question() -> str:
            return "What does a tape recorder remember?"

        stream = question()
        for _ in stream:
            pass
        return stream, transport.size

    read(100)
    before, started = peak(), process_time()
    stream, size = read(events)
    took = process_time() - started
    if stream.status != "complete":
        raise AssertionError(stream.status)
    print(json.dumps({"before": before, "peak": peak(), "seconds": took, "size": size}))  # noqa: T201 - its output


main(sys.argv[1], int(sys.argv[2]))
