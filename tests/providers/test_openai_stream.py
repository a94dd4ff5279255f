"""Text, counts and reasons of OpenAI's streams, sync and async alike; the wire is invented."""

from __future__ import annotations

from base64 import b64encode

import pytest
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai_wire import COUNTS, DONE, HEAD, ID, World, chunk, counted, said, sse, text_of, whole

from chunktape.openai import OpenAICallResponseChunk, OpenAIStream


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


async def test_text(world):
    """A loop sees every event once, and the stream knows what was said, asked and counted."""
    stream, pairs = await world.finished(whole(said("The ", "Name", " of the Wind")))

    assert OpenAIStream is type(stream)
    assert ["", "The ", "Name", " of the Wind", "", ""] == [str(one) for one, _ in pairs]
    assert [None] * 6 == [tool for _, tool in pairs]
    assert ("The Name of the Wind", "complete", ID, "gpt-4o-mini-2024-07-18", "openai") == (
        stream.content,
        stream.status,
        stream.id,
        stream.model,
        stream.provider,
    )
    assert (["stop"], ["stop"], 100, 40, 20) == (
        stream.finish_reasons,
        stream.common_finish_reasons,
        stream.input_tokens,
        stream.cached_tokens,
        stream.output_tokens,
    )
    assert {"role": "assistant", "content": "The Name of the Wind"} == stream.message_param
    assert {"role": "user", "content": "Say hello"} == stream.user_message_param
    assert (None, None, None) == (stream.tools, stream.tool, stream.error)
    assert CompletionUsage.model_validate(COUNTS) == stream.usage


async def test_chunks_are_the_sdks_own(world):
    """Each chunk gives the SDK's own object for its event, and what the event alone says."""
    _, pairs = await world.finished(whole(said("Hi")))
    _, hi, last, usage = (one for one, _ in pairs)

    assert {OpenAICallResponseChunk} == {type(one) for one, _ in pairs}
    assert {ChatCompletionChunk} == {type(one.chunk) for one, _ in pairs}
    assert "Hi" == hi.chunk.choices[0].delta.content
    assert (None, None, None) == (hi.finish_reasons, hi.usage, hi.input_tokens)
    assert (["stop"], ["stop"]) == (last.finish_reasons, last.common_finish_reasons)
    assert (100, 40, 20, ID) == (usage.input_tokens, usage.cached_tokens, usage.output_tokens, usage.id)
    assert (100, 40, 20, True) == (
        usage.cost_metadata.input_tokens,
        usage.cost_metadata.cached_tokens,
        usage.cost_metadata.output_tokens,
        usage.cost_metadata.streaming_mode,
    )


async def test_d1_usage_event_keeps_the_finish_reason(world):
    """D1: with finish=length, the usage event behind it wipes no reason, and repeating it counts once."""
    wire = (said("Hi"), chunk({}, "length"), chunk({}, "length"), counted(), DONE)
    stream, _ = await world.finished(b"".join(wire))

    assert ["length"] == stream.finish_reasons
    assert ["length"] == stream.common_finish_reasons
    assert ["length"] == stream.construct_call_response().finish_reasons


async def test_d1_an_empty_reason_is_none(world):
    """D1: an empty finish reason behind the real one replaces nothing."""
    stream, pairs = await world.finished(said("Hi") + chunk({}, "stop") + chunk({}, "") + DONE)

    assert ["stop"] == stream.finish_reasons
    assert [None, ["stop"], None] == [one.finish_reasons for one, _ in pairs]


async def test_d3_usage_beside_a_choice_after_the_finish(world):
    """D3: usage may come beside a choice, after the finish reason; a later count replaces an earlier one."""
    first = chunk({}, "stop", top={"usage": {"prompt_tokens": 100, "completion_tokens": 1}})
    last = chunk({"content": ""}, top={"usage": {"prompt_tokens": 0, "completion_tokens": 2}})
    stream, _ = await world.finished(said("Hi") + first + last + DONE)

    assert (100, 2, ["stop"]) == (stream.input_tokens, stream.output_tokens, stream.finish_reasons)


async def test_d3_usage_on_every_event_is_not_summed(world):
    """D3: hosts that count along send usage on every event; the last one wins."""
    events = [
        chunk({"content": "a"}, top={"usage": {"prompt_tokens": 7, "completion_tokens": number}})
        for number in (1, 2, 3)
    ]
    stream, _ = await world.finished(b"".join((*events, chunk({}, "stop"), DONE)))

    assert (7, 3) == (stream.input_tokens, stream.output_tokens)


