"""Every form of a decorator, and the type that its call has; checked for each provider, never called.

For the other providers `openai_words` is replaced by theirs.
"""

from asyncio import run
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, assert_type

from openai_words import (
    MODEL,
    AsyncClient,
    AsyncDynamicConfig,
    CallParams,
    Chunk,
    Client,
    DynamicConfig,
    MessageParam,
    Response,
    SdkChunk,
    SdkResponse,
    SdkToolCall,
    Stream,
    Tool,
    call,
)
from pydantic import BaseModel

from chunktape import (
    AsyncMemoryTransport,
    BaseDynamicConfig,
    BaseMessageParam,
    BaseStructuredStream,
    BaseTool,
    MemoryTransport,
    Messages,
    StreamConfig,
    metadata,
    prompt_template,
)


class Book(BaseModel):
    title: str


class Search(BaseTool):
    query: str

    def call(self) -> str:
        return self.query


def look_up(query: str) -> str:
    """Look something up."""
    return query


def shout(response: Response) -> bytes:
    return response.content.upper().encode()


def title_of(book: Book) -> str:
    return book.title


# Streams.


@call(MODEL, stream=True)
def streamed(genre: str) -> str:
    return genre


@call(MODEL, stream=True)
async def astreamed(genre: str) -> str:
    return genre


def a_stream() -> None:
    stream = streamed("fantasy")
    assert_type(stream, Stream)
    assert_type(iter(stream), Iterator[tuple[Chunk, Tool | None]])
    for chunk, tool in stream:
        assert_type(chunk, Chunk)
        assert_type(chunk.chunk, SdkChunk)
        assert_type(chunk.content, str)
        assert_type(chunk.raw, dict[str, Any])
        assert_type(tool, Tool | None)
        if tool is not None:
            assert_type(tool.tool_call, SdkToolCall | None)
    assert_type(stream.construct_call_response(), Response)
    assert_type(stream.construct_call_response(allow_partial=True), Response)
    assert_type(stream.tools, list[Tool] | None)
    assert_type(stream.tool, Tool | None)
    assert_type(stream.tool_types, list[type[Tool]] | None)
    assert_type(stream.content, str)
    assert_type(stream.cost, float | None)
    assert_type(stream.finish(), Stream)
    with stream as entered:
        assert_type(entered, Stream)
    for text in stream.text_stream():
        assert_type(text, str)


async def an_awaited_stream() -> None:
    stream = await astreamed("fantasy")
    assert_type(stream, Stream)
    assert_type(aiter(stream), AsyncIterator[tuple[Chunk, Tool | None]])
    async for chunk, tool in stream:
        assert_type(chunk, Chunk)
        assert_type(tool, Tool | None)
    assert_type(stream.construct_call_response(), Response)
    assert_type(await stream.afinish(), Stream)
    async with stream as entered:
        assert_type(entered, Stream)
    async for text in stream.atext_stream():
        assert_type(text, str)


def what_an_async_function_gives() -> None:
    # So that `asyncio.run` and `create_task` take it, and a forgotten `await` is found.
    task: Coroutine[Any, Any, Stream] = astreamed("fantasy")
    assert_type(run(task), Stream)
    assert_type(run(astreamed("fantasy")), Stream)


@call(MODEL, stream={})
def streamed_by_an_empty_config(genre: str) -> str:
    return genre


@call(MODEL, stream={"partial_tools": True, "include_usage": False})
def streamed_by_a_config(genre: str) -> str:
    return genre


CONFIG: StreamConfig = {"partial_tools": True}


@call(MODEL, stream=CONFIG)
async def astreamed_by_a_config(genre: str) -> str:
    return genre


async def streams_by_config() -> None:
    assert_type(streamed_by_an_empty_config("fantasy"), Stream)
    assert_type(streamed_by_a_config("fantasy"), Stream)
    assert_type(await astreamed_by_a_config("fantasy"), Stream)


@call(MODEL, stream=True, tools=[Search, look_up, Tool], json_mode=True, call_params={"temperature": 0.5})
def streamed_with_everything(genre: str) -> str:
    return genre


# Answers that come at once.


@call(MODEL)
def plain(genre: str) -> str:
    return genre


@call(MODEL)
async def aplain(genre: str) -> str:
    return genre


@call(MODEL, stream=False, json_mode=True, tools=(look_up,))
def plain_json(genre: str) -> str:
    return genre


async def a_response() -> None:
    response = plain("fantasy")
    assert_type(response, Response)
    assert_type(await aplain("fantasy"), Response)
    assert_type(plain_json("fantasy"), Response)
    assert_type(streamed_with_everything("fantasy"), Stream)
    assert_type(response.response, SdkResponse)
    assert_type(response.content, str)
    assert_type(response.tools, list[Tool] | None)
    assert_type(response.tool, Tool | None)


