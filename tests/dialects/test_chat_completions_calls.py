"""The chat completions state machine: tool calls. All data is invented."""

from __future__ import annotations

import pytest
from chat_stream import DONE, assemble, call, chunk, feed, message

from chunktape.dialects.answer import ToolCall
from chunktape.dialects.chat_completions import answer_of

FINISH = chunk(reason="tool_calls")


def tools(*fragments):
    return chunk({"tool_calls": list(fragments)})


A, B = ToolCall("f", '{"x": 1}', "a"), ToolCall("g", '{"y": 2}', "b")
A0, B1 = call('{"x": 1}', name="f", index=0, id="a"), call('{"y": 2}', name="g", index=1, id="b")
SHAPES = {
    "sequential": [
        *(tools(call("", name="f", index=0, id="a", type="function")), tools(call('{"x"', index=0))),
        *(tools(call(": 1}", index=0)), tools(call("", name="g", index=1, id="b"))),
        tools(call('{"y": 2}', index=1)),
    ],
    "two in one delta": [tools(A0, B1)],
    "a whole call per delta": [tools(A0), tools(B1)],
    "interleaved": [
        *(tools(call('{"x"', name="f", index=0, id="a")), tools(call('{"y"', name="g", index=1, id="b"))),
        *(tools(call(": 1}", index=0)), tools(call(": 2}", index=1))),
    ],
    "interleaved, announced together": [
        tools(call("", name="f", index=0, id="a"), call("", name="g", index=1, id="b")),
        *(tools(call('{"y": ', index=1), call('{"x"', index=0)), tools(call(": 1}", index=0))),
        tools(call("2}", index=1)),
    ],
    "index reused with a new id": [
        *(tools(call('{"x": ', name="f", index=0, id="a")), tools(call("1}", index=0))),
        *(tools(call('{"y": ', name="g", index=0, id="b")), tools(call("2}", index=0))),
    ],
    "index missing, whole": [tools(call('{"x": 1}', name="f", id="a"), call('{"y": 2}', name="g", id="b"))],
    "index missing, in pieces": [
        *(tools(call('{"x": ', name="f", id="a")), tools(call("1}"))),
        *(tools(call('{"y": ', name="g", id="b")), tools(call("2}", id="b"))),
    ],
    "id and name repeated": [
        *(tools(call('{"x": ', name="f", index=0, id="a")), tools(call("1}", name="f", index=0, id="a"))),
        *(tools(call('{"y": ', name="g", index=1, id="b")), tools(call("2}", name="g", index=1, id="b"))),
    ],
    "type and ids empty": [
        *(tools(call('{"x": ', name="f", index=0, id="a", type="")), tools(call("1}", index=0, id=""))),
        *(tools(B1),),
    ],
    "arguments as an object": [
        tools({"index": 0, "id": "a", "function": {"name": "f", "arguments": {"x": 1}}}, B1)
    ],
    "whole, without ids of their own": [
        tools({**A0, "id": "a"}),
        tools(call('{"y": ', name="g", index=1)),
        tools(call("2}", name="g", index=1, id="b")),
    ],
    "not in a list": [chunk({"tool_calls": A0}), chunk({"tool_calls": B1})],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_d5_every_shape_makes_the_same_calls(shape):
    """D5: however two calls are sent, they are these two, in the body and as they are handed out."""
    assembly, parts = feed(chunk({"role": "assistant", "content": None}), *SHAPES[shape], FINISH, DONE)

    assert [A, B] == [tool for part in parts for tool in part.tools]
    assert (A, B) == answer_of(assembly.body()).tools
    assert () == assembly.finish()


@pytest.mark.parametrize("shape", SHAPES)
def test_d6_calls_are_flushed_at_the_end_of_the_stream(shape):
    """D6: without a finish reason, the end hands out what is left, and each call once."""
    assembly, parts = feed(*SHAPES[shape])

    given = [tool for part in parts for tool in part.tools]

    assert [A, B] == [*given, *assembly.finish()]
    assert ((), "interrupted") == (assembly.finish(), assembly.status)


def test_d5_another_name_without_any_id_is_another_call():
    """D5: whole calls that all have index 0 and no id (ollama) are told apart by their names."""
    sent = [
        tools(call('{"x": 1}', name="f", index=0)),
        tools(call('{"y": 2}', name="g", index=0)),
        FINISH,
    ]

    assert [("f", '{"x": 1}'), ("g", '{"y": 2}')] == [
        (one.name, one.arguments) for one in answer_of(assemble(*sent).body()).tools
    ]


ONE, TWO = ("f", '{"x": 1}'), ("f", '{"x": 2}')


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([call(ONE[1], name="f", index=0), call(TWO[1], name="f", index=0)], [ONE, TWO]),
        ([call(ONE[1], name="f", index=0), call(ONE[1], name="f", index=0)], [ONE, ONE]),
        (
            [call(ONE[1], name="f", index=0), call('{"x"', name="f", index=0), call(": 2}", index=0)],
            [ONE, TWO],
        ),
        (
            [call(ONE[1], name="f", index=0), call("", name="f", index=0), call(TWO[1], index=0)],
            [ONE, TWO],
        ),
        ([call(ONE[1], name="f", index=0), call("", name="f", index=0)], [ONE]),
        ([call('{"x":', name="f", index=0), call(" 1}", name="f", index=0)], [ONE]),
        ([call(ONE[1], name="f", index=0, id="a"), call(ONE[1], name="f", index=0, id="a")], [ONE]),
        ([call(ONE[1], name="f", index=0, id="a"), call('{"x":1}', index=0, id="a")], [ONE]),
        ([call(ONE[1], name="f", id="a"), call(ONE[1], name="f", id="a")], [ONE]),
        ([call(ONE[1], name="f", index=0, id="a"), call(TWO[1], name="f", index=0, id="a")], [ONE, TWO]),
        ([call(ONE[1], name="f", index=0), call(TWO[1], index=0)], [("f", ONE[1] + TWO[1])]),
    ],
    ids=[
        *("another object", "the same object without ids", "another object in pieces", "named before it"),
        *("named again at the end", "named in every piece", "the same call again", "again without its name"),
        *("again without an index", "another object under one id", "without a name"),
    ],
)
def test_d5_another_object_under_the_same_name(sent, expected):
    """D5: behind whole arguments, a name and another object are another call; the same call again is none."""
    assembly, parts = feed(*(tools(one) for one in sent), FINISH, DONE)
    given = [*(tool for part in parts for tool in part.tools), *assembly.finish()]

    assert expected == [(one.name, one.arguments) for one in answer_of(assembly.body()).tools]
    assert expected == [(one.name, one.arguments) for one in given]


