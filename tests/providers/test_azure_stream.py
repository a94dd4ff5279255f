"""What `AzureStream` shows of a stream, in every world; wire data without a source is invented."""

from __future__ import annotations

import pytest
from azure.ai.inference.models import (
    CompletionsFinishReason,
    CompletionsUsage,
    StreamingChatCompletionsUpdate,
)
from azure_world import DONE, HEAD, MEMORY, WIRED, World, chunk, event, wire
from openai.types.chat import ChatCompletionChunk

from chunktape import StreamNotConsumedError
from chunktape.azure import AzureCallResponse, AzureCallResponseChunk, AzureStream, FinishReason
from chunktape.loopback import chat, complete_chat, raw

SAFE = {"filtered": False, "severity": "safe"}
FILTERS = {"hate": SAFE, "self_harm": SAFE, "sexual": SAFE, "violence": SAFE}


@pytest.fixture(params=WIRED + MEMORY)
async def world(request, provider):
    """Return one way to call Azure."""
    made = World(request.param, provider)
    yield made
    await made.close()


async def test_text_comes_piece_by_piece(world):
    """Each event is one pair, in order, and the text adds up."""
    stream, pairs = await world.finished(chat("A tale of tape.", azure=True))

    assert type(stream) is AzureStream
    assert ["", "", "A", " tale", " of", " tape.", "", ""] == [piece.content for piece, _ in pairs]
    assert {None} == {tool for _, tool in pairs}
    assert "A tale of tape." == stream.content
    assert "complete" == stream.status


async def test_text_stream_gives_text_alone(world):
    """`text_stream` and its twin yield no empty pieces."""
    stream = await world.stream(chat("A tale.", azure=True))

    assert ["A", " tale."] == await world.items(
        stream.atext_stream() if world.awaited else stream.text_stream()
    )


async def test_chunk_is_the_clients_own_type(world):
    """`chunk.chunk` is what the client's own caller would get, with everything that the event holds."""
    _, pairs = await world.finished(chat("Tape.", azure=True))
    expected = ChatCompletionChunk if world.over_openai else StreamingChatCompletionsUpdate

    chunks = [piece.chunk for piece, _ in pairs]
    assert {expected} == {type(one) for one in chunks}
    assert "Tape." == chunks[2].choices[0].delta.content
    assert FILTERS == pairs[2][0].raw["choices"][0]["content_filter_results"]
    assert {AzureCallResponseChunk} <= set(type(pairs[0][0]).__mro__)


async def test_chunk_made_of_the_clients_own_object_is_equal(world):
    """A chunk can be made of the SDK's object that it gives out."""
    _, pairs = await world.finished(chat("Tape.", azure=True))

    assert [piece for piece, _ in pairs] == [AzureCallResponseChunk(piece.chunk) for piece, _ in pairs]


async def test_filter_events_are_kept(world):
    """Events with nothing but filter results are pairs, too, and what they say can be asked for."""
    stream, pairs = await world.finished(chat("Tape.", azure=True))

    assert [] == pairs[0][0].raw["choices"]
    assert [{"prompt_index": 0, "content_filter_results": FILTERS}] == pairs[0][0].prompt_filter_results
    assert FILTERS == pairs[2][0].content_filter_results
    assert pairs[2][0].prompt_filter_results is None
    assert FILTERS == stream.content_filter_results
    assert [{"prompt_index": 0, "content_filter_results": FILTERS}] == stream.prompt_filter_results
    response = stream.construct_call_response()
    assert (FILTERS, stream.prompt_filter_results) == (
        response.content_filter_results,
        response.prompt_filter_results,
    )


async def test_a_choice_may_come_without_delta(world):
    """Asynchronous filters send a choice that holds no delta at all (learn.microsoft.com)."""
    offsets = {"check_offset": 44, "start_offset": 44, "end_offset": 198}
    late = {"index": 0, "finish_reason": None, "content_filter_results": FILTERS}
    filtered = event(HEAD | {"choices": [late | {"content_filter_offsets": offsets}]})
    stream, pairs = await world.finished(wire(chunk({"content": "Tape"}), filtered, chunk(reason="stop")))

    assert ["Tape", "", ""] == [piece.content for piece, _ in pairs]
    assert FILTERS == pairs[1][0].content_filter_results
    assert FILTERS == stream.content_filter_results
    assert "content_filter_results" in str(pairs[1][0].chunk)


