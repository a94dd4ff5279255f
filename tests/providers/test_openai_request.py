"""What a call sends to OpenAI, with which client, and that it leaves alone what it was given."""

from __future__ import annotations

from copy import deepcopy

import openai
import pytest
from openai_wire import World, asked, at_once, done, message, said, streamed, whole

from chunktape import (
    BaseMessageParam,
    ConfigurationError,
    Messages,
    ProviderStreamError,
    async_http_client,
    http_client,
)
from chunktape.loopback import complete_chat
from chunktape.openai import OpenAICallResponse, openai_call


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


def client(world, *answers, **options):
    """Return a client of the user's over a transport, and the transport."""
    transport = world.transport(*answers)
    if world.awaited:
        kind, http = openai.AsyncOpenAI, async_http_client(transport)
    else:
        kind, http = openai.OpenAI, http_client(transport)
    return kind(http_client=http, api_key="key-of-the-user", **options), transport


async def finished(stream, world):
    return await stream.afinish() if world.awaited else stream.finish()


HI = streamed(whole(said("Hi")))


async def test_streams_ask_for_usage(world):
    """A stream asks for its usage, what comes at once does not."""
    streaming, sent = world.caller(HI, stream=True)
    at_one, plain = world.caller(at_once(message()))
    await finished(await done(streaming()), world)
    response = await done(at_one())

    assert OpenAICallResponse is type(response)
    assert {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Say hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    } == asked(sent)
    assert {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello"}]} == asked(plain)


@pytest.mark.parametrize(
    ("config", "given", "expected"),
    [
        (True, {"include_obfuscation": False}, {"include_usage": True, "include_obfuscation": False}),
        (True, {"include_usage": False}, {"include_usage": False}),
        ({"include_usage": False}, {"include_obfuscation": False}, {"include_obfuscation": False}),
        ({}, None, {"include_usage": True}),
        ({"include_usage": False}, None, None),
    ],
)
async def test_d10_stream_options_are_merged_into_a_copy(world, config, given, expected):
    """D10: the user's `stream_options` win, are merged into a copy, and stay as they were."""
    params = {} if given is None else {"stream_options": given}
    before = deepcopy(params)
    fn, transport = world.caller(HI, HI, stream=config, call_params=params)
    for _ in range(2):
        await finished(await done(fn()), world)

    assert [expected, expected] == [asked(transport, place).get("stream_options") for place in (0, 1)]
    assert before == params


async def test_d10_nothing_that_was_passed_is_changed(world):
    """D10: messages, tools, parameters and dynamic configurations stay as they were given."""
    history = [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        BaseMessageParam(role="user", content="x"),
    ]
    config = {
        "messages": history,
        "call_params": {"temperature": 0.5, "stream_options": {"include_obfuscation": False}},
        "metadata": {"tags": {"a"}},
        "tools": [],
    }
    params = {"stop": ["x"], "logit_bias": {"1": 2}}
    before = deepcopy((config, params))
    fn, transport = world.caller(HI, returned=lambda: config, stream=True, call_params=params, json_mode=True)
    await finished(await done(fn()), world)

    assert before == (config, params)
    assert (0.5, ["x"], {"include_usage": True, "include_obfuscation": False}) == tuple(
        asked(transport)[name] for name in ("temperature", "stop", "stream_options")
    )


async def test_what_is_sent_is_what_was_there_at_the_call(world):
    """A history that grows between the call and the first step does not grow in the request."""
    history = [{"role": "user", "content": "first"}]
    fn, transport = world.caller(HI, returned=lambda: history, stream=True)
    stream = await done(fn())
    history.append({"role": "user", "content": "second"})
    history[0]["content"] = "changed"
    await finished(stream, world)

    assert [{"role": "user", "content": "first"}] == asked(transport)["messages"] == stream.messages


async def test_d11_the_dynamic_configs_client_wins(world):
    """D11: the client of the dynamic configuration goes before the decorator's, for this call only."""
    mine, sent = client(world, at_once(message("mine")))
    usual, usually_sent = client(world, at_once(message("usual")), at_once(message("usual again")))
    clients = [None, mine, None]
    config = lambda: {"messages": [{"role": "user", "content": "x"}], "client": clients.pop()}  # noqa: E731 - a sequence of configurations
    fn = openai_call("gpt-4o-mini", client=usual)(world.function(config))

    assert ["usual", "mine", "usual again"] == [(await done(fn())).content for _ in range(3)]
    assert (1, 2) == (len(sent.requests), len(usually_sent.requests))


async def test_d11_the_dynamic_configs_client_goes_before_a_transport(world):
    """D11: a client of the configuration is used as it is, also where the decorator has a transport."""
    mine, sent = client(world, at_once(message("mine")), base_url="https://elsewhere.invalid/v1")
    config = {"messages": [{"role": "user", "content": "x"}], "client": mine}
    fn, transport = world.caller(at_once(message("memory")), returned=lambda: config)

    assert "mine" == (await done(fn())).content
    assert [] == transport.requests
    assert ["https://elsewhere.invalid/v1/chat/completions"] == [one.url for one in sent.requests]


async def test_d11_a_users_client_stays_open(world):
    """D11: a client of the user's is not closed by a call, one that was built for the call is."""
    mine, _ = client(world, at_once(message()), HI)
    fn = openai_call("gpt-4o-mini", client=mine)(world.function())
    streaming = openai_call("gpt-4o-mini", client=mine, stream=True)(world.function())
    await done(fn())
    await finished(await done(streaming()), world)

    assert not mine.is_closed()


async def test_d11_the_environment_is_read_at_each_call(world, provider, monkeypatch):
    """D11: key and URL of the environment are those at the time of the call; nothing sticks."""
    fn = openai_call("gpt-4o-mini")(world.function())
    provider.play(complete_chat("1"), complete_chat("2"))
    for name in ("one", "two"):
        monkeypatch.setenv("OPENAI_API_KEY", f"key-{name}")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{provider.url}/{name}/v1")
        await done(fn())

    heads = [dict(one.headers) for one in provider.requests]
    assert ["Bearer key-one", "Bearer key-two"] == [head["authorization"] for head in heads]
    assert ["/one/v1", "/two/v1"] == [
        one.url.partition("/chat")[0][len(provider.url) :] for one in provider.requests
    ]


async def test_no_key(world, monkeypatch):
    """Without a key a call to the network is refused by the SDK; one over memory needs none."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    fn = openai_call("gpt-4o-mini")(world.function())
    over_memory, _ = world.caller(at_once(message("memory")))

    with pytest.raises(openai.OpenAIError, match="OPENAI_API_KEY"):
        await done(fn())
    assert "memory" == (await done(over_memory())).content


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_of_the_other_kind(world, stream):
    """An async client under a plain function, or the reverse, is refused at the call."""
    other, _ = client(World(not world.awaited))
    fn = openai_call("gpt-4o-mini", client=other, stream=stream)(world.function())
    kind = "an async" if world.awaited else "a plain"

    with pytest.raises(ConfigurationError, match=f"function needs {kind} client, not {type(other).__name__}"):
        await done(fn())


async def test_a_transport_of_the_other_kind(world):
    """A transport of the other world is refused at the call, and named."""
    other = World(not world.awaited).transport()
    fn = openai_call("gpt-4o-mini", transport=other)(world.function())

    with pytest.raises(ConfigurationError, match=f"not {type(other).__name__}"):
        await done(fn())


async def test_a_client_that_is_none(world):
    """Something that is no client of openai's is refused, and named."""
    fn = openai_call("gpt-4o-mini", client=object())(world.function())

    with pytest.raises(ConfigurationError, match=r"cannot use this client: builtins\.object"):
        await done(fn())


def look() -> str:
    """Look around."""
    return "nothing"


async def test_the_dynamic_configs_tools_win(world):
    """Tools of the dynamic configuration replace the decorator's; an empty list means none."""
    configs = [{"tools": []}, {"tools": [look]}, {}]
    fn, transport = world.caller(
        *[at_once(message())] * 3,
        returned=lambda: {"messages": [Messages.User("x")]} | configs.pop(),
        tools=[look],
    )
    found = [(await done(fn())).tool_types for _ in range(3)]

    assert [1, 1, None] == [None if one is None else len(one) for one in found]
    assert [True, True, False] == ["tools" in asked(transport, place) for place in range(3)]


async def test_an_error_with_status_200(world):
    """Some hosts (OpenRouter) answer 200 with an error; it is no answer, streamed or not."""
    fn, _ = world.caller(at_once({"error": {"message": "No credits", "code": 402}}))

    with pytest.raises(ProviderStreamError, match=r"answered with an error \(402\): No credits"):
        await done(fn())


async def test_an_answer_that_is_no_json(world):
    """A page in place of an answer is told with the URL that it came from."""
    fn, _ = world.caller(at_once(b"<html>Sign in</html>"))

    with pytest.raises(
        ConfigurationError, match=r"no JSON object: '<html>Sign in</html>'\n  url: https://api"
    ):
        await done(fn())
