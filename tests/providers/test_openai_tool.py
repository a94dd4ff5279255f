"""Tool calls in OpenAI's streams, sync and async alike; the wire is invented."""

from __future__ import annotations

import pytest
from openai.types.chat import ChatCompletionMessageToolCall
from openai_wire import (
    DONE,
    World,
    accepted,
    call,
    called,
    chunk,
    counted,
    said,
    text_of,
    tool_call,
    tools_of,
    whole,
)

from chunktape import ToolError
from chunktape.openai import OpenAITool

X, Y = '{"title": "Dune"}', '{"title": "Emma"}'


def format_book(title: str) -> str:
    """Format a book.

    Args:
        title: The title.
    """
    return f"<{title}>"


def list_books() -> str:
    """List all books."""
    return "all"


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


def finished(world, *pieces, **options):
    return world.finished(*pieces, **({"tools": [format_book, list_books]} | options))


def begin(index=0, ident="call_1", name="format_book", arguments=""):
    return call(arguments, name=name, index=index, id=ident, type="function")


# However two calls of the same tool are cut, named and numbered, they are these two.
TWO = {
    "sequential": [
        called(begin()),
        called(call(X[:5], index=0)),
        called(call(X[5:], index=0)),
        called(begin(1, "call_2")),
        called(call(Y, index=1)),
    ],
    "two in one delta": [called(begin(arguments=X), begin(1, "call_2", arguments=Y))],
    "whole call per delta": [called(begin(arguments=X)), called(begin(1, "call_2", arguments=Y))],
    "interleaved": [
        called(begin()),
        called(begin(1, "call_2")),
        called(call(Y[:4], index=1), call(X[:7], index=0)),
        called(call(X[7:], index=0)),
        called(call(Y[4:], index=1)),
    ],
    "index reused": [
        called(begin()),
        called(call(X, index=0)),
        called(begin(0, "call_2")),
        called(call(Y, index=0)),
    ],
    "index missing": [
        called(call(X[:3], name="format_book", id="call_1")),
        called(call(X[3:])),
        called(call(Y, name="format_book", id="call_2")),
    ],
    "id repeated": [
        called(begin(arguments=X[:3])),
        called(begin(arguments=X[3:])),
        called(begin(1, "call_2", arguments=Y[:3])),
        called(begin(1, "call_2", arguments=Y[3:])),
    ],
}


@pytest.mark.parametrize("shape", TWO)
async def test_d5_two_calls(world, shape):
    """D5, D6: two calls, however they are sent, come out once each, in order and with their arguments."""
    stream, pairs = await finished(world, whole(*TWO[shape], reason="tool_calls"))
    made = tools_of(pairs)

    assert [("call_1", {"title": "Dune"}), ("call_2", {"title": "Emma"})] == [
        (one.id, one.args) for one in made
    ]
    assert (["<Dune>", "<Emma>"], [None, None]) == ([one.call() for one in made], [one.error for one in made])
    assert (made, made[0], {OpenAITool}) == (
        stream.tools,
        stream.tool,
        {type(one).__mro__[1] for one in made},
    )
    assert [tool_call("format_book", X), tool_call("format_book", Y, "call_2")] == stream.message_param[
        "tool_calls"
    ]
    assert made == stream.construct_call_response().tools
    assert "" == text_of(pairs)


async def test_one_tool_comes_with_the_chunk_that_completes_it(world):
    """One tool comes with the finish reason, typed, beside the SDK's own object for its call."""
    wire = whole(
        called(begin()), called(call(X[:5], index=0)), called(call(X[5:], index=0)), reason="tool_calls"
    )
    stream, pairs = await finished(world, wire)
    tool = stream.tool

    assert [None, None, None, None, tool, None] == [tool for _, tool in pairs]
    assert isinstance(tool, OpenAITool)
    assert (None, X, "Dune") == (tool.delta, tool.raw_arguments, tool.title)
    assert ChatCompletionMessageToolCall is type(tool.tool_call)
    assert tool_call("format_book", X) == tool.tool_call.to_dict()
    assert (["tool_calls"], "complete") == (stream.common_finish_reasons, stream.status)


