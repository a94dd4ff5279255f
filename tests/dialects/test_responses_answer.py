"""What a response means: blocks, tool calls, finish reasons and usage."""

from __future__ import annotations

import pytest
from responses_stream import CALL

from chunktape.dialects.answer import Usage
from chunktape.dialects.responses import answer_of, common_reason

USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 3},
}


def test_a_custom_tool_call_has_its_text():
    """The input of a custom tool is kept as text, which need not be JSON."""
    item = {"type": "custom_tool_call", "call_id": "c", "name": "shout", "input": "LOUD"}

    (tool,) = answer_of({"output": [item]}).tools

    assert ("shout", "LOUD", "c", item) == (tool.name, tool.arguments, tool.id, tool.raw)


def test_reasoning_is_thinking():
    """Summaries and reasoning text are thinking, and reasoning that is not shown is kept as redacted."""
    items = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "S"}], "content": None},
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "R"}]},
        {"type": "reasoning", "summary": [], "encrypted_content": "x"},
    ]

    answer = answer_of({"output": items})

    assert "SR" == answer.thinking
    assert ["thinking", "thinking", "redacted_thinking"] == [block.kind for block in answer.first.blocks]


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        *(
            ({"type": name}, "other")
            for name in ("web_search_call", "file_search_call", "mcp_call", "image_generation_call", "new")
        ),
        ({"type": "shell_call_output"}, "tool_result"),
    ],
)
def test_every_item_is_a_block(item, kind):
    """Built-in tools, and items nobody knows yet, are blocks that hold what came."""
    (block,) = answer_of({"output": [item]}).first.blocks

    assert (kind, item) == (block.kind, block.raw)


@pytest.mark.parametrize(
    ("status", "details", "items", "raw", "common"),
    [
        ("completed", None, [], "completed", "stop"),
        ("completed", None, [CALL], "completed", "tool_calls"),
        ("incomplete", {"reason": "max_output_tokens"}, [], "max_output_tokens", "length"),
        ("incomplete", {"reason": "max_output_tokens"}, [CALL], "max_output_tokens", "length"),
        ("incomplete", {"reason": "content_filter"}, [], "content_filter", "content_filter"),
        ("incomplete", None, [], "incomplete", None),
        ("incomplete", {"reason": "steered"}, [], "steered", None),
        ("failed", None, [], "failed", None),
        ("in_progress", None, [], None, None),
        (None, None, [], None, None),
    ],
)
def test_the_finish_reason_is_the_status_or_why_it_is_incomplete(status, details, items, raw, common):
    """The provider's own word is kept, and the common one stands beside it where there is one."""
    choice = answer_of({"status": status, "incomplete_details": details, "output": items}).first

    assert (raw, common) == (choice.finish_reason, common_reason(choice))


def test_usage_keeps_every_count():
    """All counts are read, and none is invented."""
    full, bare = (answer_of({"output": [], "usage": usage}).usage for usage in (USAGE, {"input_tokens": 0}))

    assert (Usage(9, 7, 4, 2, 3), Usage(input_tokens=0)) == (full, bare)


def test_a_body_that_is_an_error_has_no_choice():
    """A body without output says nothing."""
    answer = answer_of({"error": {"message": "no"}})

    assert ((), None, None) == (answer.choices, answer.usage, answer.text)
