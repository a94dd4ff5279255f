"""`BaseTool`: calls become tools that are whole, partial, broken or undeclared, and can be written."""

# ruff: noqa: SLF001 - `_name`, `_description` and the like are public in all but name

from __future__ import annotations

import copy
import json
import pickle
from datetime import date
from typing import Any, ClassVar, Literal

import pytest
from anthropic.types import ToolUseBlock
from azure.ai.inference.models import ChatCompletionsToolCall, FunctionCall
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionMessageToolCall
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.json_schema import SkipJsonSchema  # noqa: TC002 - pydantic evaluates it

from chunktape.calls.tool import DEFAULT_DESCRIPTION, BaseTool, find_tool
from chunktape.calls.tool_schema import GenerateStrictJsonSchema
from chunktape.dialects.answer import ToolCall
from chunktape.errors import ConfigurationError, ToolError


class Author(BaseModel):
    name: str
    born: date | None = None


class FormatBook(BaseTool):
    """Format a book."""

    title: str
    author: Author
    pages: int = Field(default=1, ge=1)
    mood: Literal["calm", "wild"] | None = None

    def call(self) -> str:
        return f"{self.title} by {self.author.name}"


class OwnNames(BaseTool):
    """A tool whose fields are called as attributes of every tool."""

    id: int
    args: list[str]
    name: str
    error: str
    raw_arguments: str

    def call(self) -> Any:
        return self.id, self.args, self.name, self.error, self.raw_arguments


class Aliased(BaseTool):
    """A field with another name for the model."""

    title: str = Field(alias="bookTitle")


class Raising(BaseTool):
    """A validator that raises what pydantic does not expect."""

    title: str

    @field_validator("title")
    @classmethod
    def _check(cls, value: str) -> str:
        raise KeyError(value)


class OpenAIish(BaseTool):
    __provider__: ClassVar[str] = "openai"
    tool_call: SkipJsonSchema[ChatCompletionMessageToolCall]


class Anthropicish(BaseTool):
    __provider__: ClassVar[str] = "anthropic"
    tool_call: SkipJsonSchema[ToolUseBlock]


class Azureish(BaseTool):
    __provider__: ClassVar[str] = "azure"
    tool_call: SkipJsonSchema[ChatCompletionsToolCall]


class Loose(BaseTool):
    __provider__: ClassVar[str] = "openai"
    tool_call: SkipJsonSchema[dict[str, Any] | None] = None


WHOLE = '{"title": "Dune", "author": {"name": "Herbert", "born": "1920-10-08"}, "mood": "wild"}'


def call_of(arguments: str, name: str | None = "FormatBook") -> ToolCall:
    return ToolCall(name, arguments, "call_1")


def sdk_call(base: type[BaseTool], arguments: str) -> Any:
    """Return the SDK's own object as a provider would make it."""
    function = {"name": "FormatBook", "arguments": arguments}
    return {
        OpenAIish: lambda: ChatCompletionMessageToolCall(id="call_1", function=function, type="function"),
        Anthropicish: lambda: ToolUseBlock.model_construct(
            id="call_1", name="FormatBook", input={}, type="tool_use"
        ),
        Azureish: lambda: ChatCompletionsToolCall(id="call_1", function=FunctionCall(**function)),
        Loose: lambda: {"id": "call_1", "function": function},
        BaseTool: lambda: None,
    }[base]()


@pytest.fixture(params=[BaseTool, OpenAIish, Anthropicish, Azureish, Loose])
def base(request):
    return request.param


@pytest.fixture
def tool_type(base):
    return base.type_from_base_model_type(FormatBook)


def test_a_call_that_fits_gives_the_tool(tool_type, base):
    """A call whose arguments fit is an instance that knows them and its id, and can be called."""
    tool = tool_type.from_call(call_of(WHOLE), tool_call=sdk_call(base, WHOLE))

    assert (
        tool.title,
        tool.args["author"].born,
        tool.args["pages"],
        tool.id,
        tool.error,
        tool.raw_arguments,
        tool.delta,
        tool.call(),
    ) == ("Dune", date(1920, 10, 8), 1, "call_1", None, WHOLE, None, "Dune by Herbert")
    assert isinstance(tool, FormatBook)
    assert isinstance(tool, base)


