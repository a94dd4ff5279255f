"""What a call builds for itself, it closes itself: the client and the reply, however the call ends."""

from __future__ import annotations

from contextlib import suppress

import pytest
from openai_wire import DONE, said, whole

from chunktape import AsyncMemoryTransport, MemoryTransport
from chunktape.anthropic import anthropic_call
from chunktape.openai import openai_call
from chunktape.wire.memory import EVENT_STREAM, Answer
from chunktape.wire.message import Head

JSON = Head(200, "OK", (("content-type", "application/json"),))
REFUSED = Head(400, "Bad Request", (("content-type", "application/json"),))
ANSWER = (
    b'{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"content":"Hi"}}]}'
)
MESSAGE = b'{"id":"x","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"end_turn"}'


def watched(answer):
    """Return a transport that counts what is open: the replies that were handed out, and itself."""
    open_ones = []

    class Sync(MemoryTransport):
        def send(self, request):
            reply = super().send(request)
            open_ones.append(reply)
            reply.close = lambda: open_ones.remove(reply) if reply in open_ones else None
            return reply

        def close(self):
            open_ones.append("closed")

    class Awaited(AsyncMemoryTransport):
        async def send(self, request):
            reply = await super().send(request)
            open_ones.append(reply)

            async def aclose():
                if reply in open_ones:
                    open_ones.remove(reply)

            reply.aclose = aclose
            return reply

        async def aclose(self):
            open_ones.append("closed")

    return Sync([answer]), Awaited([answer]), open_ones


ENDS = {
    "streamed": (Answer((whole(said("Hi")), DONE), EVENT_STREAM), {"stream": True}),
    "cut": (Answer((said("Hi"),), EVENT_STREAM), {"stream": True}),
    "refused stream": (Answer((b'{"error":{"message":"no"}}',), REFUSED), {"stream": True}),
    "refused": (Answer((b'{"error":{"message":"no"}}',), REFUSED), {}),
    "no JSON": (Answer((b"<html>",), JSON), {}),
    "whole": (Answer((ANSWER,), JSON), {}),
}


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("call", [openai_call, anthropic_call], ids=["openai", "anthropic"])
async def test_client_and_reply_are_closed(call, end, awaited):
    """Whether it is streamed, cut, refused or whole, nothing of a call stays open."""
    answer, options = ENDS[end]
    if call is anthropic_call and end == "whole":
        answer = Answer((MESSAGE,), JSON)
    sync, async_, open_ones = watched(answer)

    def plain() -> str:
        return "Hi"

    async def asked() -> str:
        return "Hi"

    with suppress(Exception):
        if awaited:
            result = await call("m", transport=async_, **options)(asked)()
            await result.afinish() if options else result
        else:
            result = call("m", transport=sync, **options)(plain)()
            result.finish() if options else result

    assert ["closed"] == open_ones


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
async def test_a_client_of_the_caller_stays_open(awaited):
    """A client that the caller made is the caller's to close."""
    import openai

    from chunktape import async_http_client, http_client

    sync, async_, open_ones = watched(ENDS["whole"][0])

    def plain() -> str:
        return "Hi"

    async def asked() -> str:
        return "Hi"

    if awaited:
        client = openai.AsyncOpenAI(api_key="k", http_client=async_http_client(async_))
        await openai_call("m", client=client)(asked)()
    else:
        client = openai.OpenAI(api_key="k", http_client=http_client(sync))
        openai_call("m", client=client)(plain)()

    assert [] == open_ones
    await client.close() if awaited else client.close()


async def test_leaving_a_context_closes():
    """A stream that is left in the middle is closed with its context."""
    sync, _, open_ones = watched(ENDS["streamed"][0])

    @openai_call("m", stream=True, transport=sync)
    def ask() -> str:
        return "Hi"

    with ask() as stream:
        next(iter(stream))

    assert ["closed"] == open_ones
