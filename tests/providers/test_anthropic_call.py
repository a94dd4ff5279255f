"""`anthropic_call` end to end: its forms, its clients, and the loopback provider behind it."""

from __future__ import annotations

import json
from inspect import iscoroutinefunction
from typing import get_args

import anthropic
import pytest
from anthropic_world import MODEL, World, asked, at_once, done, message, streamed, whole
from message_wire import called, said
from pydantic import BaseModel

import chunktape.anthropic
from chunktape import (
    BaseStructuredStream,
    ConfigurationError,
    ResponseModelError,
    StreamInterruptedError,
    async_http_client,
    http_client,
    use_cassette,
)
from chunktape.anthropic import (
    AnthropicCallResponse,
    AnthropicDynamicConfig,
    AnthropicStream,
    FinishReason,
    anthropic_call,
)
from chunktape.anthropic import call as short_name
from chunktape.loopback import Provider, complete_message, error, raw
from chunktape.loopback import message as loopback_message
from chunktape.wire.message import header

KEY = "loopback-key-0123456789"
TEXT = {"type": "text", "text": "Hello."}


class Book(BaseModel):
    """A book."""

    title: str
    year: int | None = None


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


@pytest.fixture
def home(provider, monkeypatch):
    """Point the environment at the loopback provider, and return the provider."""
    monkeypatch.setenv("ANTHROPIC_BASE_URL", provider.anthropic_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    return provider


@pytest.fixture
def no_key(monkeypatch, tmp_path):
    """Take away everything that a client could find its credentials in."""
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_PROFILE",
        "ANTHROPIC_CUSTOM_HEADERS",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def client_over(world, kind, transport, **options):
    """Return one of the SDK's clients over a transport, named by the sync one."""
    http = async_http_client(transport) if world.awaited else http_client(transport)
    return getattr(anthropic, f"Async{kind}" if world.awaited else kind)(http_client=http, **options)


def test_names():
    """The package gives the names of Mirascope's, and the SDK's own stop reasons."""
    assert anthropic_call is short_name
    assert set(chunktape.anthropic.__all__) == {
        name for name in chunktape.anthropic.__all__ if hasattr(chunktape.anthropic, name)
    }
    assert {"end_turn", "max_tokens", "tool_use"} < set(get_args(get_args(FinishReason)[0]))


def test_example(home, capsys):
    """The example in the documentation of Mirascope's stream class runs."""
    home.play(loopback_message(["The Name", " of the Wind"]))

    from chunktape import prompt_template  # noqa: F401 - the example has it
    from chunktape.anthropic import anthropic_call

    @anthropic_call("claude-3-5-sonnet-20240620", stream=True)
    def recommend_book(genre: str) -> str:
        return f"Recommend a {genre} book"

    stream = recommend_book("fantasy")  # returns `AnthropicStream` instance
    for chunk, _ in stream:
        print(chunk.content, end="", flush=True)  # noqa: T201 - the example has it

    assert "The Name of the Wind" == capsys.readouterr().out
    assert isinstance(stream, AnthropicStream)


async def test_live_stream(world, home):
    """A stream over the SDK's own client: text, thinking, tools, usage, headers."""

    def weather(city: str) -> str:
        """Tell the weather."""
        return f"Rain in {city}"

    home.play(loopback_message("Let me look.", thinking="Hm, rain?", tools=[("weather", {"city": "Zürich"})]))
    fn = anthropic_call(MODEL, stream=True, tools=[weather])(world.function())

    stream = await done(fn())
    assert ("pending", []) == (stream.status, home.requests)
    pairs = await world.pairs(stream)

    assert ["Rain in Zürich"] == [tool.call() for _, tool in pairs if tool is not None]
    assert ("Let me look.", "Hm, rain?", ["tool_use"], 14, 0) == (
        stream.content,
        stream.thinking,
        stream.finish_reasons,
        stream.input_tokens,
        stream.cached_tokens,
    )
    assert ["thinking", "text", "tool_use"] == [one["type"] for one in stream.message_param["content"]]
    assert "text/event-stream" in stream.response_headers["content-type"]
    assert stream.request_id
    # Releases of the SDK differ in the header that they put the key into.
    assert any(KEY in value for _, value in home.requests[0].headers)
    assert json.loads(home.requests[0].body)["stream"] is True


async def test_live_answer(world, home):
    """An answer that comes at once has the content of the stream, and what its headers tell."""
    home.play(complete_message("At once.", thinking="Hm."))
    fn = anthropic_call(MODEL)(world.function())

    response = await done(fn())

    assert isinstance(response, AnthropicCallResponse)
    assert ("At once.", "Hm.", ["end_turn"], "complete") == (
        response.content,
        response.thinking,
        response.finish_reasons,
        response.status,
    )
    assert response.request_id
    assert 0 < response.start_time <= response.end_time


async def test_rate_limit(world, home):
    """The SDK tries again by itself after a 429."""
    home.play(
        error(429, provider="anthropic", headers={"retry-after": "0.01"}),
        loopback_message("At last."),
    )
    stream = await done(anthropic_call(MODEL, stream=True)(world.function())())

    await world.pairs(stream)

    assert ("At last.", 2) == (stream.content, len(home.requests))


async def test_refused(world, home):
    """What the provider refuses surfaces in the loop, with the SDK's own error, and stays."""
    home.play(error(400, provider="anthropic"))
    stream = await done(anthropic_call(MODEL, stream=True)(world.function())())

    for _ in range(2):
        with pytest.raises(anthropic.BadRequestError):
            await world.pairs(stream)

    assert ("error", 1) == (stream.status, len(home.requests))
    assert isinstance(stream.error, anthropic.BadRequestError)


async def test_disconnect(world, home):
    """A connection that is lost is an interrupted stream, and what came stays."""
    home.play(loopback_message(["Half ", "of it"], cut=4))
    stream = await done(anthropic_call(MODEL, stream=True)(world.function())())

    with pytest.raises(StreamInterruptedError):
        await world.pairs(stream)

    assert ("interrupted", "Half ") == (stream.status, stream.content)


async def test_environment_of_each_call(world, home, monkeypatch):
    """The environment is read anew for each call."""
    fn = anthropic_call(MODEL)(world.function())
    await done(fn())
    with Provider() as other:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", other.anthropic_url)
        await done(fn())

        assert (1, 1) == (len(home.requests), len(other.requests))


async def test_recorded(world, home, tmp_path):
    """A recorded call replays to the same stream: the same pairs, at the same times, without a key."""
    path = tmp_path / "said.yaml"
    home.play(loopback_message("Over and over.", thinking="Hm."))
    fn = anthropic_call(MODEL, stream=True)(world.function())

    seen = []
    for mode in ("all", "none", "none"):
        with use_cassette(path, record_mode=mode):
            stream = await done(fn())
            pairs = await world.pairs(stream)
            seen.append(
                ([(chunk, chunk.received_at) for chunk, _ in pairs], stream.start_time, stream.end_time)
            )
            response = stream.construct_call_response()

    read = AnthropicStream.from_cassette(path).finish()
    assert 1 == len(home.requests)
    assert seen[1] == seen[2] == ([(one, one.received_at) for one, _ in read], read.start_time, read.end_time)
    assert [chunk for chunk, _ in seen[0][0]] == [chunk for chunk, _ in seen[1][0]]
    assert response.body == read.construct_call_response().body


async def test_output_parser(world):
    """What a parser makes of the response is what the call gives."""
    fn, _ = world.caller(message(TEXT), output_parser=lambda response: response.content.upper())

    assert "HELLO." == await done(fn())


async def test_structured_stream(world):
    """A structured stream gives partial models while the arguments grow, and the whole at last."""
    wire = whole(called(0, '{"title": "Ta', 'pe", "ye', 'ar": 1963}', name="Book"), word="tool_use")
    fn, transport = world.caller(streamed(wire), stream=True, response_model=Book)
    structured = await done(fn())
    found = await world.items(structured)

    assert isinstance(structured, BaseStructuredStream)
    assert [("Ta", None), ("Tape", None), ("Tape", 1963), ("Tape", 1963)] == [
        (one.title, one.year) for one in found
    ]
    assert Book(title="Tape", year=1963) == structured.constructed_response_model
    assert {"type": "tool", "name": "Book"} == asked(transport)["tool_choice"]
    assert isinstance(structured.stream, AnthropicStream)


async def test_structured_stream_in_json_mode(world):
    """In JSON mode the partial models are read from the text."""
    fn, _ = world.caller(
        streamed(whole(said(0, '```json\n{"title":', ' "Tape"}\n```'))),
        stream=True,
        response_model=Book,
        json_mode=True,
    )

    assert "Tape" == (await world.items(await done(fn())))[-1].title


async def test_structured_refusal(world):
    """An answer that does not fit raises, with the response."""
    fn, _ = world.caller(message(TEXT, stop_reason="refusal"), response_model=Book)

    with pytest.raises(ResponseModelError) as raised:
        await done(fn())

    assert ["content_filter"] == raised.value.response.common_finish_reasons


@pytest.mark.parametrize(
    "options",
    [
        {"stream": True, "output_parser": str},
        {"client": anthropic.Anthropic(api_key=KEY), "transport": World(awaited=False).transport()},
        {"call_params": {"temprature": 1}},
        {"call_params": {"max_tokens": "many"}},
        {"stream": {"partial_tool": True}},
    ],
    ids=["parser", "client and transport", "misspelt", "wrong type", "misspelt option"],
)
def test_option_refused(options):
    """Options that mean nothing are refused when decorating."""
    with pytest.raises(ConfigurationError):
        anthropic_call(MODEL, **options)


async def test_client_of_config(world):
    """The configuration's client goes before the decorator's, for this call only; nothing is changed."""
    mine, other = (world.transport(message(TEXT), message(TEXT)) for _ in range(2))
    clients = [client_over(world, "Anthropic", one, api_key=KEY) for one in (mine, other)]
    configs = [{"messages": [{"role": "user", "content": "Hi"}]} for _ in range(2)]
    configs[1]["client"] = clients[1]
    fn = anthropic_call(MODEL, client=clients[0])(world.function(configs.__getitem__))

    def returned(place: int) -> AnthropicDynamicConfig:
        return configs[place]

    assert iscoroutinefunction(fn) is world.awaited
    for place in (0, 1, 0):
        await done(fn(place))

    assert (2, 1) == (len(mine.requests), len(other.requests))
    assert ["messages", "client"] == list(returned(1))


@pytest.mark.usefixtures("no_key")
async def test_transport_needs_no_key(world):
    """What answers from memory asks for no key."""
    fn, transport = world.caller(message(TEXT))

    assert "Hello." == (await done(fn())).content
    assert 1 == len(transport.requests)


@pytest.mark.usefixtures("no_key")
async def test_no_key(world):
    """Without any credentials a call says what is missing, before anything is sent."""
    with pytest.raises(anthropic.AnthropicError, match="set the environment variable ANTHROPIC_API_KEY"):
        await done(anthropic_call(MODEL)(world.function())())


@pytest.mark.usefixtures("no_key")
async def test_custom_header_is_a_key(world, provider, monkeypatch):
    """A header of one's own is a key as well."""
    monkeypatch.setenv("ANTHROPIC_BASE_URL", provider.anthropic_url)
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "Authorization: Bearer of-tidings")

    await done(anthropic_call(MODEL)(world.function())())

    assert "Bearer of-tidings" == header(provider.requests[0].headers, "authorization")


