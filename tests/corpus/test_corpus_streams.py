"""Every recorded stream of chat completions and messages, through the class of its provider."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from anthropic_world import accepted, accepted_as
from chat_differences import OF_THE_FIRST_EVENT
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
from recorded_streams import (
    ERRORS,
    FACTS,
    FIRST_PARTY,
    ROWS,
    SIBLINGS,
    STREAMS,
    apairs_of,
    by_the_vendor,
    finished,
    interaction,
    opened,
    pairs_of,
    response_class,
    response_of,
    stream_class,
    told,
)

from chunktape.anthropic.sdk import Message
from chunktape.azure.sdk import ChatCompletions
from chunktape.calls.matching_response import assert_stream_matches_response
from chunktape.errors import ProviderStreamError, StreamNotConsumedError
from chunktape.tape import store
from chunktape.tape.interaction import Timing
from chunktape.wire.sse import events

SDK_TYPES = {"openai": ChatCompletion, "anthropic": Message, "azure": ChatCompletions}
# pydantic-ai's own word for it.
NORMALISED = {"stop": "stop", "length": "length", "tool_calls": "tool_call"}
# Streams and answers at once that were recorded at other times; what only the later one tells.
LATER = {
    "openllmetry-c1ffce68de": (
        "usage.cache_creation_input_tokens",
        "usage.cache_read_input_tokens",
        "usage.service_tier",
    )
}
RECORDED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


def everything(stream):
    """Return what a stream says once it was read, and when."""
    response = response_of(stream)
    return {
        "status": stream.status,
        "error": str(stream.error),
        "content": stream.content,
        "tools": stream.tools,
        "ids": (stream.id, stream.model, stream.request_id),
        "reasons": (stream.finish_reasons, stream.common_finish_reasons),
        "counts": (stream.input_tokens, stream.cached_tokens, stream.output_tokens),
        "usage": stream.common_usage,
        "cost": stream.cost_metadata,
        "response": response,
        "body": response.body,
        "response_status": response.status,
        "first": stream.time_to_first_token,
        "times": (stream.start_time, stream.end_time),
    }


@pytest.mark.parametrize("name", STREAMS)
async def test_every_stream_is_assembled(name):
    """Plainly and awaited, each event comes once, and the end is complete or the error that it is."""
    stream, awaited = opened(name), opened(name)
    pairs, awaited_pairs = pairs_of(stream), await apairs_of(awaited)
    sent = [one.data for one in events(interaction(name).body) if one.data and one.data != "[DONE]"]
    code = stream.error and stream.error.code

    assert sent == [chunk.data for chunk, _ in pairs if not chunk.repeated]
    assert ("error" if name in ERRORS else "complete", ERRORS.get(name)) == (stream.status, code)
    assert stream.content == "".join(chunk.content for chunk, _ in pairs if not chunk.repeated)
    assert (stream.tools or []) == [tool for _, tool in pairs if tool is not None]
    assert stream.tools == response_of(stream).tools
    assert [(told(chunk), tool) for chunk, tool in pairs] == [
        (told(chunk), tool) for chunk, tool in awaited_pairs
    ]
    assert everything(stream) == everything(awaited)


@pytest.mark.parametrize("name", STREAMS)
async def test_recorded_times_are_told_in_both_worlds(name, tmp_path):
    """A stream that was recorded with times tells these, plainly and awaited."""
    one = interaction(name)
    at = tuple(range(1000, 1000 * len(one.ends) + 1, 1000))
    timing = Timing(0, at, at, at[-1])
    store.write(tmp_path / "timed.yaml", [replace(one, timing=timing, recorded_at=RECORDED_AT, framed=True)])
    stream, awaited = (stream_class(name).from_cassette(tmp_path / "timed.yaml") for _ in range(2))
    pairs, awaited_pairs = pairs_of(stream), await apairs_of(awaited)
    times = [chunk.received_at for chunk, _ in pairs]
    began = RECORDED_AT.timestamp() * 1000

    assert times == sorted(times)
    assert {*times} <= {one / 1e6 for one in at}
    assert [(told(chunk), tool) for chunk, tool in pairs] == [
        (told(chunk), tool) for chunk, tool in awaited_pairs
    ]
    assert everything(stream) == everything(awaited)
    assert (began, stream.end_time) == (stream.start_time, awaited.end_time)
    assert began + times[-1] * 1000 <= stream.end_time <= began + at[-1] / 1000


def facts_of(stream):
    """Return what a stream says under the names of the expected facts."""
    common = stream.common_finish_reasons or [None]
    counted = stream.input_tokens
    if stream.provider == "anthropic":
        # There, cached tokens are part of the input; Anthropic counts them apart.
        counted += (stream.cached_tokens or 0) + (stream.common_usage.cache_write_tokens or 0)
    thinking = stream.thinking if stream.provider == "anthropic" else stream.reasoning
    return {
        "text": stream.content,
        "text_wrapped": stream.content,
        # Redacted thinking is a thinking part without text there.
        "thinking": thinking or "",
        "refusal": None if stream.provider == "anthropic" else stream.refusal,
        "tool_calls": [{"name": one.name, "args": one.args} for one in stream.tools or []],
        "input_tokens": counted,
        "output_tokens": stream.output_tokens,
        "model_name": stream.model,
        "provider_response_id": stream.id,
        "finish_reason": stream.finish_reasons and stream.finish_reasons[0],
        "finish_reasons": stream.finish_reasons,
        "normalised_finish_reason": NORMALISED.get(common[0]),
    }


def plain(name, value):
    """Undo what the other project's own way of printing did to a fact."""
    if name == "text_wrapped":
        # Wrapping ate spaces, too.
        return "".join((value or "").replace("\\n", "").split())
    if name == "tool_calls":
        return [
            one | {"args": json.loads(one["args"]) if isinstance(one["args"], str) else one["args"]}
            for one in value
        ]
    return value


