"""Streams of Azure and cassettes: recorded by the SDK and read here, or the other way; and the corpus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from azure.ai.inference.models import UserMessage
from azure_world import MODEL, PROMPT, WIRED, World

from chunktape import Cassette, CassetteError, UnmatchedRequestError, use_cassette
from chunktape.azure import AzureCallResponse, AzureStream
from chunktape.loopback import chat, complete_chat, error

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []
AZURES = {row["id"]: row for row in ROWS if row["provider"] in {"azure-inference", "azure-openai"}}
STREAMS = sorted(name for name, row in AZURES.items() if row["kind"] == "stream")
OTHERS = sorted(name for name, row in AZURES.items() if row["kind"] != "stream")
USAGE = {"stream_options": {"include_usage": True}}

with_corpus = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@pytest.fixture(params=WIRED)
async def world(request, provider):
    """Return one way to call Azure over a socket."""
    made = World(request.param, provider)
    yield made
    await made.close()


async def sdk_text(world, client):
    """Return the text that the client's own user gets, and how many events that were."""
    if world.over_openai:
        options = {"messages": [{"role": "user", "content": PROMPT}], "model": MODEL, "stream": True}
        made = client.chat.completions.create(**options, **USAGE)
    else:
        made = client.complete(messages=[UserMessage(PROMPT)], model=MODEL, stream=True, model_extras=USAGE)
    stream = await made if world.awaited else made
    pieces = [piece async for piece in stream] if world.awaited else list(stream)
    if not world.over_openai:
        await world.release(stream)
    told = [choice.delta.content for piece in pieces for choice in piece.choices or []]
    return "".join(one or "" for one in told)


async def test_recorded_by_the_sdk_and_replayed_here(world, tmp_path):
    """What the SDK's own user recorded is found by the same call of ours."""
    world.play(chat("A tale of tape.", azure=True))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recorded = await sdk_text(world, world.client())

    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        stream = await world.ask(stream=True)
        await world.pairs(stream)
    assert recorded == stream.content == "A tale of tape."
    assert "complete" == stream.status
    assert 1 == len(world.requests)


async def test_recorded_here_and_replayed_by_the_sdk(world, tmp_path):
    """What we recorded is found by the same call of the SDK's own user."""
    world.play(chat("A tale of tape.", azure=True))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        stream = await world.ask(stream=True)
        await world.pairs(stream)

    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        assert "A tale of tape." == await sdk_text(world, world.client())
    assert 1 == len(world.requests)


async def test_both_may_share_a_cassette(world, tmp_path):
    """One cassette may hold calls of both, and each finds its own, in order."""
    world.play(chat("first", azure=True), chat("second", azure=True))

    async def both():
        first = await sdk_text(world, world.client())
        stream = await world.ask(stream=True)
        await world.pairs(stream)
        return first, stream.content

    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recorded = await both()
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = await both()
    assert ("first", "second") == recorded == replayed


async def test_replay_gives_the_recorded_times(world, tmp_path):
    """Times, headers and the whole response are the recorded ones."""
    world.play(chat("A tale.", azure=True, gap=0.01))

    async def ask():
        stream = await world.ask(stream=True)
        return stream, await world.pairs(stream)

    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recorded, _ = await ask()
    replays = []
    for _ in range(2):
        with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
            replays.append(await ask())

    (first, pairs), (second, again) = replays
    assert [piece.received_at for piece, _ in pairs] == [piece.received_at for piece, _ in again]
    assert (first.start_time, first.end_time) == (second.start_time, second.end_time)
    assert abs(recorded.start_time - first.start_time) < 1000
    assert recorded.time_to_first_token == pytest.approx(first.time_to_first_token, abs=0.1)
    assert recorded.request_id == first.request_id
    assert recorded.construct_call_response() == first.construct_call_response()


async def test_retries_are_replayed(world, tmp_path):
    """A recorded 429 is replayed as one, without its wait."""
    world.play(error(429, provider="azure", headers={"retry-after": "0.01"}), chat("A tale.", azure=True))
    for mode in ("once", "none"):
        with use_cassette(tmp_path / "tape.yaml", record_mode=mode):
            stream = await world.ask(stream=True)
            await world.pairs(stream)
        assert "A tale." == stream.content

    assert [429, 200] == [one.head.status for one in Cassette.load(tmp_path / "tape.yaml").interactions]
    assert 2 == len(world.requests)


async def test_a_miss_comes_through(world, tmp_path):
    """A request that the cassette has no recording for is told as one, past every handler."""
    world.play(complete_chat("A tale.", azure=True))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        await world.ask()

    with pytest.raises(UnmatchedRequestError), use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        await world.ask(call_params={"seed": 4})


async def test_a_cassette_gives_its_stream_without_a_call(world, tmp_path):
    """A recorded stream, and a recorded answer, can be read from the file alone."""
    world.play(chat("A tale.", azure=True), complete_chat("At once.", azure=True))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        stream = await world.ask(stream=True)
        await world.pairs(stream)
        await world.ask()

    again = AzureStream.from_cassette(tmp_path / "tape.yaml").finish()
    assert ("A tale.", stream.finish_reasons) == (again.content, again.finish_reasons)
    assert "StreamingChatCompletionsUpdate" == type(next(iter(again))[0].chunk).__name__
    assert "At once." == AzureCallResponse.from_cassette(tmp_path / "tape.yaml", 1).content


@with_corpus
@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("awaited", [False, True])
async def test_streams_of_the_corpus(name, awaited):
    """Every public recording of an Azure stream is read to its end, in both worlds."""
    row = AZURES[name]
    stream = AzureStream.from_cassette(CORPUS / row["open_file"], row["index"])
    if awaited:
        await stream.afinish()
    else:
        stream.finish()

    features = set(row["features"])
    assert "complete" == stream.status
    # The end marker is counted there, and is no chunk.
    assert row["events"] - ("done" in features) <= len([piece for piece, _ in stream]) <= row["events"]
    assert row["model"] == stream.model
    assert ("text" in features) is bool(stream.content)
    assert ("tool_calls" in features) is (stream.tools is not None)
    assert ("usage_final" in features) is (stream.usage is not None)
    assert ("content_filter_results" in features) is (stream.prompt_filter_results is not None)
    assert (
        stream.content == stream.construct_call_response().response.choices[0].message.content or stream.tools
    )
    for piece, _ in stream:
        assert piece.raw == piece.chunk.as_dict()


@with_corpus
def test_tools_of_the_corpus_are_those_of_the_request():
    """A recorded tool call has the schema of the recorded declaration, and goes back as it came."""
    row = AZURES["crewai-7ebceb643e"]
    stream = AzureStream.from_cassette(CORPUS / row["open_file"], row["index"]).finish()

    declared = [one["function"]["name"] for one in stream.call_kwargs["tools"]]
    assert [stream.tool.name] == declared
    assert stream.tool.error is None
    assert ["tool_calls"] == stream.finish_reasons
    assert stream.tool.id == stream.message_param["tool_calls"][0]["id"]


@with_corpus
@pytest.mark.parametrize("name", OTHERS)
def test_other_answers_of_the_corpus(name):
    """An answer that came at once is read, an error status is told."""
    row = AZURES[name]
    path = CORPUS / row["open_file"]
    if row["status"] >= 400:
        with pytest.raises(CassetteError, match=f"status {row['status']}"):
            AzureCallResponse.from_cassette(path, row["index"])
        return

    response = AzureCallResponse.from_cassette(path, row["index"])
    assert row["model"] == response.model
    assert response.content
    assert response.usage is not None
    assert response.prompt_filter_results is not None
