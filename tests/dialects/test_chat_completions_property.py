"""The chat completions state machine under whatever may come. All data is invented."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from chat_stream import DONE, HEAD, assemble, call, chunk, event, feed, usage
from hypothesis import given
from hypothesis import strategies as st

from chunktape.dialects import chat_event
from chunktape.dialects.chat_completions import ChatCompletionsAssembly, answer_of
from chunktape.wire.sse import EventParser

STREAM = b"".join(
    [
        b": waiting\r\n\r\n",
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"content": piece}) for piece in ("Grüße ", "🎞️", " 世界")),
        chunk({"reasoning": "Hm"}, mood="calm"),
        chunk({"tool_calls": [call('{"x": ', name="f", index=0, id="a")]}),
        chunk({"tool_calls": [call("1}", index=0), call("", name="g", index=1, id="b")]}),
        chunk({}, "tool_calls"),
        usage(prompt_tokens=3, completion_tokens=9),
        DONE,
    ]
)
EVENTS = [block + b"\n\n" for block in STREAM.split(b"\n\n") if block]

names = st.sampled_from(
    [
        *("id", "object", "created", "model", "choices", "usage", "x_groq", "prompt_filter_results", "p"),
        *("error", "index", "delta", "message", "finish_reason", "logprobs", "content_filter_results"),
        *("content", "role", "refusal", "reasoning", "reasoning_details", "executed_tools", "audio"),
        *("data", "transcript", "tool_calls", "function_call", "function", "custom", "name", "arguments"),
        *("type", "text", "thinking", "prompt_tokens", "prompt_tokens_details", "hate", "severity"),
    ]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "text", "thinking", "stop", "error", "a", "=="])
)
garbage = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)
deltas = st.dictionaries(names, garbage, max_size=5)
choices = st.fixed_dictionaries(
    {}, optional={"index": scalars, "delta": deltas | garbage, "finish_reason": scalars, "logprobs": garbage}
)
bodies = st.dictionaries(names, garbage, max_size=5) | st.fixed_dictionaries(
    {"choices": st.lists(choices | garbage, max_size=3)}, optional={"usage": garbage, "x_groq": garbage}
)


def outcome(assembly):
    return assembly.body(), assembly.finish(), assembly.status


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_slicing_the_bytes_anywhere_gives_the_same(cuts):
    """Wherever the bytes are cut, also inside of a character, the assembly is the same."""
    assembly, parser = ChatCompletionsAssembly(), EventParser()
    edges = [0, *sorted(cuts), len(STREAM)]
    for start, end in pairwise(edges):
        for one in parser.feed(STREAM[start:end]):
            assembly.feed(one)
    for one in parser.finish():
        assembly.feed(one)

    assert outcome(assemble(STREAM)) == outcome(assembly)


@pytest.mark.parametrize("kept", range(len(EVENTS)))
def test_d22_a_stream_cut_after_any_event_is_interrupted(kept):
    """D22: all that came is there, and it does not look complete."""
    assembly, parts = feed(*EVENTS[:kept])

    assert "interrupted" == assembly.status
    assert "".join(part.content for part in parts) == (answer_of(assembly.body()).text or "")


def test_the_whole_stream_is_complete():
    """The stream that the cuts are made of is complete itself."""
    assert "complete" == assemble(STREAM).status


@given(st.lists(bodies, max_size=4))
def test_garbage_never_raises(objects):
    """Whatever JSON comes, wrong types everywhere, there is a body that can be written as JSON."""
    assembly, parts = feed(*(event(one) for one in objects))

    assert len(objects) == len(parts)
    assert json.loads(json.dumps(assembly.body())) == assembly.body()
    assert answer_of(assembly.body()).dialect == "chat_completions"
    assert all(isinstance(one.so_far().arguments, str) for part in parts for one in part.fragments)


@given(bodies)
def test_reading_garbage_never_raises(data):
    """Each function that reads one object takes any object."""
    for name in chat_event.__all__:
        read = getattr(chat_event, name)
        if name.endswith("_of") and name not in {"message_of", "pieces_of"}:
            read(data)

    assert isinstance(answer_of(data).choices, tuple)


@given(bodies)
def test_d14_what_nobody_knows_is_kept(extra):
    """D14: an unknown field holds at the end what was sent, at every level."""
    assembly = assemble(
        event(HEAD | {"novel": extra, "choices": [{"index": 0, "novel": extra, "delta": {"novel": extra}}]})
    )

    body = assembly.body()

    assert [extra, extra] == [body["novel"], body["choices"][0]["novel"]]
    if not json.dumps(extra).count('"index"'):
        assert extra == body["choices"][0]["message"]["novel"]


@given(st.lists(st.text(max_size=4), max_size=8))
def test_texts_are_joined(pieces):
    """The text is its pieces, whatever characters they have."""
    assembly, parts = feed(*(chunk({"content": piece}) for piece in pieces))

    assert "".join(pieces) == "".join(part.content for part in parts)
    assert ("".join(pieces) or None) == answer_of(assembly.body()).text


@given(deltas, st.fixed_dictionaries({}, optional={"usage": garbage}))
def test_reading_one_event_agrees_with_the_assembly(delta, more):
    """What is read of one event is what the assembly of that event alone says."""
    data = {"choices": [{"delta": delta}]} | more
    assembly, (part,) = feed(event(data))
    answer = answer_of(assembly.body())

    assert part.content == (chat_event.content_of(data) or "")
    assert answer.refusal == (chat_event.refusal_of(data) or None)
    assert answer.usage == chat_event.usage_of(data)


def test_deep_nesting_does_not_raise():
    """Nesting far deeper than anyone sends is kept or dropped, without an error."""
    for depth in (30, 60, 900):
        deep = "[" * depth + "]" * depth
        text = '{"choices":[{"delta":{"novel":%s}}],"usage":{"a":%s},"b":%s}'.replace("%s", deep)

        assert "interrupted" == assemble(f"data: {text}\n\n".encode()).status