async def test_other_world(world):
    """A client of the other kind is refused before anything is sent."""
    other = World(not world.awaited)
    client = client_over(other, "Anthropic", other.transport(), api_key=KEY)

    with pytest.raises(ConfigurationError, match="client"):
        await done(anthropic_call(MODEL, client=client)(world.function())())


async def test_vertex(world):
    """A client of Vertex streams as Anthropic's own does."""
    transport = world.transport(streamed(whole(said(0, "Hi"))))
    client = client_over(world, "AnthropicVertex", transport, region="x", project_id="y", access_token="z")
    stream = await done(anthropic_call(MODEL, client=client, stream=True)(world.function())())

    await world.pairs(stream)

    assert ("Hi", "complete") == (stream.content, stream.status)
    assert "streamRawPredict" in transport.requests[0].url


async def test_bedrock(world):
    """Bedrock's streams are refused, because they are no server-sent events; its whole answers are read."""
    transport = world.transport(at_once(**json.loads(message(TEXT).pieces[0])))
    client = client_over(world, "AnthropicBedrock", transport, aws_region="x", api_key=KEY)
    stream = await done(anthropic_call(MODEL, client=client, stream=True)(world.function())())

    with pytest.raises(ConfigurationError) as raised:
        await world.pairs(stream)
    response = await done(anthropic_call(MODEL, client=client)(world.function())())

    assert str(raised.value) == (
        "anthropic_call cannot stream from a client of Amazon Bedrock: "
        "Bedrock sends Amazon's event-stream frames instead of server-sent events\n"
        "  leave out `stream`, or use a client of Anthropic, Vertex or Foundry"
    )
    assert ("Hello.", 1) == (response.content, len(transport.requests))


