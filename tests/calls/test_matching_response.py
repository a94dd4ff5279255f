from __future__ import annotations

import json
from copy import deepcopy

import message_wire as wire
import pytest
from chat_stream import DONE, call, chunk, usage
from hypothesis import given
from hypothesis import strategies as st

from chunktape.anthropic import AnthropicCallResponse, AnthropicStream
from chunktape.azure import AzureCallResponse, AzureStream
from chunktape.calls.matching_response import assert_stream_matches_response
from chunktape.calls.protocol_difference import DIFFERENCES
from chunktape.errors import ConfigurationError, StreamInterruptedError, StreamNotConsumedError
from chunktape.openai import OpenAICallResponse, OpenAIStream

SAID = chunk({"role": "assistant", "content": "Hello, world"}, "stop")
CALLED = chunk({"tool_calls": [call("{}", name="look", id="call_1", index=0)]}, "tool_calls")
TEXT = {"role": "assistant", "content": "Hello, world"}
CALLS = [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
COUNTS = {"prompt_tokens": 3, "completion_tokens": 2}


def chat(*parts, kind=OpenAIStream):
    """Return a stream that was read to its end."""
    return kind.from_bytes(b"".join((*parts, DONE))).finish()


def spoken(*parts, kind=AnthropicStream):
    """Return a message stream that was read to its end."""
    return kind.from_bytes(b"".join(parts)).finish()


def completion(message, reason="stop", **more):
    """Return a body that came at once; `more` are fields of its choice, or of itself."""
    top = {name: more.pop(name) for name in ("usage", "id", "extra") if name in more}
    choice = {"index": 0, "message": message, "finish_reason": reason} | more
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "gpt-4o"}
    return head | {"choices": [choice]} | top


def message(*content, **more):
    """Return a message that came at once."""
    told = {"stop_reason": "end_turn", "usage": {"input_tokens": 9, "output_tokens": 5}}
    return wire.MESSAGE | told | {"content": list(content)} | more


def complaint(stream, response, **options):
    """Return the text of the error."""
    with pytest.raises(AssertionError) as raised:
        assert_stream_matches_response(stream, response, **options)
    return str(raised.value)


MESSAGE_STREAM = (wire.started(), wire.said(0, "Hello"), wire.reason(), wire.STOP)
HELLO = {"type": "text", "text": "Hello"}


@pytest.mark.parametrize(
    ("stream", "response"),
    [
        (chat(SAID), OpenAICallResponse(body=completion(TEXT))),
        (chat(SAID, kind=AzureStream), AzureCallResponse(body=completion(TEXT))),
        (spoken(*MESSAGE_STREAM), AnthropicCallResponse(body=message(HELLO))),
    ],
    ids=["openai", "azure", "anthropic"],
)
def test_the_same_answer_matches(stream, response):
    """A stream and its call response match the response, the SDK's own object, and the body."""
    for one in (stream, stream.construct_call_response()):
        for other in (response, response.response, response.body):
            assert_stream_matches_response(one, other)
            assert_stream_matches_response(one, other, shape_only=True)

    other = deepcopy(response.body) | {"model": "another"}

    assert complaint(stream, other) == (
        "The answer rebuilt from the stream is not the response\n"
        "  model\n"
        f"    stream:   {stream.model!r}\n"
        "    response: 'another'\n"
        "  of two runs, compare shape_only=True; ignore=[…] takes paths that this host does not tell alike"
    )


FILTERED = {"hate": {"filtered": False}}
CALL_WITH = "choices[].message.tool_calls[]"
# By the path of the difference: a stream, and the same answer as it comes at once.
ALIKE = {
    "**": (chat(SAID), completion(TEXT | {"refusal": None}, logprobs=None)),
    "choices[].message.content": (
        chat(CALLED),
        completion({"role": "assistant", "content": "", "tool_calls": CALLS}, "tool_calls"),
    ),
    "choices[].message.annotations": (chat(SAID), completion(TEXT | {"annotations": []})),
    "choices[].message.tool_calls": (chat(SAID), completion(TEXT | {"tool_calls": []})),
    f"{CALL_WITH}.index": (
        chat(CALLED),
        completion({"role": "assistant", "tool_calls": [CALLS[0] | {"index": 0}]}, "tool_calls"),
    ),
    "choices[].message.parsed": (chat(SAID), completion(TEXT | {"parsed": {"greeting": "Hello"}})),
    f"{CALL_WITH}.function.parsed_arguments": (
        chat(CALLED),
        completion(
            {
                "role": "assistant",
                "tool_calls": [
                    CALLS[0] | {"function": CALLS[0]["function"] | {"parsed_arguments": {"a": 1}}}
                ],
            },
            "tool_calls",
        ),
    ),
    "choices[].content_filter_results": (
        chat(
            chunk({"role": "assistant", "content": "Hello, world"}, "stop", content_filter_results=FILTERED)
        ),
        completion(TEXT, content_filter_results={"hate": {"filtered": False, "severity": "safe"}}),
    ),
    "choices[].content_filter_offsets": (
        chat(SAID, chunk(content_filter_offsets={"check_offset": 44})),
        completion(TEXT),
    ),
    "usage": (chat(SAID), completion(TEXT, usage=COUNTS)),
    "content[].input": (
        spoken(wire.started(), wire.called(0, '{"a": 1}'), wire.reason(), wire.STOP),
        message({"type": "tool_use", "id": "toolu_2", "name": "look", "input": {"b": "x", "c": []}}),
    ),
    "amazon-bedrock-invocationMetrics": (
        spoken(
            *MESSAGE_STREAM[:3],
            wire.sse("message_stop", **{"amazon-bedrock-invocationMetrics": {"inputTokenCount": 9}}),
        ),
        message(HELLO),
    ),
}


