"""Every recorded messages exchange of the corpus, read without a call."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from anthropic_world import World, accepted

from chunktape import Cassette, CassetteError
from chunktape.anthropic import AnthropicCallResponse, AnthropicStream

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def lines(name):
    path = CORPUS / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


ROWS = {row["id"]: row for row in lines("index.jsonl") if row["api"] == "messages"}
STREAMS = [name for name, row in ROWS.items() if row["kind"] == "stream"]
WHOLE = [name for name, row in ROWS.items() if row["kind"] == "nonstream" and row["status"] == 200]
ERRORS = [name for name, row in ROWS.items() if row["status"] != 200]
EXPECTED = {row["id"]: row["expected"] for row in lines("expected.jsonl") if row["id"] in ROWS}
# Written down by their projects in words of their own, or with cached tokens counted in.
ASSERTED = ("text", "thinking", "model_name", "output_tokens", "provider_response_id")
BLANK = re.compile(r"\s*")

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


def place_of(name):
    return CORPUS / ROWS[name]["open_file"], ROWS[name]["index"]


@pytest.mark.parametrize("name", STREAMS)
async def test_stream(world, name):
    """A recorded stream is complete, says what its project asserts, and gives back a valid message."""
    stream = AnthropicStream.from_cassette(*place_of(name))
    pairs = await world.pairs(stream)
    told = {
        "text": stream.content,
        "thinking": stream.thinking or "",
        "model_name": stream.model,
        "output_tokens": stream.output_tokens,
        "provider_response_id": stream.id,
    }
    expected = EXPECTED.get(name, {})

    assert ("complete", ROWS[name]["events"]) == (stream.status, len(pairs))
    assert {key: expected[key] for key in ASSERTED if key in expected} == {
        key: told[key] for key in ASSERTED if key in expected
    }
    assert accepted(stream.message_param) == stream.message_param
    kept = [one.type for one in stream.blocks if one.type != "text" or one.text.strip()]
    assert kept == [one["type"] for one in stream.message_param["content"]]
    assert "".join(chunk.content for chunk, _ in pairs if not chunk.repeated) == stream.content


@pytest.mark.parametrize("name", STREAMS)
def test_stream_round_trip(name):
    """The response of a recorded stream, and each of its chunks, can be written as JSON and read again."""
    stream = AnthropicStream.from_cassette(*place_of(name)).finish()
    response = stream.construct_call_response()

    assert AnthropicCallResponse.model_validate_json(response.model_dump_json()) == response
    for chunk, _ in stream:
        assert type(chunk).model_validate_json(chunk.model_dump_json()) == chunk


@pytest.mark.parametrize("name", WHOLE)
def test_whole(name):
    """A recorded answer that came at once gives back a valid message, and survives JSON."""
    response = AnthropicCallResponse.from_cassette(*place_of(name))

    assert accepted(response.message_param) == response.message_param
    assert AnthropicCallResponse.model_validate_json(response.model_dump_json()) == response
    assert response.response.content == response.blocks


@pytest.mark.parametrize("name", STREAMS)
def test_cut(name):
    """A recorded stream that loses its last event is never taken for a whole answer."""
    path, index = place_of(name)
    body = Cassette.load(path).interactions[index].body
    cut = body[: body.index(b"event: message_stop")]
    stream = AnthropicStream.from_bytes(cut)

    with pytest.raises(Exception, match="stopped before its end marker"):
        stream.finish()

    assert "interrupted" == stream.status


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    """A recorded refusal is no answer."""
    with pytest.raises(CassetteError, match=f"status {ROWS[name]['status']}"):
        AnthropicCallResponse.from_cassette(*place_of(name))
