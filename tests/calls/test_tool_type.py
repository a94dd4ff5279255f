"""`tool_types_of`: functions, classes and toolkits become tool types of a provider."""

# ruff: noqa: SLF001 - `_name`, `_description` and the like are public in all but name

from __future__ import annotations

import gc
import inspect
import json
import weakref
from datetime import date  # noqa: TC003 - tools evaluate it
from enum import Enum
from functools import partial, wraps
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

import pytest
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema  # noqa: TC002 - pydantic evaluates it

from chunktape.calls.tool import DEFAULT_DESCRIPTION, BaseTool
from chunktape.calls.tool_type import tool_types_of
from chunktape.calls.toolkit import BaseToolKit, toolkit_tool
from chunktape.dialects.answer import ToolCall
from chunktape.errors import ConfigurationError

T = TypeVar("T")


class Provided(BaseTool):
    __provider__: ClassVar[str] = "openai"
    tool_call: SkipJsonSchema[dict[str, Any] | None] = None


class OtherProvided(BaseTool):
    __provider__: ClassVar[str] = "anthropic"


class Book(BaseModel):
    """A book."""

    title: str
    id: int = 0

    def call(self) -> str:
        return f"{self.title} {self.id}"


class Format(BaseTool):
    """Format a text."""

    text: str

    def call(self) -> str:
        return self.text.upper()


class Kit(BaseToolKit):
    """One tool."""

    @toolkit_tool
    def one(self) -> str:
        """Do one thing."""
        return "1"


def add(a: int, b: int = 2) -> int:
    """Add two numbers.

    Args:
        b: The second number.
        a: The first number.

    Returns:
        The sum.
    """
    return a + b


async def fetch(url: str) -> str:
    """Fetch a page."""
    return f"page {url}"


def called(tool_type: type[BaseTool], arguments: str) -> Any:
    tool = tool_type.from_call(ToolCall(tool_type._name(), arguments, "call_1"))
    assert tool.error is None
    return tool.call()


@pytest.mark.parametrize(
    ("tools", "names"),
    [
        (None, []),
        ([], []),
        ([add, Book, Format], ["add", "Book", "Format"]),
        ([Kit()], ["one"]),
        (Kit(), ["one"]),
        ([add, Kit().create_tools()], ["add", "one"]),
        ((add, add), ["add"]),
    ],
)
def test_whatever_is_a_tool_becomes_a_type(tools, names):
    """Functions, classes, kits and lists of them become types of the provider, in order, each once."""
    types = tool_types_of(tools, Provided)

    assert names == [one._name() for one in types]
    assert all(issubclass(one, Provided) for one in types)


def _ask_human(question: str) -> str:
    """Ask a person."""
    return question


def ask_human_(question: str) -> str:
    """Ask nobody."""
    return f"no {question}"


class _Hidden_(BaseModel):  # noqa: N801 - that is the case
    """A class that hides."""

    title: str


class Of(BaseModel, Generic[T]):
    """A class of something."""

    one: T


def lambda_of(name: str) -> Any:
    def made() -> str:
        """Do it."""
        return name

    made.__name__ = name
    return made


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        (_ask_human, "_ask_human"),
        (ask_human_, "ask_human_"),
        (_Hidden_, "_Hidden_"),
        (Of[int], "Of_int"),
        (Of[list[_Hidden_]], "Of_list__Hidden_"),
        (lambda_of("<made>"), "made"),
        (lambda_of("__dunder__"), "__dunder__"),
        (lambda_of("größe"), "gr_e"),
    ],
)
def test_a_tool_keeps_its_name(tool, name):
    """Names stay as they are; only what no provider takes is an underscore, and nothing at the ends."""
    (made,) = tool_types_of([tool], Provided)
    partial_tool = made.partial_from_call(ToolCall(name, "{"), delta="{")

    assert (name, name, name) == (made._name(), partial_tool.name, made.undeclared(ToolCall(name, "")).name)