@pytest.mark.parametrize("one", DIFFERENCES, ids=[one.path for one in DIFFERENCES])
def test_what_the_protocol_causes_is_no_difference(one):
    """At each listed place the two may differ, there is a pair that does, and both modes allow it."""
    stream, response = ALIKE[one.path]
    runs_only = one.uncompared == "shape"

    assert stream.construct_call_response().body != response
    assert_stream_matches_response(stream, response, shape_only=True)
    if not runs_only:
        assert_stream_matches_response(stream, response)
    assert all((one.why, one.source))


@pytest.mark.parametrize(
    ("stream", "response", "path"),
    [
        (chat(SAID), completion({"role": "assistant", "content": ""}), "choices[0].message.content"),
        (chat(SAID), completion(TEXT | {"annotations": [1]}), "choices[0].message.annotations"),
        (chat(SAID), completion(TEXT | {"tool_calls": CALLS}), "choices[0].message.tool_calls"),
        (chat(SAID), completion(TEXT | {"refusal": ""}), "choices[0].message.refusal"),
        (chat(SAID, usage(**COUNTS)), completion(TEXT), "usage"),
        (
            chat(SAID, usage(**COUNTS)),
            completion(TEXT, usage=COUNTS | {"prompt_tokens": 4}),
            "usage.prompt_tokens",
        ),
        (chat(SAID), completion(TEXT, extra={"input": {}}), "extra"),
        (chat(SAID), completion(TEXT, extra={"nothing": None}), "extra"),
        (
            spoken(wire.started(), wire.called(0, '{"a": 1}'), wire.reason(), wire.STOP),
            message({"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 2}}),
            "content[0].input.a",
        ),
        (spoken(*MESSAGE_STREAM), message(HELLO, HELLO), "content[1]"),
        (spoken(*MESSAGE_STREAM), message(), "content[0]"),
    ],
)
def test_what_stands_beside_is_one(stream, response, path):
    """What is listed excuses nothing else: another value, another place, a value on the other side."""
    (line,) = [one for one in complaint(stream, response).splitlines()[1:-1] if not one.startswith("    ")]

    assert path == line.strip().partition(":")[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2),
    max_leaves=5,
)


def _without_nulls(value):
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


@given(left=JSON, right=JSON)
def test_two_values_match_where_they_are_the_same_json(left, right):
    """Anything unknown is compared: it matches where its JSON is the same, nulls of objects aside."""
    texts = [json.dumps(_without_nulls({"extra": one}), sort_keys=True) for one in (left, right)]
    stream, response = (OpenAICallResponse(body=completion(TEXT, extra=one)) for one in (left, right))

    try:
        assert_stream_matches_response(stream, response)
    except AssertionError:
        assert texts[0] != texts[1]
    else:
        assert texts[0] == texts[1]
    assert_stream_matches_response(stream, stream, shape_only=True)


def test_each_place_is_told():
    """The error tells values, what only one side has, and of long texts where they part."""
    words = "word " * 60
    stream = chat(chunk({"role": "assistant", "content": f"{words}and so on", "a": 1, "b": "x"}, "stop"))
    response = completion({"role": "assistant", "content": f"{words}for ever", "a": True, "c": []}, "stop")

    assert complaint(stream, response) == (
        "The answer rebuilt from the stream is not the response\n"
        "  choices[0].message.content\n"
        "    stream:   '…word word word word word word word word and so on'\n"
        "    response: '…word word word word word word word word for ever'\n"
        "  choices[0].message.a\n"
        "    stream:   1\n"
        "    response: True\n"
        "  choices[0].message.b: only in the stream: 'x'\n"
        "  choices[0].message.c: only in the response: []\n"
        "  of two runs, compare shape_only=True; ignore=[…] takes paths that this host does not tell alike"
    )


def test_many_places_are_counted():
    """Twenty places are told, and how many there are more."""
    response = completion(TEXT, extra={f"n{number}": number for number in range(25)})
    stream = OpenAICallResponse(body=completion(TEXT, extra={}))
    lines = complaint(stream, response).splitlines()

    assert (23, "  extra.n19: only in the response: 19", "  … and 5 more places") == (
        len(lines),
        lines[-3],
        lines[-2],
    )


def test_two_runs_have_one_shape():
    """Other words, ids, numbers and arguments, more blocks of a kind, and another order are one shape."""
    ours = spoken(
        wire.started(id="msg_7"),
        wire.said(0, "Let me see."),
        wire.called(1, '{"city": "Rome"}'),
        wire.reason("tool_use"),
        wire.STOP,
    )
    call_of_theirs = {"type": "tool_use", "id": "toolu_9", "name": "find", "input": {}}
    theirs = message(call_of_theirs, HELLO, call_of_theirs, stop_reason="tool_use")

    assert_stream_matches_response(ours, theirs, shape_only=True)


@pytest.mark.parametrize(
    ("response", "lines"),
    [
        (
            message(HELLO, {"type": "thinking", "thinking": "Hm", "signature": "s"}),
            ["  content[thinking]: only in the response: type, thinking, signature"],
        ),
        (message(), ["  content[text]: only in the stream: type, text"]),
        (
            message(HELLO | {"text": 1}),
            ["  content[text].text", "    stream:   text", "    response: a number"],
        ),
        (
            message(HELLO | {"text": 1}, HELLO | {"text": "a"}, HELLO | {"text": True}),
            ["  content[text].text", "    stream:   text", "    response: a boolean or a number or text"],
        ),
        (message(HELLO, stop_sequence="X"), ["  stop_sequence: only in the response: text"]),
        (
            message(HELLO, type="error"),
            ["  type", "    stream:   'message'", "    response: 'error'"],
        ),
        (
            message(HELLO | {"citations": [{"type": "char_location"}, {}]}),
            ["  content[text].citations: only in the response: [char_location], a list"],
        ),
        (
            message(HELLO, usage={}),
            [
                "  usage.input_tokens: only in the stream: a number",
                "  usage.output_tokens: only in the stream: a number",
            ],
        ),
        (
            message(HELLO, usage=[{}]),
            [
                "  usage.input_tokens: only in the stream: a number",
                "  usage.output_tokens: only in the stream: a number",
                "  usage[]: only in the response: nothing in it",
            ],
        ),
        (message(HELLO, role=None), ["  role: only in the stream: 'assistant'"]),
        (
            message(HELLO, usage=4),
            [
                "  usage",
                "    stream:   input_tokens, output_tokens",
                "    response: a number",
            ],
        ),
    ],
)
def test_another_shape_is_told(response, lines):
    """A field, a type or a kind of block that only one side has is told."""
    assert complaint(spoken(*MESSAGE_STREAM), response, shape_only=True).splitlines() == [
        "The answer rebuilt from the stream has another shape than the response",
        *lines,
        "  ignore=[…] takes paths that this host does not tell alike",
    ]


@pytest.mark.parametrize("shape_only", [False, True])
@pytest.mark.parametrize(
    "ignore", ["choices[].message.reasoning", "choices[0].message.reasoning", ["id", "choices[].message"]]
)
def test_ignored_paths_are_not_compared(ignore, shape_only):
    """A path that is ignored is no difference, nor is anything in it; others are."""
    stream, response = chat(SAID), completion(TEXT | {"reasoning": {"steps": [1]}})

    assert_stream_matches_response(stream, response, ignore=ignore, shape_only=shape_only)
    assert "choices[" in complaint(stream, response, ignore=["reasoning", "model"], shape_only=shape_only)


def test_a_stream_that_is_not_read_is_no_answer():
    """A stream must have been read to its end."""
    with pytest.raises(StreamNotConsumedError, match="not read yet"):
        assert_stream_matches_response(OpenAIStream.from_bytes(SAID + DONE), completion(TEXT))


def test_a_partial_answer_is_not_the_response():
    """What came of a stream that was cut is told to be partial, even where all of its words came."""
    stream = OpenAIStream.from_bytes(SAID)
    with pytest.raises(StreamInterruptedError):
        stream.finish()
    partial = stream.construct_call_response(allow_partial=True)

    assert complaint(partial, completion(TEXT)) == (
        "The answer rebuilt from the stream is not the response\n"
        "  the stream is not whole: its status is 'interrupted'"
    )


def test_two_streams_can_be_compared():
    """The response may be a stream, too."""
    assert_stream_matches_response(chat(SAID), chat(SAID))


@pytest.mark.parametrize(
    ("stream", "response", "told"),
    [
        ("Hello", completion(TEXT), "A str is no answer\n  give a stream or its call response"),
        (
            chat(SAID),
            None,
            "A NoneType is no answer\n  give a call response, or the object of the provider's SDK",
        ),
        (
            chat(SAID),
            AnthropicCallResponse(body=message(HELLO)),
            (
                "These answers speak different dialects: chat_completions and messages\n"
                "  compare a stream with a response of the same provider"
            ),
        ),
    ],
)
def test_what_is_no_pair_of_answers_is_refused(stream, response, told):
    """What cannot be compared is a mistake in the test, not a failure of it."""
    with pytest.raises(ConfigurationError) as raised:
        assert_stream_matches_response(stream, response)

    assert told == str(raised.value)
