"""OpenAI's answers as history: sent back, in an agent's loop, live, recorded and replayed; JSON and back."""

from __future__ import annotations

import json

import pytest
from openai_wire import (
    DONE,
    World,
    accepted,
    asked,
    at_once,
    call,
    called,
    chunk,
    counted,
    done,
    message,
    said,
    streamed,
    whole,
)

from chunktape import CostMetadata, Messages, PriceTable, use_prices
from chunktape.openai import OpenAICallResponse, OpenAICallResponseChunk


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


def format_book(title: str, headers: dict[str, str] | None = None) -> str:
    """Format a book.

    Args:
        title: The title.
        headers: What stands above.
    """
    return f"<{title}{headers or ''}>"


ANSWERS = {
    "text": whole(said("Hi")),
    "nothing": whole(),
    "no content at all": chunk({"role": "assistant"}, "stop") + DONE,
    "refusal": whole(chunk({"refusal": "No."})),
    "tools": whole(
        called(call('{"title": "a"}', name="format_book", index=0, id="call_1")), reason="tool_calls"
    ),
    "text and tools": whole(said("x"), called(call("", name="f", index=0, id="call_1")), reason="tool_calls"),
    "audio": whole(chunk({"audio": {"id": "audio_1", "data": "AAAA", "transcript": "x"}})),
    "reasoning": whole(chunk({"reasoning_content": "Hm"}), said("Hi")),
}


@pytest.mark.parametrize("kind", ANSWERS)
async def test_message_param_is_a_valid_request(world, kind):
    """What an answer is sent back as is what the SDK takes: by its type, and in a second call."""
    fn, transport = world.caller(
        streamed(ANSWERS[kind]),
        at_once(message()),
        returned=lambda *past: [Messages.User("x"), *past],
        stream=True,
    )
    stream = await done(fn())
    await world.pairs(stream)
    param = stream.message_param
    again, second = world.caller(at_once(message()), returned=[Messages.User("x"), param, Messages.User("y")])
    await done(again())

    assert accepted(param) == param
    assert param == stream.construct_call_response().message_param
    assert param == asked(second)["messages"][1]
    assert 1 == len(transport.requests)
    # https://platform.openai.com/docs/api-reference/chat/create: content may be null beside these alone.
    assert param["content"] is not None or {"tool_calls", "refusal", "audio"} & param.keys()


async def test_tool_messages(world):
    """Outputs go back by the id of their call, as the API takes them; even for a tool with an error."""
    good = call('{"title": "Dune"}', name="format_book", index=0, id="call_1")
    wrong = call("{}", name="wrong", index=1, id="call_2")
    stream, _ = await world.finished(whole(called(good, wrong), reason="tool_calls"), tools=[format_book])
    params = stream.tool_message_params([(tool, tool.error or tool.call()) for tool in stream.tools])

    assert [("tool", "call_1"), ("tool", "call_2")] == [(one["role"], one["tool_call_id"]) for one in params]
    assert ["<Dune>", stream.tools[1].error] == [one["content"] for one in params]
    assert params == [accepted(one) for one in params]


async def test_d21_json_and_back(world):
    """D21: responses, chunks, tools, messages and cost metadata are equal after JSON and back."""
    fn, _ = world.caller(
        streamed(whole(said("Hi"), called(call('{"title": "a"}', name="format_book", index=0, id="call_1")))),
        stream=True,
        tools=[format_book],
        call_params={"temperature": 0.5, "extra_headers": {"X-Key": "secret-0123"}},
    )
    stream = await done(fn())
    pairs = await world.pairs(stream)
    response = stream.construct_call_response()
    text = response.model_dump_json()
    loaded = OpenAICallResponse.model_validate_json(text)
    chunks = [OpenAICallResponseChunk.model_validate_json(one.model_dump_json()) for one, _ in pairs]

    assert response == loaded
    assert ["call_1"] == [one.id for one in loaded.tools]
    assert response.tool.raw_arguments == loaded.tool.raw_arguments
    assert (response.cost, response.cost_metadata) == (loaded.cost, loaded.cost_metadata)
    assert (json.loads(text), False) == (json.loads(loaded.model_dump_json()), "secret-0123" in text)
    assert [one for one, _ in pairs] == chunks
    assert [one.received_at for one, _ in pairs] == [one.received_at for one in chunks]
    tool = stream.tool
    assert tool == type(tool).model_validate_json(tool.model_dump_json())
    assert stream.message_param == json.loads(json.dumps(stream.message_param))
    assert stream.cost_metadata == CostMetadata.model_validate_json(stream.cost_metadata.model_dump_json())


async def test_d21_no_client_and_no_key(world):
    """D21: clients and transports are left out; a tool's parameter that is called so is not."""
    config = {"messages": [Messages.User("x")], "client": None, "metadata": {"data": b"\x00\xff"}}
    fn, _ = world.caller(at_once(message()), returned=lambda: config, tools=[format_book])
    response = await done(fn())
    written = json.loads(response.model_dump_json())
    schema = written["call_kwargs"]["tools"][0]["function"]["parameters"]

    assert ("client" in written["dynamic_config"], "AP8=") == (False, written["metadata"]["data"])
    assert {"title", "headers"} == set(schema["properties"])
    assert response == OpenAICallResponse.model_validate_json(response.model_dump_json())


async def test_d19_cached_input_is_cheaper(world):
    """D19: OpenAI's input count includes the cached ones, which are split off before they are priced."""
    counts = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    stream, _ = await world.finished(
        said("x")
        + chunk({}, "stop")
        + counted(**counts, prompt_tokens_details={"cached_tokens": 400_000})
        + DONE
    )
    none_cached, _ = await world.finished(
        said("x") + chunk({}, "stop") + counted(**counts, prompt_tokens_details={"cached_tokens": 0}) + DONE
    )

    with use_prices(PriceTable({"gpt-4o-mini*": {"input": 0.15, "cached_input": 0.075, "output": 0.6}})):
        assert (0.12, 0.15) == (pytest.approx(stream.cost), pytest.approx(none_cached.cost))
        assert stream.cost == stream.construct_call_response().cost
    assert (1_000_000, 400_000) == (stream.cost_metadata.input_tokens, stream.cost_metadata.cached_tokens)


async def test_streamed_and_whole_answers_are_equal(world):
    """A response is the same, be it streamed or not, as far as the same was asked."""
    fn, _ = world.caller(at_once(message("Hi")), tools=[format_book])
    stream, _ = await world.finished(whole(said("Hi")), tools=[format_book])
    response, other = await done(fn()), stream.construct_call_response()

    assert (response.body, response.message_param, response.usage) == (
        other.body,
        other.message_param,
        other.usage,
    )
    assert (response.content, response.answer, response.messages) == (
        other.content,
        other.answer,
        other.messages,
    )
    assert (False, True) == (response.streamed, other.streamed)
    assert {OpenAICallResponse} == {type(response), type(other)}
    assert other is stream.construct_call_response()
    assert (stream.messages, stream.call_kwargs, stream.cost) == (
        other.messages,
        other.call_kwargs,
        other.cost,
    )
