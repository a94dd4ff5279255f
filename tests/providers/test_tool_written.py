"""Tools of a response that was written as JSON and read again, of every provider, streamed or not."""

from __future__ import annotations

import json
from datetime import date  # noqa: TC003 - pydantic evaluates it
from typing import Annotated, Literal

import pytest
from every_provider import EVERY, Said, name_of
from pydantic import BaseModel, Field, field_validator

from chunktape import BaseTool, ToolError


def add(a: int, b: int = 0, tags: list[str] = Field(default_factory=list)) -> int:  # noqa: B008 - pydantic's way to say it
    """Add."""
    return a + b + len(tags)


class Add(BaseTool):
    """Add."""

    a: int
    b: int = 7

    def call(self) -> int:
        return self.a + self.b


class Noting(Add):
    """Add, with a note."""

    note: str


class Place(BaseModel):
    city: str = Field(alias="City")
    country: str = "CH"


class Travel(BaseTool):
    """Travel."""

    place: Place
    day: date | None = None
    by: Annotated[Literal["rail", "road"], Field(alias="By")] = "rail"
    id: int = 3

    @field_validator("day")
    @classmethod
    def _is_known(cls, day: date | None) -> date | None:
        if day is not None and day.year < 2000:
            raise ValueError("no train ran")
        return day


@pytest.fixture(params=EVERY, ids=name_of)
def every(request):
    return request.param


def said_of(tool):
    """Return what can be read from a tool, whatever its arguments are called."""
    return tool.name, tool.raw_arguments, tool._call_id(), tool._problem()  # noqa: SLF001 - `id` is an argument here


WRONG = "Input should be a valid integer, unable to parse string as an integer"


@pytest.mark.parametrize(
    ("tool", "arguments", "args", "problem"),
    [
        (add, '{"a": 1}', {"a": 1, "b": 0, "tags": []}, None),
        (Add, '{"a": 1}', {"a": 1, "b": 7}, None),
        (Add, '{"a": "1", "b": 2.0}', {"a": 1, "b": 2}, None),
        (add, '{"a": "x"}', {}, f"do not fit (a: {WRONG})"),
        (Add, '{"a": "x", "b": 2}', {"b": 2}, f"do not fit (a: {WRONG})"),
        (Add, "{}", {}, "do not fit (a: Field required)"),
        (
            Travel,
            '{"place": {"City": "Bern"}}',
            {"place": {"City": "Bern", "country": "CH"}, "day": None, "By": "rail", "id": 3},
            None,
        ),
        (
            Travel,
            '{"place": {"City": "Bern"}, "day": "2031-02-03", "By": "road", "id": 4}',
            {"place": {"City": "Bern", "country": "CH"}, "day": "2031-02-03", "By": "road", "id": 4},
            None,
        ),
        (
            Travel,
            '{"place": {"City": "Bern"}, "day": "1847-08-09"}',
            {"place": {"City": "Bern", "country": None}},
            "do not fit (day: Value error, no train ran)",
        ),
    ],
)
async def test_a_tool_of_a_response_written_and_read_again(every, tool, arguments, args, problem):
    """Arguments, defaults, what a type made of them and what is wrong with them are as they were."""
    said = every.answer(Said(tool=(tool.__name__, arguments), reason="tool_calls"))
    response = await every.response(said, tools=[tool])
    text = response.model_dump_json()
    again = type(response).model_validate_json(text)
    before, after = response.tools[0], again.tools[0]

    assert said_of(before) == said_of(after)
    assert args == after.args
    assert (problem or "None") in str(after.error)
    assert json.loads(text) == json.loads(again.model_dump_json())
    assert after == type(after).model_validate_json(after.model_dump_json())


async def test_a_broken_tool_that_was_read_again_cannot_be_called(every):
    """The error of the tool is the one that its call raised before."""
    said = every.answer(Said(tool=("add", '{"a": "x"}'), reason="tool_calls"))
    response = await every.response(said, tools=[add])
    (tool,) = type(response).model_validate_json(response.model_dump_json()).tools

    with pytest.raises(ToolError) as caught:
        tool.call()
    assert response.tool.error == str(caught.value)


async def test_only_what_the_declaration_does_not_tell_is_written(every):
    """Plain arguments, and defaults that the schema has, are in the answer and in the declaration already."""
    said = every.answer(Said(tool=("Add", '{"a": 1}'), reason="tool_calls"))
    response = await every.response(said, tools=[Add])

    assert {} == json.loads(response.model_dump_json())["tool_outcomes"]


async def test_a_secret_in_an_argument_is_no_outcome(every):
    """What tools made of their arguments is redacted like the answer itself."""
    key = "sk-proj-" + "a1B2" * 12
    said = every.answer(Said(tool=("Noting", json.dumps({"a": "x", "note": key})), reason="tool_calls"))
    response = await every.response(said, tools=[Noting])
    text = response.model_dump_json()
    outcome = json.loads(text)["tool_outcomes"]["0"]

    assert key in response.tool.error
    assert {"args": {"note": "<redacted>"}, "problem": f"do not fit (a: {WRONG})"} == outcome
    assert key not in type(response).model_validate_json(text).tool.error


def _add(a: int) -> int:
    """Add in private."""
    return -a


async def test_names_reach_the_model_as_they_are(every):
    """Two functions whose names differ by an underscore are two tools."""
    said = every.answer(Said(tool=("_add", '{"a": 1}'), reason="tool_calls"))
    response = await every.response(said, tools=[_add, add])
    asked = response.call_kwargs["tools"]

    assert ["_add", "add"] == [(one.get("function") or one)["name"] for one in asked]
    assert ("_add", -1) == (response.tool.name, response.tool.call())
