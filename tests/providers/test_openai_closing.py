"""OpenAI's streams that are left early, and that are read in the other world or at the same time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from openai_wire import AWAITED, PLAIN, World, chunk, done, said, streamed, text_of, whole

from chunktape import ConfigurationError, StreamInterruptedError, async_http_client, http_client
from chunktape.loopback import chat
from chunktape.openai import OpenAIStream, openai_call


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


async def close(world, stream):
    await stream.aclose() if world.awaited else stream.close()


async def finish(world, stream):
    return await stream.afinish() if world.awaited else stream.finish()


async def test_close(world):
    """Closing leaves the rest unread: what came stays, and it is no complete answer."""
    stream = await world.stream(said("a"), whole(said("b")))
    await world.pairs(stream, stop_after=1)
    await close(world, stream)
    await close(world, stream)

    assert ("a", "interrupted") == (stream.content, stream.status)
    with pytest.raises(StreamInterruptedError):
        await world.pairs(stream)


async def test_close_after_the_end(world):
    """Closing a stream that was read changes nothing."""
    stream, _ = await world.finished(whole(said("a")))
    await close(world, stream)

    assert ("a", "complete", None) == (stream.content, stream.status, stream.error)


async def test_close_before_the_first_step(world):
    """A stream that was closed before it was read sends nothing any more."""
    fn, transport = world.caller(streamed(whole(said("a"))), stream=True)
    stream = await done(fn())
    await close(world, stream)

    with pytest.raises(StreamInterruptedError, match="never sent"):
        await world.pairs(stream)
    assert [] == transport.requests


async def test_with(world):
    """As a context a stream is closed at its end, also by an error, which passes."""
    stream = await world.stream(said("a"), whole(said("b")))
    with pytest.raises(KeyError, match="mine"):
        if world.awaited:
            async with stream as same:
                await world.pairs(same, stop_after=1)
                raise KeyError("mine")
        else:
            with stream as same:
                await world.pairs(same, stop_after=1)
                raise KeyError("mine")

    assert (stream, "interrupted", "a") == (same, stream.status, stream.content)


async def test_text_stream(world):
    """The text alone, in its pieces; empty ones are left out."""
    stream = await world.stream(whole(said("a", "", "b")))

    assert ["a", "b"] == await world.items(stream.atext_stream() if world.awaited else stream.text_stream())
    assert "complete" == stream.status


async def test_finish(world):
    """Finishing reads what is left, and gives the stream."""
    stream = await world.stream(said("a"), whole(said("b")))
    await world.pairs(stream, stop_after=1)

    assert (stream, "ab", "complete") == (await finish(world, stream), stream.content, stream.status)


async def test_finish_raises_as_the_loop_does(world):
    """What ends a stream early is raised by `finish` too."""
    stream = await world.stream(said("a"))

    with pytest.raises(StreamInterruptedError):
        await finish(world, stream)


async def test_heads(world):
    """The headers of the reply and the provider's id of the request are known once it began."""
    stream, _ = await world.finished(whole(said("a")))

    assert ("text/event-stream", "req_1", "req_1") == (
        stream.response_headers["content-type"],
        stream.response_headers["x-request-id"],
        stream.request_id,
    )
    assert "req_1" == stream.construct_call_response().request_id


async def test_d12_live_times(world):
    """D12: start, end and time to the first token are there in both worlds, in milliseconds and seconds."""
    stream, pairs = await world.finished(whole(said("a")))
    at = [one.received_at for one, _ in pairs]

    assert 1.5e12 < stream.start_time <= stream.end_time
    assert at == sorted(at)
    assert at[1] == stream.time_to_first_token > 0
    assert (stream.start_time, stream.end_time) == (
        stream.construct_call_response().start_time,
        stream.construct_call_response().end_time,
    )


