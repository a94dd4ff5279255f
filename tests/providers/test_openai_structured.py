"""Response models over OpenAI, whole and streamed, sync and async alike; the wire is invented."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import pytest
from openai_wire import (
    World,
    asked,
    at_once,
    call,
    called,
    chunk,
    done,
    failed,
    message,
    said,
    sse,
    streamed,
    tool_call,
    whole,
)
from pydantic import BaseModel, Field

from chunktape import BaseStructuredStream, ProviderStreamError, ResponseModelError, StreamInterruptedError
from chunktape.openai import OpenAICallResponse


class Author(BaseModel):
    name: str
    born: date


class Book(BaseModel):
    """A book."""

    title: Annotated[str, Field(min_length=2)]
    genre: Literal["fantasy", "science"] | None = None
    pages: int | None
    authors: list[Author]


TEXT = '{"title":"Dune","genre":"fantasy","pages":412,"authors":[{"name":"Herbert","born":"1920-10-08"}]}'
BOOK = Book(
    title="Dune",
    genre="fantasy",
    pages=412,
    authors=[Author(name="Herbert", born=date(1920, 10, 8))],
)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


def as_tool(text, name="Book", size=1):
    """Return a stream that calls the answer's tool, its arguments cut into pieces of this size."""
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    begun = called(call("", name=name, index=0, id="call_1", type="function"))
    return whole(begun, *(called(call(part, index=0)) for part in parts), reason="tool_calls")


async def read(world, *pieces, model=Book, **options):
    stream = await world.stream(*pieces, response_model=model, **options)
    return stream, await world.items(stream)


async def test_d17_the_schema_is_sent_and_the_tool_forced(world):
    """D17: with a response model, streamed or not, its schema is sent and its tool forced."""
    fn, sent = world.caller(streamed(as_tool(TEXT)), response_model=Book, stream=True)
    at_one, plain = world.caller(
        at_once(message(None, reason="tool_calls", tool_calls=[tool_call("Book", TEXT)])), response_model=Book
    )
    models = await world.items(await done(fn()))

    assert BOOK == models[-1] == await done(at_one())
    forced = {"type": "function", "function": {"name": "Book"}}
    assert (forced, forced) == (asked(sent)["tool_choice"], asked(plain)["tool_choice"])
    assert asked(sent)["tools"] == asked(plain)["tools"]
    assert ["title", "pages", "authors"] == asked(sent)["tools"][0]["function"]["parameters"]["required"]


async def test_d18_partial_models_grow(world):
    """D18: cut anywhere, partial models with unions, literals, dates and constraints never raise."""
    stream, models = await read(world, as_tool(TEXT))

    assert isinstance(stream, BaseStructuredStream)
    assert (BOOK, Book) == (models[-1], type(models[-1]))
    assert BOOK == stream.constructed_response_model
    titles = [one.title for one in models]
    assert [None, "Du", "Dune"] == [one for one in (None, "Du", "Dune") if one in titles]
    assert [None, 4, 41, 412] == list(dict.fromkeys(one.pages for one in models))
    assert {None, date(1920, 10, 8)} == {one.born for model in models for one in model.authors or ()}
    assert (["tool_calls"], 100) == (stream.stream.finish_reasons, stream.stream.input_tokens)


async def test_d18_only_the_end_is_validated(world):
    """D18: a constraint that the whole answer breaks is raised at the end, with the response."""
    stream = await world.stream(as_tool(TEXT.replace("Dune", "D")), response_model=Book)
    seen = []

    with pytest.raises(ResponseModelError, match="title") as caught:
        if world.awaited:
            async for one in stream:
                seen.append(one)
        else:
            for one in stream:
                seen.append(one)  # noqa: PERF402 - as above
    assert "D" == seen[-1].title
    assert isinstance(caught.value.response, OpenAICallResponse)


class Pair(BaseModel):
    """PEP 604 inside and out."""

    left: int | str | None = None
    right: list[list[int]] | None = None


@pytest.mark.parametrize(
    ("model", "text", "expected", "name"),
    [
        (Pair, '{"left":"x","right":[[1,2],[3]]}', Pair(left="x", right=[[1, 2], [3]]), "Pair"),
        (list[str], '{"value":["a","b"]}', ["a", "b"], None),
        (list[Pair], '{"value":[{"left":1}]}', [Pair(left=1)], None),
        (Literal["a", "b"], '{"value":"b"}', "b", None),
        (int, '{"value":7}', 7, None),
        (int | None, '{"value":null}', None, None),
    ],
)
async def test_kinds_of_response_models(world, model, text, expected, name):
    """Unions, literals, dates, nested lists and plain types can be asked for, streamed or not."""
    probe, sent = world.caller(at_once(message("x")), response_model=model)
    with pytest.raises(ResponseModelError):
        await done(probe())
    tool = asked(sent)["tools"][0]["function"]["name"]
    fn, _ = world.caller(
        at_once(message(None, reason="tool_calls", tool_calls=[tool_call(tool, text)])), response_model=model
    )
    _, models = await read(world, as_tool(text, tool, 3), model=model)

    assert name in {tool, None}
    assert (expected, expected) == (await done(fn()), models[-1])