@pytest.mark.parametrize("arguments", ["", "   ", "{}"])
def test_empty_arguments_mean_none(arguments):
    """D7: a tool without parameters is called with nothing, or with an empty object."""
    tool_type = BaseTool.type_from_fn(now)

    tool = tool_type.from_call(ToolCall("now", arguments))

    assert (None, {}, "noon") == (tool.error, tool.args, tool.call())


def now() -> str:
    """Return the time."""
    return "noon"


BROKEN = {
    "cut": (
        '{"title": "Dune", "pages": 3, "author": {"na',
        {"title": "Dune", "pages": 3},
        (
            "The model called the tool 'FormatBook' with arguments that are not JSON "
            "(EOF while parsing a string at line 1 column 44), in "
            """'{"title": "Dune", "pages": 3, "author": {"na'; """
            "raise max_tokens if the answer was cut short, "
            "or give this text to the model as the tool's output"
        ),
    ),
    "no object": (
        "[1]",
        {},
        (
            "The model called the tool 'FormatBook' with arguments that are no JSON object, but a list, "
            "in '[1]'; "
            "give this text to the model as the tool's output"
        ),
    ),
    "misfit": (
        '{"title": "Dune", "author": {}, "pages": 0}',
        {"title": "Dune"},
        (
            "The model called the tool 'FormatBook' with arguments that do not fit "
            "(author.name: Field required; pages: Input should be greater than or equal to 1), in "
            """'{"title": "Dune", "author": {}, "pages": 0}'; """
            "give this text to the model as the tool's output"
        ),
    ),
}


