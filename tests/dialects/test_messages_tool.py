"""Tool calls of the messages dialect; every stream here is invented, to show one case each."""

from __future__ import annotations

import json

import pytest
from message_wire import STOP, assembled, begun, block, called, delta, reason, said, sse, started, stopped

from chunktape.dialects.answer import ToolCall
from chunktape.dialects.messages import answer_of

LOOK = {"type": "tool_use", "name": "look", "input": {}}
PARTS = ('{"at": ', '"é"}')


def args(index, piece):
    return delta(index, type="input_json_delta", partial_json=piece)


def handed_out(*wire):
    assembly, parts = assembled(started(), *wire)
    return [tool for part in parts for tool in part.tools] + list(assembly.finish())


@pytest.mark.parametrize(
    "wire",
    [
        called(0, "", *PARTS),
        said(0, "Let me see.") + called(1, *PARTS),
        called(0, *PARTS) + said(1, "And after."),
        called(0, "".join(PARTS)),
        called(0, {"at": "é"}),
        called(0, input={"at": "é"}),
        called(0, "", input={"at": "é"}),
        called(0, input='{"at": "é"}'),
        begun(0, id="toolu_1", name="look", input={}) + args(0, PARTS[0]) + args(0, PARTS[1]) + stopped(0),
        begun(0, id="toolu_1", **LOOK)
        + begun(0, id="toolu_1", **LOOK)
        + args(0, PARTS[0])
        + args(0, PARTS[1]),
    ],
    ids=[
        "pieces",
        "after text",
        "before text",
        "one delta",
        "object",
        "start",
        "start and empty",
        "text in start",
        "untyped",
        "restated",
    ],
)
def test_a_call_is_the_same_however_it_comes_d5(wire):
    """In pieces, in one piece, in its start, announced twice: it is one call with these arguments."""
    assembly, parts = assembled(started(), wire, reason("tool_use"), STOP)
    calls = [tool for part in parts for tool in part.tools]

    expected = [ToolCall("look", '{"at": "é"}', "toolu_1")]
    assert (expected, tuple(expected), ()) == (calls, answer_of(assembly.body()).tools, assembly.finish())
    assert [{"at": "é"}] == [one["input"] for one in assembly.body()["content"] if "input" in one]


@pytest.mark.parametrize("wire", [called(0), called(0, ""), called(0, "", " "), called(0, input=None)])
def test_no_arguments_are_an_empty_object_d7(wire):
    """A tool that takes nothing has ``{}``, in the call and in the message."""
    assembly, _ = assembled(started(), wire, reason("tool_use"), STOP)

    assert ({}, ["{}"], {}) == (
        assembly.body()["content"][0]["input"],
        [tool.arguments for tool in handed_out(wire)],
        handed_out(wire)[0].parsed(),
    )


@pytest.mark.parametrize(
    "wire",
    [
        called(0, '{"n":1}', ident="a") + called(1, '{"n":2}', ident="b"),
        begun(0, id="a", **LOOK)
        + begun(1, id="b", **LOOK)
        + args(1, '{"n"')
        + args(0, '{"n":1}')
        + args(1, ":2}")
        + stopped(0)
        + stopped(1),
        called(0, '{"n":1}', ident="a") + called(0, '{"n":2}', ident="b"),
        begun(0, id="a", **LOOK) + args(0, '{"n":1}') + begun(0, id="b", **LOOK) + args(0, '{"n":2}'),
    ],
    ids=["sequential", "interleaved", "index reused", "index reused without stop"],
)
def test_calls_stay_apart_d5(wire):
    """Two calls are two, one after the other, interleaved, or under the same index."""
    calls = handed_out(wire, reason("tool_use"), STOP)

    assert [("a", '{"n":1}'), ("b", '{"n":2}')] == [(one.id, one.arguments) for one in calls]