def test_names_that_differ_by_an_underscore_are_two():
    """A private function stands beside the public one of the same name."""

    def ask_human(question: str) -> str:
        """Ask everybody."""
        return f"all {question}"

    types = tool_types_of([_ask_human, ask_human, ask_human_], Provided)

    assert ["x", "all x", "no x"] == [called(one, '{"question": "x"}') for one in types]
    assert ["_ask_human", "ask_human", "ask_human_"] == [one._name() for one in types]


def test_a_type_of_the_provider_stays():
    """What is a tool of the provider already is taken as it is."""
    own = Provided.type_from_fn(add)

    assert [own] == tool_types_of([own], Provided)


@pytest.mark.parametrize("tool", [add, Book, Format])
def test_a_tool_is_converted_once_for_each_provider(tool):
    """Converting again gives the same type; another provider gets its own."""
    first, again = tool_types_of([tool], Provided), tool_types_of([tool], Provided)
    other = tool_types_of([tool], OtherProvided)

    assert first[0] is again[0]
    assert first[0] is not other[0]


def test_converted_functions_are_let_go():
    """A function made for one call, and its tool type, live no longer than their users."""

    def local(a: int) -> int:
        """Do something."""
        return a

    watched = [weakref.ref(local), weakref.ref(tool_types_of([local], Provided)[0])]
    del local
    gc.collect()

    assert [None, None] == [one() for one in watched]


def test_two_tools_of_one_name_are_refused():
    """The model could not tell them apart."""

    def add(a: str) -> str:
        """Add a text."""
        return a

    with pytest.raises(ConfigurationError) as caught:
        tool_types_of([globals()["add"], add], Provided)

    assert (
        "Two tools are called 'add', so the model could not tell them apart\n"
        f"  {__name__}.add and {__name__}.add\n"
        "  Rename one, or give a toolkit a __namespace__."
    ) == str(caught.value)


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        (
            [3],
            (
                "Among the tools is 3, which is no tool\n"
                "  Give functions, BaseTool classes, pydantic classes, or toolkits."
            ),
        ),
        (
            [Book(title="x")],
            "Among the tools is a Book that was made already, which is no tool\n  Give the class itself.",
        ),
        ([Kit], "Among the tools is the class Kit, which is no tool\n  Make the kit first: MyKit(…)."),
        ([Enum], "Among the tools is the class Enum, which is no tool\n  Derive it from BaseTool."),
        ("add", "tools is 'add', which is no list\n  Put it into a list: tools=[…]."),
        (
            [OtherProvided.type_from_base_model_type(Format)],
            (
                "The tool Format belongs to anthropic and cannot be used with openai\n"
                "  Derive it from chunktape.BaseTool, and every provider can use it."
            ),
        ),
    ],
)
def test_what_is_no_tool_is_refused(tools, message):
    """Each mistake has its own way out."""
    with pytest.raises(ConfigurationError) as caught:
        tool_types_of(tools, Provided)

    assert message == str(caught.value)


def test_a_function_says_what_it_does():
    """The docstring gives the description, and parameters theirs by name, in any order."""
    tool_type = Provided.type_from_fn(add)

    assert "Add two numbers.\n\nReturns: The sum." == tool_type._description()
    assert {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "description": "The first number."},
            "b": {"type": "integer", "default": 2, "description": "The second number."},
        },
        "required": ["a"],
    } == tool_type.model_json_schema()
    assert 7 == called(tool_type, '{"a": 5}')


def test_a_function_without_a_docstring_has_a_description():
    """A model is told something about every tool."""

    def silent(a: int) -> int:
        return a

    assert DEFAULT_DESCRIPTION == Provided.type_from_fn(silent)._description()


