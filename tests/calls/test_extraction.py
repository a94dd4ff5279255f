"""Response models: what is asked for, what an answer's text holds of it, also while it arrives."""

# ruff: noqa: SLF001 - `_name`, `_description` and the like are public in all but name

from __future__ import annotations

import json
from datetime import date
from enum import Enum
from time import perf_counter
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel, field_validator

from chunktape.calls.extraction import (
    FromCallArgs,
    GrowingExtraction,
    ResponseModelConfigDict,
    extract,
    fields_from_call_args,
    is_base_type,
    is_from_call_args,
    json_mode_prompt,
    response_tool_type,
)
from chunktape.calls.tool import BaseTool
from chunktape.calls.tool_schema import GenerateStrictJsonSchema
from chunktape.dialects.answer import ToolCall
from chunktape.errors import ConfigurationError, ResponseModelError

T = TypeVar("T")


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Book(BaseModel):
    """A book."""

    title: str
    pages: int | None = None
    out: date | None = None


class Node(BaseModel):
    name: str
    nodes: list[Node] = []


class Numbers(RootModel[list[int]]):
    pass


class Page(BaseModel, Generic[T]):
    items: list[T]


class Shelf(BaseModel):
    """A shelf for a genre that the caller knows."""

    genre: Annotated[str, FromCallArgs()]
    title: str


class Options(BaseModel):
    limit: int = 3


class Strict(BaseModel):
    model_config = ResponseModelConfigDict(strict=True)

    day: date
    colors: set[Color]


class Touchy(BaseModel):
    title: str

    @field_validator("title")
    @classmethod
    def _check(cls, value: str) -> str:
        raise KeyError(value)


DUNE = Book(title="Dune", pages=412)
TEXT = '{"title": "Dune", "pages": 412}'


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"  {TEXT}\n",
        f"```json\n{TEXT}\n```",
        f"Here you are:\n```\n{TEXT}\n``` I hope {{it}} helps.",
        f"I fill {{title}} and {{pages}}: {TEXT}",
        f"As said in [1] and {{}}: {TEXT}",
        f'First {{"note": "x"}}, then {TEXT}',
        f'{TEXT} or {{"title": "Emma"}}',
        f'He wrote "{{" once. {TEXT}',
        f"{TEXT} and [unfinished",
    ],
)
def test_the_json_is_found_amid_prose(text):
    """Prose, fences, braces that are no JSON, and JSON that does not fit lie around the answer."""
    assert DUNE == extract(Book, text)


def test_strings_may_hold_braces_and_line_breaks():
    """Braces in strings end nothing, and a raw line break in one is read as what it means."""
    assert Book(title="{a} } [b\nc") == extract(Book, 'So: {"title": "{a} } [b\nc"} and so on')


@pytest.mark.parametrize(
    ("response_model", "text", "expected"),
    [
        (str, '{"value": "x"}', "x"),
        (str, '"x"', "x"),
        (int, "5", 5),
        (float, '{"value": 1.5}', 1.5),
        (bool, "```\ntrue\n```", True),
        (list[str], '["a", "b"]', ["a", "b"]),
        (list[str], 'As in [1]: ["a", "}"].', ["a", "}"]),
        (list[str], 'So: {"value": ["a"]}', ["a"]),
        (list[Book], f"Two: [{TEXT}, {TEXT}]", [DUNE, DUNE]),
        (set[int], "[1, 1]", {1}),
        (tuple[int, str], '[1, "a"]', (1, "a")),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (dict[str, int], '{"value": 1}', {"value": 1}),
        (dict[str, int], '{"value": {"a": 1}}', {"a": 1}),
        (Literal["a", "b"], '{"value": "b"}', "b"),
        (Color, '"red"', Color.RED),
        (Annotated[int, Field(ge=1)], '{"value": 3}', 3),
        (int | str, '{"value": "a"}', "a"),
        (Book | Node, TEXT, DUNE),
        (Optional[int], '{"value": null}', None),  # noqa: UP045 - the old way to write it is a case of its own
        (Numbers, "[1, 2]", Numbers([1, 2])),
        (Numbers, '{"value": [1, 2]}', Numbers([1, 2])),
        (Page[Book], f'{{"items": [{TEXT}]}}', Page[Book](items=[DUNE])),
        (Node, '{"name": "a", "nodes": [{"name": "b"}]}', Node(name="a", nodes=[Node(name="b")])),
        (Options, "{}", Options()),
        (Options, 'Not {}, but {"limit": 5}', Options(limit=5)),
        (Options, "Only {} here", Options()),
        (
            Strict,
            '{"day": "2024-02-29", "colors": ["red"]}',
            Strict(day=date(2024, 2, 29), colors={Color.RED}),
        ),
    ],
)
def test_every_type_can_be_asked_for(response_model, text, expected):
    """Models and plain types come from tool arguments, and from bare JSON."""
    assert expected == extract(response_model, text)


