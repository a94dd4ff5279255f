"""What is sent to Azure: the same body through every client, with the SDK's own defaults beside it."""

from __future__ import annotations

import json

import pytest
from azure.ai.inference.models import (
    ChatCompletionsNamedToolChoice,
    ChatCompletionsNamedToolChoiceFunction,
    ChatCompletionsToolChoicePreset,
    ImageContentItem,
    ImageUrl,
    JsonSchemaFormat,
    TextContentItem,
    UserMessage,
)
from azure_world import CLIENTS, MODEL, PROMPT, WIRED, World, azure_client, done

from chunktape import ConfigurationError, ImagePart, Messages
from chunktape.azure import azure_call
from chunktape.loopback import chat, complete_chat

SCHEMA = {"name": "Book", "strict": True, "schema": {"type": "object", "properties": {}}}
NAMED = {"type": "function", "function": {"name": "now"}}


@pytest.fixture(params=WIRED)
async def world(request, provider):
    """Return one way to call Azure over a socket."""
    made = World(request.param, provider)
    yield made
    await made.close()


@pytest.fixture(params=["azure", "azure-async"])
async def azure_world(request, provider):
    """Return one way to call Azure through its own SDK."""
    made = World(request.param, provider)
    yield made
    await made.close()


@pytest.fixture(params=CLIENTS)
async def every_world(request, provider):
    """Return a way to call Azure for each kind of client."""
    made = World(request.param, provider)
    yield made
    await made.close()


def headers_of(world):
    """Return the headers of the last request, names in lower case."""
    return {name.lower(): value for name, value in world.requests[-1].headers}


def now() -> str:
    """Tell the time."""
    return "noon"


async def test_every_kind_of_client_is_taken(every_world):
    """Each of the six clients gives the same text, and the same request but for its URL."""
    stream, _ = await every_world.finished(chat("Tape.", azure=True), call_params={"temperature": 0.5})

    assert "Tape." == stream.content
    assert {
        "messages": [{"role": "user", "content": PROMPT}],
        "model": MODEL,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
    } == every_world.asked()


@pytest.mark.parametrize("stream", [True, False])
async def test_the_body_is_call_kwargs(world, stream):
    """`call_kwargs` is the body of the request, whatever words the client has for it."""
    params = {"max_tokens": 9, "logprobs": True, "user": "me", "model_extras": {"safe": 1}, "seed": None}
    world.play(chat("Tape.", azure=True) if stream else complete_chat("Tape.", azure=True))
    result = await world.ask(stream=stream, call_params=params, tools=[now])
    if stream:
        await world.pairs(result)

    sent = world.asked()
    assert result.call_kwargs == {name: value for name, value in sent.items() if name != "stream"}
    assert (9, True, "me", 1) == (sent["max_tokens"], sent["logprobs"], sent["user"], sent["safe"])
    assert "seed" not in sent
    assert params == result.call_params


@pytest.mark.parametrize(
    ("params", "body"),
    [
        ({"stop": "END"}, {"stop": ["END"]}),
        ({"stop": ["a", "b"]}, {"stop": ["a", "b"]}),
        ({"top_p": 0.5, "seed": 3}, {"top_p": 0.5, "seed": 3}),
        (
            {"frequency_penalty": 0.1, "presence_penalty": 0.2},
            {"frequency_penalty": 0.1, "presence_penalty": 0.2},
        ),
        ({"n": 2, "parallel_tool_calls": False}, {"n": 2, "parallel_tool_calls": False}),
        ({"extra_body": {"x": 1}, "model_extras": {"y": {"z": 2}}}, {"x": 1, "y": {"z": 2}}),
        ({"response_format": "json_object"}, {"response_format": {"type": "json_object"}}),
        ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        (
            {"response_format": JsonSchemaFormat(SCHEMA)},
            {"response_format": {"type": "json_schema", "json_schema": SCHEMA}},
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": SCHEMA}},
            {"response_format": {"type": "json_schema", "json_schema": SCHEMA}},
        ),
        ({"response_format": {"type": "grammar", "x": 1}}, {"response_format": {"type": "grammar", "x": 1}}),
        ({"tool_choice": "none"}, {"tool_choice": "none"}),
        ({"tool_choice": ChatCompletionsToolChoicePreset.REQUIRED}, {"tool_choice": "required"}),
        (
            {
                "tool_choice": ChatCompletionsNamedToolChoice(
                    function=ChatCompletionsNamedToolChoiceFunction(name="now")
                )
            },
            {"tool_choice": NAMED},
        ),
    ],
)
async def test_parameters_are_translated(world, params, body):
    """Common, known and free parameters arrive as they have to, through each client."""
    await world.finished(chat("Tape.", azure=True), call_params=params, tools=[now])

    sent = world.asked()
    assert body == {name: sent[name] for name in body}


async def test_extras_are_passed_through(azure_world):
    """What the SDK has no keyword for is sent with the header that it sends then."""
    azure_world.play(complete_chat("Tape.", azure=True), complete_chat("Tape.", azure=True))

    await azure_world.ask(call_params={"temperature": 0.1})
    assert "extra-parameters" not in headers_of(azure_world)
    await azure_world.ask(call_params={"user": "me"})
    assert "pass-through" == headers_of(azure_world)["extra-parameters"]


async def test_headers_and_query_are_added(world):
    """`extra_headers` and `extra_query` go where HTTP has them, and not into the body."""
    params = {"extra_headers": {"x-team": "red-7"}, "extra_query": {"zone": "b"}}
    stream, _ = await world.finished(chat("Tape.", azure=True), call_params=params)

    assert "red-7" == headers_of(world)["x-team"]
    assert "zone=b" in world.requests[-1].url
    assert not {"extra_headers", "extra_query", "x-team", "zone"} & set(world.asked())
    assert "red-7" not in stream.construct_call_response().model_dump_json()


