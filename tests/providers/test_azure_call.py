"""The forms of `azure_call`: at once, structured, parsed, in JSON mode; and the seeds' examples."""

from __future__ import annotations

import json

import pytest
from azure.ai.inference.models import AssistantMessage, ChatCompletions, ToolMessage
from azure_world import MEMORY, WIRED, World, chunk, done, wire
from openai.types.chat import ChatCompletionAssistantMessageParam, ChatCompletionToolMessageParam
from pydantic import BaseModel, ConfigDict, TypeAdapter

from chunktape import BaseStructuredStream, ResponseModelError
from chunktape.azure import AzureCallResponse, AzureCallResponseChunk, AzureStream, azure_call, call
from chunktape.calls.prompt import prompt_template
from chunktape.loopback import chat, complete_chat


class Book(BaseModel):
    """A book."""

    title: str
    author: str | None = None


class StrictBook(BaseModel):
    """A book that fits exactly."""

    model_config = ConfigDict(strict=True)

    title: str


BOOK = {"title": "The Tape", "author": "Reel"}


@pytest.fixture(params=WIRED + MEMORY)
async def world(request, provider):
    """Return one way to call Azure."""
    made = World(request.param, provider)
    yield made
    await made.close()


async def test_an_answer_at_once(world):
    """Without streaming the call gives the response, with the SDK's own object in it."""
    world.play(complete_chat("A tale.", azure=True, usage={"prompt_tokens_details": {"cached_tokens": 4}}))
    response = await world.ask()

    assert isinstance(response, AzureCallResponse)
    assert ("A tale.", "A tale.", 4) == (response.content, str(response), response.cached_tokens)
    assert ChatCompletions is type(response.response)
    assert "A tale." == response.response.choices[0].message.content
    assert (["stop"], ["stop"]) == (response.finish_reasons, response.common_finish_reasons)
    assert "hate" in response.content_filter_results
    assert "hate" in response.prompt_filter_results[0]["content_filter_results"]
    assert "stream" not in world.asked()
    assert "stream_options" not in world.asked()
    assert response.request_id


async def test_an_output_parser(world):
    """`output_parser` makes of the response what the call gives."""
    world.play(complete_chat("A tale.", azure=True))

    assert "A TALE." == await world.ask(output_parser=lambda response: response.content.upper())


async def test_a_response_model(world):
    """A response model is asked for as a tool that must be called (D17)."""
    world.play(complete_chat(tools=[("Book", BOOK)], azure=True))
    book = await world.ask(response_model=Book)

    assert Book(**BOOK) == book
    sent = world.asked()
    assert ["Book"] == [one["function"]["name"] for one in sent["tools"]]
    assert {"type": "function", "function": {"name": "Book"}} == sent["tool_choice"]
    assert isinstance(book._response, AzureCallResponse)  # noqa: SLF001 - the name that users know it by


async def test_a_response_model_that_does_not_fit(world):
    """An answer that does not fit raises, and the response goes along."""
    world.play(complete_chat(tools=[("Book", {"author": "Reel"})], azure=True))

    with pytest.raises(ResponseModelError) as caught:
        await world.ask(response_model=Book)
    assert isinstance(caught.value.response, AzureCallResponse)


async def test_a_plain_response_model(world):
    """A list of texts is a response model, too."""
    world.play(complete_chat(tools=[("list", {"value": ["a", "b"]})], azure=True))

    result = await world.ask(response_model=list[str])
    assert ["a", "b"] == result


@pytest.mark.parametrize("model", [Book, StrictBook])
async def test_json_mode(world, model):
    """In JSON mode the text is the answer, and the request asks for JSON in the API's words."""
    world.play(complete_chat(json.dumps({"title": "The Tape"}), azure=True))
    book = await world.ask(response_model=model, json_mode=True)

    assert "The Tape" == book.title
    sent = world.asked()
    strict = model is StrictBook
    assert ("json_schema" if strict else "json_object") == sent["response_format"]["type"]
    assert (1 if strict else 2) == len(sent["messages"])
    assert "tools" not in sent
    if strict:
        assert ("StrictBook", True) == (
            sent["response_format"]["json_schema"]["name"],
            sent["response_format"]["json_schema"]["strict"],
        )


@pytest.mark.parametrize("json_mode", [False, True])
async def test_a_structured_stream_grows(world, json_mode):
    """A structured stream yields partial models, then the whole, and knows its stream."""
    text = json.dumps(BOOK)
    world.play(chat(text, azure=True) if json_mode else chat("", tools=[("Book", text)], azure=True))
    stream = await world.ask(response_model=Book, stream=True, json_mode=json_mode)

    assert isinstance(stream, BaseStructuredStream)
    models = await world.items(stream)
    assert Book(**BOOK) == models[-1] == stream.constructed_response_model
    assert len(models) > 2
    assert models[0].author is None
    assert isinstance(stream.stream, AzureStream)
    assert json_mode is ("tools" not in world.asked())


