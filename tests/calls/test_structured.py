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


def look() -> str:
    """Look around."""
    return "nothing"


LOOK = OpenAITool.type_from_fn(look)


@pytest.mark.parametrize("structure", [BY_TOOL, BY_TEXT])
@pytest.mark.parametrize(
    "declared", [{"tool_types": [TOOL, LOOK]}, {"call_kwargs": {"tools": [LOOK.tool_schema()]}}]
)
def test_another_tool(structure, declared):
    """Where only other tools are called, and the request declares some, the response comes in place."""
    body = message(None, tool_calls=[tool_call("look", "{}")])
    other = OpenAICallResponse(body=body, **declared)

    assert other is structure.extract(other)


def test_a_tool_that_nobody_declared():
    """Where the request declares none but the answer's own, no other tool is an answer."""
    body = message('{"title": "Dune"}', tool_calls=[tool_call("look", "{}")])
    other = OpenAICallResponse(body=body, tool_types=[TOOL], call_kwargs={"tools": [TOOL.tool_schema()]})
    with pytest.raises(ResponseModelError) as caught:
        BY_TOOL.extract(other)

    assert (
        "The model called 'look' instead of answering as the response model Book, "
        "and the request declares no such tool; read the response, and ask again"
    ) == str(caught.value)
    assert other is caught.value.response


class Options(BaseModel):
    """All of it may be missing."""

    limit: int = 3
    words: list[str] = []


OPTIONS = OpenAITool.type_from_base_model_type(Options)
NAME = "the response model Options"
CUT = f"The answer breaks off before {NAME} is complete, in {{!r}}; raise max_tokens, or ask for less"
FILTERED = (
    f"A content filter stopped the answer before {NAME} was complete, in {{!r}}; "
    "ask for something else, or change the filter"
)
REFUSED = f"The model refused to answer as {NAME}{{}}; ask in other words, or for something else"
SILENT = f"The answer says nothing for {NAME}; see what else the response holds, and ask again"
PROSE = (
    f"The answer holds no JSON for {NAME}, but {{!r}}; "
    "the model may have refused: read the answer, and ask again"
)


def options(arguments):
    return {"tool_calls": [tool_call("Options", arguments)]}


@pytest.mark.parametrize("structure", [Structure(Options, OPTIONS), Structure(Options, None)])
@pytest.mark.parametrize(
    ("content", "reason", "fields", "told"),
    [
        ("", "stop", {}, SILENT),
        (None, "stop", {}, SILENT),
        (" \n", None, {}, SILENT),
        ("", "length", {}, CUT.format("")),
        (None, "content_filter", {}, FILTERED.format("")),
        ("I think so", "stop", {}, PROSE.format("I think so")),
        ("I think so", "length", {}, CUT.format("I think so")),
        ("I think {} so", "length", {}, CUT.format("I think {} so")),
        ('{"limit": 4', "stop", {}, CUT.format('{"limit": 4')),
        ('{"limit": 4', "content_filter", {}, FILTERED.format('{"limit": 4')),
        (None, "stop", {"refusal": "No {} today."}, REFUSED.format(": 'No {} today.'")),
        ("{}", "stop", {"refusal": "No."}, REFUSED.format(": 'No.'")),
        ("", "refusal", {}, REFUSED.format(", without a word")),
        ("Not {} this", "refusal", {}, REFUSED.format(": 'Not {} this'")),
    ],
)
def test_no_answer_is_told_from_another(structure, content, reason, fields, told):
    """Silence, a refusal, a filter, a cut and prose are no answer, even where all of it may be missing."""
    answer = response(content, reason=reason, **fields)
    with pytest.raises(ResponseModelError) as caught:
        structure.extract(answer)

    assert (told, answer) == (str(caught.value), caught.value.response)


@pytest.mark.parametrize(
    ("arguments", "reason", "told"),
    [
        ("", "length", CUT.format("")),
        ("{}", "length", CUT.format("{}")),
        ("", "content_filter", FILTERED.format("")),
        (" ", "refusal", REFUSED.format(", without a word")),
        ('{"limit"', "tool_calls", CUT.format('{"limit"')),
    ],
)
def test_arguments_that_had_no_time_to_come(arguments, reason, told):
    """A call that was stopped before it said anything is no answer either."""
    with pytest.raises(ResponseModelError) as caught:
        Structure(Options, OPTIONS).extract(response(None, reason=reason, **options(arguments)))

    assert told == str(caught.value)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (response(None, reason="tool_calls", **options("")), Options()),
        (response(None, reason="stop", **options(" {} ")), Options()),
        (response(None, reason="length", **options('{"limit": 4}')), Options(limit=4)),
        (response(None, refusal="No.", **options('{"limit": 4}')), Options(limit=4)),
        (response("{}"), Options()),
        (response('{"limit": 4} and', reason="length"), Options(limit=4)),
    ],
)
def test_what_is_there_is_the_answer(answer, expected):
    """A call without arguments means none, and a whole answer stays one, whatever ended it."""
    assert expected == Structure(Options, OPTIONS).extract(answer)


@pytest.mark.parametrize("arguments", ['{"title": ["x"]}', '{"t'])
def test_no_answer(arguments):
    """Where the answer does not fit, the error holds the response."""
    answer = book(arguments)
    with pytest.raises(ResponseModelError) as caught:
        BY_TOOL.extract(answer)

    assert answer is caught.value.response


def structured(*wire, structure=BY_TOOL, tools=None):
    return BaseStructuredStream(OpenAIStream.from_bytes(b"".join(wire), tools=tools), structure)


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
    stream = structured(said('{"title": "Du'), both, said('"}'), DONE, structure=BY_TEXT, tools=[look])
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