async def test_stream_options_are_merged_into_a_copy(world):
    """What the user says about usage wins, and the user's own objects are left as they are (D10)."""
    params = {"stream_options": {"include_obfuscation": False}, "model_extras": {"a": 1}}
    await world.finished(chat("Tape.", azure=True), call_params=params)

    assert {"include_usage": True, "include_obfuscation": False} == world.asked()["stream_options"]
    assert {"stream_options": {"include_obfuscation": False}, "model_extras": {"a": 1}} == params

    extras = {"model_extras": {"stream_options": {"include_usage": False}}}
    await world.finished(chat("Tape.", azure=True), call_params=extras)
    assert {"include_usage": False} == world.asked()["stream_options"]

    await world.finished(chat("Tape.", azure=True), stream={"include_usage": False})
    assert "stream_options" not in world.asked()


async def test_what_the_client_was_built_with_stays(azure_world):
    """The client's own defaults are sent, its extras too, which the SDK forgets once a call has some."""
    extras = {"style": "calm", "stream_options": {"chunk_size": 2}}
    client = azure_world.client(temperature=0.25, seed=9, model_extras=extras)
    await azure_world.finished(chat("Tape.", azure=True), client=client, call_params={"seed": 10})

    sent = azure_world.asked()
    assert (0.25, 10, "calm") == (sent["temperature"], sent["seed"], sent["style"])
    assert {"chunk_size": 2, "include_usage": True} == sent["stream_options"]
    assert {"style": "calm", "stream_options": {"chunk_size": 2}} == extras


async def test_the_clients_own_hook_is_called(azure_world):
    """A `raw_response_hook` that the user gave to the client still hears of each reply."""
    heard = []
    client = azure_world.client(raw_response_hook=lambda response: heard.append(response.http_response))
    await azure_world.finished(chat("Tape.", azure=True), client=client)

    assert [200] == [one.status_code for one in heard]


async def test_api_version_is_the_clients(azure_world):
    """URL and API version are those of the client."""
    await azure_world.finished(chat("Tape.", azure=True), client=azure_world.client(api_version="2024-10-21"))

    assert azure_world.requests[0].url.endswith("/models/chat/completions?api-version=2024-10-21")


async def test_messages_of_every_kind(world):
    """Messages of ours, of the SDK's and plain ones may stand side by side."""
    image = ImagePart(type="image", media_type="image/png", image=b"\x89PNG", detail="low")
    theirs = UserMessage(
        content=[
            TextContentItem(text="this"),
            ImageContentItem(image_url=ImageUrl(url="https://a.test/b.png")),
        ]
    )
    mixed = [
        Messages.System("Be kind."),
        Messages.User(["Look", image]),
        theirs,
        {"role": "user", "content": "Hm"},
    ]
    stream, _ = await world.finished(chat("Tape.", azure=True), returned=mixed)

    png = {"url": "data:image/png;base64,iVBORw==", "detail": "low"}
    assert (
        [
            {"role": "system", "content": "Be kind."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": png}],
            },
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "this"},
                    {"type": "image_url", "image_url": {"url": "https://a.test/b.png"}},
                ],
            },
            {"role": "user", "content": "Hm"},
        ]
        == world.asked()["messages"]
        == stream.messages
    )
    assert {"role": "user", "content": "Hm"} == stream.user_message_param


async def test_dynamic_config_wins_per_call(world):
    """Client, tools and parameters of the configuration go before the decorator's, call by call (D11)."""
    other = world.client()
    configs = iter([{"call_params": {"seed": 2}, "tools": [now], "client": other}, {}])
    ask = world.caller(lambda: {"messages": [Messages.User("Hm")]} | next(configs), call_params={"seed": 1})
    world.play(complete_chat("a", azure=True), complete_chat("b", azure=True))

    await done(ask())
    assert (2, "now") == (world.asked()["seed"], world.asked()["tools"][0]["function"]["name"])
    await done(ask())
    assert (1, False) == (world.asked()["seed"], "tools" in world.asked())


def test_the_request_is_the_one_of_the_sdk(provider):
    """What a user's own `complete` sends is sent byte for byte but for the order of keys."""
    provider.play(chat("Tape.", azure=True), chat("Tape.", azure=True))
    with azure_client(provider) as client:
        ours = azure_call(MODEL, stream=True, client=client, call_params={"temperature": 0})(lambda: PROMPT)
        ours().finish()
        list(
            client.complete(
                messages=[UserMessage(PROMPT)],
                model=MODEL,
                stream=True,
                temperature=0,
                model_extras={"stream_options": {"include_usage": True}},
            )
        )

    mine, theirs = provider.requests
    assert json.loads(mine.body) == json.loads(theirs.body)
    assert (mine.method, mine.url) == (theirs.method, theirs.url)
    noise = {"x-ms-client-request-id", "content-length"}
    headers = [{n.lower(): v for n, v in one.headers if n.lower() not in noise} for one in (mine, theirs)]
    assert headers[0] == headers[1]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"temprature": 1},
            (
                "azure_call has no call parameter 'temprature'; did you mean 'temperature'?\n"
                "  what only the newest API knows goes into `extra_body`"
            ),
        ),
        (
            {"max_tokens": "many"},
            (
                "The call parameter 'max_tokens' of azure_call cannot be 'many'\n"
                "  Input should be a valid integer"
            ),
        ),
    ],
)
def test_parameters_are_checked_when_decorating(params, message):
    """A misspelt parameter, or one of the wrong type, is told before anything is sent."""
    with pytest.raises(ConfigurationError) as caught:
        azure_call(MODEL, call_params=params)
    assert message == str(caught.value)