@pytest.mark.parametrize(("arguments", "valid", "error"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_call_is_a_tool_with_an_error(tool_type, base, arguments, valid, error):
    """D16: arguments that do not fit raise nothing; the tool says why and holds the fields that are valid."""
    tool = tool_type.from_call(call_of(arguments), tool_call=sdk_call(base, arguments))

    assert (error, valid, arguments, "call_1") == (tool.error, tool.args, tool.raw_arguments, tool.id)
    assert isinstance(tool, tool_type)


def test_a_broken_call_cannot_be_called(tool_type):
    """Calling a tool with an error raises that error, whatever the user's `call` would have done."""
    tool = tool_type.from_call(call_of("nonsense"))

    with pytest.raises(ToolError) as caught:
        tool.call()

    assert tool.error == str(caught.value)


def test_missing_fields_of_a_broken_tool_are_none_or_their_default():
    """Reading a field that did not come is no error, and does not make it an argument."""
    tool = FormatBook.from_call(call_of('{"title": "Dune"}'))

    assert (None, 1, {"title": "Dune"}) == (tool.author, tool.pages, tool.args)


def test_long_arguments_are_cut_in_the_error():
    """An error shows 200 characters of what came, the tool all of it."""
    text = "x" * 5000

    tool = FormatBook.from_call(call_of(text))

    assert "x" * 199 + "…'" in tool.error
    assert "x" * 200 not in tool.error
    assert text == tool.raw_arguments


def test_a_validator_may_raise_anything():
    """What the user's own code raises becomes the tool's error, too."""
    tool = Raising.from_call(ToolCall("Raising", '{"title": "Dune"}'))

    assert (
        "The model called the tool 'Raising' with arguments that do not fit (KeyError: 'Dune'), "
        """in '{"title": "Dune"}'; give this text to the model as the tool's output"""
    ) == tool.error


def test_a_validator_of_the_user_runs_on_whole_tools():
    """Validators transform the arguments of a tool that is whole."""

    class Upper(BaseTool):
        title: str

        @field_validator("title")
        @classmethod
        def _upper(cls, value: str) -> str:
            return value.upper()

    tool = Upper.from_call(ToolCall("Upper", '{"title": "Dune"}'))

    assert {"title": "DUNE"} == tool.args


def test_half_a_character_pair_does_no_harm():
    """A cut answer may hold a lone surrogate; the tool is broken, and can be written nevertheless."""
    tool = FormatBook.from_call(call_of('{"title": "\ud83d"}'))

    assert FormatBook.model_validate_json(tool.model_dump_json()) == tool
    assert tool.error is not None


def test_fields_may_have_the_names_of_attributes():
    """A field `id`, `args`, `name`, `error` or `raw_arguments` hides the attribute, without a warning."""
    arguments = {"id": 7, "args": ["a"], "name": "n", "error": "e", "raw_arguments": "r"}

    tool = OwnNames.from_call(ToolCall("OwnNames", json.dumps(arguments), "call_1"))

    assert (7, ["a"], "n", "e", "r") == tool.call()
    assert (arguments, "call_1", None, "OwnNames") == (
        tool._arguments(),
        tool._call_id(),
        tool._problem(),
        tool._name(),
    )
    assert ["id", "args", "name", "error", "raw_arguments"] == OwnNames.model_json_schema()["required"]


@pytest.mark.parametrize("name", ["delta", "tool_call"])
def test_fields_that_every_tool_needs_are_refused(name):
    """A class cannot have an argument `delta` or `tool_call`; the error says what can."""
    with pytest.raises(ConfigurationError) as caught:
        type("Change", (BaseTool,), {"__annotations__": {name: float}, "__module__": __name__})

    assert (
        f"The tool Change has an argument '{name}', a name that every tool needs itself\n"
        "  Choose another name, or write the tool as a function: its parameters may have any."
    ) == str(caught.value)


def test_invented_arguments_do_not_touch_the_tool(base, tool_type):
    """Arguments that nobody asked for are left out, also where a tool has its own by that name."""
    arguments = json.dumps(json.loads(WHOLE) | {"delta": "x", "tool_call": 3, "$call": {}, "other": 1})
    own = sdk_call(base, arguments)

    tool = tool_type.from_call(call_of(arguments), tool_call=own)

    assert (None, own) == (tool.error, getattr(tool, "tool_call", None))
    assert {"title", "author", "pages", "mood"} == set(tool.args)


def test_aliases_are_the_names_that_the_model_uses():
    """Arguments come and go by alias; written and read by field name."""
    tool = Aliased.from_call(ToolCall("Aliased", '{"bookTitle": "Dune"}'))

    assert ({"bookTitle": "Dune"}, "Dune") == (tool.args, tool.title)
    assert Aliased.model_validate_json(tool.model_dump_json()) == tool
    assert ["bookTitle"] == list(Aliased.model_json_schema()["properties"])


def test_a_strict_model_takes_dates_from_json():
    """Strictness is about Python's types, which arguments do not have."""

    class Strict(BaseTool):
        model_config = ConfigDict(strict=True)
        day: date

    tool = Strict.from_call(ToolCall("Strict", '{"day": "2024-02-29"}'))

    assert (None, date(2024, 2, 29)) == (tool.error, tool.day)
    assert Strict.model_validate_json(tool.model_dump_json()) == tool


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"title": None, "author": None, "pages": None, "mood": None}),
        ('{"ti', {"title": None, "author": None, "pages": None, "mood": None}),
        ('{"title": "Du', {"title": "Du", "author": None, "pages": None, "mood": None}),
        ('{"title": "Dune", "mood": "wi', {"title": "Dune", "author": None, "pages": None, "mood": None}),
        (
            '{"title": "Dune", "pages": 0, "mood": "wild',
            {"title": "Dune", "author": None, "pages": 0, "mood": "wild"},
        ),
        ("nonsense", {"title": None, "author": None, "pages": None, "mood": None}),
    ],
)
def test_a_partial_tool_grows(tool_type, base, text, expected):
    """D8, D18: text grows, what does not fit yet is None, constraints wait, and nothing raises."""
    tool = tool_type.partial_from_call(call_of(text), tool_call=sdk_call(base, text), delta="Du")

    assert (expected, "Du", None, "call_1", "FormatBook") == (
        tool.args,
        tool.delta,
        tool.error,
        tool.id,
        tool._name(),
    )
    assert isinstance(tool, tool_type)
    assert "Du" == json.loads(tool.model_dump_json())["delta"]


def test_a_partial_tool_holds_partial_models():
    """A model inside of the arguments grows field by field, and is an instance of its class."""
    tool = FormatBook.partial_from_call(call_of('{"author": {"name": "Her'), delta="Her")

    assert ("Her", None) == (tool.author.name, tool.author.born)
    assert isinstance(tool.author, Author)


def test_a_partial_tool_cannot_be_called():
    """Arguments that are still arriving would be taken for whole ones."""
    tool = FormatBook.partial_from_call(call_of('{"title": "Du'), delta="Du")

    with pytest.raises(ToolError) as caught:
        tool.call()

    assert (
        "The tool 'FormatBook' cannot be called: its arguments are still arriving, so far "
        """'{"title": "Du'; call the tool that comes without a delta"""
    ) == str(caught.value)