async def test_two_tools_of_one_event_repeat_its_chunk(world):
    """Where one event completes two tools, the second pair repeats the chunk, marked as such."""
    wire = chunk(
        {"content": "Hi", "tool_calls": [begin(arguments=X), begin(1, "call_2", arguments=Y)]}, "tool_calls"
    )
    stream, pairs = await finished(world, wire, counted(), DONE)

    assert [(False, "Hi"), (True, "Hi"), (False, "")] == [(one.repeated, one.content) for one, _ in pairs]
    texts = await world.items(stream.atext_stream() if world.awaited else stream.text_stream())
    assert ("Hi", "Hi", ["Hi"]) == (stream.content, text_of(pairs), texts)
    assert ["call_1", "call_2"] == [one.id for one in tools_of(pairs)]


async def test_d6_finish_in_the_tools_own_event(world):
    """D6: a tool whose event carries the finish reason comes once, with that event."""
    stream, pairs = await finished(world, called(begin(arguments=X), reason="tool_calls"), counted(), DONE)

    assert [stream.tool, None] == [tool for _, tool in pairs]
    assert "<Dune>" == stream.tool.call()


async def test_d6_the_end_of_the_stream_completes_a_tool(world):
    """D6: where no finish reason comes, the end hands the tool out, and the stream says what is missing."""
    stream = await world.stream(
        called(begin(arguments=X)), DONE, tools=[format_book], stream={"raise_interrupted": False}
    )

    pairs = await world.pairs(stream)

    assert [(False, None), (True, stream.tool)] == [(one.repeated, tool) for one, tool in pairs]
    assert ("<Dune>", "interrupted") == (stream.tool.call(), stream.status)


@pytest.mark.parametrize(
    ("sent", "expected", "at"),
    [
        ([called(begin(arguments=X[:4]), reason="tool_calls"), called(call(X[4:], index=0))], ["Dune"], [1]),
        ([called(begin(), reason="tool_calls"), called(call(X, index=0)), counted()], ["Dune"], [1]),
        ([called(begin(arguments=X)), called(begin(arguments=X), reason="tool_calls")], ["Dune"], [1]),
        (
            [
                called(begin(ident=None, arguments=X)),
                called(begin(ident=None, arguments=Y)),
                chunk({}, "stop"),
            ],
            ["Dune", "Emma"],
            [1, 2],
        ),
    ],
    ids=["after the finish", "all after the finish", "said twice", "two of one index and name"],
)
@pytest.mark.parametrize("partial", [False, True])
async def test_d5_stream_and_response_have_the_same_tools(world, sent, expected, at, partial):
    """D5: arguments after the finish reason, a call sent twice, and two of one index give one result."""
    stream, pairs = await finished(world, *sent, DONE, stream={"partial_tools": partial})
    whole_tools = [tool for _, tool in pairs if tool and tool.delta is None]
    events = list(dict.fromkeys(one.data for one, _ in pairs))

    assert expected == [one.title for one in stream.tools]
    assert whole_tools == stream.tools == stream.construct_call_response().tools
    assert at == [events.index(one.data) for one, tool in pairs if tool and tool.delta is None]


async def test_d16_arguments_that_stay_cut_come_at_the_end(world):
    """D16: a call that is not whole at the finish reason comes once, with the last event again."""
    cut = called(begin(arguments=X[:4]), reason="length")
    stream, pairs = await finished(world, cut, counted(), DONE)

    assert [(False, None), (False, None), (True, stream.tool)] == [
        (one.repeated, tool) for one, tool in pairs
    ]
    assert "not JSON" in stream.tool.error


@pytest.mark.parametrize("arguments", ["", "{}", None])
async def test_d7_no_arguments(world, arguments):
    """D7: a tool without arguments can be called, however the wire says that there are none."""
    stream, pairs = await finished(
        world, whole(called(begin(name="list_books", arguments=arguments)), reason="tool_calls")
    )

    assert [({}, None, "all")] == [(one.args, one.error, one.call()) for one in tools_of(pairs)]
    assert (arguments or "") == stream.message_param["tool_calls"][0]["function"]["arguments"]


async def test_text_and_tool_in_one_event(world):
    """Text and tool of one event both arrive, and both go back."""
    stream, pairs = await finished(
        world, whole(chunk({"content": "Look:", "tool_calls": [begin(arguments=X)]}), reason="tool_calls")
    )

    assert ("Look:", "Look:", "<Dune>") == (stream.content, text_of(pairs), stream.tool.call())
    assert ("Look:", 1) == (stream.message_param["content"], len(stream.message_param["tool_calls"]))


async def test_text_after_a_tool(world):
    """Text that follows a tool is text."""
    stream, pairs = await finished(
        world, whole(said("A"), called(begin(arguments=X)), said("B"), reason="tool_calls")
    )

    assert ("AB", "AB", ["call_1"]) == (stream.content, text_of(pairs), [one.id for one in tools_of(pairs)])


