"""Which dialect an exchange speaks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.dialects.answer import Choice
from chunktape.dialects.detect import (
    answer_for,
    assembly_for,
    common_reason_for,
    dialect_of,
    dialect_of_object,
    dialect_of_url,
    is_event_stream,
    read,
)
from chunktape.dialects.profile import profile_of

DIALECTS = ["chat_completions", "messages", "responses", "completions"]
CHUNK = (
    b'data: {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "hi"}}]}\n\n'
)
ENDED = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("https://api.openai.com/v1/chat/completions", "chat_completions"),
        ("https://api.mistral.ai/v1/chat/completions#stream", "chat_completions"),
        (
            "https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=1",
            "chat_completions",
        ),
        ("https://x.services.ai.azure.com/models/chat/completions?api-version=1", "chat_completions"),
        ("https://api.openai.com/v1/chat/completions/chatcmpl-1", "chat_completions"),
        ("https://x.openai.azure.com/openai/deployments/gpt/completions?api-version=1", "completions"),
        ("http://localhost:8000/v1/completions/", "completions"),
        ("https://api.anthropic.com/v1/messages?beta=true", "messages"),
        ("https://api.anthropic.com/v1/messages/count_tokens", None),
        ("https://api.anthropic.com/v1/messages/batches", None),
        ("https://api.openai.com/v1/threads/t/messages", None),
        ("https://api.openai.com/v1/chat/completions/chatcmpl-1/messages", None),
        ("https://api.deepseek.com/responses", "responses"),
        ("https://x.openai.azure.com/openai/responses?api-version=1", "responses"),
        ("https://api.openai.com/v1/responses/resp_1?stream=true", "responses"),
        ("https://api.openai.com/v1/responses/resp_1/cancel", "responses"),
        ("https://api.openai.com/v1/responses/resp_1/input_items", None),
        ("https://api.openai.com/v1/responses/compact", None),
        ("https://api.openai.com/v1/embeddings", None),
        ("https://responses/", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_a_path_tells_the_dialect(url, dialect):
    """The end of the path tells it, whatever the host; other endpoints speak none."""
    assert dialect == dialect_of_url(url)


@pytest.mark.parametrize(
    ("data", "dialect"),
    [
        ({"object": "chat.completion.chunk", "choices": []}, "chat_completions"),
        ({"object": "chat.completion"}, "chat_completions"),
        ({"object": "", "choices": [], "prompt_filter_results": []}, "chat_completions"),
        ({"choices": [{"delta": {}}]}, "chat_completions"),
        ({"choices": [{"text": "", "delta": {}}]}, "chat_completions"),
        ({"choices": [{"text": ""}]}, "completions"),
        ({"object": "text_completion"}, "completions"),
        ({"object": "response"}, "responses"),
        ({"type": "response.created"}, "responses"),
        ({"type": "message_start"}, "messages"),
        ({"type": "message", "role": "assistant"}, "messages"),
        ({"type": "message"}, None),
        ({"type": "error"}, None),
        ({"object": ["response"], "type": {}}, None),
        ({}, None),
    ],
)
def test_a_shape_tells_the_dialect(data, dialect):
    """What an object says of itself tells it, or how its choices look."""
    assert dialect == dialect_of_object(data)


@pytest.mark.parametrize(
    ("body", "url", "dialect"),
    [
        (CHUNK, "https://host/v1/messages", "chat_completions"),
        (b"{}", "https://host/v1/messages", "messages"),
        (b"", "https://host/v1/messages", "messages"),
        (b"\xef\xbb\xbf: comment\n\n" + CHUNK, None, "chat_completions"),
        (b"data: [DONE]\n\n", None, None),
        (b"<html></html>", None, None),
        (b": " + b"x" * 10_000 + b"\n\n" + CHUNK, None, "chat_completions"),
        (CHUNK.rstrip(), None, "chat_completions"),
        (b'event: ping\ndata: {"type": "ping"}\n\n' + CHUNK, None, "chat_completions"),
        (b'data: {"type": "ping"}\n\n', None, "messages"),
        (b'data: {"type": "error", "error": {"type": "overloaded_error"}}\n\n', None, "messages"),
        (b'data: {"type": "error", "error": {}, "sequence_number": 1}\n\n', None, "responses"),
        (b'data: {"type": "error", "message": "no"}\n\n', None, "responses"),
        (b'{"type": "error", "error": {}}', "https://host/chat/completions", "chat_completions"),
    ],
)
def test_the_shape_of_the_reply_wins_over_the_path(body, url, dialect):
    """The reply is asked first, then the path; an error tells only where nothing else does."""
    assert dialect == dialect_of(body, url=url)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: {}", True),
        (b": c", True),
        (b' {"a": 1}', False),
        (b"[]", False),
        (b"<html>", False),
        (b"", False),
    ],
)
def test_an_event_stream_is_told_by_its_first_character(body, expected):
    """JSON and pages are no event streams."""
    assert expected == is_event_stream(body)


def test_a_stream_is_read():
    """A recorded stream gives the answer and how it ended."""
    reading = read(CHUNK + ENDED + b"data: [DONE]\n\n")

    assert ("chat_completions", "hi", "complete", None, True) == (
        reading.dialect,
        reading.answer.text,
        reading.status,
        reading.error,
        reading.streamed,
    )


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (None, "interrupted"),
        ("https://host/chat/completions", "interrupted"),
        ("https://router.huggingface.co/chat/completions", "complete"),
    ],
)
def test_the_host_tells_what_ends_a_stream(url, status):
    """A stream without an end marker is whole only from a host that sends none."""
    assert status == read(CHUNK + ENDED, url=url).status


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"object": "response", "status": "completed", "error": null, "output": []}', "complete", None),
        (b'{"error": {"code": "bad", "message": "no"}}', "error", "bad"),
        (b'{"object": "resp', "interrupted", None),
    ],
)
def test_a_body_that_came_at_once_is_read(body, status, code):
    """A whole body, one that is an error, and one that is cut are told apart."""
    reading = read(body, url="https://host/v1/responses")

    assert ("responses", status, code, False) == (
        reading.dialect,
        reading.status,
        reading.error and reading.error.code,
        reading.streamed,
    )


def test_what_is_no_dialect_is_not_read():
    """Another endpoint's reply has no reading."""
    assert read(b'{"object": "list", "data": []}', url="https://host/v1/embeddings") is None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_has_an_assembly_and_an_answer(dialect):
    """What a new assembly holds decodes to an answer of its dialect."""
    assembly = assembly_for(dialect, profile=profile_of("api.openai.com"))

    assert (dialect, "interrupted") == (answer_for(dialect, assembly.body()).dialect, assembly.status)


@pytest.mark.parametrize(
    ("dialect", "reason", "common"),
    [
        ("chat_completions", "tool_calls", "tool_calls"),
        ("messages", "end_turn", "stop"),
        ("responses", "max_output_tokens", "length"),
        ("completions", "length", "length"),
        *((dialect, None, None) for dialect in DIALECTS),
        *((dialect, "new", None) for dialect in DIALECTS),
    ],
)
def test_a_finish_reason_has_a_common_word(dialect, reason, common):
    """Every dialect's word is translated, and one that nobody knows is not."""
    assert common == common_reason_for(dialect, Choice(0, (), reason))


@given(
    st.binary(max_size=60)
    | st.dictionaries(st.text(max_size=8), st.none()).map(lambda d: json.dumps(d).encode())
)
def test_no_bytes_raise(body):
    """Bytes that are no reply have no dialect, and say nothing under a known path."""
    reading = read(body, url="https://host/v1/responses")

    assert (None, "responses", None) == (dialect_of(body), reading.dialect, reading.answer.text)
