"""Streams of Anthropic's messages, sync and async alike. The wire is built by hand: all of it is invented."""

from __future__ import annotations

import anthropic
import pytest
from anthropic.types import (
    MessageDeltaUsage,
    RawContentBlockDeltaEvent,
    RawMessageStartEvent,
    RedactedThinkingBlock,
    TextBlock,
    ThinkingBlock,
    Usage,
)
from anthropic_world import TORN, World, whole
from message_wire import STOP, begun, block, called, delta, reason, said, sse, started, stopped, thought

from chunktape import ProviderStreamError, StreamInterruptedError, StreamNotConsumedError
from chunktape.anthropic import AnthropicCallResponse, AnthropicCallResponseChunk, AnthropicStream

PING = sse("ping")
CITED = {
    "type": "char_location",
    "cited_text": "It rained.",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 0,
    "end_char_index": 10,
    "file_id": None,
}


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


async def test_text(world):
    """A loop sees every event once, and the stream knows what was said, asked and counted."""
    stream, pairs = await world.finished(whole(said(0, "Grüße, ", "Wörld")), returned="Say hello")

    assert isinstance(stream, AnthropicStream)
    assert [
        ("message_start", ""),
        ("content_block_start", ""),
        ("content_block_delta", "Grüße, "),
        ("content_block_delta", "Wörld"),
        ("content_block_stop", ""),
        ("message_delta", ""),
        ("message_stop", ""),
    ] == [(chunk.event, str(chunk)) for chunk, _ in pairs]
    assert ("Grüße, Wörld", "complete", ["end_turn"], ["stop"], "claude-m", "msg_1", 9, 5, None) == (
        stream.content,
        stream.status,
        stream.finish_reasons,
        stream.common_finish_reasons,
        stream.model,
        stream.id,
        stream.input_tokens,
        stream.output_tokens,
        stream.cached_tokens,
    )
    assert {"role": "user", "content": "Say hello"} == stream.user_message_param
    assert {
        "role": "assistant",
        "content": [{"type": "text", "text": "Grüße, Wörld"}],
    } == stream.message_param
    assert "anthropic" == stream.provider
    assert [None] * 7 == [tool for _, tool in pairs]


async def test_response_of_stream(world):
    """The response made of a stream equals the one that the same answer gives without streaming."""
    wire = whole(thought(0, "ab", "sig"), said(1, "Hi"), called(2, '{"city": "Bern"}'), word="tool_use")
    stream, _ = await world.finished(wire)
    response = stream.construct_call_response()
    content = [
        {"type": "thinking", "thinking": "ab", "signature": "sig"},
        {"type": "text", "text": "Hi"},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"city": "Bern"}},
    ]

    assert isinstance(response, AnthropicCallResponse)
    assert isinstance(response.response, anthropic.types.Message)
    assert content == response.body["content"]
    assert (response.content, response.thinking, response.signature) == (
        stream.content,
        stream.thinking,
        stream.signature,
    )
    assert response.message_param == stream.message_param
    assert AnthropicCallResponse.model_validate_json(response.model_dump_json()) == response


async def test_pieces(world):
    """Where the bytes are cut changes nothing, not even within a character."""
    wire = whole(said(0, "日本", "🎞️"))

    stream, pairs = await world.finished(*(wire[at : at + 3] for at in range(0, len(wire), 3)))

    assert ("日本🎞️", 7) == (stream.content, len(pairs))


async def test_two_thinking_blocks(world):
    """Each thinking block keeps its own signature, and all of them go back in order."""
    wire = whole(
        thought(0, ["First", "."], "sig-1"), called(1, ""), thought(2, ["Second."], "sig-2"), said(3, "Done")
    )
    stream, pairs = await world.finished(wire)

    assert [("First.", "sig-1"), ("Second.", "sig-2")] == [
        (one.thinking, one.signature) for one in stream.blocks if isinstance(one, ThinkingBlock)
    ]
    assert ("First.Second.", "sig-1") == (stream.thinking, stream.signature)
    assert ["First", ".", "Second."] == [chunk.thinking for chunk, _ in pairs if chunk.thinking]
    assert ["sig-1", "sig-2"] == [chunk.signature for chunk, _ in pairs if chunk.signature]
    assert ["thinking", "tool_use", "thinking", "text"] == [
        one["type"] for one in stream.message_param["content"]
    ]


@pytest.mark.parametrize("blocks", [(), (said(0, " "),)], ids=["none", "blank"])
async def test_an_answer_that_says_nothing_goes_back(world, blocks):
    """The API refuses a message without content, so nothing at all is said in words."""
    stream, _ = await world.finished(whole(*blocks, reason="refusal"))

    assert {"role": "assistant", "content": [{"type": "text", "text": "(no answer)"}]} == stream.message_param
    assert "" == stream.content.strip()


