"""What the events of a stream say to a reader, each as it comes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.dialects.detect import dialect_of
from chunktape.dialects.spoken import Listener
from chunktape.loopback import chat, error_event, message
from chunktape.wire.sse import Event, events

ANY = object()


def told(*data, dialect=ANY, name=None, terminated=True):
    texts = [one if isinstance(one, str) else json.dumps(one) for one in data]
    if dialect is ANY:
        dialect = dialect_of("".join(f"data: {text}\n\n" for text in texts).encode())
    listener = Listener(dialect)
    said = {}
    for text in texts:
        for part in listener.feed(Event(text, name, terminated=terminated)):
            kind, words = said.get(part.key, (part.kind, ""))
            said[part.key] = kind, words + part.text
    return list(said.values())


def told_by(reply):
    body = b"".join(step.data for step in reply.steps if hasattr(step, "data"))
    return told(*(event.data for event in events(body)))


def choice(index=0, **delta):
    return {"object": "chat.completion.chunk", "choices": [{"index": index, "delta": delta}]}


def call(arguments, **more):
    name = {"name": more.pop("name")} if "name" in more else {}
    return {"function": name | {"arguments": arguments}} | more


def block(index=0, **held):
    return {"type": "content_block_start", "index": index, "content_block": held}


def delta(kind, index=0, **held):
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind} | held}


def response(kind, **held):
    return {"type": f"response.{kind}"} | held


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
                        {"type": "text", "text": "4"},
                        {"type": "new", "text": "5"},
                    ]
                )
            ],
            [("thinking", "So"), ("text", "4"), ("data", '{"type":"new","text":"5"}')],
            id="mistral",
        ),
        pytest.param(
            [choice(reasoning="So.", reasoning_content="So.")], [("thinking", "So.")], id="vllm, twice"
        ),
        pytest.param(
            [
                choice(content="He") | {"usage": {}},
                choice(content="llo"),
                {"object": "chat.completion.chunk", "choices": [{"message": {"content": "Hello"}}]},
            ],
            [("text", "Hello")],
            id="perplexity, told again",
        ),
        pytest.param(
            [
                choice(tool_calls=[call('{"a":', id="1", index=0, name="f"), call("{}", id="2", index=1)]),
                choice(tool_calls=[call("1}", index=0), call("", index=1, name="g")]),
            ],
            [("tool", 'f {"a":1}'), ("tool", "{}g ")],
            id="interleaved calls",
        ),
        pytest.param(
            [
                choice(tool_calls=[call("{", id="1", name="f")]),
                choice(tool_calls=[call("}", id="")]),
                choice(tool_calls=[call("{}", id="2", name="f")]),
            ],
            [("tool", "f {}"), ("tool", "f {}")],
            id="calls without an index",
        ),
        pytest.param(
            [choice(1, tool_calls=[call("{}", index=0, name="f")]), choice(0, content="a")],
            [("tool", "f {}"), ("text", "a")],
            id="call of another choice",
        ),
        pytest.param(
            [choice(audio={"id": "a", "data": "UklGRg=="}), choice(audio={"transcript": "Yes"})],
            [("audio", "Yes")],
            id="speech",
        ),
        pytest.param(
            [choice(content="a"), {"object": "chat.completion.chunk", "new": 1}],
            [("text", "a"), ("data", '{"object": "chat.completion.chunk", "new": 1}')],
            id="chat without choices",
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
            [
                response("output_item.added", item={"type": "web_search_call"}),
                response("web_search_call.searching"),
                response("new.kind", x=1),
            ],
            [("tool", "web_search_call "), ("data", '{"type": "response.new.kind", "x": 1}')],
            id="responses, unknown",
        ),
        pytest.param(
            [
                response("output_item.added", item={"type": "function_call", "name": "f", "arguments": ""}),
                response("output_item.done", item={"type": "function_call", "name": "f", "arguments": "{}"}),
            ],
            [("tool", "f {}")],
            id="responses, arguments in the item only",
        ),
        pytest.param(
            [
                response("function_call_arguments.delta", output_index=0, delta="{}"),
                response("output_item.done", item={"type": "function_call", "name": "f", "arguments": "{}"}),
            ],
            [("tool", "{}f ")],
            id="responses, not announced",
        ),
        pytest.param(
            [
                response(
                    "completed",
                    response={
                        "status": "completed",
                        "output": [
                            {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]},
                            {"type": "function_call", "name": "f", "arguments": "{}"},
                        ],
                    },
                )
            ],
            [("text", "Hi"), ("tool", "f {}")],
            id="responses, the end only",
        ),
        pytest.param(
            [response("output_text.annotation.added", output_index=0, annotation={"url": "a"})],
            [("data", '{"url":"a"}')],
            id="responses, citation",
        ),
        pytest.param(
            [
                response("refusal.delta", output_index=0, delta="No"),
                response("refusal.done", output_index=0, refusal="No"),
                response("reasoning_text.done", output_index=1, text="So."),
                response("code_interpreter_call_code.delta", output_index=2, delta="1+1"),
            ],
            [("refusal", "No"), ("thinking", "So."), ("tool", "1+1")],
            id="responses, other words",
        ),
        pytest.param(
            [response("output_text.delta", output_index=0, delta=["new"])],
            [("data", '{"type": "response.output_text.delta", "output_index": 0, "delta": ["new"]}')],
            id="responses, a delta of another type",
        ),
        pytest.param(
            [
                {"type": "message_start", "message": {"content": [{"type": "text", "text": "So "}]}},
                block(1, type="server_tool_use", name="web_search", id="1", input={}),
                block(1, type="server_tool_use", name="web_search", id="1", input={}),
                delta("input_json_delta", 1, partial_json='{"q":'),
                delta("input_json_delta", 1, partial_json="1}"),
                delta("signature_delta", 1, signature="xyz"),
                {"type": "content_block_stop", "index": 1},
                block(1, type="text", text="it"),
                {"type": "content_block_delta", "delta": {"type": "text_delta", "text": " is."}},
                {"type": "new_kind"},
            ],
            [
                *(("text", "So "), ("tool", 'web_search {"q":1}'), ("text", "it is.")),
                ("data", '{"type": "new_kind"}'),
            ],
            id="messages, with habits",
        ),
        pytest.param(
            [block(type="tool_use", name="f", input={"a": 1})], [("tool", 'f {"a":1}')], id="whole input"
        ),
        pytest.param(
            [delta("input_json_delta", partial_json={"a": 1})], [("tool", '{"a":1}')], id="input as object"
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
        pytest.param({"type": "error", "code": "x", "message": "Broken"}, "x: Broken", id="responses"),
        pytest.param(
            {"choices": [{"delta": {}, "error": {"message": "Broken"}}]}, "Broken", id="in a choice"
        ),
        pytest.param({"choices": [], "x_groq": {"error": "Broken"}}, "Broken", id="groq"),
        pytest.param(
            {"type": "response.failed", "response": {}},
            '{"type": "response.failed", "response": {}}',
            id="failed, without words",
        ),
        pytest.param(
            {"type": "response.incomplete"}, '{"type": "response.incomplete"}', id="incomplete, without words"
        ),
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


@pytest.mark.parametrize("dialect", ["chat_completions", "messages", "responses", "completions", None])
@pytest.mark.parametrize("data", ["Broken", {"message": "Broken"}], ids=["text", "object"])
def test_an_error_by_name(data, dialect):
    """An event that is called an error is one, whatever it holds."""
    expected = [("error", "Broken")]

    assert expected == told(data, dialect=dialect, name="error")


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
                    "tool_calls",
                    "output_index",
                    "arguments",
                ]
            ),
            inner
            | st.sampled_from(
                [
                    *("content_block_delta", "content_block_start", "error", "tool_use", "text_delta"),
                    *("response.output_text.delta", "response.output_item.added", "response.completed"),
                ]
            ),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("dialect", ["chat_completions", "messages", "responses", "completions", None])
@given(values=st.lists(JSON, max_size=3))
def test_no_event_is_too_strange(dialect, values):
    """Whatever JSON an event holds, it is read as text or not at all."""
    assert all(isinstance(text, str) and text for _, text in told(*values, dialect=dialect))