MISFITS = [
    (
        Book,
        "I'm sorry, I cannot help with that.",
        (
            "The answer holds no JSON for the response model Book, "
            'but "I\'m sorry, I cannot help with that."; '
            "the model may have refused: read the answer, and ask again"
        ),
    ),
    (
        Book,
        '{"title": "Du',
        (
            'The answer breaks off before the response model Book is complete, in \'{"title": "Du\'; '
            "raise max_tokens, or ask for less"
        ),
    ),
    (
        Book,
        'x {"pages": "many"} y',
        (
            "The answer does not fit the response model Book: title: Field required; "
            "pages: Input should be a valid integer, unable to parse string as an integer, "
            'in \'x {"pages": "many"} y\'; describe the fields, give them defaults, or ask again'
        ),
    ),
    (
        list[Node],
        '[{"name": "a", "nodes": [{}]}]',
        (
            "The answer does not fit the response model list[Node]: [0].nodes[0].name: Field required, "
            """in '[{"name": "a", "nodes": [{}]}]'; describe the fields, give them defaults, or ask again"""
        ),
    ),
    (
        list[int],
        '["a", "b", "c", "d", "e"]',
        "The answer does not fit the response model list[int]: "
        + "; ".join(
            f"[{n}]: Input should be a valid integer, unable to parse string as an integer" for n in range(3)
        )
        + '; and 2 more, in \'["a", "b", "c", "d", "e"]\'; '
        "describe the fields, give them defaults, or ask again",
    ),
    (
        Touchy,
        '{"title": "x"}',
        (
            "The answer does not fit the response model Touchy: KeyError: 'x', in '{\"title\": \"x\"}'; "
            "describe the fields, give them defaults, or ask again"
        ),
    ),
    (
        Book,
        "",
        (
            "The answer says nothing for the response model Book; "
            "see what else the response holds, and ask again"
        ),
    ),
    (
        Options,
        " ",
        (
            "The answer says nothing for the response model Options; "
            "see what else the response holds, and ask again"
        ),
    ),
]


@pytest.mark.parametrize(("response_model", "text", "message"), MISFITS)
def test_an_answer_that_does_not_fit_says_why(response_model, text, message):
    """The error names the model, the first problems, the text, and the way out."""
    with pytest.raises(ResponseModelError) as caught:
        extract(response_model, text)

    assert message == str(caught.value)


@pytest.mark.parametrize(
    "text",
    ['{"name": "a", "nodes": [{"name": "b"}, {"na', '[{"name": "b"}, {"name": "c"}, tru', '{"name": "a\\u00'],
)
def test_a_part_of_a_cut_answer_is_not_the_answer(text):
    """Where the whole is cut off, an inner value that would fit is not taken for it."""
    with pytest.raises(ResponseModelError, match="breaks off"):
        extract(Node if text[0] == "{" else list[Node], text)


def test_a_long_answer_is_cut_in_the_error():
    """An error shows 200 characters of the answer."""
    with pytest.raises(ResponseModelError) as caught:
        extract(Book, "no " * 1000)

    assert len(str(caught.value)) < 400


def test_nothing_but_braces_ends_soon():
    """A text full of what looks like JSON, and is none, is given up."""
    began = perf_counter()

    with pytest.raises(ResponseModelError):
        extract(list[int], "[{" * 50_000)

    assert perf_counter() - began < 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("I think", None),
        ("I think {so", None),
        ("{", {"title": None, "pages": None, "out": None}),
        ('Well: {"title": "Du', {"title": "Du", "pages": None, "out": None}),
        ('{x} {"title": "Du\nne', {"title": "Du ne", "pages": None, "out": None}),
        ('{"title": "Dune", "out": "2024-0', {"title": "Dune", "pages": None, "out": None}),
        ('{"pages": "many"}', {"title": None, "pages": None, "out": None}),
        ('{"note": 1} then {"title": "D', {"title": "D", "pages": None, "out": None}),
        (TEXT + ' or {"title": "Emma"}', {"title": "Dune", "pages": 412, "out": None}),
    ],
)
def test_a_partial_answer_is_what_has_come(text, expected):
    """D18: nothing raises before the end; what has not come is None, and nothing is None before it begins."""
    part = extract(Book, text, allow_partial=True)

    assert expected == (part.model_dump() if part is not None else None)
    assert part is None or isinstance(part, Book)