async def test_wrong_loop():
    """A live stream is read in the world that it was made in; the error tells how, and harms nothing."""
    plain = await PLAIN.stream(said("a"), whole(said("b")))
    awaited = await AWAITED.stream(said("a"), whole(said("b")))
    await PLAIN.pairs(plain, stop_after=1)
    await AWAITED.pairs(awaited, stop_after=1)
    with pytest.raises(ConfigurationError, match="iterate with `async for`, or await afinish"):
        list(awaited)
    with pytest.raises(ConfigurationError, match="await aclose"):
        awaited.close()
    with pytest.raises(ConfigurationError, match="iterate with `for`, or call finish"):
        await plain.afinish()
    with pytest.raises(ConfigurationError, match=r"call close\(\)"):
        await plain.aclose()

    assert ("ab", "ab") == (plain.finish().content, (await awaited.afinish()).content)
    assert list(awaited) == [pair async for pair in plain]


@pytest.mark.parametrize("first_awaited", [True, False])
async def test_for_after_async_for(first_awaited):
    """A recording may be read in both worlds, one after the other, from within."""
    stream = OpenAIStream.from_bytes(whole(said("a", "b")))
    first = await World(first_awaited).pairs(stream, stop_after=2)
    rest = await World(not first_awaited).pairs(stream)

    assert ("ab", rest[:2], "complete") == (text_of(rest), first, stream.status)


async def test_two_tasks_with_a_stream_each():
    """Tasks that read different streams of one function at the same time do not disturb each other."""

    async def read(text):
        transport = AWAITED.transport(streamed(*(said(letter) for letter in text), whole()))

        @openai_call("gpt-4o-mini", stream=True, transport=transport)
        async def ask():
            return text

        stream, seen = await ask(), []
        async for one, _ in stream:
            seen.append(one.content)
            await asyncio.sleep(0)
        return "".join(seen), stream.content, stream.user_message_param["content"]

    found = await asyncio.gather(*(read(text) for text in ("abc", "defgh", "i")))

    assert [("abc",) * 3, ("defgh",) * 3, ("i",) * 3] == found


async def test_cancelled_task():
    """A cancellation passes; what came stays, and the stream is no complete answer afterwards."""
    stream = await AWAITED.stream(said("a"), whole(said("b")))

    async def read():
        async for _ in stream:
            await asyncio.sleep(60)

    task = asyncio.create_task(read())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await stream.aclose()

    assert ("a", "interrupted") == (stream.content, stream.status)


async def test_hosts_that_send_no_end_marker(world):
    """A host that is known to send no end marker is complete with its finish reason, another one is not."""
    found = []
    for base_url in ("https://router.huggingface.co/v1", "https://unknown.invalid/v1"):
        transport = world.transport(streamed(said("a") + chunk({}, "stop")))
        http = async_http_client(transport) if world.awaited else http_client(transport)
        kind = openai.AsyncOpenAI if world.awaited else openai.OpenAI
        client = kind(base_url=base_url, api_key="key-of-a-test", http_client=http)
        options = {"client": client, "stream": {"raise_interrupted": False}}
        stream = await done(openai_call("gpt-4o-mini", **options)(world.function())())
        await world.pairs(stream)
        found.append(stream.status)

    assert ["complete", "interrupted"] == found


async def test_two_tasks_share_a_stream(provider, monkeypatch):
    """Tasks that read one stream at the same time take turns: it is sent once, and both see everything."""
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-a-test-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", provider.openai_url)
    provider.play(chat(["a", "b", "c"], gap=0.01))
    stream = await openai_call("gpt-4o-mini", stream=True)(AWAITED.function())()
    found = await asyncio.gather(*(AWAITED.pairs(stream) for _ in range(3)))

    assert (["abc"] * 3, 1) == ([text_of(pairs) for pairs in found], len(provider.requests))


def test_two_threads_share_a_stream(provider, monkeypatch):
    """Threads that read one stream at the same time take turns: it is sent once, and both see everything."""
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-a-test-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", provider.openai_url)
    provider.play(chat(["a", "b", "c"], gap=0.01))
    stream = openai_call("gpt-4o-mini", stream=True)(PLAIN.function())()
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda _: list(stream), range(3)))

    assert (["abc"] * 3, 1) == ([text_of(pairs) for pairs in found], len(provider.requests))
