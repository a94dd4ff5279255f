"""Calls to Azure in every world: sync and async, both families of clients, loopback and memory."""

from __future__ import annotations

import gc
import inspect
import json
from typing import Any

from azure.ai.inference import ChatCompletionsClient
from azure.ai.inference.aio import ChatCompletionsClient as AsyncChatCompletionsClient
from azure.core.credentials import AzureKeyCredential
from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI

from chunktape import Answer, AsyncMemoryTransport, MemoryTransport
from chunktape.azure import azure_call
from chunktape.loopback import Write, raw
from chunktape.wire.message import Head

MODEL = "gpt-4o-mini"
KEY = "loopback-key-0123456789"
PROMPT = "Recommend a fantasy book"
DONE = b"data: [DONE]\n\n"
HEAD = {
    "id": "chatcmpl-invented",
    "object": "chat.completion.chunk",
    "created": 1795168800,
    "model": "gpt-4o-mini-2024-07-18",
}


def event(data, line_end="\n"):
    """Return the bytes of one event."""
    return f"data: {json.dumps(data)}{line_end}{line_end}".encode()


def chunk(delta=None, reason=None, index=0, **more):
    """Return an event with one choice, as Azure OpenAI words it; all its data is invented."""
    choice = {"index": index, "delta": delta or {}, "finish_reason": reason} | more
    return event(HEAD | {"choices": [choice]})


def wire(*events):
    """Return a reply of exactly these events and an end marker."""
    return raw(*events, DONE)


def azure_client(provider, **options):
    """Return a client of azure-ai-inference for a loopback provider."""
    return ChatCompletionsClient(provider.azure_url, AzureKeyCredential(KEY), **options)


def async_azure_client(provider, **options):
    """Return `azure_client`, awaited."""
    return AsyncChatCompletionsClient(provider.azure_url, AzureKeyCredential(KEY), **options)


def _openai(kind):
    return lambda provider, **options: kind(base_url=provider.openai_url, api_key=KEY, **options)


def _azure_openai(kind):
    return lambda provider, **options: kind(
        azure_endpoint=provider.azure_openai_url, api_version="2024-10-21", api_key=KEY, **options
    )


CLIENTS = {
    "azure": azure_client,
    "azure-async": async_azure_client,
    "openai": _openai(OpenAI),
    "openai-async": _openai(AsyncOpenAI),
    "azure-openai": _azure_openai(AzureOpenAI),
    "azure-openai-async": _azure_openai(AsyncAzureOpenAI),
}
WIRED = ("azure", "azure-async", "azure-openai", "azure-openai-async")
MEMORY = ("memory", "memory-async")


class World:
    """One way to call: `play` queues replies, `ask` makes a call, and the rest reads its stream."""

    def __init__(self, name, provider):
        self.name = name
        self.awaited = name.endswith("async")
        self.over_openai = "openai" in name
        self._provider = provider
        self._closed_by_us: list[Any] = []
        self._answers: list[Answer] = []
        kind = AsyncMemoryTransport if self.awaited else MemoryTransport
        self._transport: Any = kind(lambda _: self._answers.pop(0)) if name in MEMORY else None

    def play(self, *replies):
        """Queue replies for the calls to come."""
        if self._transport is None:
            self._provider.play(*replies)
        self._answers += [_answer(one) for one in replies]

    def client(self, **options):
        """Return a client, which is closed after the test."""
        made = CLIENTS[self.name](self._provider, **options)
        self._closed_by_us.append(made)
        return made

    def asked(self, place=-1):
        """Return the body of a request as JSON."""
        return json.loads(self.requests[place].body)

    @property
    def requests(self):
        """The requests that were sent, in order."""
        return self._provider.requests if self._transport is None else self._transport.requests

    def function(self, returned=PROMPT):
        """Return a prompt function that returns this, or what this gives for its arguments."""

        def recommend(*args):
            return returned(*args) if callable(returned) else returned

        async def arecommend(*args):
            return recommend(*args)

        return arecommend if self.awaited else recommend

    def caller(self, returned=PROMPT, **options):
        """Return a decorated function that calls in this world."""
        return self.decorate(self.function(returned), **options)

    def decorate(self, function, client=None, **options):
        """Return a function, decorated so that it calls in this world."""
        if self._transport is not None:
            options["transport"] = self._transport
        else:
            options["client"] = client or self.client()
        return azure_call(MODEL, **options)(function)

    async def ask(self, *args, **options):
        """Make one call and return what it gives."""
        return await done(self.caller(**options)(*args))

    async def stream(self, *replies, **options):
        """Return the stream of a call that these replies answer; nothing of it is read yet."""
        self.play(*replies)
        return await self.ask(**({"stream": True} | options))

    async def finished(self, *replies, **options):
        """Return a stream that was read to its end, with the pairs that came."""
        stream = await self.stream(*replies, **options)
        return stream, await self.pairs(stream)

    async def pairs(self, stream, stop_after=None):
        """Return what a loop over the stream sees; it breaks after so many pairs."""
        found = []
        if self.awaited:
            async for pair in stream:
                found.append(pair)
                if len(found) == stop_after:
                    break
            return found
        for pair in stream:
            found.append(pair)
            if len(found) == stop_after:
                break
        return found

    async def items(self, iterable):
        """Return what a loop over anything of this world sees."""
        return [one async for one in iterable] if self.awaited else list(iterable)

    async def release(self, thing):
        """Close a stream or a client."""
        close = getattr(thing, "aclose", None) if self.awaited else None
        await done((close or thing.close)())

    async def close(self):
        """Close the clients, and let what was left behind say so now."""
        for client in self._closed_by_us:
            await done(client.close())
        gc.collect(1)  # all of them are young, and a whole collection takes longer than most tests


async def done(value):
    """Return a value, awaited where it must be."""
    return await value if inspect.isawaitable(value) else value


def _answer(reply):
    pieces = tuple(step.data for step in reply.steps if isinstance(step, Write))
    return Answer(pieces, Head(reply.status, None, reply.headers, "HTTP/1.1"))
