"""How a messages stream ends and what it counts; every stream here is invented, to show one case each."""

from __future__ import annotations

import pytest
from message_wire import STOP, assembled, begun, called, reason, said, sse, started

from chunktape.dialects import message_event
from chunktape.dialects.answer import Usage
from chunktape.dialects.assembly import StreamError
from chunktape.dialects.messages import answer_of, usage_of

OVERLOADED = {"type": "overloaded_error", "message": "Overloaded"}


@pytest.mark.parametrize(
    ("wire", "code", "message"),
    [
        (sse("error", error=OVERLOADED, request_id="req_1"), "overloaded_error", "Overloaded"),
        (
            sse("error", error=OVERLOADED) + sse("error", error={"message": "Later"}),
            "overloaded_error",
            "Overloaded",
        ),
        (b'event: error\ndata: {"error": {"type": "api_error", "message": "No"}}\n\n', "api_error", "No"),
        (b'data: {"error": {"code": 529, "message": "Busy"}}\n\n', "529", "Busy"),
        (b'data: {"type": "error", "message": "Flat"}\n\n', None, "Flat"),
        (b'data: {"type": "error", "error": "Text"}\n\n', None, "Text"),
        (b'data: {"type": "error", "error": {"type": ["x"], "message": {}}}\n\n', None, ""),
        (b"event: error\ndata: upstream gone\n\n", None, "upstream gone"),
    ],
)
def test_an_error_after_text_is_the_end_d22(wire, code, message):
    """The provider's own type and text are kept, what came before stays, and nothing looks complete."""
    assembly, _ = assembled(started(), said(0, "Hi"), wire, reason(), STOP)

    assert ("error", (code, message), "Hi") == (
        assembly.status,
        assembly.error[:2],
        answer_of(assembly.body()).text,
    )


def test_an_error_keeps_everything_it_said():
    """The raw event is there, with the request's id."""
    raw = {"type": "error", "error": OVERLOADED, "request_id": "req_1"}
    assembly, parts = assembled(sse("error", error=OVERLOADED, request_id="req_1"))

    assert (StreamError("overloaded_error", "Overloaded", raw), raw, {}) == (
        assembly.error,
        parts[0].data,
        assembly.body(),
    )


@pytest.mark.parametrize(
    ("wire", "options", "status"),
    [
        ([reason(), STOP], {}, "complete"),
        ([reason()], {}, "interrupted"),
        ([STOP], {}, "interrupted"),
        ([reason(None), STOP], {}, "interrupted"),
        ([reason(""), STOP], {}, "interrupted"),
        ([reason(), b"data: [DONE]\n\n"], {}, "interrupted"),
        ([reason()], {"needs_end_marker": False}, "complete"),
        ([], {"needs_end_marker": False}, "interrupted"),
    ],
)
def test_complete_is_a_stop_reason_and_the_end_marker_d22(wire, options, status):
    """Whichever is missing, the stream is interrupted; hosts without an end marker excepted."""
    assembly, _ = assembled(started(), said(0, "Hi"), *wire, **options)

    assert (status, "Hi") == (assembly.status, answer_of(assembly.body()).text)


def test_what_is_no_json_is_counted():
    """Data that cannot be read is no event, and is not silent either."""
    assembly, parts = assembled(started(), b"data: {\n\n", b"data: [1]\n\n", b"data: \n\n")

    assert (3, 1) == (assembly.undecodable, len(parts))


@pytest.mark.parametrize(
    ("first", "later", "expected"),
    [
        (
            {"input_tokens": 9, "output_tokens": 1},
            [{"output_tokens": 5}],
            {"input_tokens": 9, "output_tokens": 5},
        ),
        (
            {"input_tokens": 0, "output_tokens": 0},
            [{"input_tokens": 9, "output_tokens": 5}],
            {"input_tokens": 9, "output_tokens": 5},
        ),
        (
            {"input_tokens": 9},
            [{"input_tokens": 0, "output_tokens": 5}],
            {"input_tokens": 9, "output_tokens": 5},
        ),
        (
            {"input_tokens": 9},
            [{"input_tokens": None, "output_tokens": 5}],
            {"input_tokens": 9, "output_tokens": 5},
        ),
        ({"input_tokens": None}, [{"input_tokens": 0}], {"input_tokens": 0}),
        (
            {"input_tokens": 9},
            [{"input_tokens": 20, "output_tokens": 3}, {"output_tokens": 5}],
            {"input_tokens": 20, "output_tokens": 5},
        ),
        (
            {"input_tokens": 9, "output_tokens": 7},
            [{"output_tokens": 0}],
            {"input_tokens": 9, "output_tokens": 0},
        ),
        ({"cache_read_input_tokens": 7}, [{"cache_read_input_tokens": 0}], {"cache_read_input_tokens": 7}),
        (
            {"cache_creation_input_tokens": 7},
            [{"cache_creation_input_tokens": 0}],
            {"cache_creation_input_tokens": 7},
        ),
        (
            {"cache_creation": {"ephemeral_5m_input_tokens": 7}},
            [{"cache_creation": {"ephemeral_5m_input_tokens": 0}}],
            {"cache_creation": {"ephemeral_5m_input_tokens": 7}},
        ),
        (
            {"service_tier": "standard"},
            [{"server_tool_use": {"web_search_requests": 1}}],
            {"service_tier": "standard", "server_tool_use": {"web_search_requests": 1}},
        ),
        ({"input_tokens": 9}, [{"novel": [1]}, {"novel": None}], {"input_tokens": 9, "novel": [1]}),
    ],
)
def test_usage_is_merged_and_never_added_up_d3(first, later, expected):
    """Later counts replace earlier ones; nulls replace nothing, a 0 no known input count."""
    ends = [reason("end_turn", usage=one) for one in later]

    assembly, _ = assembled(started(usage=first), said(0, "Hi"), *ends, STOP)

    assert expected == assembly.body()["usage"]


