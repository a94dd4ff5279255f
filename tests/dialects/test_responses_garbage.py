"""Whatever comes, the responses dialect does not raise."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from chunktape.dialects.responses import ResponsesAssembly, answer_of, common_reason
from chunktape.wire.sse import Event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "content", "summary", "output", "status", "error", "usage", "id"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)
KINDS = st.sampled_from(
    [
        *ResponsesAssembly._takers,  # noqa: SLF001 (every kind of event that is known)
        *(
            "response.output_text.delta",
            "response.function_call_arguments.delta",
            "error",
            "response.x.completed",
        ),
    ]
)
ODD = st.fixed_dictionaries(
    {"type": KINDS | JSON},
    optional=dict.fromkeys(
        [
            *("output_index", "content_index", "summary_index", "command_index", "delta", "text", "item"),
            *("part", "response", "annotation", "logprobs", "arguments", "error", "code", "item_id"),
        ],
        JSON | st.integers(-2, 3) | st.text(max_size=3),
    ),
)


@given(st.lists(ODD, max_size=8))
def test_garbage_never_raises(objects):
    """Whatever objects come, there is a body, an answer and a status."""
    assembly = ResponsesAssembly()

    for one in objects:
        assembly.feed(Event(json.dumps(one)))
    assembly.finish()
    answer = answer_of(assembly.body())

    assert assembly.status in {"complete", "interrupted", "error"}
    assert all(common_reason(choice) is None or choice.finish_reason for choice in answer.choices)


@given(
    st.dictionaries(st.sampled_from(["id", "model", "output", "status", "incomplete_details", "usage"]), JSON)
)
def test_a_garbage_body_never_raises(body):
    """Whatever object a body is, it decodes to an answer that holds it."""
    assert body == answer_of(body).body
