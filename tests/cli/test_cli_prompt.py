"""What a request asks, as a reader would say it."""

from __future__ import annotations

import json

import pytest

from chunktape.cli.prompt import read_prompt
from chunktape.wire.message import Request


def read(body):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    prompt = read_prompt(Request("POST", "https://api.openai.com/v1/responses", (), data))
    return prompt.model, [(line.who, line.text) for line in prompt.lines]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {
                "model": "gpt-4o-mini",
                "messages": [
                    {"role": "system", "content": "Be  brief.\nVery."},
                    {"role": "user", "content": [{"type": "text", "text": "Look:"}, {"type": "image_url"}]},
                    {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": "{}"}}],
                    },
                    {"role": "tool", "content": "21"},
                ],
                "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}],
            },
            (
                "gpt-4o-mini",
                [
                    ("system", "Be brief. Very."),
                    ("user", "Look: [image_url]"),
                    ("assistant", "f {}"),
                    ("tool", "21"),
                    ("tools", "f, web_search"),
                ],
            ),
            id="chat completions",
        ),
        pytest.param(
            {
                "model": "claude",
                "system": [{"type": "text", "text": "Be brief."}],
                "messages": [
                    {"role": "assistant", "content": [{"type": "tool_use", "name": "f", "input": {"a": 1}}]},
                    {"role": "user", "content": [{"type": "tool_result", "content": "21"}]},
                ],
            },
            ("claude", [("system", "Be brief."), ("assistant", 'f {"a": 1}'), ("user", "21")]),
            id="messages",
        ),
        pytest.param(
            {
                "model": "gpt",
                "instructions": "Be brief.",
                "input": [
                    {"role": "user", "content": "hi"},
                    {"type": "function_call", "name": "f", "arguments": "{}"},
                    {"type": "function_call_output", "output": "21"},
                ],
            },
            ("gpt", [("system", "Be brief."), ("user", "hi"), ("call", "f {}"), ("result", "21")]),
            id="responses",
        ),
        pytest.param({"model": "gpt", "input": "hi"}, ("gpt", [("user", "hi")]), id="responses, text"),
        pytest.param(
            {"model": "davinci", "prompt": "Once"}, ("davinci", [("prompt", "Once")]), id="completions"
        ),
        pytest.param({"name": "store"}, (None, [("body", '{"name": "store"}')]), id="something else"),
        pytest.param([1, 2], (None, [("body", "[1, 2]")]), id="a list"),
        pytest.param(b"", (None, []), id="nothing"),
        pytest.param(b"a=1&b=2", (None, [("body", "a=1&b=2")]), id="text"),
        pytest.param(b"\xff\xfe", (None, [("body", "2 bytes that are no text")]), id="bytes"),
        pytest.param(
            {"messages": ["x", 1, {}]}, (None, [("user", "x"), ("user", "1"), ("None", "[part]")]), id="odd"
        ),
        pytest.param({"input": "x" * 300}, (None, [("user", "x" * 199 + "…")]), id="cut"),
    ],
)
def test_prompts(body, expected):
    """The model, what was said by whom, and the tools are read from each kind of request."""
    assert expected == read(body)


def test_a_long_conversation_is_cut_in_its_middle():
    """Of many messages the first two and the last six are shown, and how many are left out."""
    messages = [{"role": "user", "content": str(number)} for number in range(20)]
    expected = ["0", "1", "12 more", "14", "15", "16", "17", "18", "19"]

    _, lines = read({"messages": messages})

    assert expected == [text for _, text in lines]


def test_many_tools_are_counted():
    """Of many tools the first eight are named, and how many are left out."""
    tools = [{"name": f"t{number}"} for number in range(10)]
    expected = ("tools", "t0, t1, t2, t3, t4, t5, t6, t7, … 2 more")

    _, lines = read({"input": "hi", "tools": tools})

    assert expected == lines[-1]