@pytest.mark.parametrize(
    ("wire", "at"),
    [
        ([stopped(0), reason("tool_use"), STOP], 0),
        ([sse("content_block_stop"), reason("tool_use"), STOP], 0),
        ([reason("tool_use"), stopped(0), STOP], 0),
        ([reason(None), STOP], 1),
        ([STOP, stopped(0)], 0),
    ],
)
def test_a_call_comes_once_with_the_event_that_completes_it_d6(wire, at):
    """The block's stop completes a call; where it is missing, the stop reason, or the end does."""
    begin = [begun(0, id="toolu_1", **LOOK), args(0, "{}")]
    _, parts = assembled(*begin, *wire)

    assert [at] == [place for place, part in enumerate(parts[2:]) if part.tools]


def test_a_call_that_is_not_whole_at_the_stop_reason_holds_back_the_next_d6():
    """Without its stop, a call may go on after the stop reason; none overtakes another there."""
    begin = [begun(0, id="a", **LOOK), args(0, '{"n"'), begun(1, id="b", **LOOK), args(1, "{}")]
    _, parts = assembled(started(), *begin, reason("tool_use"), args(0, ":1}"), STOP)

    assert [[], [], ["a", "b"]] == [[one.id for one in part.tools] for part in parts[-3:]]


@pytest.mark.parametrize(
    "text", ['{"at": "Ber', "[1]", '"text"', "nonsense", '{"n": NaN}', '{"a":' * 5000, "9" * 5000, "\ud83d"]
)
def test_arguments_that_are_no_object_stay_text_d16(text):
    """What `max_tokens` cut, and whatever else is no JSON object, is kept as it came."""
    # `json.dumps` escapes what UTF-8 cannot hold, such as half of a surrogate pair.
    data = {"type": "content_block_delta", "index": 0, "delta": {"partial_json": text}}
    piece = f"data: {json.dumps(data)}\n\n".encode()
    wire = [started(), begun(0, id="t", **LOOK), piece]
    assembly, parts = assembled(*wire, stopped(0), reason("max_tokens"), STOP)

    assert ([text], [text], text) == (
        [tool.arguments for part in parts for tool in part.tools],
        [tool.arguments for tool in answer_of(assembly.body()).tools],
        assembly.body()["content"][0]["input"],
    )


def test_a_call_without_its_start_has_its_arguments():
    """Where `content_block_start` is missing, name and id are not known, and not made up."""
    assert [ToolCall(None, "{}", None)] == handed_out(args(3, "{"), args(3, "}"), stopped(3), STOP)


def test_fragments_tell_how_a_call_grows_d8():
    """Each piece is given on with the call as it was then, and none of it is in the history."""
    wire = [said(0, "Hi"), called(1, "", '{"at"', ': "x"}', ident="a"), called(2, "{}", ident="b")]
    assembly, parts = assembled(started(), *wire, reason("tool_use"), STOP)
    fragments = [one for part in parts for one in part.fragments]

    assert [(0, ""), (0, '{"at"'), (0, ': "x"}'), (1, "{}")] == [
        (one.position, one.delta) for one in fragments
    ]
    so_far = [one.so_far() for one in fragments]
    assert [("a", "{}"), ("a", '{"at"'), ("a", '{"at": "x"}'), ("b", "{}")] == [
        (one.id, one.arguments) for one in so_far
    ]
    assert ["text", "tool_use", "tool_use"] == [one["type"] for one in assembly.body()["content"]]


def test_unknown_fields_of_a_call_are_kept_d14():
    """What a call carries beside its arguments is in the message and in the call's raw object."""
    caller = {"type": "direct"}
    calls = handed_out(
        block(0, {"type": "input_json_delta", "partial_json": "{}", "n": 1}, id="t", caller=caller, **LOOK)
    )

    assert {"id": "t", "caller": caller, "n": 1, **LOOK} == calls[0].raw


@pytest.mark.parametrize(
    ("given", "arguments"),
    [({"a": [1, "é"]}, '{"a": [1, "é"]}'), (None, "{}"), ("", "{}"), ('{"a', '{"a'), ([1], "[1]"), (0, "0")],
)
def test_a_call_that_came_at_once_has_its_arguments_as_text(given, arguments):
    """Parsed input is written as the models write it; text that is none stays."""
    answer = answer_of({"content": [LOOK | {"input": given}]})

    assert [arguments] == [tool.arguments for tool in answer.tools]
