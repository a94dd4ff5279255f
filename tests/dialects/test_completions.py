"""The older completions dialect: texts that go on."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.dialects.answer import Usage
from chunktape.dialects.completions import COMMON, CompletionsAssembly, answer_of
from chunktape.wire.sse import Event

TOP = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "davinci-002"}
DONE = Event("[DONE]")


def event(*choices, **fields):
    return Event(json.dumps(TOP | {"choices": list(choices)} | fields))


def choice(text, index=0, reason=None, logprobs=None):
    return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": reason}


def assembled(*events, **options):
    assembly = CompletionsAssembly(**options)
    parts = [part for one in events if (part := assembly.feed(one)) is not None]
    return assembly, parts


def test_a_stream_becomes_the_object_that_would_have_come_at_once():
    """Texts and logprobs are joined for each choice, and usage is that of the last event."""
    probs = [{"tokens": [token], "token_logprobs": [-1.0], "top_logprobs": None} for token in "ab"]
    usage = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}

    assembly, parts = assembled(
        event(choice("a", logprobs=probs[0])),
        event(choice("x", index=1)),
        event(choice("b", logprobs=probs[1])),
        event(choice("", reason="stop"), choice("", index=1, reason="length")),
        event(usage=usage),
        DONE,
    )

    joined = {"tokens": ["a", "b"], "token_logprobs": [-1.0, -1.0], "top_logprobs": []}
    whole = TOP | {
        "choices": [choice("ab", reason="stop", logprobs=joined), choice("x", index=1, reason="length")],
        "usage": usage,
    }
    assert (whole, "complete", "ab", ()) == (
        assembly.body(),
        assembly.status,
        "".join(part.content for part in parts),
        assembly.finish(),
    )


def test_an_answer_has_one_block_for_each_choice():
    """The text, the reason and the counts are read, and the common words are those of a chat."""
    body = TOP | {"choices": [choice("hi", reason="length")], "usage": {"prompt_tokens": 2}}

    answer = answer_of(body)

    assert ("cmpl-1", "davinci-002", "hi", ["length"], Usage(input_tokens=2), "length") == (
        answer.id,
        answer.model,
        answer.text,
        answer.finish_reasons,
        answer.usage,
        COMMON[answer.first.finish_reason],
    )


@pytest.mark.parametrize(
    ("events", "needs_end_marker", "status"),
    [
        ([event(choice("a", reason="stop")), DONE], True, "complete"),
        ([event(choice("a", reason="stop"))], True, "interrupted"),
        ([event(choice("a", reason="stop"))], False, "complete"),
        ([event(choice("a")), DONE], True, "interrupted"),
        ([event(choice("a")), Event('{"error": {"code": "x", "message": "no"}}'), DONE], True, "error"),
    ],
)
def test_a_stream_is_whole_with_a_reason_and_its_end_marker(events, needs_end_marker, status):
    """A stream without either is interrupted, one with an error is one; the text is there."""
    assembly, _ = assembled(*events, needs_end_marker=needs_end_marker)

    assert (status, "a") == (assembly.status, answer_of(assembly.body()).text)


def test_a_reason_that_came_stays():
    """A later event without a reason does not wipe it."""
    assembly, _ = assembled(event(choice("a", reason="stop")), event(choice("")))

    assert ["stop"] == answer_of(assembly.body()).finish_reasons


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "text", "index", "logprobs", "finish_reason", "usage", "error", "id"]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


@given(st.lists(ODD, max_size=5))
def test_garbage_never_raises(objects):
    """Whatever comes, there is a body and an answer that holds it."""
    assembly = CompletionsAssembly()

    for one in objects:
        assembly.feed(Event(json.dumps(one)))

    assert assembly.body() == answer_of(assembly.body()).body