async def test_no_usage(world):
    """What was not counted is None, and so is its cost."""
    stream, _ = await world.finished(whole(said("Hi"), usage=False))
    metadata = stream.cost_metadata

    assert (None, None, None, None) == (
        stream.usage,
        stream.input_tokens,
        stream.cached_tokens,
        stream.output_tokens,
    )
    assert (None, None) == (metadata.input_tokens, stream.cost)
    assert stream.construct_call_response().usage is None


async def test_d4_d12_events_without_choices(world):
    """D4, D12: an event without choices comes out as a chunk, first, last and in the middle."""
    empty = sse({"id": "", "object": "", "created": 0, "model": "", "choices": []})
    bare = sse({"choices": None}) + sse({"id": ID}) + sse([1, 2]) + sse('"text"')
    stream, pairs = await world.finished(empty + said("Hi") + bare + chunk({}, "stop") + counted() + DONE)

    assert ["", "Hi", "", "", "", "", "", ""] == [one.content for one, _ in pairs]
    assert ("Hi", "complete", ID, 1795168800) == (
        stream.content,
        stream.status,
        stream.id,
        stream.construct_call_response().body["created"],
    )
    assert (None, None, []) == (pairs[0][0].id, pairs[0][0].model, pairs[0][0].chunk.choices)


async def test_refusal(world):
    """A refusal is no content, and goes back as what it is."""
    wire = whole(chunk({"refusal": "I am "}), chunk({"refusal": "sorry."}))
    stream, pairs = await world.finished(wire)

    assert ("", "I am sorry.") == (stream.content, stream.refusal)
    assert ["I am ", "sorry."] == [one.refusal for one, _ in pairs if one.refusal]
    assert {"role": "assistant", "content": None, "refusal": "I am sorry."} == stream.message_param
    assert "I am sorry." == stream.construct_call_response().refusal