@pytest.mark.parametrize(
    ("response_model", "text", "expected"),
    [
        (list[str], '["a", "b', ["a", "b"]),
        (list[str], '{"value": ["a", "b', ["a", "b"]),
        (list[str], '{"val', None),
        (str, '{"value": "ab', "ab"),
        (int, "5", None),
        (Color, '{"value": "re', None),
        (dict[str, int], '{"a": 1, "b"', {"a": 1}),
        (Numbers, "[1, 2", Numbers([1, 2])),
    ],
)
def test_plain_types_grow_too(response_model, text, expected):
    """Lists and texts grow, under `value` or alone; a scalar that stands alone comes at the end."""
    found = extract(response_model, text, allow_partial=True)

    assert (expected.root if isinstance(expected, Numbers) else expected) == getattr(found, "root", found)


books = st.builds(
    Book, title=st.text(max_size=12), pages=st.none() | st.integers(0, 999), out=st.none() | st.dates()
)


@given(
    st.lists(books, min_size=1, max_size=4),
    st.sampled_from(["", "Well, {these}: ", "See [1]. ", '{"', "```json\n"]),
    st.sampled_from(["", "\n```", " {done}", " [2]"]),
    st.data(),
)
def test_an_answer_in_pieces_is_the_whole_one(whole, before, after, data):
    """Fed in any pieces, an answer grows without an error, and is the whole one in the end."""
    text = before + json.dumps([json.loads(one.model_dump_json()) for one in whole]) + after
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    growing = GrowingExtraction(list[Book])

    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        part = growing.feed(text[start:end])
        assert part is None or all(isinstance(one, Book) for one in part)

    try:
        expected = extract(list[Book], text)
    except ResponseModelError:
        expected = None
    if before != '{"':
        assert whole == expected
    if expected is not None:
        assert expected == growing.finish()


@given(st.text(alphabet='{}[]",: \\atruenl1-', max_size=30))
def test_no_text_makes_a_partial_answer_raise(text):
    """Whatever comes, a partial answer is a model or None."""
    assert isinstance(extract(Book, text, allow_partial=True), Book | None)


@pytest.mark.parametrize("size", [1, 4])
def test_an_answer_in_ten_thousand_pieces_is_read_in_time(size):
    """All readings of a growing answer together stay linear in its length."""
    whole = [{"name": f"node {number}", "nodes": [{"name": "inner"}]} for number in range(size * 150)]
    text = "Sure {thing}: " + json.dumps(whole)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    growing = GrowingExtraction(list[Node])

    seen = {id(part): len(part) for piece in pieces if (part := growing.feed(piece)) is not None}

    assert len(seen) < 2500
    assert max(seen.values()) > len(whole) * 0.98
    assert len(whole) == len(growing.finish())


def test_what_was_returned_stays_as_it_was():
    """A consumer may keep a partial answer; the next one is another object."""
    growing = GrowingExtraction(Book)

    first = growing.feed('{"title": "Du')
    second = growing.feed('ne"')

    assert ("Du", "Dune") == (first.title, second.title)


def test_the_caller_fills_its_fields():
    """Fields that the call's arguments fill are not asked for, and are there from the beginning."""
    filled = fields_from_call_args(Shelf, {"genre": "fantasy", "other": 1})

    assert {"genre": "fantasy"} == filled
    assert ["title"] == list(response_tool_type(Shelf, BaseTool).model_json_schema()["properties"])
    assert Shelf(genre="fantasy", title="x") == extract(
        Shelf, '{"title": "x", "genre": "y"}', fields_from_call_args=filled
    )
    assert "fantasy" == extract(Shelf, "{", allow_partial=True, fields_from_call_args=filled).genre
    assert is_from_call_args(Shelf.model_fields["genre"])


def test_the_caller_fills_strict_models():
    """A strict model takes the caller's objects, and a date that came as text."""

    class Due(BaseModel):
        model_config = ResponseModelConfigDict(strict=True)
        who: Annotated[Color, FromCallArgs()] = Field(alias="Who")
        day: date

    found = extract(Due, '{"day": "2024-02-29"}', fields_from_call_args={"who": Color.RED})

    assert (Color.RED, date(2024, 2, 29)) == (found.who, found.day)


@pytest.mark.parametrize("response_model", [list[Shelf], int, Book])
def test_other_types_have_nothing_to_fill(response_model):
    """Only a model's own fields are filled from the call."""
    assert {} == fields_from_call_args(response_model, {"genre": "x"})


