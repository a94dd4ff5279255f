"""`BaseCallResponse`, by OpenAI's: one answer, what it says, when two are equal, how it is written down."""

from __future__ import annotations

import json

import pytest
from openai.types.chat import ChatCompletion
from openai_wire import AWAITED, COUNTS, PLAIN, at_once, done, message, tool_call

from chunktape import CassetteError, PriceTable, use_prices
from chunktape.openai import OpenAICallResponse

# Invented, in the form of OpenAI's.
KEY = f"sk-proj-{'aB3dE6gH9j' * 4}"


@pytest.fixture(params=[PLAIN, AWAITED], ids=["sync", "async"])
def world(request):
    return request.param


def look(place: str) -> str:
    """Look around."""
    return f"nothing at {place}"


async def answered(world, body, **options):
    fn, _ = world.caller(at_once(body), **options)
    return await done(fn())


async def test_whole_answer(world):
    """An answer that came at once says all that a stream says, and when it came."""
    response = await answered(world, message("Hi"), call_params={"temperature": 0.5})

    assert ("Hi", "Hi", ["stop"], ["stop"], "gpt-4o-mini-2024-07-18", "chatcmpl-invented", "openai") == (
        response.content,
        str(response),
        response.finish_reasons,
        response.common_finish_reasons,
        response.model,
        response.id,
        response.provider,
    )
    assert (100, 40, 20, 5, COUNTS) == (
        response.input_tokens,
        response.cached_tokens,
        response.output_tokens,
        response.common_usage.reasoning_tokens,
        response.usage.to_dict(),
    )
    assert ("complete", False, None, None, "req_1") == (
        response.status,
        response.streamed,
        response.tools,
        response.tool,
        response.request_id,
    )
    assert 1.5e12 < response.start_time <= response.end_time
    assert {"role": "assistant", "content": "Hi"} == response.message_param
    assert (0.5, {"role": "user", "content": "Say hello"}) == (
        response.call_kwargs["temperature"],
        response.user_message_param,
    )
    assert message("Hi") == response.response.to_dict()
    with use_prices(PriceTable({"gpt-4o-mini*": {"input": 1, "output": 2}}, name="mine")):
        assert (0.00014, "mine") == (pytest.approx(response.cost), response.price.source)


async def test_tools(world):
    """Its tools are typed, in order, and those that cannot be carried out say why."""
    calls = [
        tool_call("look", '{"place": "home"}'),
        tool_call("lok", "{}", "call_2"),
        tool_call("look", "{", "call_3"),
    ]
    response = await answered(world, message(None, reason="tool_calls", tool_calls=calls), tools=[look])
    good, unknown, cut = response.tools

    assert ("nothing at home", good) == (good.call(), response.tool)
    assert "did you mean 'look'" in unknown.error
    assert ("{", True) == (cut.raw_arguments, "not JSON" in cut.error)
    params = response.tool_message_params([(one, "x") for one in response.tools])
    assert ["call_1", "call_2", "call_3"] == [one["tool_call_id"] for one in params]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [{}]},
        {"choices": [{"message": None, "finish_reason": 5}]},
        {"choices": [{"message": {"content": 5, "tool_calls": 7, "audio": "x"}}], "usage": [], "model": 1},
        {"error": None, "choices": []},
    ],
)
async def test_bodies_of_any_shape(world, body):
    """Whatever a host answers, no property raises, and what is not there is None or nothing."""
    response = await answered(world, body)
    counts = ("usage", "common_usage", "input_tokens", "cost")
    said = ("refusal", "reasoning", "logprobs", "audio", "audio_id", "tools")
    names = (*counts, *said, "finish_reasons", "common_finish_reasons", "model", "id")

    assert [None] * len(names) == [getattr(response, name) for name in names]
    assert ("", "assistant") == (response.content, response.message_param["role"])
    assert isinstance(response.response, ChatCompletion)
    assert response == OpenAICallResponse.model_validate_json(response.model_dump_json())


async def test_equality(world):
    """Responses are equal where the same was asked and answered, whenever it came."""
    one, same = [await answered(world, message("Hi")) for _ in range(2)]
    other = await answered(world, message("Ho"))
    asked_otherwise = await answered(world, message("Hi"), returned="Say something else")

    assert one == same
    assert one.start_time != same.start_time
    assert [False, False, False] == [one == other, one == asked_otherwise, one == "Hi"]


async def test_json_holds_what_was_said(world):
    """Its JSON holds the body and what can be read from it, so that other programs need not know how."""
    written = json.loads((await answered(world, message("Hi"))).model_dump_json())

    assert ("Hi", ["stop"], 100, "complete") == tuple(
        written[name] for name in ("content", "finish_reasons", "input_tokens", "status")
    )
    assert message("Hi") == written["body"]


async def test_json_holds_no_key(world):
    """A key that the model repeats is written nowhere, in whatever words the answer is told."""
    said = f"Your key is {KEY}."
    asked = tool_call("look", json.dumps({"key": KEY}))
    response = await answered(world, message(said, tool_calls=[asked], refusal=said, reasoning=said))
    text = response.model_dump_json()

    assert said == response.content
    assert KEY not in text
    assert "look" in text


def test_made_by_hand():
    """A response can be made of the SDK's own object, as Mirascope's are."""
    made = OpenAICallResponse(
        metadata={},
        response=ChatCompletion.model_validate(message("Hi")),
        tool_types=None,
        prompt_template=None,
        fn_args={},
        dynamic_config=None,
        messages=[],
        call_params={},
        call_kwargs={},
        user_message_param=None,
        start_time=1,
        end_time=2,
    )

    assert ("Hi", 1, message("Hi")) == (made.content, made.start_time, made.body)


def test_from_bytes():
    """A body that is at hand is read without a call; tools of a request are known by their schema."""
    body = json.dumps(message(None, tool_calls=[tool_call("look", '{"place": "home"}')])).encode()
    response = OpenAICallResponse.from_bytes(body)
    typed = OpenAICallResponse.from_bytes(body, tools=[look])

    assert ({"place": "home"}, None) == (response.tool.args, response.tool.error)
    assert "nothing at home" == typed.tool.call()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"data: {}\n\n", "This is a stream, not an answer that came at once"),
        (b"[]", "This answer is no JSON object: '[]'"),
        (b'{"type": "message", "role": "assistant", "content": []}', "another dialect: messages"),
    ],
)
def test_from_bytes_of_something_else(body, told):
    """What is no answer of this dialect is refused, and says what it is."""
    with pytest.raises(CassetteError, match="the given bytes") as caught:
        OpenAICallResponse.from_bytes(body)

    assert told in str(caught.value)