def test_a_docstring_may_say_less_than_there_is():
    """Parameters need no description; examples that are JSON go to the schema, others stay text."""

    def search(query: str, limit: int = 3) -> str:
        """Search.

        Args:
            limit: How many.

        Example:
            {"query": "x"}

        Examples:
            search("x")

        Raises:
            ValueError: Where nothing is found.
        """
        return query * limit

    tool_type = Provided.type_from_fn(search)

    schema = tool_type.model_json_schema()
    assert ({"type": "string"}, [{"query": "x"}]) == (schema["properties"]["query"], schema["examples"])
    assert (
        'Search.\n\nRaises: ValueError: Where nothing is found.\n\nExample:\nsearch("x")'
        == tool_type._description()
    )


def test_annotations_describe_parameters_too():
    """`Annotated` and `Field` give descriptions and constraints; they win over the docstring."""

    def rate(
        book: Annotated[str, Field(description="The book.", max_length=9)],
        stars: Annotated[int, Field(ge=1)] = 3,
        mood: Literal["calm", "wild"] = Field("calm", description="The mood."),
        day: date | None = None,
    ) -> str:
        """Rate a book.

        Args:
            book: Another text.
            stars: How many stars.
        """
        return f"{book} {stars} {mood} {day}"

    tool_type = Provided.type_from_fn(rate)
    properties = tool_type.model_json_schema()["properties"]

    assert ("The book.", 9) == (properties["book"]["description"], properties["book"]["maxLength"])
    assert ("How many stars.", 1, 3) == tuple(
        properties["stars"][key] for key in ("description", "minimum", "default")
    )
    assert ("The mood.", "calm") == (properties["mood"]["description"], properties["mood"]["default"])
    assert "x 3 calm 2024-01-01" == called(tool_type, '{"book": "x", "day": "2024-01-01"}')
    assert "stars" in str(tool_type.from_call(ToolCall("rate", '{"book": "x", "stars": 0}')).error)


# fmt: off
RESERVED = [
    "id", "args", "call", "error", "delta", "name", "tool_call", "raw_arguments",
    "model_dump", "model_name", "model_config", "schema", "json", "copy", "dict", "validate", "fields",
    "from_call", "tool_config", "_hidden", "__dunder", "argument_id", "name_",
]
# fmt: on


def function_of(names: list[str]) -> Any:
    """Return a function with parameters of these names, which gives back what it is given."""

    def tool(**given: Any) -> dict[str, Any]:
        """Do it."""
        return given

    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, kind, annotation=int) for name in names]
    tool.__signature__ = inspect.Signature(parameters)
    return tool


@pytest.mark.parametrize("name", RESERVED)
def test_a_parameter_may_have_any_name(name):
    """The model and the function use the parameter's name, whatever it means to a tool or to pydantic."""
    tool_type = Provided.type_from_fn(function_of([name, "other"]))
    arguments = {name: 7, "other": 8}

    tool = tool_type.from_call(ToolCall("tool", json.dumps(arguments), "call_1"), tool_call={"id": "call_1"})

    assert (arguments, arguments, "call_1", None) == (
        tool.args,
        tool.call(),
        tool.id,
        tool.error,
    )
    assert ([name, "other"], [name, "other"]) == (
        list(tool_type.model_json_schema()["properties"]),
        tool_type.model_json_schema()["required"],
    )
    assert tool_type.model_validate_json(tool.model_dump_json()) == tool
    assert {name: 7, "other": None} == tool_type.partial_from_call(
        ToolCall("tool", f'{{"{name}": 7'), delta=""
    ).args
    assert f"{name}: Input should" in str(tool_type.from_call(ToolCall("tool", f'{{"{name}": "x"}}')).error)


def test_all_names_together_stay_apart():
    """Renamed parameters do not meet each other."""
    numbers = {name: number for number, name in enumerate(RESERVED)}

    tool = Provided.type_from_fn(function_of(RESERVED)).from_call(ToolCall("tool", json.dumps(numbers)))

    assert (numbers, numbers) == (tool.args, tool.call())


async def test_an_async_function_is_awaited():
    """A function that is awaited makes a tool that is awaited."""
    tool = Provided.type_from_fn(fetch).from_call(ToolCall("fetch", '{"url": "x"}'))

    assert "page x" == await tool.call()