async def test_finish_reason_outlives_the_usage_event(world):
    """The usage that comes after the finish reason does not wipe it, nor is it lost (D1, D4)."""
    stream, pairs = await world.finished(chat("Tape.", azure=True, usage={"prompt_tokens": 100}))

    assert [CompletionsFinishReason.STOPPED] == pairs[-2][0].finish_reasons
    assert pairs[-1][0].finish_reasons is None
    assert (None, 100) == (pairs[-2][0].input_tokens, pairs[-1][0].input_tokens)
    assert [CompletionsFinishReason.STOPPED] == stream.finish_reasons
    assert [FinishReason] == [type(one) for one in stream.finish_reasons]
    assert ["stop"] == stream.common_finish_reasons


async def test_usage_is_asked_for_and_read(world):
    """Usage is requested, cached tokens come from the wire, and the SDK's own object is there (D20)."""
    counts = {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 64}}
    stream, pairs = await world.finished(chat("Tape.", azure=True, usage=counts))

    assert {"include_usage": True} == world.asked()["stream_options"]
    assert (100, 64, 7) == (stream.input_tokens, stream.cached_tokens, stream.output_tokens)
    assert (100, 64, 7) == (pairs[-1][0].input_tokens, pairs[-1][0].cached_tokens, pairs[-1][0].output_tokens)
    assert (100, CompletionsUsage) == (stream.usage.prompt_tokens, type(stream.usage))
    assert CompletionsUsage is type(pairs[-1][0].usage)
    assert (100, 64, 7, True) == (
        stream.cost_metadata.input_tokens,
        stream.cost_metadata.cached_tokens,
        stream.cost_metadata.output_tokens,
        stream.cost_metadata.streaming_mode,
    )


async def test_what_was_not_counted_stays_unknown(world):
    """Without usage, and without details in it, counts are None and never 0 (D20)."""
    stream, pairs = await world.finished(chat("Tape.", azure=True, usage=False))
    assert (None, None, None, None) == (
        stream.usage,
        stream.input_tokens,
        stream.cached_tokens,
        stream.output_tokens,
    )
    assert {None} == {piece.usage for piece, _ in pairs}
    assert stream.cost is None

    bare = event(HEAD | {"choices": [], "usage": {"prompt_tokens": 9}})
    stream, _ = await world.finished(wire(chunk({"content": "Tape"}), chunk(reason="stop"), bare))
    assert (9, None, None) == (stream.input_tokens, stream.cached_tokens, stream.output_tokens)


async def test_cost_is_azures(world):
    """The cost is that of Azure's price of the model that answered, at the time of the call."""
    stream, _ = await world.finished(
        chat("Tape.", azure=True, usage={"prompt_tokens": 1_000_000, "completion_tokens": 0})
    )

    assert 0.15 == pytest.approx(stream.cost)
    assert "azure" == stream.provider


async def test_refusal_adds_up(world):
    """A refusal is no text, and its pieces add up."""
    stream, pairs = await world.finished(chat(refusal="I will not.", azure=True))

    assert "" == stream.content
    assert "I will not." == stream.refusal
    assert "I will not." == "".join(piece.refusal or "" for piece, _ in pairs)
    assert "I will not." == stream.message_param["refusal"]


async def test_two_choices_are_told_apart(world):
    """With n=2 the text is that of the first choice, and the response has both (D13)."""
    events = [
        *(chunk({"content": "B"}, index=1), chunk({"content": "A"})),
        *(chunk({"content": "b"}, index=1), chunk({"content": "a"})),
        *(chunk(reason="length", index=1), chunk(reason="stop")),
    ]
    stream, pairs = await world.finished(wire(*events), call_params={"n": 2})

    assert 2 == world.asked()["n"]
    assert "Aa" == stream.content
    assert ["", "A", "", "a", "", ""] == [piece.content for piece, _ in pairs]
    assert ["stop", "length"] == stream.finish_reasons
    choices = stream.construct_call_response().response.choices
    assert [("Aa", "stop"), ("Bb", "length")] == [(one.message.content, one.finish_reason) for one in choices]