@pytest.mark.parametrize("fact", FACTS, ids=[f"{fact['id']}-{number}" for number, fact in enumerate(FACTS)])
def test_what_other_projects_assert_holds(fact):
    """The facts that a stream's own project asserts about it are what the stream says."""
    stream = finished(fact["id"])
    expected = {name: plain(name, value) for name, value in fact["expected"].items()}
    if ERRORS.get(fact["id"]) == "tool_use_failed":
        # Groq tells the call that it refused in its error only, and pydantic-ai reads it from there.
        del expected["tool_calls"]
    found = facts_of(stream)

    assert expected == {name: plain(name, found[name]) for name in expected}


@pytest.mark.parametrize("name", FIRST_PARTY)
def test_the_vendors_own_accumulator_makes_the_same(name):
    """What the vendor's SDK makes of a stream is its response, up to what the protocol causes."""
    theirs = by_the_vendor(name)
    # openai keeps these of the first event, where Azure sends them empty.
    empty = [one for one in OF_THE_FIRST_EVENT if one in theirs and not theirs[one]]

    assert_stream_matches_response(finished(name), theirs, ignore=empty)
    assert_stream_matches_response(finished(name), theirs, ignore=empty, shape_only=True)
    assert not empty or ROWS[name]["provider"] == "azure-openai"


@pytest.mark.parametrize(("name", "sibling"), SIBLINGS)
def test_a_sibling_that_came_at_once_has_the_same_shape(name, sibling):
    """The same question asked without streaming is answered in the same shape."""
    response = response_class(name).from_interaction(interaction(sibling))

    assert_stream_matches_response(finished(name), response, shape_only=True, ignore=LATER.get(name, ()))
    with pytest.raises(AssertionError, match="is not the response\n  id\n"):
        assert_stream_matches_response(finished(name), response)


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, paths in LATER.items() for path in paths])
def test_each_ignored_path_of_a_sibling_differs(name, path):
    """What is ignored of a sibling because it was recorded earlier is a difference."""
    response = response_class(name).from_interaction(interaction(dict(SIBLINGS)[name]))

    with pytest.raises(AssertionError, match=f"{path}: only in the stream"):
        assert_stream_matches_response(finished(name), response, shape_only=True)


def test_a_sibling_in_the_same_words_is_the_same_answer():
    """Asked twice for the same words, Azure's two answers differ in nothing but id and time."""
    response = response_class("crewai-ba4aa1ebe0").from_interaction(interaction("crewai-7edc53c5e9"))

    assert_stream_matches_response(finished("crewai-ba4aa1ebe0"), response, ignore=["id", "created"])


@pytest.mark.parametrize("name", STREAMS)
def test_the_response_is_the_sdks(name):
    """The response is an object of the provider's SDK that holds what the body does."""
    response = response_of(finished(name))

    assert type(response.response) is SDK_TYPES[response.provider]
    assert response.body == response.dump_response(response.response)


@pytest.mark.parametrize("name", STREAMS)
def test_everything_goes_through_json(name):
    """Writing the response, the chunks and the tools as JSON and reading them is the identity."""
    stream = finished(name)
    response = response_of(stream)
    written = response.model_dump_json()
    again = type(response).model_validate_json(written)

    assert (response, response.body, written) == (again, again.body, again.model_dump_json())
    assert [told(chunk) for chunk, _ in pairs_of(stream)] == [
        told(type(chunk).model_validate_json(chunk.model_dump_json())) for chunk, _ in pairs_of(stream)
    ]
    for tool in stream.tools or ():
        read_again = type(tool).model_validate_json(tool.model_dump_json())

        assert tool == read_again
        assert (tool.id, tool.error) == (read_again.id, read_again.error)


@pytest.mark.parametrize("name", FIRST_PARTY)
def test_the_message_can_be_sent_back(name):
    """What is sent back of an answer is a message of the SDK's own type for requests, and nothing more."""
    param = finished(name).message_param
    is_message = ROWS[name]["api"] == "messages"

    assert param == (accepted(param) if is_message else accepted_as(ChatCompletionMessageParam, param))


@pytest.mark.parametrize("name", STREAMS)
def test_what_it_costs_can_be_asked(name):
    """Metadata and cost of a stream, of its response and of each chunk are there, and agree."""
    stream = finished(name)
    response = response_of(stream)

    assert response.cost_metadata == stream.cost_metadata
    assert (stream.input_tokens, stream.output_tokens, True) == (
        stream.cost_metadata.input_tokens,
        stream.cost_metadata.output_tokens,
        stream.cost_metadata.streaming_mode,
    )
    assert stream.cost is None or 0 <= stream.cost == response.cost
    assert {True} == {chunk.cost_metadata.streaming_mode for chunk, _ in pairs_of(stream)}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_no_answer(name):
    """A stream with an error raises it in each loop, and gives only what came before it."""
    stream = opened(name)
    for _ in range(2):
        with pytest.raises(ProviderStreamError, match=ERRORS[name]):
            stream.finish()

    with pytest.raises(StreamNotConsumedError, match="its status is 'error'"):
        stream.construct_call_response()

    assert "error" == response_of(stream).status


def test_the_corpus_is_whole():
    """There are 45 streams, 33 of them of the vendors whose SDKs assemble them, and 24 facts about them."""
    assert (45, 33, 24, 4) == (len(STREAMS), len(FIRST_PARTY), len(FACTS), len(SIBLINGS))