PROSE = f"Sure {{as you wish}}: here it is.\n```json\n{TEXT}\n```\nEnjoy {{it}}!"


async def test_braces_in_prose(world):
    """JSON amid prose with braces is found, also where the model wrote it instead of calling its tool."""
    fn, _ = world.caller(at_once(message(PROSE)), response_model=Book)
    _, models = await read(world, whole(said(*PROSE)))
    _, in_json_mode = await read(world, whole(said(*PROSE)), json_mode=True)

    assert (BOOK, BOOK, BOOK) == (await done(fn()), models[-1], in_json_mode[-1])


async def test_bare_list(world):
    """A list without the object around it is taken for a list."""
    fn, _ = world.caller(at_once(message('["a", "b"]')), response_model=list[str], json_mode=True)
    _, models = await read(world, whole(said('["a", ', '"b"]')), model=list[str], json_mode=True)

    assert (["a", "b"], ["a", "b"]) == (await done(fn()), models[-1])


async def test_refusal(world):
    """A refusal is no answer of the type: the error shows its words and holds the response."""
    refused = "I am sorry {not}."
    fn, _ = world.caller(at_once(message(None, refusal=refused)), response_model=Book)
    stream = await world.stream(whole(*(chunk({"refusal": one}) for one in refused)), response_model=Book)
    for run in (lambda: done(fn()), lambda: world.items(stream)):
        with pytest.raises(ResponseModelError, match="I am sorry") as caught:
            await run()
        assert refused == caught.value.response.refusal


async def test_json_mode(world):
    """JSON mode asks for an object, names the schema in words, forces no tool, and grows by the text."""
    fn, sent = world.caller(streamed(whole(said(*TEXT))), response_model=Book, json_mode=True, stream=True)
    models = await world.items(await done(fn()))

    assert BOOK == models[-1]
    assert "Du" in [one.title for one in models]
    assert ({"type": "json_object"}, None, None) == (
        asked(sent)["response_format"],
        asked(sent).get("tools"),
        asked(sent).get("tool_choice"),
    )
    assert '"authors"' in asked(sent)["messages"][-1]["content"]


def look() -> str:
    """Look around."""
    return "nothing"


async def test_another_tool_is_called(world):
    """With tools beside the response model, a call of one of them gives the response in its place."""
    answer = at_once(message(None, reason="tool_calls", tool_calls=[tool_call("look", "")]))
    fn, sent = world.caller(answer, response_model=Book, tools=[look])
    response = await done(fn())
    _, models = await read(world, as_tool("{}", "look"), tools=[look])

    assert ("required", ["look", "Book"]) == (
        asked(sent)["tool_choice"],
        [one["function"]["name"] for one in asked(sent)["tools"]],
    )
    assert ("nothing", "nothing") == (response.tool.call(), models[-1].tool.call())


async def test_faults(world):
    """What breaks a stream breaks a structured one in the same way."""
    cut = await world.stream(as_tool(TEXT)[:-40], response_model=Book)
    with pytest.raises(StreamInterruptedError):
        await world.items(cut)
    error = await world.stream(
        as_tool(TEXT[:9])[:-40] + b"\n\n" + sse({"error": {"message": "no"}}), response_model=Book
    )
    with pytest.raises(ProviderStreamError):
        await world.items(error)
    fn, _ = world.caller(failed(400), response_model=Book, stream=True)
    with pytest.raises(Exception, match="Error code: 400"):
        await world.items(await done(fn()))


async def test_iterating_twice(world):
    """A second loop grows from the start again, and ends with the same."""
    stream, models = await read(world, as_tool(TEXT))

    assert models == await world.items(stream)


async def test_response_beside_the_model(world):
    """The answer as the model knows the response that it was read from."""
    fn, _ = world.caller(
        at_once(message(None, reason="tool_calls", tool_calls=[tool_call("Book", TEXT)])), response_model=Book
    )
    book = await done(fn())

    assert (100, ["tool_calls"]) == (book._response.input_tokens, book._response.finish_reasons)  # noqa: SLF001 - as Mirascope's users know it
    assert Book.model_validate_json(book.model_dump_json()) == BOOK