async def test_no_answer(world, home):
    """An answer that is no JSON is an error that shows it."""
    home.play(raw(b"<html>no</html>"))

    with pytest.raises(ConfigurationError, match="no JSON object"):
        await done(anthropic_call(MODEL)(world.function())())


@pytest.mark.parametrize("stream", [True, {}, {"partial_tools": False}])
async def test_stream_option(world, stream):
    """An empty configuration streams too."""
    fn, _ = world.caller(streamed(whole(said(0, "Hi"))), stream=stream)

    assert "Hi" == "".join(chunk.content for chunk, _ in await world.pairs(await done(fn())))


async def test_response_round_trip(world):
    """A response can be written as JSON and read again; neither client nor key is in it."""
    transport = world.transport(
        message(TEXT, {"type": "tool_use", "id": "t", "name": "look", "input": {"a": 1}})
    )
    client = client_over(world, "Anthropic", transport, api_key=KEY)
    config = {"messages": [{"role": "user", "content": "Hi"}], "client": client, "metadata": {"tags": {"a"}}}
    response = await done(anthropic_call(MODEL, tools=[look])(world.function(config))())

    written = response.model_dump_json()

    assert response == AnthropicCallResponse.model_validate_json(written)
    assert KEY not in written
    assert [("look", {"a": 1})] == [
        (one.name, one.args) for one in AnthropicCallResponse.model_validate_json(written).tools
    ]


def look(a: int) -> str:
    """Look."""
    return str(a)