def test_a_call_comes_with_the_event_that_completes_it():
    """A call is whole when the next one begins, or at the finish reason."""
    _, parts = feed(*SHAPES["sequential"], FINISH)

    assert [(), (), (), (A,), (), (B,)] == [part.tools for part in parts]


def test_a_call_that_may_still_grow_is_not_handed_out():
    """Interleaved calls come with the finish reason, in their order."""
    _, parts = feed(*SHAPES["interleaved"], FINISH)

    assert [(), (), (), (), (A, B)] == [part.tools for part in parts]


def test_a_finish_reason_in_the_calls_own_event():
    """A call that comes with the finish reason comes out with it."""
    _, parts = feed(chunk({"content": "Hi", "tool_calls": [A0]}, "tool_calls"))

    assert [("Hi", (A,))] == [(part.content, part.tools) for part in parts]


def test_text_beside_and_after_a_call_stays():
    """Text in the event of a call and text after it are all the text."""
    found = message(chunk({"content": "Hi", "tool_calls": [A0]}), chunk({"content": "!"}), FINISH)

    assert ("Hi!", 1) == (found["content"], len(found["tool_calls"]))


def test_a_call_after_the_finish_reason_is_not_lost():
    """D6: deltas after the finish (Together) are taken, and handed out as soon as they are whole."""
    assembly, parts = feed(tools(A0), FINISH, tools(B1))

    assert [(), (A,), (B,)] == [part.tools for part in parts]
    assert () == assembly.finish()


BEGUN = chunk({"tool_calls": [call('{"x"', name="f", index=0, id="a")]}, "tool_calls")


@pytest.mark.parametrize(
    ("sent", "given", "left"),
    [
        ([BEGUN, tools(call(": 1}", index=0))], [(), (A,)], ()),
        ([BEGUN, tools(call(": ", index=0)), tools(call("1}", index=0))], [(), (), (A,)], ()),
        ([BEGUN, tools(B1)], [(), ()], (ToolCall("f", '{"x"', "a"), B)),
        ([BEGUN, tools(B1), tools(call(": 1}", index=0))], [(), (), (A, B)], ()),
        ([tools(call("", name="f", index=0, id="a")), FINISH, tools(A0)], [(), (), (A,)], ()),
        ([tools(A0), FINISH, FINISH], [(), (A,), ()], ()),
    ],
)
def test_arguments_that_go_on_after_the_finish_reason(sent, given, left):
    """What is not whole at the finish reason waits for more, or for the end; none overtakes another."""
    assembly, parts = feed(*sent)

    assert (given, left) == ([part.tools for part in parts], assembly.finish())
    assert answer_of(assembly.body()).tools == (*(one for part in given for one in part), *left)


def test_a_custom_tool_ends_with_the_finish_reason():
    """Nothing in a custom tool's text tells that it is whole, so the finish reason does."""
    _, parts = feed(
        tools({"index": 0, "id": "a", "type": "custom", "custom": {"name": "sql", "input": "SEL"}}), FINISH
    )

    assert [0, 1] == [len(part.tools) for part in parts]


