"""`BaseCallResponseChunk`, by OpenAI's: one event, what it says, and how it is written down."""

from __future__ import annotations

import json

import pytest
from openai.types.chat import ChatCompletionChunk
from openai_wire import COUNTS, HEAD
from pydantic import BaseModel

from chunktape.openai import OpenAICallResponseChunk


def event(**choice):
    return HEAD | {"choices": [{"index": 0, "delta": {}, "finish_reason": None} | choice]}


def made(**choice):
    return OpenAICallResponseChunk(event(**choice))


def test_made_of_the_sdks_own_object():
    """A chunk can be made of the SDK's own object, as programs do that test their own code."""
    raw = event(delta={"content": "Hi"})
    own = OpenAICallResponseChunk(chunk=ChatCompletionChunk.model_validate(raw))

    assert ("Hi", "Hi", None, None, False) == (
        own.content,
        str(own),
        own.event,
        own.received_at,
        own.repeated,
    )
    assert ChatCompletionChunk.model_validate(raw) == own.chunk
    assert OpenAICallResponseChunk(raw) == own


def test_equality():
    """Chunks are equal where they say the same, whenever they came, however their JSON is written."""
    raw = event(delta={"content": "é"})
    spaced = OpenAICallResponseChunk.of_event(json.dumps(raw, indent=1), "é", None, 7.0)

    assert spaced == OpenAICallResponseChunk(raw, received_at=1.0)
    assert spaced != spaced.repeat()
    assert spaced != OpenAICallResponseChunk(raw, event="error")
    assert spaced != raw
    assert (True, 7.0, "é") == (
        spaced.repeat().repeated,
        spaced.repeat().received_at,
        spaced.repeat().content,
    )


@pytest.mark.parametrize(
    ("choice", "name", "expected"),
    [
        ({"delta": {"content": "a"}}, "content", "a"),
        ({"delta": {"content": None}}, "content", ""),
        ({"delta": {"content": "a"}, "index": 1}, "content", ""),
        ({"finish_reason": "stop"}, "finish_reasons", ["stop"]),
        ({"finish_reason": ""}, "finish_reasons", None),
        ({"finish_reason": "function_call"}, "common_finish_reasons", ["tool_calls"]),
        ({"finish_reason": "other"}, "common_finish_reasons", None),
        ({"delta": {"refusal": "No"}}, "refusal", "No"),
        ({"delta": {"reasoning": "Hm"}}, "reasoning", "Hm"),
        ({"delta": {"audio": {"data": "AAE="}}}, "audio", b"\x00\x01"),
        ({"delta": {"audio": {"data": "AAEA="[:3]}}}, "audio", b"\x00\x01"),
        ({"delta": {"audio": {"data": "A"}}}, "audio", None),
        ({"delta": {"audio": {"transcript": "x"}}}, "audio_transcript", "x"),
        ({"logprobs": {"content": []}}, "logprobs", {"content": []}),
    ],
)
def test_what_a_choice_says(choice, name, expected):
    """Each property reads one thing of the event, and None or nothing where it is not there."""
    assert expected == getattr(made(**choice), name)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"choices": None},
        {"choices": "x"},
        {"choices": [None, 1]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": "x"}]},
        {
            "choices": [
                {"delta": {"content": 5, "audio": "x", "tool_calls": [{"function": {"arguments": 3}}]}}
            ]
        },
        {"choices": [{"finish_reason": 5, "index": "0", "logprobs": []}]},
        {"usage": "x", "model": 5, "id": 7},
        {"usage": {"prompt_tokens": "12"}},
    ],
)
def test_events_of_any_shape(raw):
    """Whatever a host sends, no property raises, and what is not there is None or nothing."""
    one = OpenAICallResponseChunk(raw)
    names = ("refusal", "reasoning", "logprobs", "audio", "audio_transcript", "model", "id", "finish_reasons")

    assert ("", raw) == (one.content, one.raw)
    assert {None} == {
        getattr(one, name) for name in (*names, "input_tokens", "cached_tokens", "output_tokens")
    }
    assert isinstance(one.chunk, ChatCompletionChunk)
    assert one.cost_metadata.streaming_mode


def test_counts():
    """Counts are read by the SDK's type, in the common words, and for the cost."""
    one = OpenAICallResponseChunk(HEAD | {"choices": [], "usage": COUNTS})

    assert (100, 40, 20, 5, 120) == (
        one.usage.prompt_tokens,
        one.cached_tokens,
        one.output_tokens,
        one.common_usage.reasoning_tokens,
        one.common_usage.total_tokens,
    )


@pytest.mark.parametrize("data", ["keep-alive", "[1, 2]", '"x"', "[" * 100_000])
def test_no_json(data):
    """An event that is no JSON object keeps its text, and is an empty object."""
    one = OpenAICallResponseChunk.of_event(data, "", None, None)

    assert (data, {}, "", None) == (one.data, one.raw, one.content, one.finish_reasons)


class Kept(BaseModel):
    chunks: list[OpenAICallResponseChunk]


def test_d21_json_and_back():
    """D21: a chunk is written as JSON with its time and its mark, alone and inside of a model."""
    one = OpenAICallResponseChunk(
        event(delta={"content": "é"}), event="message", received_at=0.25, repeated=True
    )
    kept = Kept(chunks=[one])

    for back in (
        OpenAICallResponseChunk.model_validate_json(one.model_dump_json()),
        OpenAICallResponseChunk.model_validate(one.model_dump()),
        Kept.model_validate_json(kept.model_dump_json()).chunks[0],
        Kept.model_validate(kept.model_dump()).chunks[0],
    ):
        assert (one, "é", "message", 0.25, True) == (
            back,
            back.content,
            back.event,
            back.received_at,
            back.repeated,
        )


def test_repr():
    """A chunk shows its event."""
    assert f"OpenAICallResponseChunk({made().data})" == repr(made())