async def test_d8_partial_tools_stay_out_of_the_history(world):
    """D8: partial tools come with their delta, the whole one last; the history holds the whole one alone."""
    wire = whole(
        called(begin()),
        called(call('{"title": "Du', index=0)),
        called(call('ne"}', index=0)),
        reason="tool_calls",
    )
    stream, pairs = await finished(world, wire, stream={"partial_tools": True})
    made = tools_of(pairs)

    assert [('{"title": "Du', "Du"), ('ne"}', "Dune"), (None, "Dune")] == [
        (one.delta, one.title) for one in made
    ]
    assert [made[2]] == stream.tools == stream.construct_call_response().tools
    assert [tool_call("format_book", X)] == stream.message_param["tool_calls"]
    with pytest.raises(ToolError, match="still arriving"):
        made[1].call()


async def test_d8_partial_tools_of_two_calls(world):
    """D8: the partial tools of interleaved calls each know their own call."""
    stream, pairs = await finished(
        world, whole(*TWO["interleaved"], reason="tool_calls"), stream={"partial_tools": True}
    )
    partial = [one for one in tools_of(pairs) if one.delta is not None]

    assert ["call_2", "call_1", "call_1", "call_2"] == [one.id for one in partial]
    assert ["call_1", "call_2"] == [one.id for one in stream.tools]


async def test_d9_only_tools(world):
    """D9: with tools alone content is None; without tools there is no `tool_calls`."""
    only, _ = await finished(world, whole(called(begin(arguments=X)), reason="tool_calls"))
    none, _ = await finished(world, whole(said("Hi")))

    assert (None, "tool_calls") == (only.message_param["content"], only.finish_reasons[0])
    assert accepted(only.message_param) == only.message_param
    assert "tool_calls" not in none.message_param
    assert "tool_calls" not in none.construct_call_response().body["choices"][0]["message"]


async def test_d16_truncated_arguments(world):
    """D16: arguments that max_tokens cut give a tool with an error and the raw text, and no exception."""
    stream, pairs = await finished(world, whole(called(begin(arguments='{"title": "Du')), reason="length"))
    tool = stream.tool

    assert ([tool], '{"title": "Du', ["length"]) == (
        tools_of(pairs),
        tool.raw_arguments,
        stream.finish_reasons,
    )
    assert "arguments that are not JSON" in tool.error
    with pytest.raises(ToolError, match="not JSON"):
        tool.call()


async def test_d16_arguments_that_do_not_fit(world):
    """D16: arguments of the wrong type give a tool with an error that names the field."""
    stream, _ = await finished(world, whole(called(begin(arguments='{"title": [1]}')), reason="tool_calls"))

    assert "title" in stream.tool.error
    assert '{"title": [1]}' == stream.tool.raw_arguments


@pytest.mark.parametrize("tools", [[format_book], None], ids=["unknown tool", "none declared"])
async def test_d16_a_tool_that_nobody_declared(world, tools):
    """D16: a tool that the request does not declare has an error, its name and its arguments."""
    wire = whole(called(begin(name="format_bok", arguments=X)), reason="tool_calls")
    stream, pairs = await finished(world, wire, tools=tools)
    tool = stream.tool

    assert ([tool], "format_bok", {"title": "Dune"}) == (tools_of(pairs), tool.name, tool.args)
    assert ("did you mean 'format_book'" in tool.error) is (tools is not None)
    assert "complete" == stream.status
    assert [tool_call("format_bok", X)] == stream.message_param["tool_calls"]


async def test_d13_tools_of_two_choices(world):
    """D13: with n=2 each choice has its own tools; `tools` are choice 0's."""
    wire = b"".join(
        (
            chunk({"tool_calls": [begin(arguments=X)]}, index=0),
            chunk({"tool_calls": [begin(ident="call_2", arguments=Y)]}, index=1),
            chunk({}, "tool_calls", index=1),
            chunk({}, "tool_calls", index=0),
            DONE,
        )
    )
    stream, pairs = await finished(world, wire)

    assert ["call_2", "call_1"] == [one.id for one in tools_of(pairs)]
    assert (
        ["call_1"]
        == [one.id for one in stream.tools]
        == [one.id for one in stream.construct_call_response().tools]
    )
    assert [["call_1"], ["call_2"]] == [[one.id for one in choice.tools] for choice in stream.answer.choices]