# Response models.


@call(MODEL, response_model=Book)
def book(genre: str) -> str:
    return genre


@call(MODEL, response_model=Book)
async def abook(genre: str) -> str:
    return genre


@call(MODEL, response_model=int)
def number(genre: str) -> str:
    return genre


@call(MODEL, response_model=int)
async def anumber(genre: str) -> str:
    return genre


@call(MODEL, response_model=list[Book])
def books(genre: str) -> str:
    return genre


@call(MODEL, response_model=list[Book], json_mode=True)
async def abooks(genre: str) -> str:
    return genre


@call(MODEL, response_model=Book, tools=[Search, look_up])
def book_or_tools(genre: str) -> str:
    return genre


@call(MODEL, response_model=Book, tools=[Search, look_up])
async def abook_or_tools(genre: str) -> str:
    return genre


async def a_response_model() -> None:
    assert_type(book("fantasy"), Book)
    assert_type(await abook("fantasy"), Book)
    assert_type(number("fantasy"), int)
    assert_type(await anumber("fantasy"), int)
    assert_type(books("fantasy"), list[Book])
    assert_type(await abooks("fantasy"), list[Book])
    assert_type(book_or_tools("fantasy"), Book | Response)
    assert_type(await abook_or_tools("fantasy"), Book | Response)


@call(MODEL, stream=True, response_model=Book)
def streamed_book(genre: str) -> str:
    return genre


@call(MODEL, stream=True, response_model=Book)
async def astreamed_book(genre: str) -> str:
    return genre


@call(MODEL, stream={"partial_tools": True}, response_model=list[Book], json_mode=True)
def streamed_books(genre: str) -> str:
    return genre


@call(MODEL, stream=True, response_model=int, tools=[look_up])
async def astreamed_number(genre: str) -> str:
    return genre


async def a_structured_stream() -> None:
    structured = streamed_book("fantasy")
    assert_type(structured, BaseStructuredStream[Book])
    for partial in structured:
        assert_type(partial, Book)
    assert_type(structured.constructed_response_model, Book)
    awaited = await astreamed_book("fantasy")
    assert_type(awaited, BaseStructuredStream[Book])
    async for partial in awaited:
        assert_type(partial, Book)
    assert_type(streamed_books("fantasy"), BaseStructuredStream[list[Book]])
    assert_type(await astreamed_number("fantasy"), BaseStructuredStream[int])


# Output parsers.


@call(MODEL, output_parser=shout)
def parsed(genre: str) -> str:
    return genre


@call(MODEL, output_parser=shout, tools=[look_up])
async def aparsed(genre: str) -> str:
    return genre


@call(MODEL, output_parser=str)
def parsed_by_a_class(genre: str) -> str:
    return genre


@call(MODEL, response_model=Book, output_parser=title_of)
def parsed_book(genre: str) -> str:
    return genre


@call(MODEL, response_model=Book, output_parser=title_of, json_mode=True)
async def aparsed_book(genre: str) -> str:
    return genre


async def a_parsed_output() -> None:
    assert_type(parsed("fantasy"), bytes)
    assert_type(await aparsed("fantasy"), bytes)
    assert_type(parsed_by_a_class("fantasy"), str)
    assert_type(parsed_book("fantasy"), str)
    assert_type(await aparsed_book("fantasy"), str)


# Prompts.


@call(MODEL, stream=True)
@prompt_template("Recommend a {genre} book")
def from_template(genre: str, *, pages: int = 100) -> None: ...


@call(MODEL, stream=True)
@prompt_template("Recommend a {genre} book")
async def afrom_template(genre: str, *, pages: int = 100) -> None: ...


@call(MODEL, response_model=Book)
@metadata({"tags": {"version:0001"}})
@prompt_template("Recommend a {genre} book")
def book_from_template(genre: str) -> None: ...


@call(MODEL)
@prompt_template()
def from_messages(genre: str) -> Messages.Type:
    return [Messages.System("You are a librarian"), Messages.User(genre)]


@call(MODEL)
@prompt_template()
async def afrom_messages(genre: str) -> Messages.Type:
    return Messages.User(genre)


@prompt_template("Recommend a {genre} book")
def prompt(genre: str) -> None: ...


@prompt_template("Recommend a {genre} book")
async def aprompt(genre: str) -> None: ...


@prompt_template()
def prompt_of_messages(genre: str) -> Messages.Type:
    return genre