@pytest.mark.parametrize("options", [{"stream": True}, {}])
async def test_everything_survives_json(world, options):
    """Chunks and responses can be written as JSON, without client and keys, and read again (D21)."""
    params = {"user": "me", "extra_headers": {"x-key": "secret-7"}}
    world.play(
        chat("A tale.", azure=True, tools=[("Book", BOOK)])
        if options
        else complete_chat("A tale.", azure=True, tools=[("Book", BOOK)])
    )
    result = await world.ask(call_params=params, tools=[Book], **options)
    pieces = [piece for piece, _ in await world.pairs(result)] if options else []
    response = result.construct_call_response() if options else result

    text = response.model_dump_json()
    assert "secret-7" not in text
    assert "loopback-key" not in text
    again = AzureCallResponse.model_validate_json(text)
    assert response == again
    assert response.tool.args == again.tool.args
    assert response.finish_reasons == again.finish_reasons
    written = [piece.model_dump_json() for piece in pieces]
    assert pieces == [AzureCallResponseChunk.model_validate_json(one) for one in written]


async def test_a_response_takes_the_sdks_own_object(world):
    """A response can be made of what the SDK gave somebody else."""
    world.play(complete_chat("A tale.", azure=True))
    response = await world.ask()

    own = AzureCallResponse(response=response.response)
    assert response.body == own.body
    assert response.message_param == own.message_param


async def test_message_params_are_valid_requests(world):
    """What is sent back is what the models of both SDKs take: text, refusal, tools (section 6)."""
    replies = [
        chat("A tale.", azure=True),
        chat(refusal="No.", azure=True),
        chat("", tools=[("Book", BOOK)], azure=True),
    ]
    for reply in replies:
        stream, _ = await world.finished(reply, tools=[Book])
        param = stream.message_param

        typed = AssistantMessage(param)
        assert param == typed.as_dict()
        assert "assistant" == typed.role
        TypeAdapter(ChatCompletionAssistantMessageParam).validate_python(param)
        for told in stream.tool_message_params([(tool, {"ok": True}) for tool in stream.tools or []]):
            assert told == ToolMessage(told).as_dict()
            TypeAdapter(ChatCompletionToolMessageParam).validate_python(told)
            assert '{"ok": true}' == told["content"]


async def test_dynamic_configuration(world):
    """Computed fields, metadata and parameters of a configuration reach the call."""

    @prompt_template("Recommend a {genre} book")
    def recommend(genre_name):
        return {
            "computed_fields": {"genre": genre_name.upper()},
            "metadata": {"tags": {"books"}},
            "call_params": {"max_tokens": 5},
        }

    @prompt_template("Recommend a {genre} book")
    async def arecommend(genre_name):
        return recommend.__wrapped__(genre_name)

    world.play(chat("Tape.", azure=True))
    made = world.decorate(arecommend if world.awaited else recommend, stream=True)
    stream = await done(made("fantasy"))
    await world.pairs(stream)

    assert [{"role": "user", "content": "Recommend a FANTASY book"}] == world.asked()["messages"]
    assert 5 == world.asked()["max_tokens"]
    assert {"tags": {"books"}} == stream.metadata
    assert {"genre_name": "fantasy"} == stream.fn_args
    assert "Recommend a {genre} book" == stream.prompt_template


async def test_logprobs_and_unknown_fields_stay(world):
    """Log probabilities and fields that nobody knows yet are in the response (D14)."""
    probability = {"token": "A", "logprob": -0.5, "bytes": [65], "top_logprobs": []}
    events = [
        chunk({"content": "A", "mood": "calm"}, logprobs={"content": [probability]}),
        chunk(reason="stop", novel={"a": 1}),
    ]
    stream, pairs = await world.finished(wire(*events))

    assert {"content": [probability]} == pairs[0][0].logprobs == stream.logprobs
    choice = stream.construct_call_response().body["choices"][0]
    assert ("calm", {"a": 1}) == (choice["message"]["mood"], choice["novel"])


# The examples of the seed pages, word for word but for the package's name.


@pytest.fixture
def _environment(monkeypatch, provider):
    monkeypatch.setenv("AZURE_INFERENCE_ENDPOINT", provider.azure_url)
    monkeypatch.setenv("AZURE_INFERENCE_CREDENTIAL", "key-of-the-environment")
    provider.play(chat("The Name of the Wind", azure=True))


EXAMPLE = """
from chunktape import prompt_template
from chunktape.azure import azure_call

@azure_call("gpt-4o-mini", stream=True)
def recommend_book(genre: str) -> str:
    return f"Recommend a {genre} book"

stream = recommend_book("fantasy")  # returns `AzureStream` instance
for chunk, _ in stream:
    print(chunk.content, end="", flush=True)
"""


@pytest.mark.usefixtures("_environment")
def test_the_example_of_the_seeds(capsys, provider):
    """The example of both seed pages prints the text, piece by piece."""
    names = {}
    exec(compile(EXAMPLE, "example", "exec"), names)  # noqa: S102 - the page's own code

    assert "The Name of the Wind" == capsys.readouterr().out
    assert isinstance(names["stream"], AzureStream)
    assert [{"role": "user", "content": "Recommend a fantasy book"}] == json.loads(provider.requests[0].body)[
        "messages"
    ]


def test_the_names_of_the_package():
    """The package has the names that the specification lists, and no others."""
    import chunktape.azure as package

    assert [
        "AsyncAzureDynamicConfig",
        "AzureCallParams",
        "AzureCallResponse",
        "AzureCallResponseChunk",
        "AzureDynamicConfig",
        "AzureMessageParam",
        "AzureStream",
        "AzureTool",
        "AzureToolConfig",
        "FinishReason",
        "azure_call",
        "call",
    ] == package.__all__
    assert call is azure_call
