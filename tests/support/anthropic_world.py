"""Calls to Anthropic over replies from memory, plainly and awaited, driven by one set of tests."""

from __future__ import annotations

import inspect
import json
from functools import cache
from typing import Any, NamedTuple

from message_wire import STOP, reason, started
from pydantic import TypeAdapter

from chunktape import Answer, AsyncMemoryTransport, MemoryTransport
from chunktape.anthropic import anthropic_call
from chunktape.anthropic.sdk import BLOCK_PARAMS
from chunktape.wire.message import Ending, Failure, Head

MODEL = "claude-m"
JSON_HEAD = Head(200, "OK", (("content-type", "application/json"), ("request-id", "req_1")), "HTTP/1.1")
TORN = Ending("error", failure=Failure("protocol", "httpx2.RemoteProtocolError", "the peer left"))


def whole(*wire, word="end_turn", **last):
    """Return all bytes of a message, from its start to its stop."""
    return b"".join((started(), *wire, reason(word, **last), STOP))


def streamed(*pieces, ending=None):
    """Return a streamed answer in these pieces."""
    return Answer(pieces) if ending is None else Answer(pieces, ending=ending)


def at_once(**body):
    """Return an answer that is no stream."""
    return Answer((json.dumps(body, ensure_ascii=False).encode(),), head=JSON_HEAD)


def message(*content, **fields):
    """Return a message that came at once; ids and counts are invented."""
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": list(content),
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 5},
    }
    return at_once(**(body | fields))


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
        return anthropic_call(MODEL, transport=transport, **options)(self.function(returned)), transport

    async def stream(self, *pieces, ending=None, **options):
        """Return a stream of which nothing was read."""
        fn, _ = self.caller(streamed(*pieces, ending=ending), **({"stream": True} | options))
        return await done(fn())

    async def finished(self, *pieces, **options):
        """Return a stream that was read to its end, with the pairs that came."""
        stream = await self.stream(*pieces, **options)
        return stream, await self.pairs(stream)

    async def pairs(self, stream, stop_after=None):
        """Return what a loop over the stream sees; it breaks after so many pairs."""
        found = []
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


async def done(value):
    """Return a value, awaited where it must be."""
    return await value if inspect.isawaitable(value) else value


def asked(transport, place=0):
    """Return the body of a request as JSON."""
    return json.loads(transport.requests[place].body)


def accepted(message):
    """Return a message as the SDK's types for requests read it; fields that they do not know are gone.

    Raises pydantic's `ValidationError` where a block does not fit.
    """
    content = message["content"]
    if isinstance(content, str):
        return message
    return message | {"content": [accepted_as(BLOCK_PARAMS[one["type"]], one) for one in content]}


def accepted_as(schema, param):
    """Return a parameter as one of the SDK's types reads it."""
    return _read(_adapter(schema).validate_python(param))


# Kept: pydantic reads iterables only when they are iterated, and needs the adapter's definitions for it.
@cache
def _adapter(schema):
    return TypeAdapter(schema)


def _read(value):
    if isinstance(value, dict):
        return {name: _read(one) for name, one in value.items()}
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return value
    return [_read(one) for one in value]


__all__ = [
    "MODEL",
    "TORN",
    "World",
    "accepted",
    "accepted_as",
    "asked",
    "at_once",
    "done",
    "message",
    "streamed",
    "whole",
]