@pytest.mark.parametrize(
    "wire",
    [
        sse("message_delta", delta={"usage": {"output_tokens": 5}}),
        sse("message_stop", usage={"output_tokens": 5}),
    ],
)
def test_usage_is_found_where_hosts_put_it(wire):
    """Inside of the delta, or beside the end marker."""
    assembly, _ = assembled(started(), wire)

    assert {"input_tokens": 9, "output_tokens": 5} == assembly.body()["usage"]


def test_all_counts_are_read():
    """Cache reads, cache writes and thinking have their own counts."""
    raw = {
        "input_tokens": 3,
        "cache_creation_input_tokens": 11,
        "cache_read_input_tokens": 1217,
        "output_tokens": 20,
        "output_tokens_details": {"thinking_tokens": 8},
    }
    expected = Usage(3, 20, cached_tokens=1217, cache_write_tokens=11, reasoning_tokens=8)

    assert [expected] * 3 + [raw] == [
        usage_of({"type": "message", "usage": raw}),
        usage_of({"type": "message_start", "message": {"usage": raw}}),
        usage_of({"type": "message_delta", "usage": raw}),
        usage_of({"usage": raw}).raw,
    ]


def test_what_was_not_counted_is_none():
    """No usage is no usage, and a count that is no number is none."""
    assert [None, None, Usage(output_tokens=5)] == [
        usage_of({"type": "ping"}),
        usage_of({"usage": None, "message": []}),
        usage_of({"usage": {"input_tokens": True, "output_tokens": 5}}),
    ]


@pytest.mark.parametrize(
    ("read", "data", "expected"),
    [
        ("content_of", {"delta": {"type": "text_delta", "text": "a"}}, "a"),
        ("content_of", {"delta": {"type": "thinking_delta", "thinking": "a"}}, ""),
        ("content_of", {"delta": {"type": "text_delta", "text": None}}, ""),
        ("content_of", {"type": "ping"}, ""),
        ("thinking_of", {"delta": {"type": "thinking_delta", "thinking": "a"}}, "a"),
        ("thinking_of", {"delta": {"type": "text_delta", "text": "a"}}, None),
        ("signature_of", {"delta": {"type": "signature_delta", "signature": "S"}}, "S"),
        ("signature_of", {"delta": 3}, None),
        ("fragment_of", {"delta": {"type": "input_json_delta", "partial_json": ""}}, ""),
        ("fragment_of", {"delta": {"type": "text_delta", "text": "a"}}, None),
        ("citations_of", {"delta": {"type": "citations_delta", "citation": {"n": 1}}}, [{"n": 1}]),
        ("citations_of", {"delta": {"type": "citations_delta"}}, None),
        ("finish_reasons_of", {"type": "message_delta", "delta": {"stop_reason": "novel"}}, ["novel"]),
        ("finish_reasons_of", {"type": "message_delta", "delta": {"stop_reason": ""}}, None),
        ("finish_reasons_of", {"type": "message_start", "message": {"stop_reason": None}}, None),
        ("stop_sequence_of", {"type": "message_delta", "delta": {"stop_sequence": "3"}}, "3"),
        ("id_of", {"type": "message_start", "message": {"id": "msg_1"}}, "msg_1"),
        ("id_of", {"type": "message", "id": "msg_1"}, "msg_1"),
        ("id_of", {"type": "message_start", "message": {"id": ""}}, None),
        ("model_of", {"type": "message_start", "message": {"model": "m"}}, "m"),
        ("model_of", {"type": "ping"}, None),
    ],
)
def test_one_event_is_read_by_itself(read, data, expected):
    """Each reading says what the one event says, and None (no text: empty) where it says nothing."""
    assert expected == getattr(message_event, read)(data)


def test_a_cut_stream_hands_out_what_has_come():
    """A connection that breaks inside of a call leaves it, unfinished, to `finish`."""
    wire = begun(1, type="tool_use", id="toolu_1", name="look", input={})
    assembly, parts = assembled(started(), said(0, "Hi"), wire)

    assert ("interrupted", [], ["{}"], []) == (
        assembly.status,
        [part for part in parts if part.tools],
        [tool.arguments for tool in assembly.finish()],
        list(assembly.finish()),
    )


def test_an_answer_of_tools_alone_has_no_text_d9():
    """Content is None when there are only tools."""
    answer = answer_of(assembled(started(), called(0, "{}"), reason("tool_use"), STOP)[0].body())

    assert (None, 1) == (answer.text, len(answer.tools))