def test_an_argument_that_is_missing_is_named():
    """A field can only be filled from an argument that the function has."""
    with pytest.raises(ConfigurationError) as caught:
        fields_from_call_args(Shelf, {"genres": "x"})

    assert (
        "The response model Shelf takes 'genre' from the call's arguments, "
        "but the function has no such argument; did you mean 'genres'?\n"
        "  it has: genres\n"
        "  Add an argument genre, or drop FromCallArgs() from the field."
    ) == str(caught.value)


def test_the_answer_is_asked_for_as_a_tool():
    """D17: a model becomes a tool of the provider, with its name and docstring, each time the same."""
    tool_type = response_tool_type(Book, BaseTool)

    tool = tool_type.from_call(ToolCall("Book", TEXT, "call_1"))

    assert ("Book", "A book.", None) == (tool_type._name(), tool_type._description(), tool.error)
    assert tool_type is response_tool_type(Book, BaseTool)
    assert tool == tool_type.model_validate_json(tool.model_dump_json())


@pytest.mark.parametrize(
    ("response_model", "name", "properties"),
    [
        (list[int], "list", {"value": {"type": "array", "items": {"type": "integer"}}}),
        (Numbers, "Numbers", {"value": {"$ref": "#/$defs/Numbers"}}),
        (Page[int], "Page_int", {"items": {"type": "array", "items": {"type": "integer"}}}),
        (Color, "Color", {"value": {"$ref": "#/$defs/Color"}}),
        (int | None, "Union", {"value": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}),
    ],
)
def test_plain_types_are_asked_for_as_a_tool_with_a_value(response_model, name, properties):
    """What is no object stands under `value` in the arguments; the name is one that APIs take."""
    tool_type = response_tool_type(response_model, BaseTool)

    assert (name, properties) == (tool_type._name(), tool_type.model_json_schema()["properties"])


def test_a_strict_schema_is_one_that_the_api_takes():
    """Unions with a tag become plain ones, references stand alone, recursion stays."""

    class Cat(BaseModel):
        kind: Literal["cat"]

    class Dog(BaseModel):
        kind: Literal["dog"]
        friend: Annotated[Node, Field(description="The friend.")]

    class Home(BaseModel):
        pet: Cat | Dog = Field(discriminator="kind")
        root: Node
        words: dict[str, int] = {}

    schema = response_tool_type(Home, BaseTool).model_json_schema(schema_generator=GenerateStrictJsonSchema)

    assert {"anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]} == schema["properties"]["pet"]
    assert {"$ref": "#/$defs/Node"} == schema["$defs"]["Dog"]["properties"]["friend"]
    assert ["pet", "root", "words"] == schema["required"]
    assert [False, ["name", "nodes"]] == [
        schema["$defs"]["Node"][key] for key in ("additionalProperties", "required")
    ]


def test_json_mode_is_asked_for_with_the_schema():
    """The prompt holds the schema, as JSON, without what the caller fills."""
    prompt = json_mode_prompt(Shelf)

    schema = json.loads(prompt[prompt.index("{") :])
    assert "Answer with ONLY a valid JSON object" in prompt
    assert {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]} == schema


def test_json_mode_without_a_model_asks_for_any_object():
    """JSON mode needs no response model."""
    assert "Answer with ONLY a valid JSON object, without any text around it." == json_mode_prompt(None)


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (str, True),
        (bytes, True),
        (list, True),
        (list[Book], True),
        (frozenset[int], True),
        (dict[str, int], True),
        (tuple[int, ...], True),
        (Literal["a"], True),
        (int | str, True),
        (Optional[int], True),  # noqa: UP045 - the old way to write it is a case of its own
        (Annotated[int, "x"], True),
        (Color, True),
        (Book, False),
        (Page[int], False),
        (Numbers, False),
        (date, False),
        (3, False),
    ],
)
def test_plain_types_are_told_from_models(type_, expected):
    """Scalars, collections, choices and enums are plain."""
    assert expected is is_base_type(type_)


@pytest.mark.parametrize("response_model", [3, date, Any])
def test_what_is_no_response_model_is_refused(response_model):
    """A response model is a pydantic class or a plain type."""
    with pytest.raises(ConfigurationError) as caught:
        response_tool_type(response_model, BaseTool)

    assert (
        f"The response model is {response_model!r}, of which no schema can be made\n"
        "  Give a pydantic model, or a type like str, list[str], Literal['a', 'b'] or an Enum."
    ) == str(caught.value)