@given(st.text(max_size=40) | st.integers(0, len(WHOLE)).map(lambda end: WHOLE[:end]))
def test_no_arguments_make_a_tool_raise(text):
    """Whatever stands in the arguments, whole and partial tools come, and can be written and read."""
    whole = FormatBook.from_call(call_of(text))
    partial = FormatBook.partial_from_call(call_of(text), delta=text)

    assert FormatBook.model_validate_json(whole.model_dump_json()) == whole
    assert text == partial.delta


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        (["FormatBook", "find"], "; did you mean 'FormatBook'? It declares FormatBook, find."),
        (["find"], ". It declares find."),
        ([], ". It declares none."),
    ],
)
def test_an_undeclared_tool_says_so(base, names, hint):
    """D16: a tool that nobody declared is an instance with the name that was called, and the arguments."""
    call = call_of('{"title": "Dune"}', "FormatBok")

    tool = base.undeclared(call, tool_call=sdk_call(base, ""), declared=names)

    assert (
        "The model called the tool 'FormatBok', which the request does not declare"
        f"{hint} Declare it in tools, or give this text to the model as the tool's output."
    ) == tool.error
    assert ("FormatBok", "FormatBok", "call_1", {"title": "Dune"}) == (
        tool.name,
        tool._name(),
        tool.id,
        tool.args,
    )
    with pytest.raises(ToolError):
        tool.call()


def test_find_tool_takes_the_declared_type():
    """The declared type is found by name, a partial one with a delta; the rest is undeclared."""
    declared = [FormatBook, Aliased]

    found = [
        find_tool(call_of(WHOLE), declared, BaseTool),
        find_tool(call_of(WHOLE), declared, BaseTool, delta="x"),
        find_tool(call_of(WHOLE, "other"), declared, BaseTool),
        find_tool(call_of(WHOLE, None), None, BaseTool, delta="x"),
    ]

    assert [FormatBook, FormatBook, BaseTool, BaseTool] == [
        FormatBook if isinstance(tool, FormatBook) else type(tool) for tool in found
    ]
    assert [False, False, True, True] == [tool.error is not None for tool in found]
    assert [None, "x", None, "x"] == [tool.delta for tool in found]
    assert ["FormatBook", "FormatBook", "other", ""] == [tool._name() for tool in found]


@pytest.mark.parametrize("arguments", [WHOLE, *(one[0] for one in BROKEN.values())], ids=["whole", *BROKEN])
def test_a_tool_written_and_read_is_the_same(tool_type, base, arguments):
    """D21: JSON and plain data hold everything: arguments, id, error, the SDK's own object."""
    tool = tool_type.from_call(call_of(arguments), tool_call=sdk_call(base, arguments))

    text = tool.model_dump_json()
    read = [tool_type.model_validate_json(text), tool_type.model_validate(tool.model_dump(mode="json"))]

    assert [tool, tool] == read
    assert [text, text] == [one.model_dump_json() for one in read]
    assert {type(getattr(tool, "tool_call", None))} == {type(getattr(one, "tool_call", None)) for one in read}
    assert [tool.error, tool.id] == [read[0].error, read[0].id]


def test_an_undeclared_tool_written_and_read_is_the_same(base):
    """D21: also for tools that nobody declared."""
    tool = base.undeclared(call_of(WHOLE, "other"), tool_call=sdk_call(base, ""), declared=["one"])

    assert base.model_validate_json(tool.model_dump_json()) == tool


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, BaseTool.model_copy, lambda tool: pickle.loads(pickle.dumps(tool))],  # noqa: S301 - our own bytes
)
@pytest.mark.parametrize("arguments", [WHOLE, "nonsense"])
def test_a_copied_tool_is_the_same(again, arguments):
    """A copy is equal, and a broken one still refuses to be called."""
    tool = FormatBook.from_call(call_of(arguments))

    copied = again(tool)

    assert tool == copied
    if tool.error:
        with pytest.raises(ToolError):
            copied.call()