def test_a_docstring_may_describe_an_unbound_self():
    """What a docstring says of the `self` that no model gives is left out."""

    def shout(self, text: str) -> str:
        """Shout.

        Args:
            self: The tool.
            text: What to shout.
        """
        return f"{text} {self.id}"

    properties = Provided.type_from_fn(shout).model_json_schema()["properties"]

    assert {"text": {"type": "string", "description": "What to shout."}} == properties


class Adder:
    """A callable object."""

    def __init__(self, start: int) -> None:
        self.start = start

    def __call__(self, a: int) -> int:
        """Add to the start."""
        return self.start + a

    def add(self, a: int) -> int:
        """Add as a method."""
        return self.start + a

    @classmethod
    def make(cls, a: int) -> int:
        """Make something."""
        return a

    async def later(self, a: int) -> int:
        """Add later."""
        return self.start + a


@wraps(add)
def wrapped(*args: Any, **kwargs: Any) -> Any:
    return add(*args, **kwargs) + 100


def only_by_position(a: int, /, b: int, *, c: int) -> tuple[int, int, int]:
    """Take arguments in every way."""
    return a, b, c


@pytest.mark.parametrize(
    ("fn", "name", "description", "arguments", "expected"),
    [
        (Adder(1), "Adder", "Add to the start.", '{"a": 1}', 2),
        (Adder(1).add, "add", "Add as a method.", '{"a": 1}', 2),
        (Adder.make, "make", "Make something.", '{"a": 1}', 1),
        (partial(add, b=5), "add", "Add two numbers.\n\nReturns: The sum.", '{"a": 1}', 6),
        (wrapped, "add", "Add two numbers.\n\nReturns: The sum.", '{"a": 1, "b": 1}', 102),
        (
            only_by_position,
            "only_by_position",
            "Take arguments in every way.",
            '{"a": 1, "b": 2, "c": 3}',
            (1, 2, 3),
        ),
    ],
    ids=["object", "method", "classmethod", "partial", "wrapped", "positional"],
)
def test_everything_callable_is_a_function(fn, name, description, arguments, expected):
    """Methods, partial functions, callable objects and decorated functions are tools as well."""
    tool_type = tool_types_of([fn], Provided)[0]

    assert (name, description, expected) == (
        tool_type._name(),
        tool_type._description(),
        called(tool_type, arguments),
    )


async def test_an_async_method_is_awaited_too():
    """A bound coroutine method makes a tool that is awaited."""
    assert 3 == await called(tool_types_of([Adder(1).later], Provided)[0], '{"a": 2}')


def test_an_unbound_self_is_the_tool():
    """A function with a bare `self` is given the tool itself."""

    def shout(self, text: str) -> str:
        """Shout."""
        return f"{text} {self.id}"

    assert "x call_1" == called(Provided.type_from_fn(shout), '{"text": "x"}')


def test_types_of_an_inner_scope_are_found():
    """Annotations may name what the function's own closure holds."""

    class Inner(BaseModel):
        x: int

    def use(inner: Inner) -> Inner:
        """Use it."""
        return Inner(x=inner.x + 1)

    assert 2 == called(Provided.type_from_fn(use), '{"inner": {"x": 1}}').x


def bare(a) -> None:
    """Have no annotation."""


def many(*names: str) -> None:
    """Take many."""


def options(**names: str) -> None:
    """Take options."""


def misspelt(title: str) -> None:
    """Do it.

    Args:
        titel: The title.
    """


