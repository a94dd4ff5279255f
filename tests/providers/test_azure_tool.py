"""Tools that models on Azure call, in every world; wire data without a source is invented."""

from __future__ import annotations

import json

import pytest
from azure.ai.inference.models import (
    ChatCompletionsToolCall,
    ChatCompletionsToolDefinition,
    FunctionCall,
    FunctionDefinition,
)
from azure_world import MEMORY, WIRED, World, chunk, done, wire
from pydantic import BaseModel

from chunktape import BaseTool, ToolError
from chunktape.azure import AzureTool, AzureToolConfig
from chunktape.loopback import chat, complete_chat


def format_book(title: str, author: str) -> str:
    """Format a book.

    Args:
        title: The title of the book.
        author: Who wrote it.
    """
    return f"{title} by {author}"


def now() -> str:
    """Tell the time."""
    return "noon"


BOOK = ("format_book", {"title": "The Tape", "author": "Reel"})
OTHER = ("format_book", {"title": "The Wind", "author": "Breeze"})


@pytest.fixture(params=WIRED + MEMORY)
async def world(request, provider):
    """Return one way to call Azure."""
    made = World(request.param, provider)
    yield made
    await made.close()


def called(pairs):
    """Return the tools of a loop, and whether each came with a repeated chunk."""
    return [(tool, piece.repeated) for piece, tool in pairs if tool is not None]


def fragment(arguments, *, index=0, name=None, ident=None):
    """Return a chunk with a piece of one tool call."""
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return chunk(
        {
            "tool_calls": [
                {"index": index, "function": function} | ({"id": ident, "type": "function"} if ident else {})
            ]
        }
    )


async def test_one_tool(world):
    """A tool comes once, typed, with the SDK's own call, and can be carried out."""
    stream, pairs = await world.finished(chat("", tools=[BOOK], azure=True), tools=[format_book])

    ((tool, repeated),) = called(pairs)
    assert isinstance(tool, AzureTool)
    assert ({"title": "The Tape", "author": "Reel"}, False) == (tool.args, repeated)
    assert "The Tape by Reel" == tool.call()
    assert ChatCompletionsToolCall is type(tool.tool_call)
    assert ("format_book", tool.id) == (tool.tool_call.function.name, tool.tool_call.id)
    assert ([tool], tool) == (stream.tools, stream.tool)
    assert ["tool_calls"] == stream.common_finish_reasons


async def test_several_tools_in_order(world):
    """Sequential calls come one by one, and the last not before it is whole (D5, D6)."""
    stream, pairs = await world.finished(chat("Well.", tools=[BOOK, OTHER], azure=True), tools=[format_book])

    assert ["The Tape", "The Wind"] == [tool.args["title"] for tool, _ in called(pairs)]
    assert ["The Tape", "The Wind"] == [tool.args["title"] for tool in stream.tools]
    assert "Well." == stream.content == "".join(piece.content for piece, _ in pairs if not piece.repeated)


async def test_several_tools_in_one_event_repeat_the_chunk(world):
    """If one event completes two calls, the second comes with the chunk again, marked (section 4)."""
    whole = [
        {
            "index": place,
            "id": f"call_{place}",
            "type": "function",
            "function": {"name": "now", "arguments": "{}"},
        }
        for place in range(2)
    ]
    _, pairs = await world.finished(
        wire(chunk({"content": "So", "tool_calls": whole}, reason="tool_calls")), tools=[now]
    )

    assert [("call_0", False), ("call_1", True)] == [(tool.id, repeated) for tool, repeated in called(pairs)]
    assert 1 == len([piece for piece, _ in pairs if piece.content and not piece.repeated])


@pytest.mark.parametrize("pieces", [[""], ["{}"], ["{", "}"], []])
async def test_no_arguments_mean_an_empty_object(world, pieces):
    """A tool without arguments can be carried out, however it says that there are none (D7)."""
    events = [fragment("", name="now", ident="call_1"), *(fragment(one) for one in pieces)]
    stream, _ = await world.finished(wire(*events, chunk(reason="tool_calls")), tools=[now])

    assert ({}, "noon") == (stream.tool.args, stream.tool.call())


@pytest.mark.parametrize(
    ("events", "titles"),
    [
        (
            [
                fragment('{"title": "A", ', name="format_book", ident="call_1"),
                chunk(reason="tool_calls"),
                fragment('"author": "B"}'),
            ],
            ["A"],
        ),
        (
            [fragment(json.dumps({"title": one, "author": "B"}), name="format_book") for one in "AC"]
            + [chunk(reason="tool_calls")],
            ["A", "C"],
        ),
        (
            [fragment(json.dumps({"title": "A", "author": "B"}), name="format_book", ident="call_1")] * 2
            + [chunk(reason="tool_calls")],
            ["A"],
        ),
    ],
    ids=["after the finish", "two of one index and name", "said twice"],
)
async def test_stream_and_response_have_the_same_tools(world, events, titles):
    """Arguments after the finish reason, a call sent twice, and two of one index give one result (D5)."""
    stream, pairs = await world.finished(wire(*events), tools=[format_book])

    assert titles == [tool.title for tool in stream.tools]
    assert [tool for tool, _ in called(pairs)] == stream.tools == stream.construct_call_response().tools


async def test_truncated_arguments_are_a_tool_with_an_error(world):
    """Arguments that max_tokens cut are no exception out of the loop, but a tool that says so (D16)."""
    events = [fragment('{"title": "The Ta', name="format_book", ident="call_1"), chunk(reason="length")]
    stream, pairs = await world.finished(wire(*events), tools=[format_book])

    ((tool, _),) = called(pairs)
    assert ("format_book", '{"title": "The Ta') == (tool.name, tool.raw_arguments)
    assert "raise max_tokens" in tool.error
    with pytest.raises(ToolError, match="not JSON"):
        tool.call()
    assert ("complete", ["length"]) == (stream.status, stream.finish_reasons)


