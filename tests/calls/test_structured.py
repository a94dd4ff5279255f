"""`Structure` and `BaseStructuredStream`, by OpenAI's recordings; what extraction knows is tested there."""

from __future__ import annotations

import pytest
from openai_wire import AWAITED, DONE, PLAIN, call, called, chunk, message, said, tool_call, whole
from pydantic import BaseModel

from chunktape import BaseStructuredStream, ResponseModelError, StreamNotConsumedError
from chunktape.calls.structured import Structure
from chunktape.openai import OpenAICallResponse, OpenAIStream, OpenAITool


class Book(BaseModel):
    title: str
    genre: str = "unknown"


TOOL = OpenAITool.type_from_base_model_type(Book)
BY_TOOL = Structure(Book, TOOL)
BY_TEXT = Structure(Book, None)


@pytest.fixture(params=[PLAIN, AWAITED], ids=["sync", "async"])
def world(request):
    return request.param


def response(content=None, **fields):
    return OpenAICallResponse(body=message(content, **fields))


def book(arguments, name="Book"):
    return response(tool_calls=[tool_call("look", "{}", "call_0"), tool_call(name, arguments)])


@pytest.mark.parametrize(
    ("structure", "answer"),
    [
        (BY_TOOL, book('{"title": "Dune"}')),
        (BY_TOOL, response('Here: {"title": "Dune"}.')),
        (BY_TEXT, response('{"title": "Dune"}')),
        (BY_TOOL, response([{"type": "text", "text": '{"title": "Dune"}'}])),
        (Structure(Book, TOOL, {"genre": "unknown"}), book('{"title": "Dune"}')),
    ],
)
def test_extract(structure, answer):
    """The answer is read from its own tool, else from the text, and knows its response."""
    found = structure.extract(answer)

    assert (Book(title="Dune"), answer) == (found, found._response)  # noqa: SLF001 - as Mirascope's users know it


def test_fields_of_the_calls_arguments():
    """What the call's own arguments give is not asked of the model."""
    assert "sf" == Structure(Book, TOOL, {"genre": "sf"}).extract(book('{"title": "Dune"}')).genre


def test_another_tool():
    """Where only other tools are called, the response comes in place of the model."""
    other = response(tool_calls=[tool_call("look", "{}")])

    assert other is BY_TOOL.extract(other)


@pytest.mark.parametrize(
    "answer",
    [
        response("no JSON"),
        response(""),
        response(None),
        response(refusal="No."),
        book('{"title": ["x"]}'),
        book('{"t'),
    ],
)
def test_no_answer(answer):
    """Where there is no answer of the type, the error holds the response."""
    with pytest.raises(ResponseModelError) as caught:
        BY_TOOL.extract(answer)

    assert answer is caught.value.response


def structured(*wire, structure=BY_TOOL):
    return BaseStructuredStream(OpenAIStream.from_bytes(b"".join(wire)), structure)


def fragment(arguments, index=0, name=None):
    return called(call(arguments, name=name, index=index, id=f"call_{index}" if name else None))


async def test_growing(world):
    """Each event that adds something gives a partial model, the end the whole; events without give none."""
    stream = structured(
        whole(
            fragment("", name="Book"),
            fragment('{"title": "Du'),
            chunk({}),
            fragment('ne", "genre": "s'),
            fragment('f"}'),
            reason="tool_calls",
        )
    )
    models = await world.items(stream)

    assert ["Du", "Dune", "Dune", "Dune"] == [one.title for one in models]
    assert [None, "s", "sf", "sf"] == [one.genre for one in models]
    assert models[-1] is stream.constructed_response_model


async def test_only_the_own_tool_grows(world):
    """The arguments of other tools, before it or between, and text beside it are no part of the answer."""
    stream = structured(
        whole(
            said('{"title": "wrong"}'),
            fragment('{"title": "not this"}', 0, "look"),
            fragment('{"title": "Du', 1, "Book"),
            fragment('{"title": "nor this"}', 2, "look"),
            fragment('ne"}', 1),
            reason="tool_calls",
        )
    )
    models = await world.items(stream)

    assert {"Du", "Dune"} == {one.title for one in models}
    assert Book(title="Dune") == models[-1]


async def test_partial_tools_change_nothing(world):
    """Repeated chunks, which tools bring, add nothing twice."""
    wire = whole(fragment('{"title": ', 0, "Book"), fragment('"Dune"}'), reason="tool_calls")
    plain = await world.items(structured(wire))
    stream = await world.stream(wire, response_model=Book, stream={"partial_tools": True})

    assert [one.model_dump() for one in plain] == [one.model_dump() for one in await world.items(stream)]


async def test_text_beside_several_tools_grows_once(world):
    """An event that completes two tools comes twice, and its text counts once."""
    tools = [call("{}", name="look", index=place, id=str(place)) for place in (0, 1)]
    both = chunk({"content": "ne", "tool_calls": tools}, "tool_calls")
    stream = structured(said('{"title": "Du'), both, said('"}'), DONE, structure=BY_TEXT)
    models = await world.items(stream)

    assert ["Du", "Dune", "Dune"] == [one.title for one in models[:-1]]


async def test_before_the_end(world):
    """The whole is not there before the stream was read."""
    stream = structured(whole(said('{"title": "Dune"}')), structure=BY_TEXT)
    with pytest.raises(StreamNotConsumedError):
        _ = stream.constructed_response_model
    await world.items(stream)

    assert Book(title="Dune") == stream.constructed_response_model
    assert "complete" == stream.stream.status