@pytest.mark.parametrize(
    ("reason", "typed", "common"),
    [
        ("length", CompletionsFinishReason.TOKEN_LIMIT_REACHED, ["length"]),
        ("content_filter", CompletionsFinishReason.CONTENT_FILTERED, ["content_filter"]),
        ("max_model_len", "max_model_len", None),
    ],
)
async def test_finish_reasons_are_typed_as_far_as_they_are_known(world, reason, typed, common):
    """Known reasons are the SDK's members, an unknown one is the word that came (D23)."""
    stream, pairs = await world.finished(wire(chunk({"content": "Ta"}), chunk(reason=reason)))

    assert [typed] == pairs[-1][0].finish_reasons == stream.finish_reasons
    assert type(typed) is type(stream.finish_reasons[0])
    assert common == pairs[-1][0].common_finish_reasons == stream.common_finish_reasons
    assert [reason] == stream.construct_call_response().finish_reasons
    assert "complete" == stream.status


async def test_lines_that_the_sdk_refuses_are_read(world):
    """CRLF, comments, event names, ids and ``data:`` without a space are read as the standard says."""
    text = event(HEAD | {"choices": [{"index": 0, "delta": {"content": "Tape"}}]}, line_end="\r\n")
    stop = chunk(reason="stop").replace(b"data: ", b": waiting\n\nid: 7\nevent: message\ndata:", 1)
    stream, pairs = await world.finished(raw(text, stop, b"data:[DONE]\r\n\r\n"))

    assert "Tape" == stream.content
    assert 2 == len(pairs)
    assert ["stop"] == stream.finish_reasons


async def test_characters_may_be_cut_anywhere(world):
    """Characters of several bytes may be split over reads."""
    body = b"".join((chunk({"content": "磁带 📼"}).decode().encode(), chunk(reason="stop"), DONE))
    body = body.replace(b"\\u78c1\\u5e26 \\ud83d\\udcfc", "磁带 📼".encode())
    stream, _ = await world.finished(raw(*(body[at : at + 1] for at in range(60)), body[60:]))

    assert "磁带 📼" == stream.content


async def test_break_and_go_on(world):
    """After a break a loop starts from the first chunk, and goes on live where it stopped (D15)."""
    # The gap keeps the stacks from handing out several events in one read.
    stream = await world.stream(chat("A tale of tape.", azure=True, gap=0.02))

    first = await world.pairs(stream, stop_after=4)
    assert ("A tale", "streaming") == (stream.content, stream.status)
    with pytest.raises(StreamNotConsumedError, match="not read to its end"):
        _ = stream.message_param
    again = await world.pairs(stream)
    assert first == again[:4]
    assert 8 == len(again)
    assert ("A tale of tape.", "complete") == (stream.content, stream.status)


async def test_iterate_twice(world):
    """A second loop sees the same, without another request (D15)."""
    stream, first = await world.finished(chat("Tape.", azure=True))

    assert first == await world.pairs(stream)
    assert 1 == len(world.requests)


async def test_nothing_is_sent_before_the_first_step(world):
    """The request goes out with the first step of the loop."""
    stream = await world.stream(chat("Tape.", azure=True))

    assert ([], "pending") == (world.requests, stream.status)
    assert "gpt-4o-mini" == stream.model
    await world.pairs(stream)
    assert (1, "gpt-4o-mini-2024-07-18") == (len(world.requests), stream.model)


async def test_times_and_heads_are_there(world):
    """Times, headers and the id of the request are known in both worlds (D12)."""
    stream, pairs = await world.finished(chat("Tape.", azure=True))

    assert 0 < stream.start_time <= stream.end_time
    assert 0 <= stream.time_to_first_token <= pairs[-1][0].received_at
    assert stream.response_headers["content-type"].startswith("text/event-stream")
    assert stream.response_headers["apim-request-id"]
    assert stream.request_id


async def test_streamed_is_what_comes_at_once(world):
    """The response built from a stream says what the same answer says when it comes at once."""
    stream, _ = await world.finished(chat("A tale of tape.", azure=True))
    world.play(complete_chat("A tale of tape.", azure=True))
    at_once = await world.ask()

    built = stream.construct_call_response()
    assert (AzureCallResponse, AzureCallResponse) == (type(built), type(at_once))
    assert at_once == built
    assert at_once.content == built.content
    assert at_once.message_param == built.message_param
    assert at_once.usage == built.usage
    assert at_once.finish_reasons == built.finish_reasons
