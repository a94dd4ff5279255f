"""From plain JSON to the SDK's objects and back, whatever its shape is."""

from __future__ import annotations

import pytest
from azure.ai.inference.models import (
    ChatCompletions,
    ChatCompletionsToolCall,
    CompletionsFinishReason,
    CompletionsUsage,
    StreamingChatCompletionsUpdate,
)
from hypothesis import given
from hypothesis import strategies as st

from chunktape.azure import AzureCallResponse, AzureCallResponseChunk, FinishReason
from chunktape.azure.request import create_arguments
from chunktape.azure.sdk import build, dump, reason_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
NAMES = st.sampled_from(
    ("id", "created", "model", "choices", "usage", "function", "type", "prompt_tokens", "novel")
)
# Lists that are expected, but filled with anything; nothing here was ever sent.
CHOICES = st.lists(
    st.dictionaries(st.sampled_from(("index", "delta", "finish_reason", "x")), JSON, max_size=3)
)


@pytest.mark.parametrize("kind", [ChatCompletions, StreamingChatCompletionsUpdate, CompletionsUsage])
@given(raw=st.dictionaries(NAMES, JSON, max_size=5))
def test_objects_of_any_shape_are_built(kind, raw):
    """The SDK's objects can be built of anything, and hold all of it."""
    made = build(kind, raw)

    assert kind is type(made)
    assert raw == dump(made)


@given(choices=CHOICES)
def test_choices_of_any_shape_are_built(choices):
    """Choices may hold anything."""
    raw = {"id": "x", "choices": choices}

    assert raw == dump(build(StreamingChatCompletionsUpdate, raw))


def test_unknown_fields_are_kept():
    """What the SDK has no field for stays in its objects."""
    raw = {
        "choices": [
            {"index": 0, "delta": {"content": "a", "mood": 1}, "content_filter_results": {"hate": {}}}
        ],
        "usage": {"prompt_tokens": 3, "prompt_tokens_details": {"cached_tokens": 2}},
        "system_fingerprint": None,
    }
    made = build(StreamingChatCompletionsUpdate, raw)

    assert raw == dump(made)
    assert ("a", 3) == (made.choices[0].delta.content, made.usage.prompt_tokens)
    assert {"cached_tokens": 2} == made.usage["prompt_tokens_details"]


def test_a_tool_call_is_a_function():
    """A tool call whose type was not sent is one of a function, as the SDK has it."""
    made = build(ChatCompletionsToolCall, {"id": "c", "function": {"name": "now", "arguments": "{}"}})

    assert ("function", "now", "{}") == (made.type, made.function.name, made.function.arguments)


@pytest.mark.parametrize("word", ["stop", "length", "content_filter", "tool_calls"])
def test_known_finish_reasons_are_members(word):
    """Known reasons become the SDK's own, which `FinishReason` is."""
    assert FinishReason is CompletionsFinishReason
    assert CompletionsFinishReason is type(reason_of(word))
    assert word == reason_of(word)


@pytest.mark.parametrize("word", ["STOP", "eos", ""])
def test_unknown_finish_reasons_stay_raw(word):
    """Every other reason is the word that came (D23)."""
    assert (word, str) == (reason_of(word), type(reason_of(word)))


def test_a_chunk_is_made_of_the_sdks_object():
    """A chunk can be built by hand, of an object of the SDK or of plain JSON."""
    raw = {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"content": "a"}}]}

    for one in (raw, build(StreamingChatCompletionsUpdate, raw)):
        piece = AzureCallResponseChunk(one)
        assert ("a", "x", "m", raw) == (piece.content, piece.id, piece.model, piece.raw)


def test_a_stream_of_bytes_is_read():
    """A response can be made of bytes alone."""
    body = b'{"id": "x", "model": "m", "choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}'
    response = AzureCallResponse.from_bytes(body, url="https://mine.openai.azure.com/")

    assert ("a", "m", ["stop"]) == (response.content, response.model, response.finish_reasons)
    assert response.usage is None


def test_a_decorated_client_is_given_everything():
    """Where something around `create` hides what it knows, nothing is moved into `extra_body`."""
    body = {"model": "m", "messages": [], "novel": 1}

    assert body == create_arguments(lambda *_, **__: None, body)
    assert {"model": "m", "extra_body": {"messages": [], "novel": 1}} == create_arguments(
        lambda *, model: model, body
    )
