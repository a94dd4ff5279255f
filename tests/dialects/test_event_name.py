"""What an event is called in a sequence, dialect by dialect. All events here are invented."""

from __future__ import annotations

import json

import pytest

from chunktape.dialects.event_name import names_of, run_lengths
from chunktape.wire.sse import events


def delta(reason=None, **fields):
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": reason}], "usage": None}


def call(**function):
    return {"tool_calls": [{"index": 0, "function": function}]}


CHAT = [
    (delta(role="assistant", content=""), "role"),
    (delta(role="assistant", content="a"), "text"),
    (delta(content="a") | {"obfuscation": "xyz"}, "text"),
    (delta("stop", content="a"), "text+finish"),
    (delta("stop"), "finish"),
    (delta(), "empty"),
    (delta(reasoning_content="a", reasoning="a"), "reasoning"),
    (delta(content=[{"type": "thinking", "thinking": [{"text": "a"}]}]), "reasoning"),
    (delta(refusal="a"), "refusal"),
    (delta(audio={"data": "AAAA"}), "audio"),
    (delta(**call(name="look")), "tool_call"),
    (delta(**call(arguments="{}")), "tool_call"),
    (delta(function_call={"name": "look"}), "tool_call"),
    (delta(annotations=[{"type": "url_citation"}]), "annotations"),
    (delta() | {"usage": {"prompt_tokens": 1}}, "usage"),
    (delta("stop", content="a") | {"usage": {"prompt_tokens": 1}}, "text+finish+usage"),
    ({"choices": [], "usage": {"prompt_tokens": 1}}, "usage"),
    ({"choices": [], "prompt_filter_results": [{}]}, "prompt_filter"),
    ({"choices": [{"index": 0, "content_filter_results": {"hate": {}}}]}, "content_filter"),
    (delta(content="a")["choices"][0] | {"choices": [{"text": "a"}]}, "text"),
    ({"error": {"message": "no"}}, "error"),
    ({"choices": 3}, "empty"),
]
MESSAGES = [
    ({"type": "message_start", "message": {}}, "message_start"),
    ({"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}, "content_block_start"),
    ({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}}, "text"),
    (
        {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": ""}},
        "input_json",
    ),
    ({"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "a"}}, "thinking"),
    ({"type": "content_block_delta", "delta": {"signature": "a"}}, "signature"),
    ({"type": "content_block_delta", "delta": 3}, "content_block_delta"),
    ({"type": "ping"}, "ping"),
    ({"type": "error", "error": {}}, "error"),
    ({"type": "message_news"}, "message_news"),
    ({}, "data"),
]


@pytest.mark.parametrize(
    ("dialect", "data", "name"),
    [
        *(("chat_completions", *one) for one in CHAT),
        *(("messages", *one) for one in MESSAGES),
        ("completions", {"choices": [{"text": "a", "index": 0, "finish_reason": "stop"}]}, "text+finish"),
        ("responses", {"type": "response.output_text.delta", "delta": "a"}, "response.output_text.delta"),
        (None, {"anything": 1}, "data"),
        (None, {"type": "thing"}, "thing"),
    ],
)
def test_object(dialect, data, name):
    """An event has the protocol's name, a delta the name of its kind; one of chat that of what it carries."""
    [event] = events(f"data: {json.dumps(data)}\n\n".encode())

    assert [name] == list(names_of(event, dialect))


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b": wait\n\n: wait\n\n", ["comment", "comment"]),
        (b": wait\ndata: [DONE]\n\n", ["comment", "[DONE]"]),
        (b"retry: 3\n\n", ["retry"]),
        (b"event: ping\n\n", ["ping"]),
        (b"id: 3\n\n", ["empty"]),
        (b"data:\n\n", ["empty"]),
        (b"data: no JSON\n\n", ["data"]),
        (b"event: error\ndata: no JSON\n\n", ["error"]),
        (b'data: {"choi', ["cut"]),
        (b'event: news\ndata: {"a": 1}\n\n', ["empty"]),
    ],
)
def test_other(body, names):
    """What is no object is named too: nothing that came is left out of a sequence."""
    assert names == [name for event in events(body) for name in names_of(event, "chat_completions")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["a"], ["a"]),
        (["a", "a", "b", "a"], ["a×2", "b", "a"]),  # noqa: RUF001 - times, not an x
        (["1"] * 1000, ["1×1000"]),  # noqa: RUF001 - as above
    ],
)
def test_run_lengths(names, expected):
    """Equal neighbours are counted."""
    assert expected == run_lengths(names)