@pytest.mark.parametrize("arguments", ["", "{}", " "])
def test_d7_empty_arguments_mean_an_empty_object(arguments):
    """D7: a call without arguments is parsed as an empty object, and keeps what was sent."""
    body = assemble(tools(call(arguments, name="now", index=0, id="a")), FINISH, DONE).body()

    (tool,) = answer_of(body).tools

    assert ({}, arguments) == (tool.parsed(), tool.arguments)


def test_d8_partial_calls_are_there_for_who_asks():
    """D8: each fragment tells the call so far, and stays as it was while the call grows."""
    _, parts = feed(
        *SHAPES["sequential"], chunk({"tool_calls": [call("7", name="h", index=0, id="c")]}, index=1), FINISH
    )

    grown = [one for part in parts for one in part.fragments]

    assert [
        *((0, 0, "", ""), (0, 0, '{"x"', '{"x"'), (0, 0, ": 1}", '{"x": 1}')),
        *((0, 1, "", ""), (0, 1, '{"y": 2}', '{"y": 2}'), (1, 0, "7", "7")),
    ] == [(one.choice, one.position, one.delta, one.so_far().arguments) for one in grown]
    assert ["f", "f", "f", "g", "g", "h"] == [one.so_far().name for one in grown]


@pytest.mark.parametrize("content", [None, ""])
def test_d9_only_calls_have_no_text_and_no_calls_have_no_list(content):
    """D9: content is null beside calls alone, and `tool_calls` is not there when there are none."""
    with_call = message(chunk({"content": content}), tools(A0), FINISH)
    without = message(chunk({"content": "Hi", "tool_calls": []}), chunk({"tool_calls": None}, "stop"))

    assert (None, False) == (with_call["content"], "tool_calls" in without)


def test_d13_calls_are_kept_by_choice():
    """D13: the same index in another choice is another call."""
    assembly, parts = feed(
        tools(A0), chunk({"tool_calls": [B1 | {"index": 0}]}, "tool_calls", index=1), FINISH, DONE
    )

    assert [(), (B,), (A,)] == [part.tools for part in parts]
    assert [(A,), (B,)] == [choice.tools for choice in answer_of(assembly.body()).choices]


def test_d16_arguments_that_were_cut_are_kept_as_text():
    """D16: a call cut by the length keeps its raw text, and only parsing it fails."""
    assembly, _ = feed(tools(call('{"x": ', name="f", index=0, id="a")), chunk(reason="length"), DONE)

    (tool,) = assembly.finish()

    assert '{"x": ' == tool.arguments
    with pytest.raises(ValueError, match="Expecting value"):
        tool.parsed()


def test_d16_a_tool_that_nobody_declared_is_a_call():
    """D16: the dialect knows no declarations; every name is a call."""
    assert (A,) == answer_of(assemble(tools(A0), FINISH, DONE).body()).tools


def test_d14_a_calls_unknown_fields_are_kept():
    """D14: fields beside and inside of the function stay."""
    found = message(
        tools({**A0, "extra_content": {"google": {"thought_signature": "s"}}}),
        tools({"index": 0, "function": {"arguments": "", "strict": True}}),
        FINISH,
    )

    assert [
        {
            "id": "a",
            "type": "function",
            "function": {"name": "f", "arguments": '{"x": 1}', "strict": True},
            "extra_content": {"google": {"thought_signature": "s"}},
        }
    ] == found["tool_calls"]


def test_custom_tools_keep_their_shape():
    """A custom tool's input is its arguments, whatever it is written in."""
    found = message(
        tools({"index": 0, "id": "a", "type": "custom", "custom": {"name": "sql", "input": "SEL"}}),
        tools({"index": 0, "custom": {"input": "ECT 1"}}),
        FINISH,
    )

    assert [{"id": "a", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}] == found[
        "tool_calls"
    ]


def test_the_old_function_call_is_a_call():
    """The legacy `function_call` keeps its place in the message and is a call in the answer."""
    assembly, parts = feed(
        chunk({"content": None, "function_call": {"name": "f", "arguments": ""}}),
        chunk({"function_call": {"arguments": '{"x": 1}'}}),
        chunk(reason="function_call"),
        DONE,
    )

    assert {"name": "f", "arguments": '{"x": 1}'} == (
        assembly.body()["choices"][0]["message"]["function_call"]
    )
    assert (ToolCall("f", '{"x": 1}'),) == parts[-1].tools == answer_of(assembly.body()).tools


def test_an_old_function_call_that_is_said_twice_is_one():
    """A message has room for one `function_call`; the same once more adds nothing."""
    told = chunk({"function_call": {"name": "f", "arguments": '{"x": 1}'}})
    assembly, _ = feed(told, told, chunk(reason="function_call"), DONE)

    assert (ToolCall("f", '{"x": 1}'),) == answer_of(assembly.body()).tools