async def test_d13_two_choices(world):
    """D13: with n=2 text, reasons and logprobs are kept per choice, and `content` is choice 0's."""
    tokens = [{"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}]
    wire = b"".join(
        (
            chunk({"role": "assistant", "content": ""}, index=1),
            chunk({"role": "assistant", "content": ""}, index=0),
            chunk({"content": "b1"}, index=1, logprobs={"content": tokens, "refusal": None}),
            chunk({"content": "a1"}, index=0),
            chunk({"content": "b2"}, index=1),
            chunk({}, "length", index=1),
            chunk({"content": "a2"}, index=0),
            chunk({}, "stop", index=0),
            counted(),
            DONE,
        )
    )
    stream, pairs = await world.finished(wire)
    body = stream.construct_call_response().response

    assert ("a1a2", "a1a2") == (stream.content, text_of(pairs))
    assert ["a1a2", "b1b2"] == [one.message.content for one in body.choices]
    assert ["stop", "length"] == stream.finish_reasons == stream.common_finish_reasons
    assert (None, None) == (stream.logprobs, body.choices[0].logprobs)
    assert "x" == body.choices[1].logprobs.content[0].token


async def test_d13_one_open_choice_is_no_end(world):
    """D13, D22: with n=2 a stream is complete only when both choices have a reason."""
    wire = chunk({"content": "a"}, "stop", index=0) + chunk({"content": "b"}, index=1) + DONE
    stream = await world.stream(wire, stream={"raise_interrupted": False})

    await world.pairs(stream)

    assert ("interrupted", ["stop"]) == (stream.status, stream.finish_reasons)


async def test_logprobs(world):
    """Log probabilities of all events are put together."""
    one, two = ({"token": word, "logprob": -1.0, "bytes": None, "top_logprobs": []} for word in ("H", "i"))
    wire = chunk({"content": "H"}, logprobs={"content": [one], "refusal": None})
    wire += chunk({"content": "i"}, logprobs={"content": [two], "refusal": None})
    stream, pairs = await world.finished(whole(wire))

    assert {"content": [one, two], "refusal": None} == stream.logprobs
    assert [one] == pairs[1][0].logprobs["content"]
    assert [one, two] == [
        token.model_dump() for token in stream.construct_call_response().response.choices[0].logprobs.content
    ]


@pytest.mark.parametrize("apart", [True, False], ids=["padded for itself", "cut anywhere"])
async def test_audio(world, apart):
    """Spoken output: its id, its bytes, its transcript and its expiry; it goes back by its id.

    No recording of streamed speech is public: the shape is what OpenAI documents.
    """
    sound = bytes(range(50))
    coded = b64encode(sound).decode()
    pieces = (
        [b64encode(sound[:10]).decode(), b64encode(sound[10:]).decode()] if apart else [coded[:7], coded[7:]]
    )
    audio = [
        {"id": "audio_1", "transcript": "Hel"},
        {"transcript": "lo"},
        {"data": pieces[0]},
        {"data": pieces[1]},
        {"expires_at": 1795172400},
    ]
    stream, pairs = await world.finished(whole(*(chunk({"audio": one}) for one in audio)))
    response = stream.construct_call_response()

    assert ("audio_1", sound, "Hello", "") == (
        stream.audio_id,
        stream.audio,
        stream.audio_transcript,
        stream.content,
    )
    assert ["Hel", "lo"] == [one.audio_transcript for one, _ in pairs if one.audio_transcript]
    assert 2 == len([one for one, _ in pairs if one.audio])
    assert 1795172400 == response.response.choices[0].message.audio.expires_at
    assert sound == response.audio
    assert {"role": "assistant", "content": None, "audio": {"id": "audio_1"}} == stream.message_param


async def test_d14_nothing_is_lost(world):
    """D14: what the stream carried besides text stands in the rebuilt response."""
    cited = {"type": "url_citation", "url_citation": {"url": "https://example.org", "title": "E"}}
    wire = chunk({"reasoning_content": "Hm."}) + said("Hi") + chunk({"annotations": [cited]})
    wire += chunk({}, "stop", top={"service_tier": "default", "invented_field": {"deep": [1]}}) + counted()
    stream, pairs = await world.finished(wire + DONE)
    response = stream.construct_call_response()
    built = response.response

    assert isinstance(built, ChatCompletion)
    assert ("fp_invented", "default", 1795168800) == (
        built.system_fingerprint,
        built.service_tier,
        built.created,
    )
    assert [cited] == [one.to_dict() for one in built.choices[0].message.annotations]
    assert ("Hm.", "Hm.", "Hm.") == (stream.reasoning, response.reasoning, pairs[0][0].reasoning)
    assert {"deep": [1]} == response.body["invented_field"] == pairs[3][0].raw["invented_field"]
    assert (5, COUNTS) == (response.common_usage.reasoning_tokens, response.body["usage"])


async def test_content_filter(world):
    """An answer that the filter stopped says so; no recording shows it."""
    stream, _ = await world.finished(whole(said("I"), reason="content_filter"))

    assert ["content_filter"] == stream.common_finish_reasons


async def test_d23_an_unknown_reason_is_kept_raw(world):
    """D23: a reason that nobody knows is told as it came, and has no common word."""
    stream, pairs = await world.finished(whole(said("Hi"), reason="invented_reason"))

    assert (["invented_reason"], None) == (stream.finish_reasons, stream.common_finish_reasons)
    assert ["invented_reason"] == pairs[2][0].finish_reasons
    assert pairs[2][0].common_finish_reasons is None
    assert "complete" == stream.status


async def test_groq_counts_in_a_field_of_its_own(world):
    """Groq's counts lie in `x_groq`, and are read there."""
    last = chunk(
        {}, "stop", top={"x_groq": {"id": "req_1", "usage": {"prompt_tokens": 3, "completion_tokens": 4}}}
    )
    stream, pairs = await world.finished(said("Hi") + last + DONE)

    assert (3, 4, 3) == (stream.input_tokens, stream.output_tokens, pairs[1][0].input_tokens)


async def test_content_as_a_list(world):
    """Mistral sends content as a list of parts: their text is text, their thoughts are reasoning."""
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    wire = chunk({"content": [thought]}) + chunk({"content": [{"type": "text", "text": "Hi "}]}) + said("you")
    stream, pairs = await world.finished(HEADLESS + wire + chunk({}, "stop") + DONE)

    assert ("Hi you", "Hi you", "Hm.") == (stream.content, text_of(pairs), stream.reasoning)
    assert [thought, {"type": "text", "text": "Hi you"}] == stream.message_param["content"]


HEADLESS = sse({name: value for name, value in HEAD.items() if name != "id"} | {"choices": []})