def unknown(a: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821 - that is the case
    """Name a type that is not there."""


@pytest.mark.parametrize(
    ("fn", "message"),
    [
        (
            bare,
            (
                "The function bare cannot be a tool: its parameter 'a' has no type annotation\n"
                "  Annotate it, so that the model learns what to give: a: str."
            ),
        ),
        (
            many,
            (
                "The function many cannot be a tool: it takes any number of arguments with *names, "
                "which no schema can name\n  Take a list or a dict as one parameter instead."
            ),
        ),
        (
            options,
            (
                "The function options cannot be a tool: it takes any number of arguments with **names, "
                "which no schema can name\n  Take a list or a dict as one parameter instead."
            ),
        ),
        (
            misspelt,
            (
                "The docstring of misspelt describes a parameter 'titel' that the function does not have; "
                "did you mean 'title'?\n  it has: title\n  Correct the name in the docstring."
            ),
        ),
        (
            unknown,
            (
                "The function unknown cannot be a tool: its annotations cannot be read: "
                "name 'Nowhere' is not defined\n"
                "  Define the type at the top of the module, or drop `from __future__ import annotations`."
            ),
        ),
    ],
)
def test_a_function_that_cannot_be_a_tool_says_why(fn, message):
    """Every reason has its own way out."""
    with pytest.raises(ConfigurationError) as caught:
        Provided.type_from_fn(fn)

    assert message == str(caught.value)


def test_a_model_becomes_a_tool_that_is_the_model():
    """A pydantic model with `call` is a tool; its own fields stay its own, also one called id."""
    tool_type = Provided.type_from_base_model_type(Book)

    tool = tool_type.from_call(ToolCall("Book", '{"title": "x", "id": 7}', "call_1"))

    assert ("x 7", 7, "call_1", "A book.") == (
        tool.call(),
        tool.id,
        tool._call_id(),
        tool_type._description(),
    )
    assert isinstance(tool, Book)
    assert tool_type.model_validate_json(tool.model_dump_json()) == tool


class Change(BaseModel):
    """A change."""

    delta: float
    tool_call: str = "x"
    note: str = Field("", max_length=3)

    def call(self, factor: int = 1) -> float:
        return self.delta * factor


def test_a_model_with_a_tools_own_names_becomes_a_tool():
    """A model whose fields are called `delta` or `tool_call` works all the same."""
    tool_type = Provided.type_from_base_model_type(Change)

    tool = tool_type.from_call(ToolCall("Change", '{"delta": 2.5}', "call_1"), tool_call={"id": "call_1"})

    assert ({"delta": 2.5, "tool_call": "x", "note": ""}, 5.0, None) == (tool.args, tool.call(2), tool.delta)
    assert ["delta", "tool_call", "note"] == list(tool_type.model_json_schema()["properties"])
    assert "note: String should" in str(
        tool_type.from_call(ToolCall("Change", '{"delta": 1, "note": "long"}')).error
    )


def test_a_tool_of_no_provider_keeps_its_call():
    """A `BaseTool` becomes a provider's, with its own docstring, name and method."""
    tool_type = tool_types_of([Format], Provided)[0]

    assert ("ABC", "Format", "Format a text.") == (
        called(tool_type, '{"text": "abc"}'),
        tool_type._name(),
        tool_type._description(),
    )


@pytest.mark.parametrize(
    ("type_", "name", "schema", "arguments", "value"),
    [
        (int, "int", {"type": "integer"}, '{"value": 3}', 3),
        (list[str], "list", {"type": "array", "items": {"type": "string"}}, '{"value": ["a"]}', ["a"]),
        (Literal["a", "b"], "Literal", {"type": "string", "enum": ["a", "b"]}, '{"value": "a"}', "a"),
        (int | str, "Union", {"anyOf": [{"type": "integer"}, {"type": "string"}]}, '{"value": "a"}', "a"),
        (Annotated[int, Field(ge=1)], "int", {"type": "integer", "minimum": 1}, '{"value": 3}', 3),
    ],
)
def test_a_plain_type_is_one_argument(type_, name, schema, arguments, value):
    """A plain type becomes a tool with the argument `value`."""
    tool_type = Provided.type_from_base_type(type_)

    tool = tool_type.from_call(ToolCall(name, arguments))

    assert (name, {"value": schema}, value) == (
        tool_type._name(),
        tool_type.model_json_schema()["properties"],
        tool.args["value"],
    )