@pytest.mark.parametrize("tools", [[now], None])
async def test_an_undeclared_tool_has_an_error(world, tools):
    """A tool that the request does not declare is given out with the reason (D16)."""
    stream, _ = await world.finished(chat("", tools=[BOOK], azure=True), tools=tools)

    assert ("format_book", BOOK[1]) == (stream.tool.name, stream.tool.args)
    assert "does not declare" in stream.tool.error


async def test_partial_tools_grow_and_leave_the_history_clean(world):
    """Partial tools have a delta, are no part of `tools`, and the pieces make the arguments (D8)."""
    stream, pairs = await world.finished(
        chat("", tools=[BOOK], azure=True), stream={"partial_tools": True}, tools=[format_book]
    )

    tools = [tool for tool, _ in called(pairs)]
    assert json.dumps(BOOK[1], separators=(",", ":")) == "".join(tool.delta or "" for tool in tools)
    assert [None] == [tool.delta for tool in tools if tool.delta is None]
    assert tools[0].title is None
    assert "The Tape by Reel" == tools[-1].call()
    assert [tools[-1]] == stream.tools
    assert 1 == len(stream.message_param["tool_calls"])


async def test_history_goes_back_and_forth(world):
    """An agent's history of messages and tool outputs is sent as it has to be (D9)."""
    history = [{"role": "user", "content": "Which book?"}]
    world.play(chat("", tools=[BOOK, OTHER], azure=True), chat("Both.", azure=True))
    ask = world.caller(lambda: {"messages": history}, stream=True, tools=[format_book])

    stream = await done(ask())
    await world.pairs(stream)
    outputs = [(tool, tool.call()) for tool in stream.tools]
    history += [stream.message_param, *stream.tool_message_params(outputs)]
    last = await done(ask())
    await world.pairs(last)

    assert "Both." == last.content
    sent = world.asked()["messages"]
    assert ["user", "assistant", "tool", "tool"] == [one["role"] for one in sent]
    assert sent[1]["content"] is None
    assert [tool.id for tool in stream.tools] == [one["id"] for one in sent[1]["tool_calls"]]
    assert [("The Tape by Reel", stream.tools[0].id), ("The Wind by Breeze", stream.tools[1].id)] == [
        (one["content"], one["tool_call_id"]) for one in sent[2:]
    ]


async def test_tools_of_an_answer_at_once(world):
    """An answer that is not streamed gives the same tools."""
    world.play(complete_chat(tools=[BOOK, OTHER], azure=True))
    response = await world.ask(tools=[format_book])

    assert ["The Tape by Reel", "The Wind by Breeze"] == [tool.call() for tool in response.tools]
    assert ChatCompletionsToolCall is type(response.tool.tool_call)
    assert response.message_param["content"] is None


async def test_a_tool_is_declared_as_the_sdk_declares_it(world):
    """On the wire, a tool is what the SDK makes of its own definition of it."""
    await world.finished(chat("Well.", azure=True), tools=[format_book])
    text = {"type": "string"}
    definition = ChatCompletionsToolDefinition(
        function=FunctionDefinition(
            name="format_book",
            description="Format a book.",
            parameters={
                "type": "object",
                "properties": {
                    "title": text | {"description": "The title of the book."},
                    "author": text | {"description": "Who wrote it."},
                },
                "required": ["title", "author"],
            },
        )
    )

    assert [definition.as_dict()] == world.asked()["tools"]


def test_schema_is_json_and_an_sdks_definition():
    """A tool's schema can be dumped, and the SDK takes it for a definition."""
    schema = AzureTool.type_from_fn(format_book).tool_schema()

    assert schema == json.loads(json.dumps(schema))
    assert "format_book" == ChatCompletionsToolDefinition(schema).function.name


def test_strict_is_declared():
    """With `strict` the declaration is in the subset that strict tools need."""

    class Weather(BaseTool):
        """Tell the weather."""

        tool_config = AzureToolConfig(strict=True)
        city: str = "Rome"

    function = AzureTool.type_from_base_model_type(Weather).tool_schema()["function"]

    assert function["strict"] is True
    assert ["city"] == function["parameters"]["required"]
    assert function["parameters"]["additionalProperties"] is False


@pytest.mark.parametrize("allow_partial", [False, True])
def test_a_tool_from_the_sdks_own_call(allow_partial):
    """A call that the user got elsewhere becomes a tool."""
    own = ChatCompletionsToolCall(
        id="call_1", function=FunctionCall(name="format_book", arguments='{"title": "T"')
    )

    tool = AzureTool.type_from_fn(format_book).from_tool_call(own, allow_partial=allow_partial)
    assert (own, "call_1") == (tool.tool_call, tool.id)
    assert allow_partial is (tool.error is None)


def test_a_tool_survives_json():
    """A tool can be written and read, with the SDK's own call (D21)."""
    own = ChatCompletionsToolCall(
        id="call_1", function=FunctionCall(name="format_book", arguments='{"title": "T", "author": "A"}')
    )
    kind = AzureTool.type_from_fn(format_book)
    tool = kind.from_tool_call(own)

    again = kind.model_validate_json(tool.model_dump_json())
    assert (tool, own) == (again, again.tool_call)
    assert ChatCompletionsToolCall is type(again.tool_call)


def test_a_model_may_be_a_tool():
    """A pydantic model is a tool whose fields are the arguments."""

    class Book(BaseModel):
        """A book."""

        title: str

    schema = AzureTool.type_from_base_model_type(Book).tool_schema()
    assert ("Book", ["title"]) == (schema["function"]["name"], schema["function"]["parameters"]["required"])