@pytest.mark.parametrize(
    "other",
    [
        call_of(WHOLE.replace("Dune", "Emma")),
        ToolCall("FormatBook", WHOLE, "call_2"),
        call_of(WHOLE[:-1]),
    ],
    ids=["arguments", "id", "error"],
)
def test_tools_differ_by_arguments_id_and_error(other):
    """Two calls are equal only where all that they say is."""
    tool = FormatBook.from_call(call_of(WHOLE))

    assert tool == FormatBook.from_call(call_of(WHOLE.replace(" ", "")))
    assert tool != FormatBook.from_call(other)
    assert tool != WHOLE


def test_a_tool_known_by_its_schema_takes_anything():
    """Recorded requests tell only a schema; the tool takes all arguments, whatever they are called."""
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    arguments = {
        "city": "Ulm",
        "delta": 1,
        "delta_": 2,
        "tool_call": 3,
        "id": 4,
        "args": 5,
        "model_dump": 6,
        "$call": 7,
    }
    tool_type = BaseTool.type_from_schema("get-weather", "The weather.", parameters)

    tool = tool_type.from_call(ToolCall("get-weather", json.dumps(arguments), "call_1"))

    assert (arguments, "call_1", None) == (tool.args, tool.id, tool.error)
    assert ("get-weather", "The weather.", parameters) == (
        tool_type._name(),
        tool_type._description(),
        tool_type.model_json_schema(),
    )
    assert "Ulm" == tool.city
    assert tool_type.model_validate_json(tool.model_dump_json()) == tool
    with pytest.raises(ConfigurationError):
        tool.call()


@pytest.mark.parametrize(
    ("arguments", "args"),
    [
        ("", {"unit": "C", "tags": [1]}),
        ('{"city": "Ulm"}', {"city": "Ulm", "unit": "C", "tags": [1]}),
        ('{"unit": null, "tags": []}', {"unit": None, "tags": []}),
    ],
)
def test_a_tool_known_by_its_schema_has_its_defaults(arguments, args):
    """Where an argument is missing, the schema's default is there, of its own for each call."""
    properties = {"city": {"type": "string"}, "unit": {"default": "C"}, "tags": {"default": [1]}, "odd": True}
    tool_type = BaseTool.type_from_schema("f", None, {"properties": properties})
    tool = tool_type.from_call(ToolCall("f", arguments))
    tool_type.from_call(ToolCall("f", "")).args["tags"].append(2)

    assert args == tool.args == tool_type.from_call(ToolCall("f", arguments)).args
    assert tool == tool_type.model_validate_json(tool.model_dump_json())
    assert {} == tool_type.partial_from_call(ToolCall("f", "{"), delta="{").args
    assert {} == tool_type.from_call(ToolCall("f", "{")).args


@pytest.mark.parametrize("parameters", [{}, {"properties": None}, {"properties": []}])
def test_a_schema_of_any_shape_has_no_defaults(parameters):
    """What other programs declare is no reason to raise."""
    tool_type = BaseTool.type_from_schema("f", None, parameters)

    assert {"a": 1} == tool_type.from_call(ToolCall("f", '{"a": 1}')).args


def test_partial_and_broken_tools_of_a_schema_hold_what_came():
    """A tool known by its schema is partial or broken like any other."""
    tool_type = BaseTool.type_from_schema("f", None, {})

    partial = tool_type.partial_from_call(ToolCall("f", '{"delta": 1, "b": "x'), delta="x")
    broken = tool_type.from_call(ToolCall("f", '{"delta": 1, "b": "x'))

    assert ({"delta": 1, "b": "x"}, {"delta": 1}) == (partial.args, broken.args)
    assert tool_type.model_validate_json(broken.model_dump_json()) == broken


@pytest.mark.parametrize(
    "declared",
    [
        {
            "type": "function",
            "function": {"name": "f", "description": "F.", "parameters": {"type": "object"}},
        },
        {"type": "function", "name": "f", "description": "F.", "parameters": {"type": "object"}},
        {"name": "f", "description": "F.", "input_schema": {"type": "object"}},
        {"type": "function", "function": {"name": "f", "description": "F."}},
    ],
    ids=["chat", "responses", "messages", "without parameters"],
)
def test_a_declaration_in_a_request_gives_a_type(declared):
    """Every dialect's way to declare a tool is understood."""
    tool_type = BaseTool.type_of_declaration(declared)

    assert ("f", "F.", {"type": "object", "properties": {}}) == (
        tool_type._name(),
        tool_type._description(),
        tool_type.model_json_schema(),
    )


