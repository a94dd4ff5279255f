"""Tools of Anthropic's streams and answers. The wire is built by hand: all of it is invented."""

from __future__ import annotations

import json

import pytest
from anthropic.types import ToolParam, ToolUseBlock
from anthropic_world import World, accepted, accepted_as, asked, done, message, streamed, whole
from message_wire import STOP, begun, called, delta, reason, said, started, stopped

from chunktape import BaseTool, ToolError
from chunktape.anthropic import AnthropicCallResponse, AnthropicTool, AnthropicToolConfig


def weather(city: str, days: int = 1) -> str:
    """Tell the weather."""
    return f"Rain in {city} for {days} days"


def now() -> str:
    """Tell the time."""
    return "noon"


TOOLS = [weather, now]
WEATHER = called(0, '{"city":', ' "Bern", "days": 2}', name="weather")
NOW = called(1, "", ident="toolu_2", name="now")


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


async def test_sequential(world):
    """Each tool comes with the chunk that completes it; without arguments it is called with none."""
    stream, pairs = await world.finished(whole(WEATHER, NOW, word="tool_use"), tools=TOOLS)
    tools = [(at, tool) for at, (_, tool) in enumerate(pairs) if tool is not None]

    assert [(4, "Rain in Bern for 2 days"), (7, "noon")] == [(at, tool.call()) for at, tool in tools]
    assert [("weather", "toolu_1", {"city": "Bern", "days": 2}), ("now", "toolu_2", {})] == [
        (tool.name, tool.id, tool.args) for tool in stream.tools
    ]
    assert [tool for _, tool in tools] == stream.tools == stream.construct_call_response().tools
    assert ["tool_calls"] == stream.common_finish_reasons


async def test_sdk_object(world):
    """A tool holds the SDK's own object, and can be made of one."""
    stream, _ = await world.finished(whole(WEATHER, word="tool_use"), tools=TOOLS)
    own = stream.tool.tool_call

    assert isinstance(own, ToolUseBlock)
    assert stream.tool == type(stream.tool).from_tool_call(own)
    assert ({"city": "Bern", "days": 2}, "toolu_1") == (own.input, own.id)
    assert "Bern" == type(stream.tool).from_tool_call(own, allow_partial=True).city


async def test_no_stop_of_block(world):
    """A tool whose block nobody ends comes with the stop reason."""
    stream, pairs = await world.finished(
        whole(WEATHER[: WEATHER.rindex(b"event:")], word="tool_use"), tools=TOOLS
    )

    assert [("message_delta", "weather")] == [(chunk.event, tool.name) for chunk, tool in pairs if tool]
    assert "weather" == stream.tool.name


@pytest.mark.parametrize(
    ("rest", "event"),
    [
        (delta(0, type="input_json_delta", partial_json='"Bern"}') + stopped(0), "content_block_stop"),
        (delta(0, type="input_json_delta", partial_json='"Bern"}'), "message_stop"),
    ],
    ids=["with its stop", "without"],
)
async def test_arguments_after_the_stop_reason(world, rest, event):
    """A tool that is not whole at the stop reason comes when it is; stream and response have the same."""
    begin = begun(0, type="tool_use", id="toolu_1", name="weather", input={})
    cut = delta(0, type="input_json_delta", partial_json='{"city": ')
    stream, pairs = await world.finished(started(), begin, cut, reason("tool_use"), rest, STOP, tools=TOOLS)

    assert [(event, "Bern")] == [(chunk.event, tool.city) for chunk, tool in pairs if tool]
    assert stream.tools == stream.construct_call_response().tools


async def test_cut_by_max_tokens(world):
    """Arguments that are cut give a tool with an error and the raw text; it goes back as Anthropic asks."""
    cut = called(0, '{"city": "Ber', name="weather")
    stream, _ = await world.finished(whole(said(0, "Well"), cut, word="max_tokens"), tools=TOOLS)
    tool = stream.tool

    assert ('{"city": "Ber', "toolu_1") == (tool.raw_arguments, tool.id)
    assert "not JSON" in tool.error
    with pytest.raises(ToolError):
        tool.call()
    assert {"INVALID_JSON": '{"city": "Ber'} == stream.message_param["content"][-1]["input"]
    assert accepted(stream.message_param) == stream.message_param
    (results,) = stream.tool_message_params([(tool, tool.error)])
    assert [
        {
            "type": "tool_result",
            "tool_use_id": "toolu_1",
            "content": [{"type": "text", "text": tool.error}],
            "is_error": True,
        }
    ] == results["content"]


@pytest.mark.parametrize("tools", [None, [now]], ids=["none declared", "another declared"])
async def test_undeclared(world, tools):
    """A tool that nobody declared is given out with an error, and breaks nothing."""
    stream, _ = await world.finished(whole(WEATHER, word="tool_use"), tools=tools)

    assert ("weather", "toolu_1", {"city": "Bern", "days": 2}) == (
        stream.tool.name,
        stream.tool.id,
        stream.tool.args,
    )
    assert "does not declare" in stream.tool.error