async def test_redacted_thinking(world):
    """Redacted thinking is a block of its own, and goes back as it came."""
    redacted = {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"}
    stream, _ = await world.finished(whole(block(0, **redacted), said(1, "Hi")))

    assert [RedactedThinkingBlock, TextBlock] == [type(one) for one in stream.blocks]
    assert redacted == stream.message_param["content"][0]
    assert (None, None) == (stream.thinking, stream.signature)


@pytest.mark.parametrize(
    ("word", "fields", "common"),
    [
        ("end_turn", {}, ["stop"]),
        ("stop_sequence", {"stop_sequence": "\n\nHuman:"}, ["stop"]),
        ("max_tokens", {}, ["length"]),
        ("model_context_window_exceeded", {}, ["length"]),
        ("refusal", {}, ["content_filter"]),
        ("pause_turn", {}, None),
        ("a_word_of_tomorrow", {}, None),
    ],
)
async def test_stop_reason(world, word, fields, common):
    """The stop reason is the provider's own word, whatever it is; the common one stands beside it."""
    stream, pairs = await world.finished(whole(said(0, "Hi"), word=word, **fields))

    assert ([word], common, fields.get("stop_sequence")) == (
        stream.finish_reasons,
        stream.common_finish_reasons,
        stream.stop_sequence,
    )
    assert [([word], common)] == [
        (chunk.finish_reasons, chunk.common_finish_reasons) for chunk, _ in pairs if chunk.finish_reasons
    ]
    assert fields.get("stop_sequence") == stream.construct_call_response().stop_sequence


async def test_citations(world):
    """Citations are kept with their text, and come with the chunk that brings them."""
    cited = {"type": "citations_delta", "citation": CITED}
    deltas = ({"type": "text_delta", "text": "It rained."}, cited)
    stream, pairs = await world.finished(whole(block(0, *deltas, type="text", text="", citations=[])))

    assert [CITED] == stream.citations == stream.construct_call_response().citations
    assert [[CITED]] == [chunk.citations for chunk, _ in pairs if chunk.citations]
    assert [{name: CITED[name] for name in CITED if name != "file_id"}] == stream.message_param["content"][0][
        "citations"
    ]


async def test_server_tools(world):
    """Tools that run at Anthropic are blocks, not calls that the caller has to answer."""
    search = called(0, '{"query": "rain"}', ident="srvtoolu_1", name="web_search", kind="server_tool_use")
    result = {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [
            {
                "type": "web_search_result",
                "title": "Rain",
                "url": "https://example.com",
                "encrypted_content": "ZQ==",
                "page_age": None,
            }
        ],
    }
    stream, pairs = await world.finished(whole(search, block(1, **result), said(2, "Rain.")))

    assert ["server_tool_use", "web_search_tool_result", "text"] == [one.type for one in stream.blocks]
    assert (None, [None] * len(pairs)) == (stream.tools, [tool for _, tool in pairs])
    assert result == stream.message_param["content"][1]


async def test_usage(world):
    """Usage is merged, never added up: of several message_deltas the last wins, and a 0 lowers no input."""
    wire = b"".join(
        (
            started(usage={"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": 4}),
            said(0, "Hi"),
            sse("message_delta", delta={"stop_reason": None}, usage={"output_tokens": 3}),
            reason(usage={"input_tokens": 0, "output_tokens": 7, "cache_read_input_tokens": None}),
            STOP,
        )
    )
    stream, pairs = await world.finished(wire)

    assert isinstance(stream.usage, Usage)
    assert (9, 7, 4) == (stream.input_tokens, stream.output_tokens, stream.cached_tokens)
    assert [(Usage, 9, 4, 1), (MessageDeltaUsage, None, None, 3), (MessageDeltaUsage, 0, None, 7)] == [
        (type(chunk.usage), chunk.input_tokens, chunk.cached_tokens, chunk.output_tokens)
        for chunk, _ in pairs
        if chunk.usage
    ]
    assert (9, 4, 7, True) == (
        stream.cost_metadata.input_tokens,
        stream.cost_metadata.cached_tokens,
        stream.cost_metadata.output_tokens,
        stream.cost_metadata.streaming_mode,
    )


async def test_ping(world):
    """A ping is an event like the others, with the fields that it has."""
    stream, pairs = await world.finished(started() + PING + said(0, "Hi") + PING + reason() + STOP)
    pings = [chunk for chunk, _ in pairs if chunk.event == "ping"]

    assert (2, "Hi") == (len(pings), stream.content)
    assert ("ping", {"type": "ping"}) == (pings[0].chunk.type, pings[0].chunk.to_dict())


async def test_sdk_objects(world):
    """A chunk builds the SDK's own object for its event, and reads one as well."""
    _, pairs = await world.finished(whole(said(0, "Hi")))
    objects = [chunk.chunk for chunk, _ in pairs]

    assert [RawMessageStartEvent, RawContentBlockDeltaEvent] == [type(objects[0]), type(objects[2])]
    assert "Hi" == objects[2].delta.text
    assert ("msg_1", "claude-m") == (pairs[0][0].id, pairs[0][0].model)
    assert [chunk.raw for chunk, _ in pairs] == [AnthropicCallResponseChunk(one).raw for one in objects]
    assert "Hi" == AnthropicCallResponseChunk(chunk=objects[2]).content


async def test_first_output(world):
    """What was produced first counts, not the events around it."""
    _, pairs = await world.finished(whole(thought(0, ["Hm"], "s"), PING, said(1, "Hi"), called(2, "{}")))

    assert [
        ("content_block_delta", "Hm"),
        ("content_block_delta", "s"),
        ("content_block_delta", "Hi"),
        ("content_block_start", ""),
        ("content_block_delta", ""),
    ] == [
        (chunk.event, chunk.thinking or chunk.signature or chunk.content)
        for chunk, _ in pairs
        if chunk.says_something(chunk.raw)
    ]


async def test_error_event(world):
    """An error inside of the stream is raised with the provider's words; what came before stays."""
    error = {"type": "overloaded_error", "message": "Overloaded"}
    stream = await world.stream(
        started() + begun(0, type="text", text=""),
        delta(0, type="text_delta", text="Hi"),
        sse("error", error=error),
    )

    with pytest.raises(ProviderStreamError) as raised:
        await world.pairs(stream)

    assert ("overloaded_error", {"type": "error", "error": error}) == (raised.value.code, raised.value.raw)
    assert ("error", "Hi", raised.value) == (stream.status, stream.content, stream.error)
    assert "error" == stream.construct_call_response(allow_partial=True).status


@pytest.mark.parametrize(
    ("wire", "ending"),
    [
        (started() + begun(0, type="text", text="") + delta(0, type="text_delta", text="Hi"), None),
        (started() + said(0, "Hi") + reason(), None),
        (started() + said(0, "Hi"), TORN),
    ],
    ids=["within a block", "before message_stop", "torn down"],
)
async def test_cut(world, wire, ending):
    """A stream that stops before its end raises, and is never taken for a whole answer."""
    stream = await world.stream(wire, ending=ending)

    with pytest.raises(StreamInterruptedError):
        await world.pairs(stream)
    with pytest.raises(StreamNotConsumedError):
        _ = stream.message_param

    partial = stream.construct_call_response(allow_partial=True)
    assert ("interrupted", "Hi", "interrupted", "Hi") == (
        stream.status,
        stream.content,
        partial.status,
        partial.content,
    )


async def test_break_and_resume(world):
    """After a break, iterating starts at the first chunk again and goes on live."""
    wire = [
        started(),
        begun(0, type="text", text=""),
        *(delta(0, type="text_delta", text=one) for one in "abc"),
    ]
    stream = await world.stream(*wire, stopped(0) + reason() + STOP)

    first = await world.pairs(stream, stop_after=3)
    with pytest.raises(StreamNotConsumedError):
        _ = stream.message_param
    again, third = await world.pairs(stream), await world.pairs(stream)

    assert [chunk for chunk, _ in first] == [chunk for chunk, _ in again][:3]
    assert [chunk for chunk, _ in again] == [chunk for chunk, _ in third]
    assert ("abc", 8) == (stream.content, len(again))


async def test_times(world):
    """Both worlds keep when the stream began, when each event came, and when it ended."""
    stream, pairs = await world.finished(whole(said(0, "Hi")))
    times = [chunk.received_at for chunk, _ in pairs]

    assert times == sorted(times)
    assert 0 < stream.start_time < stream.end_time
    assert times[2] == stream.time_to_first_token


async def test_json_round_trip(world):
    """Chunks can be written as JSON and read again."""
    _, pairs = await world.finished(whole(thought(0, ["Hm"], "s"), said(1, "Hï")))

    for chunk, _ in pairs:
        assert chunk == AnthropicCallResponseChunk.model_validate_json(chunk.model_dump_json())


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "content_block_delta"},
        {"type": "content_block_delta", "index": "x", "delta": None},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "a_delta_of_tomorrow", "text": "?"}},
        {"type": "content_block_start", "index": 7, "content_block": {"type": "a_block_of_tomorrow", "x": 1}},
        {"type": "an_event_of_tomorrow", "model": "?", "usage": "?"},
        {"type": "message_start", "message": "no object"},
    ],
)
async def test_unknown_event(world, event):
    """An event that nobody knows is a chunk that says what it says, and breaks nothing."""
    odd = sse(event.get("type", "odd"), **{name: one for name, one in event.items() if name != "type"})
    stream, pairs = await world.finished(started() + said(0, "Hi") + odd + reason() + STOP)
    chunk, _ = pairs[4]

    assert (event.get("type", "odd"), "", None) == (chunk.chunk.type, chunk.content, chunk.finish_reasons)
    assert ("Hi", "complete", 7) == (stream.content, stream.status, len(pairs))