@pytest.mark.parametrize(
    "declared", [{"type": "web_search_20250305", "name": "web_search"}, {}, {"function": 3}]
)
def test_a_tool_of_the_provider_gives_no_type(declared):
    """Tools that the provider calls itself are nobody's here."""
    assert BaseTool.type_of_declaration(declared) is None


def test_the_schema_has_no_titles():
    """The model sees what the user wrote: no generated titles, no `delta`, and a field called title."""
    schema = FormatBook.model_json_schema()

    assert {
        "$defs": {
            "Author": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "born": {
                        "anyOf": [{"type": "string", "format": "date"}, {"type": "null"}],
                        "default": None,
                    },
                },
                "required": ["name"],
            }
        },
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "author": {"$ref": "#/$defs/Author"},
            "pages": {"type": "integer", "default": 1, "minimum": 1},
            "mood": {
                "anyOf": [{"type": "string", "enum": ["calm", "wild"]}, {"type": "null"}],
                "default": None,
            },
        },
        "required": ["title", "author"],
    } == schema


def test_the_strict_schema_is_closed():
    """A strict schema closes every object, requires every property, and has no defaults."""
    schema = FormatBook.model_json_schema(schema_generator=GenerateStrictJsonSchema)

    assert (False, ["title", "author", "pages", "mood"]) == (
        schema["additionalProperties"],
        schema["required"],
    )
    assert (False, ["name", "born"]) == (
        schema["$defs"]["Author"]["additionalProperties"],
        schema["$defs"]["Author"]["required"],
    )
    assert "default" not in json.dumps(schema)


def test_a_tool_that_holds_itself_is_an_object():
    """A recursive tool's schema is an object at its top, not only a reference."""
    schema = Tree.model_json_schema()

    assert ["label", "branches"] == list(schema["properties"])
    assert "Tree" in schema["$defs"]


class Tree(BaseTool):
    label: str
    branches: list[Tree] = Field(default_factory=list)


def test_a_tool_without_a_docstring_has_a_description():
    """A class of its own says nothing of its base's docstring."""
    assert DEFAULT_DESCRIPTION == OpenAIish._description()


def test_a_tool_without_call_says_so():
    """Calling a tool that defines no `call` names the ways out."""
    tool = Aliased.from_call(ToolCall("Aliased", '{"bookTitle": "Dune"}'))

    with pytest.raises(ConfigurationError) as caught:
        tool.call()

    assert (
        "The tool 'Aliased' cannot be called: its type Aliased defines no call()\n"
        "  Define call(self), make the tool from a function, or read its args."
    ) == str(caught.value)


def test_a_tool_of_no_provider_has_no_tool_schema():
    """Only a provider knows how its API takes tools."""
    with pytest.raises(ConfigurationError) as caught:
        FormatBook.tool_schema()

    assert (
        "The tool 'FormatBook' has no schema yet: FormatBook belongs to no provider\n"
        "  Make it one's own first: OpenAITool.type_from_base_model_type(…)."
    ) == str(caught.value)


def test_configuration_that_a_provider_ignores_is_warned_of():
    """A tool configured for another provider says so when its schema is made."""

    class Cached(BaseTool):
        tool_config: ClassVar[Any] = {"cache_control": {"type": "ephemeral"}}

    text = "^The tool 'Cached' is configured with cache_control, which openai ignores.$"
    with pytest.warns(UserWarning, match=text):
        OpenAIish.type_from_base_model_type(Cached).model_json_schema()


def test_strictness_that_a_provider_ignores_is_warned_of():
    """Strict structured outputs are asked of a provider that has none."""

    class Strict(BaseTool):
        model_config = ConfigDict(strict=True)

    text = "^The tool 'Strict' asks for strict structured outputs, which anthropic ignores.$"
    with pytest.warns(UserWarning, match=text):
        Anthropicish.type_from_base_model_type(Strict).model_json_schema()


def test_a_tool_can_be_made_by_hand():
    """A tool that was not called has no error, and its raw arguments are what they would have been."""
    tool = FormatBook(title="Emma", author={"name": "Austen"})

    assert (None, None, "Emma by Austen") == (tool.error, tool.id, tool.call())
    assert {
        "title": "Emma",
        "author": {"name": "Austen", "born": None},
        "pages": 1,
        "mood": None,
    } == json.loads(tool.raw_arguments)
    assert FormatBook.model_validate_json(tool.model_dump_json()) == tool