async def test_partial(world):
    """Partial tools are handed out while they grow, and never kept in the history."""
    wire = whole(WEATHER, word="tool_use")
    stream, pairs = await world.finished(wire, tools=TOOLS, stream={"partial_tools": True})
    seen = [(tool.delta, tool.city, tool.days) for _, tool in pairs if tool is not None]

    assert [('{"city":', None, None), (' "Bern", "days": 2}', "Bern", 2), (None, "Bern", 2)] == seen
    assert [(None, "toolu_1")] == [(tool.delta, tool.id) for tool in stream.tools]
    assert ["tool_use"] == [one["type"] for one in stream.message_param["content"]]


async def test_mcp(world):
    """Calls of an MCP server's tools are answered by Anthropic, and go back as the beta API takes them."""
    mcp = called(0, '{"q": 1}', ident="mcptoolu_1", kind="mcp_tool_use", server_name="wiki")
    stream, _ = await world.finished(whole(mcp, said(1, "Hi")))

    assert ("mcp_tool_use", None) == (stream.blocks[0].type, stream.tools)
    assert accepted(stream.message_param) == stream.message_param
    assert ({"q": 1}, "wiki") == (
        stream.message_param["content"][0]["input"],
        stream.message_param["content"][0]["server_name"],
    )


async def test_results(world):
    """What all tools gave is one message of the user; nothing is sent of an output that is blank."""
    stream, _ = await world.finished(whole(WEATHER, NOW, word="tool_use"), tools=TOOLS)
    first, second = stream.tools
    results = stream.tool_message_params([(first, {"mm": 3}), (second, "")])

    assert [
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": '{"mm": 3}'}],
                },
                {"type": "tool_result", "tool_use_id": "toolu_2"},
            ],
        }
    ] == results
    assert accepted(results[0]) == results[0]
    assert results == AnthropicCallResponse.tool_message_params([(first, {"mm": 3}), (second, "")])
    assert [] == stream.tool_message_params([])


async def test_argument_called_id(world):
    """A tool with an argument named as one of its attributes is answered under the call's own id."""

    def find(id: str, error: str) -> str:  # noqa: A002 - what is tested
        """Find something."""
        return id + error

    stream, _ = await world.finished(whole(called(0, '{"id": "x", "error": "y"}', name="find")), tools=[find])
    (results,) = stream.tool_message_params([(stream.tool, stream.tool.call())])

    assert {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": [{"type": "text", "text": "xy"}],
    } == results["content"][0]


async def test_declaration(world):
    """Tools are declared with their schema, and with what is configured for Anthropic."""

    class Weather(BaseTool):
        """Tell the weather."""

        tool_config = AnthropicToolConfig(cache_control={"type": "ephemeral"})
        city: str

    fn, transport = world.caller(streamed(whole(said(0, "Hi"))), tools=[now, Weather], stream=True)
    await world.pairs(await done(fn()))
    declared = asked(transport)["tools"]

    assert [
        {
            "name": "now",
            "description": "Tell the time.",
            "input_schema": {"properties": {}, "type": "object"},
        },
        {
            "name": "Weather",
            "description": "Tell the weather.",
            "input_schema": {
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
                "type": "object",
            },
            "cache_control": {"type": "ephemeral"},
        },
    ] == declared
    assert declared == [accepted_as(ToolParam, one) for one in declared]
    assert "now" == AnthropicTool.type_from_fn(now).tool_schema()["name"]


async def test_agent_loop(world):
    """History and tool results of one turn make the next one, streamed or not."""
    question = {"role": "user", "content": "How is the weather?"}
    first = streamed(
        whole(said(0, "Let me look."), WEATHER.replace(b'"index": 0', b'"index": 1'), word="tool_use")
    )
    last = message({"type": "text", "text": "It rains."})
    history = [question]

    streaming, transport = world.caller(first, returned=lambda: list(history), stream=True, tools=TOOLS)
    stream = await done(streaming())
    outputs = [(tool, tool.call()) for _, tool in await world.pairs(stream) if tool is not None]
    history += [stream.message_param, *stream.tool_message_params(outputs)]
    answering, again = world.caller(last, returned=lambda: list(history), tools=TOOLS)
    response = await done(answering())

    expected = [
        question,
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me look."},
                {
                    "type": "tool_use",
                    "id": "toolu_1",
                    "name": "weather",
                    "input": {"city": "Bern", "days": 2},
                },
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": "Rain in Bern for 2 days"}],
                }
            ],
        },
    ]
    assert [question] == asked(transport)["messages"]
    assert expected == asked(again)["messages"]
    assert expected == [accepted(one) for one in expected]
    assert "It rains." == response.content


async def test_json_round_trip(world):
    """Tools can be written as JSON and read again, with the SDK's own object."""
    stream, _ = await world.finished(whole(WEATHER, word="tool_use"), tools=TOOLS)
    kind = type(stream.tool)

    again = kind.model_validate_json(stream.tool.model_dump_json())

    assert (again, again.tool_call) == (stream.tool, stream.tool.tool_call)
    assert "Bern" == json.loads(stream.tool.model_dump_json())["city"]
