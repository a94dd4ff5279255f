"""A host that sends something of another shape than its protocol says never makes a decoder raise."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_shape import ODD, places, with_other

from chunktape.dialects.detect import answer_for, assembly_for, common_reason_for
from chunktape.wire.sse import Event

CHAT = [
    {
        "id": "1",
        "model": "m",
        "created": 1,
        "choices": [
            {
                "index": 0,
                "delta": {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
                        {"type": "text", "text": "Hi"},
                    ],
                    "refusal": "No",
                    "reasoning_details": [{"type": "reasoning.text", "text": "so", "index": 0}],
                    "tool_calls": [
                        {
                            "index": 0,
                            "id": "a",
                            "type": "function",
                            "function": {"name": "f", "arguments": "{"},
                        }
                    ],
                    "audio": {"id": "x", "data": "AAAA", "transcript": "la", "expires_at": 1},
                    "annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}],
                },
                "logprobs": {"content": [{"token": "Hi", "logprob": -0.1, "top_logprobs": []}]},
                "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}},
                "finish_reason": "tool_calls",
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
        "error": {"message": "no", "code": 1},
    }
]
MESSAGES = [
    {
        "type": "message_start",
        "message": {"id": "1", "model": "m", "content": [], "usage": {"input_tokens": 1}},
    },
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": "", "citations": []},
    },
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "citations_delta", "citation": {"type": "c"}},
    },
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "name": "f", "input": {}},
    },
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]
RESPONSES = [
    {
        "type": "response.created",
        "response": {"id": "1", "model": "m", "output": [], "status": "in_progress"},
    },
    {"type": "response.output_item.added", "output_index": 0, "item": {"type": "function_call", "name": "f"}},
    {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{"},
    {"type": "response.output_item.added", "output_index": 1, "item": {"type": "message", "content": []}},
    {
        "type": "response.content_part.added",
        "output_index": 1,
        "content_index": 0,
        "part": {"type": "output_text"},
    },
    {
        "type": "response.output_text.delta",
        "output_index": 1,
        "content_index": 0,
        "delta": "Hi",
        "logprobs": [],
    },
    {
        "type": "response.completed",
        "response": {"status": "completed", "output": [], "usage": {"input_tokens": 1}},
    },
]
WIRES = {"chat_completions": CHAT, "messages": MESSAGES, "responses": RESPONSES}


@pytest.mark.parametrize("dialect", WIRES)
@given(data=st.data())
def test_odd_shapes_never_raise(dialect, data):
    """Up to three parts of a stream's events are something else; all that can be asked has an answer."""
    wire = list(WIRES[dialect])
    for _ in range(data.draw(st.integers(1, 3))):
        number = data.draw(st.integers(0, len(wire) - 1))
        place = data.draw(st.sampled_from(list(places(wire[number]))))
        wire[number] = with_other(wire[number], place, data.draw(ODD))
    assembly = assembly_for(dialect)
    for one in wire:
        kind = one.get("type") if isinstance(one, dict) else None
        part = assembly.feed(Event(json.dumps(one), kind if isinstance(kind, str) else None))
        for fragment in () if part is None else part.fragments:
            fragment.so_far()
        assembly.outline()
    assembly.finish()
    body = assembly.body()
    answer = answer_for(dialect, body)
    for choice in answer.choices:
        common_reason_for(dialect, choice)

    assert assembly.status in {"complete", "interrupted", "error"}
    assert isinstance(answer.text or "", str)
    assert body == json.loads(json.dumps(body))
