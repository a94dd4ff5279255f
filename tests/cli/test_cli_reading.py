"""What the events of a stream say to a reader."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.cli.reading import Reading
from chunktape.loopback import chat, error_event, message
from chunktape.wire.sse import Event, events


def told(*data, terminated=True):
    reading = Reading()
    said = {}
    for one in data:
        text = one if isinstance(one, str) else json.dumps(one)
        for part in reading.feed(Event(text, terminated=terminated)):
            kind, words = said.get(part.key, (part.kind, ""))
            said[part.key] = kind, words + part.text
    return list(said.values())


def told_by(reply):
    body = b"".join(step.data for step in reply.steps if hasattr(step, "data"))
    return told(*(event.data for event in events(body)))


def choice(index=0, **delta):
    return {"object": "chat.completion.chunk", "choices": [{"index": index, "delta": delta}]}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(chat("Hello there."), [("text", "Hello there.")], id="chat"),
        pytest.param(chat("Hello.", azure=True), [("text", "Hello.")], id="azure"),
        pytest.param(chat(refusal="I cannot."), [("refusal", "I cannot.")], id="refusal"),
        pytest.param(
            chat(tools=[("weather", {"city": "Kraków"}), ("time", {})]),
            [("tool", 'weather {"city":"Kraków"}'), ("tool", "time {}")],
            id="chat tools",
        ),
        pytest.param(
            message("Hello.", thinking="Hmm.", tools=[("weather", {"city": "Kraków"})]),
            [("thinking", "Hmm."), ("text", "Hello."), ("tool", 'weather {"city":"Kraków"}')],
            id="message",
        ),
    ],
)
def test_scripted_replies(reply, expected):
    """Text, thinking, refusals and tool calls of the loopback provider's replies are read in full."""
    assert expected == told_by(reply)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            [choice(reasoning="So"), choice(reasoning_content=".")], [("thinking", "So.")], id="groq"
        ),
        pytest.param(
            [
                choice(
                    content=[
                        {"type": "thinking", "thinking": [{"type": "text", "text": "So"}]},
                        {"text": "4"},
                    ]
                )
            ],
            [("thinking", "So"), ("text", "4")],
            id="mistral",
        ),
        pytest.param(
            [choice(0, content="a"), choice(1, content="b")], [("text", "a"), ("text", "b")], id="n"
        ),
        pytest.param(
            [choice(function_call={"name": "f"}), choice(function_call={"arguments": "{}"})],
            [("tool", "f {}")],
            id="function call",
        ),
        pytest.param(
            [choice(content="", annotations=[1])],
            [("data", '{"annotations":[1]}')],
            id="unknown field of a delta",
        ),
        pytest.param(
            [{"choices": [{"text": "Once "}]}, {"choices": [{"text": "more"}]}],
            [("text", "Once more")],
            id="completions",
        ),
        pytest.param(
            [
                {"type": "response.created"},
                {"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning"}},
                {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "So."},
                {
                    "type": "response.output_item.added",
                    "output_index": 1,
                    "item": {"type": "function_call", "name": "f"},
                },
                {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{"},
                {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "}"},
                {"type": "response.function_call_arguments.done", "output_index": 1, "arguments": "{}"},
                {"type": "response.output_text.delta", "output_index": 2, "content_index": 0, "delta": "Hi"},
                {"type": "response.output_text.done", "output_index": 2, "content_index": 0, "text": "Hi"},
                {"type": "response.completed", "response": {"error": None}},
            ],
            [("thinking", "So."), ("tool", "f {}"), ("text", "Hi")],
            id="responses",
        ),
        pytest.param(
            [{"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "Hi"}],
            [("text", "Hi")],
            id="responses, told at the end only",
        ),
        pytest.param(
            [{"type": "response.web_search_call.searching"}, {"type": "response.new.kind", "x": 1}],
            [("data", '{"type": "response.new.kind", "x": 1}')],
            id="responses, unknown",
        ),
        pytest.param(
            [
                {
                    "type": "content_block_start",
                    "index": 0,
                    "content_block": {"type": "redacted_thinking", "data": "xy"},
                }
            ],
            [("thinking", "(2 encrypted characters)")],
            id="redacted thinking",
        ),
        pytest.param(
            [{"type": "content_block_start", "index": 0, "content_block": {"type": "new"}}],
            [("data", '{"type":"new"}')],
            id="unknown block",
        ),
        pytest.param(
            [{"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta"}}],
            [("data", '{"type":"citations_delta"}')],
            id="unknown delta",
        ),
        pytest.param([{"new": "x" * 300}], [("data", '{"new": "' + "x" * 190 + "…")], id="unknown, cut"),
        pytest.param(["no JSON", "[1]"], [("data", "no JSON"), ("data", "[1]")], id="no object"),
        pytest.param(["[DONE]", {"type": "ping"}], [], id="frames"),
    ],
)
def test_other_dialects(data, expected):
    """What other providers say is read, and what is unknown is shown as the data it is."""
    assert expected == told(*data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            next(events(error_event("anthropic", status=529, message="Busy"))).data,
            "overloaded_error: Busy",
            id="anthropic",
        ),
        pytest.param(
            next(events(error_event("openai", message="Broken"))).data, "server_error: Broken", id="openai"
        ),
        pytest.param(
            choice(content="") | {"error": {"code": 400, "message": "Limit"}}, "400: Limit", id="openrouter"
        ),
        pytest.param({"error": "Broken"}, "Broken", id="text"),
        pytest.param({"error": {"why": 1}}, '{"error": {"why": 1}}', id="without a message"),
        pytest.param({"type": "error", "code": "x", "message": "Broken"}, "Broken", id="responses"),
        pytest.param(
            {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "Broken"}}},
            "server_error: Broken",
            id="failed",
        ),
        pytest.param(
            {
                "type": "response.incomplete",
                "response": {"incomplete_details": {"reason": "max_output_tokens"}},
            },
            "max_output_tokens",
            id="incomplete",
        ),
    ],
)
def test_errors_in_the_stream(data, expected):
    """An error that comes as an event is read as one."""
    assert [("error", expected)] == told(data)


def test_an_event_that_was_cut():
    """An event that the end of the stream cut is told from data that nobody knows."""
    expected = [("cut", '{"type":"mess')]

    assert expected == told('{"type":"mess', terminated=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "choices",
                    "delta",
                    "content",
                    "index",
                    "error",
                    "response",
                    "item",
                    "content_block",
                    "text",
                ]
            ),
            inner
            | st.sampled_from(
                ["content_block_delta", "response.output_text.delta", "content_block_start", "error"]
            ),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_event_is_too_strange(value):
    """Whatever JSON an event holds, it is read as text or not at all."""
    assert all(isinstance(text, str) and text for _, text in told(value))
