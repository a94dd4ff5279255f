"""OpenAI's streams live, recording and replaying, sync and async alike: the same answers, the same times."""

from __future__ import annotations

from contextlib import nullcontext

import openai
import pytest
from openai_wire import AWAITED, PLAIN, text_of

from chunktape import Messages, StreamInterruptedError, UnmatchedRequestError, use_cassette
from chunktape.loopback import chat, error
from chunktape.openai import OpenAIStream, openai_call


@pytest.fixture(params=[PLAIN, AWAITED], ids=["sync", "async"])
def world(request):
    return request.param


@pytest.fixture(autouse=True)
def _environment(provider, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-a-test-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", provider.openai_url)


def format_book(title: str) -> str:
    """Format a book.

    Args:
        title: The title.
    """
    return f"<{title}>"


@openai_call("gpt-4o-mini", stream=True, tools=[format_book])
def step(history):
    return list(history)


@openai_call("gpt-4o-mini", stream=True, tools=[format_book])
async def astep(history):
    return list(history)


async def stream_of(world, history=("Hi",)):
    return await astep(history) if world.awaited else step(history)


def place_of(mode, path):
    return nullcontext() if mode == "live" else use_cassette(path, record_mode=mode)


async def agent(world):
    """Return what an agent's loop over three turns sees, and its history: tools twice, then text."""
    history, seen = [Messages.User("Format two books")], []
    for _ in range(5):
        stream = await stream_of(world, history)
        pairs = await world.pairs(stream)
        seen.append((stream.construct_call_response(), [one.received_at for one, _ in pairs]))
        history.append(stream.message_param)
        if stream.tools is None:
            break
        history += stream.tool_message_params([(tool, tool.call()) for tool in stream.tools])
    return seen, history


def play(provider):
    provider.play(
        chat(tools=[("format_book", {"title": "Dune"})]),
        chat("One more.", tools=[("format_book", {"title": "Emma"}), ("format_book", {"title": "Ulysses"})]),
        chat(["Both ", "are ", "there."], gap=0.002),
    )


async def test_agent(world, provider, tmp_path):
    """An agent's loop over three turns gives the same responses live, recording and replaying."""
    play(provider)
    play(provider)
    runs = []
    for mode in ("live", "once", "none"):
        with place_of(mode, tmp_path / "agent.yaml"):
            runs.append(await agent(world))
    responses = [[response for response, _ in seen] for seen, _ in runs]

    assert (6, "Both are there.") == (len(provider.requests), responses[2][-1].content)
    assert responses[0] == responses[1] == responses[2]
    assert runs[0][1] == runs[1][1] == runs[2][1]
    assert ["assistant", "tool", "assistant", "tool", "tool", "assistant"] == [
        one["role"] for one in runs[2][1][1:]
    ]


async def test_d12_replay_gives_the_recorded_times(provider, tmp_path):
    """D12: in replay, sync and async give the same times: those of the recording."""
    play(provider)
    with use_cassette(tmp_path / "agent.yaml", record_mode="once") as session:
        await agent(PLAIN)
    recorded = session.interactions[2]
    found = []
    for world in (PLAIN, AWAITED):
        with use_cassette(tmp_path / "agent.yaml", record_mode="none"):
            seen, _ = await agent(world)
        found.append([(one.start_time, one.end_time, at) for one, at in seen])
    start, end, at = found[0][2]

    assert found[0] == found[1]
    assert recorded.recorded_at.timestamp() * 1000 == start
    # Milliseconds since 1970 have room for less than three digits behind the point.
    assert pytest.approx(end - start, abs=0.001) == recorded.ending.at * 1000
    assert len(set(at)) > 1
    assert {one / 1e6 for one in recorded.timing.at} >= set(at)


async def test_disconnect(world, provider, tmp_path):
    """A connection that breaks interrupts the stream in the same way live, recording and replaying."""
    provider.play(*(chat(["a", "b", "c"], cut=3) for _ in range(2)))
    found = []
    for mode in ("live", "once", "none"):
        with place_of(mode, tmp_path / "cut.yaml"):
            stream = await stream_of(world)
            with pytest.raises(StreamInterruptedError) as caught:
                await world.pairs(stream)
        partial = stream.construct_call_response(allow_partial=True)
        found.append((stream.content, stream.status, type(caught.value.__cause__).__name__, partial))

    assert ("ab", "interrupted", "RemoteProtocolError") == found[0][:3]
    assert found[0] == found[1] == found[2]


async def test_429_then_success(world, provider, tmp_path):
    """The SDK's retries are recorded and replayed, below one stream."""
    provider.play(error(429, headers={"retry-after-ms": "1"}), chat(["a", "b"]))
    found = []
    for mode in ("once", "none"):
        with place_of(mode, tmp_path / "retry.yaml") as session:
            stream = await stream_of(world)
            found.append((text_of(await world.pairs(stream)), stream.construct_call_response()))

    assert ([429, 200], "ab") == ([one.head.status for one in session.interactions], found[1][0])
    assert found[0] == found[1]


async def test_http_error(world, provider, tmp_path):
    """An HTTP error before the first event is the SDK's own, live, recording and replaying."""
    provider.play(*(error(400, message="Not like this") for _ in range(2)))
    for mode in ("live", "once", "none"):
        with place_of(mode, tmp_path / "error.yaml"):
            stream = await stream_of(world)
            with pytest.raises(openai.BadRequestError, match="Not like this"):
                await world.pairs(stream)
        assert "error" == stream.status


async def test_break_in_the_recording(world, provider, tmp_path):
    """A loop that breaks off and goes on gives the same, recording and replaying."""
    provider.play(chat(["a", "b", "c"], gap=0.01))
    found = []
    for mode in ("once", "none"):
        with place_of(mode, tmp_path / "break.yaml"):
            stream = await stream_of(world)
            first = await world.pairs(stream, stop_after=2)
            pairs = await world.pairs(stream)
        found.append((first == pairs[:2], text_of(pairs), stream.construct_call_response()))

    assert (True, "abc") == found[0][:2]
    assert found[0] == found[1]


async def test_a_miss_in_the_loop(world, provider, tmp_path):
    """A stream that the cassette does not hold is a miss at the first step, and no fault of the stream's."""
    with use_cassette(tmp_path / "miss.yaml", record_mode="once"):
        await world.pairs(await stream_of(world))
    with pytest.raises(UnmatchedRequestError), use_cassette(tmp_path / "miss.yaml", record_mode="none"):
        await world.pairs(await stream_of(world, ["Something else"]))

    assert 1 == len(provider.requests)


@pytest.mark.parametrize("first", [PLAIN, AWAITED])
async def test_from_cassette(first, provider, tmp_path):
    """A recording is read without a call, in either world, and in both one after the other."""
    play(provider)
    with use_cassette(tmp_path / "agent.yaml", record_mode="once"):
        seen, _ = await agent(PLAIN)
    other = AWAITED if first is PLAIN else PLAIN
    stream = OpenAIStream.from_cassette(tmp_path / "agent.yaml", 2)
    begun = await first.pairs(stream, stop_after=2)
    pairs = await other.pairs(stream)
    tools = OpenAIStream.from_cassette(tmp_path / "agent.yaml", 1, tools=[format_book]).finish().tools

    assert ("Both are there.", pairs[:2], "complete") == (text_of(pairs), begun, stream.status)
    assert [one.received_at for one, _ in pairs] == [one.received_at for one, _ in await first.pairs(stream)]
    assert seen[2][0].body == stream.construct_call_response().body
    assert seen[2][0].messages == stream.messages
    assert ["<Emma>", "<Ulysses>"] == [tool.call() for tool in tools]
