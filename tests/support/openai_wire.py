"""OpenAI's wire, written by hand, and calls over it from memory; plainly and awaited, one set of tests.

What stands here is invented after the shapes that recordings show, unless a test says otherwise.
"""

from __future__ import annotations

import inspect
import json
from typing import Any, NamedTuple

from openai.types.chat import ChatCompletionMessageParam
from pydantic import TypeAdapter

from chunktape import Answer, AsyncMemoryTransport, MemoryTransport
from chunktape.openai import openai_call
from chunktape.wire.message import Ending, Failure, Head

MODEL = "gpt-4o-mini"
DONE = b"data: [DONE]\n\n"
ID = "chatcmpl-invented"
HEAD = {
    "id": ID,
    "object": "chat.completion.chunk",
    "created": 1795168800,
    "model": "gpt-4o-mini-2024-07-18",
    "system_fingerprint": "fp_invented",
}
COUNTS = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 40, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 5, "audio_tokens": 0},
}
JSON_HEAD = Head(200, "OK", (("content-type", "application/json"), ("x-request-id", "req_1")), "HTTP/1.1")
STREAM_HEAD = Head(200, "OK", (("content-type", "text/event-stream"), ("X-Request-Id", "req_1")), "HTTP/1.1")
TORN = Ending("error", failure=Failure("protocol", "httpx2.RemoteProtocolError", "the peer left"))


def sse(data, name=None, line_end="\n", lead="data: "):
    """Return the bytes of one event."""
    named = f"event: {name}{line_end}" if name else ""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"{named}{lead}{text}{line_end}{line_end}".encode()


def chunk(delta=None, reason=None, *, index=0, top=None, **more):
    """Return an event with one choice; `more` are fields of the choice, `top` of the event."""
    choice = {"index": index, "delta": delta or {}, "logprobs": None, "finish_reason": reason} | more
    return sse(HEAD | {"choices": [choice]} | (top or {}))


def said(*texts):
    """Return an event for each text."""
    return b"".join(chunk({"content": text}) for text in texts)


def counted(**counts):
    """Return the event with the usage and without a choice."""
    return sse(HEAD | {"choices": [], "usage": COUNTS | counts})


def call(arguments=None, *, name=None, **more):
    """Return one fragment of a tool call; with neither index nor id unless one is given."""
    function = {"name": name, "arguments": arguments}
    return more | {"function": {key: value for key, value in function.items() if value is not None}}


def called(*fragments, reason=None):
    """Return an event with fragments of tool calls."""
    return chunk({"tool_calls": list(fragments)}, reason)


def whole(*wire, reason="stop", usage=True):
    """Return the bytes of an answer from its role to its end marker."""
    role = chunk({"role": "assistant", "content": "", "refusal": None})
    return b"".join((role, *wire, chunk({}, reason), counted() if usage else b"", DONE))


def streamed(*pieces, ending=None):
    """Return a streamed answer in these pieces."""
    more = {} if ending is None else {"ending": ending}
    return Answer(pieces, STREAM_HEAD, **more)


def message(content="Hi", *, reason="stop", **fields):
    """Return a whole body that came at once; `fields` are the message's."""
    said = {"role": "assistant", "content": content, "refusal": None} | fields
    choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": reason}
    return HEAD | {"object": "chat.completion", "choices": [choice], "usage": COUNTS}


def tool_call(name, arguments, ident="call_1"):
    """Return a tool call as a message holds it."""
    return {"id": ident, "type": "function", "function": {"name": name, "arguments": arguments}}


def at_once(body, *, status=200):
    """Return an answer that is no stream."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Answer((data,), Head(status, "", JSON_HEAD.headers, "HTTP/1.1"))


def failed(status, message="invented", *, code="invented_code", **headers):
    """Return an HTTP error as OpenAI words it."""
    error = {"error": {"message": message, "type": "invented", "param": None, "code": code}}
    sent = (
        ("content-type", "application/json"),
        *((name.replace("_", "-"), headers[name]) for name in headers),
    )
    return Answer((json.dumps(error).encode(),), Head(status, "", sent, "HTTP/1.1"))


class World(NamedTuple):
    """Plain functions, or async ones."""

    awaited: bool

    def transport(self, *answers):
        return AsyncMemoryTransport(answers) if self.awaited else MemoryTransport(answers)

    def function(self, returned: Any = "Say hello"):
        """Return a prompt function that returns this, or what this gives for its arguments."""

        def ask(*args):
            return returned(*args) if callable(returned) else returned

        async def aask(*args):
            return ask(*args)

        return aask if self.awaited else ask

    def caller(self, *answers, returned: Any = "Say hello", **options):
        """Return a decorated function, and the transport that it asks."""
        transport = self.transport(*answers)
        return openai_call(MODEL, transport=transport, **options)(self.function(returned)), transport

    async def stream(self, *pieces, ending=None, **options):
        """Return a stream of which nothing was read."""
        fn, _ = self.caller(streamed(*pieces, ending=ending), **({"stream": True} | options))
        return await done(fn())

    async def finished(self, *pieces, **options):
        """Return a stream that was read to its end, with the pairs that came."""
        stream = await self.stream(*pieces, **options)
        return stream, await self.pairs(stream)

    async def broken(self, kind, *pieces, **options):
        """Return a stream whose loop raised an error of this kind, the pairs before it, and the error."""
        stream = await self.stream(*pieces, **options)
        found: list[Any] = []
        try:
            await self.pairs(stream, into=found)
        except kind as error:
            return stream, found, error
        raise AssertionError(f"the loop raised no {kind.__name__}")

    async def pairs(self, stream, stop_after=None, into=None):
        """Return what a loop over the stream sees; it breaks after so many pairs."""
        found = [] if into is None else into
        if self.awaited:
            async for pair in stream:
                found.append(pair)
                if len(found) == stop_after:
                    break
        else:
            for pair in stream:
                found.append(pair)
                if len(found) == stop_after:
                    break
        return found

    async def items(self, iterable):
        """Return what a loop over anything of this world sees."""
        return [one async for one in iterable] if self.awaited else list(iterable)


PLAIN, AWAITED = World(awaited=False), World(awaited=True)


async def done(value):
    """Return a value, awaited where it must be."""
    return await value if inspect.isawaitable(value) else value


def asked(transport, place=0):
    """Return the body of a request as JSON."""
    return json.loads(transport.requests[place].body)


def text_of(pairs):
    """Return what a loop that prints the content prints."""
    return "".join(chunk.content for chunk, _ in pairs if not chunk.repeated)


def tools_of(pairs):
    """Return the tools of a loop."""
    return [tool for _, tool in pairs if tool is not None]


def accepted(param):
    """Return a message as the SDK's own type reads it; raises `ValidationError` where it does not fit."""
    read = _ADAPTER.validate_python(param)
    # Pydantic reads iterables only when they are iterated.
    return {name: list(one) if name == "tool_calls" else one for name, one in read.items()}


_ADAPTER: TypeAdapter[Any] = TypeAdapter(ChatCompletionMessageParam)