async def prompts() -> None:
    assert_type(from_template("fantasy"), Stream)
    assert_type(from_template("fantasy", pages=300), Stream)
    assert_type(from_template(genre="fantasy"), Stream)
    assert_type(await afrom_template("fantasy", pages=300), Stream)
    assert_type(book_from_template("fantasy"), Book)
    assert_type(from_messages("fantasy"), Response)
    assert_type(await afrom_messages("fantasy"), Response)
    assert_type(prompt("fantasy"), list[BaseMessageParam])
    assert_type(run(aprompt("fantasy")), list[BaseMessageParam])
    assert_type(await aprompt("fantasy"), list[BaseMessageParam])
    assert_type(prompt_of_messages("fantasy"), list[BaseMessageParam])


# Dynamic configurations, clients and transports.


@call(MODEL, stream=True)
def configured(genre: str) -> DynamicConfig:
    history: list[MessageParam] = [BaseMessageParam(role="user", content=genre)]
    return {"messages": history, "tools": [Search, look_up], "call_params": {"temperature": 0.5}}


@call(MODEL, stream=True)
async def aconfigured(genre: str) -> AsyncDynamicConfig:
    return {"messages": [Messages.User(genre)], "metadata": {"tags": {"a"}}}


@call(MODEL)
async def aconfigured_for_any_provider(genre: str) -> BaseDynamicConfig:
    return {"messages": [Messages.User(genre)], "call_params": {"temperature": 0.5}}


@call(MODEL)
def messages_of_any_kind(genre: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": genre}]


@call(MODEL)
@prompt_template("Recommend a {genre} book of {pages} pages")
def computed(genre: str) -> DynamicConfig:
    return {"computed_fields": {"pages": len(genre)}}


@call(MODEL, response_model=Book)
@prompt_template("Recommend a {genre} book of {pages} pages")
async def acomputed(genre: str) -> AsyncDynamicConfig:
    return {"computed_fields": {"pages": len(genre)}}


@prompt_template()
def config_of_prompt(genre: str) -> DynamicConfig:
    return {"messages": [Messages.User(genre)]}


PARAMS: CallParams = {"max_tokens": 20, "temperature": 0.5}


def over(client: Client, aclient: AsyncClient) -> None:
    def config() -> DynamicConfig:
        return {"client": client, "call_params": PARAMS}

    def aconfig() -> AsyncDynamicConfig:
        return {"client": aclient, "call_params": PARAMS}

    @call(MODEL, stream=True, client=client, call_params=PARAMS)
    def ask(genre: str) -> str:
        return genre

    @call(MODEL, client=aclient, call_params={"max_tokens": 20, "top_p": 1, "stop": ["."]})
    async def aask(genre: str) -> str:
        return genre

    @call(MODEL, transport=MemoryTransport([]), response_model=Book)
    def ask_memory(genre: str) -> str:
        return genre

    @call(MODEL, transport=AsyncMemoryTransport([]), output_parser=shout)
    async def aask_memory(genre: str) -> str:
        return genre

    assert_type(config(), DynamicConfig)
    assert_type(aconfig(), AsyncDynamicConfig)
    assert_type(ask("fantasy"), Stream)
    assert_type(run(aask("fantasy")), Response)
    assert_type(ask_memory("fantasy"), Book)
    assert_type(run(aask_memory("fantasy")), bytes)


async def configurations() -> None:
    assert_type(configured("fantasy"), Stream)
    assert_type(await aconfigured("fantasy"), Stream)
    assert_type(await aconfigured_for_any_provider("fantasy"), Response)
    assert_type(messages_of_any_kind("fantasy"), Response)
    assert_type(computed("fantasy"), Response)
    assert_type(await acomputed("fantasy"), Book)
    assert_type(config_of_prompt("fantasy"), DynamicConfig)


# Methods, and what is read without a call.


class Librarian:
    shelf = "fantasy"

    @call(MODEL, stream=True)
    def recommend(self, genre: str) -> str:
        return genre + self.shelf

    @call(MODEL)
    @prompt_template("Recommend a {genre} book")
    async def arecommend(self, genre: str) -> None: ...


async def methods() -> None:
    assert_type(Librarian().recommend("fantasy"), Stream)
    assert_type(await Librarian().arecommend(genre="fantasy"), Response)


def recordings() -> None:
    assert_type(Stream.from_cassette("a.yaml"), Stream)
    assert_type(Stream.from_cassette("a.yaml", 1, tools=[Search, look_up]), Stream)
    assert_type(Stream.from_bytes(b""), Stream)
    assert_type(Response.from_cassette("a.yaml"), Response)
    assert_type(Response.from_bytes(b""), Response)


def history(stream: Stream) -> list[MessageParam]:
    """Go on with a conversation, as Mirascope's programs do."""
    messages: list[MessageParam] = []
    tools_and_outputs: list[tuple[Tool, str]] = []
    for _, tool in stream:
        if tool:
            tools_and_outputs.append((tool, tool.call()))
    if stream.user_message_param:
        messages.append(stream.user_message_param)
    messages.append(stream.message_param)
    messages += stream.tool_message_params(tools_and_outputs)
    return messages
