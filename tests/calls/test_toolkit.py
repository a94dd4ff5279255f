"""`BaseToolKit`: methods and classes become tools that share the kit."""

# ruff: noqa: SLF001 - `_name`, `_description` and the like are public in all but name

from __future__ import annotations

from abc import ABC
from typing import ClassVar

import pytest
from pydantic import Field

from chunktape.calls.tool import BaseTool
from chunktape.calls.toolkit import BaseToolKit, toolkit_tool
from chunktape.dialects.answer import ToolCall
from chunktape.errors import ConfigurationError


class Library(BaseToolKit):
    """Books, for one reader."""

    __namespace__: ClassVar[str | None] = "library"
    level: str
    seen: list[str] = Field(default_factory=list)

    @property
    def shelf(self) -> str:
        return f"shelf of {self.level}"

    @toolkit_tool
    def suggest(self, title: str, author: str = "nobody") -> str:
        """Suggest a book for level {self.level}, as {"title": "x"} or {title}.

        Args:
            title: The title, on the {self.shelf!r}.
        """
        self.seen.append(title)
        return f"{self.level}: {title} by {author}"

    @toolkit_tool
    async def find(self, id: int) -> str:  # noqa: A002 - a name that means something on tools
        """Find a book."""
        return f"{self.level} {id}"

    @toolkit_tool
    class Lend(BaseTool):
        """Lend a book at level {self.level}."""

        title: str

        def call(self) -> str:
            return f"{self.shelf} of {self.level}: {self.title}"

    def not_a_tool(self) -> str:
        return "no"


@pytest.fixture
def kit():
    return Library(level="easy")


def test_the_tools_come_in_order_with_their_namespace(kit):
    """Marked methods and classes are tools, in the order in which they stand."""
    names = [tool._name() for tool in kit.create_tools()]

    assert ["library_suggest", "library_find", "library_Lend"] == names


def test_without_a_namespace_tools_keep_their_names():
    """A kit without a namespace puts nothing before the names."""

    class Plain(BaseToolKit):
        @toolkit_tool
        def one(self) -> str:
            """Do one thing."""
            return "1"

        @toolkit_tool
        class Two(BaseTool):
            """Do another."""

    assert ["one", "Two"] == [tool._name() for tool in Plain().create_tools()]


def test_docstrings_are_filled_from_the_kit(kit):
    """What stands behind `self.` is filled in, other braces stay."""
    suggest, _, lend = kit.create_tools()

    assert 'Suggest a book for level easy, as {"title": "x"} or {title}.' == suggest._description()
    assert (
        "The title, on the 'shelf of easy'."
        == suggest.model_json_schema()["properties"]["title"]["description"]
    )
    assert "Lend a book at level easy." == lend._description()


@pytest.mark.parametrize("own", ["self", "cls"])
def test_a_docstring_may_describe_the_kit(own):
    """What a docstring says of `self` or `cls` is no model's business, and no error."""
    doc = f"""Lend a book.

        Args:
            {own}: The kit.
            title: The title.
        """

    class Described(BaseToolKit):
        @toolkit_tool
        def lend(self, title: str) -> str:
            return title

        lend.__doc__ = doc

    (tool,) = Described().create_tools()

    assert ("Lend a book.", {"title": {"type": "string", "description": "The title."}}) == (
        tool._description(),
        tool.model_json_schema()["properties"],
    )


def test_a_method_works_on_its_kit(kit):
    """The kit itself is the method's `self`, so what the method changes stays."""
    tool = kit.create_tools()[0].from_call(ToolCall("library_suggest", '{"title": "Dune"}'))

    assert "easy: Dune by nobody" == tool.call()
    assert ["Dune"] == kit.seen


async def test_an_async_method_is_awaited(kit):
    """A method that is awaited makes a tool that is awaited."""
    tool = kit.create_tools()[1].from_call(ToolCall("library_find", '{"id": 3}', "call_1"))

    assert "easy 3" == await tool.call()
    assert ("call_1", {"id": 3}) == (tool.id, tool.args)


def test_a_class_finds_what_the_kit_has(kit):
    """Tools that are classes read the fields and properties of their kit from themselves."""
    tool = kit.create_tools()[2].from_call(ToolCall("library_Lend", '{"title": "Dune"}'))

    assert "shelf of easy of easy: Dune" == tool.call()
    assert isinstance(tool, Library.Lend)


def test_two_kits_do_not_share(kit):
    """Each kit's tools are its own, also of the same class."""
    other = Library(level="hard")

    tools = [one.create_tools()[2].from_call(ToolCall(None, '{"title": "x"}')) for one in (kit, other)]

    assert ["shelf of easy of easy: x", "shelf of hard of hard: x"] == [tool.call() for tool in tools]


def test_a_namespace_may_be_used_again():
    """Defining a kit a second time, as tests and notebooks do, is no error."""

    def define() -> type[BaseToolKit]:
        class Again(BaseToolKit):
            __namespace__: ClassVar[str | None] = "again"

            @toolkit_tool
            def one(self) -> str:
                """Do one thing."""
                return "1"

        return Again

    assert [["again_one"], ["again_one"]] == [
        [t._name() for t in define()().create_tools()] for _ in range(2)
    ]


def test_a_derived_kit_has_the_tools_of_its_base():
    """Tools are inherited, replaced where they are marked again, and dropped where they are not."""

    class More(Library):
        @toolkit_tool
        def suggest(self, title: str) -> str:
            """Suggest otherwise."""
            return title

        def find(self) -> str:
            return ""

        @toolkit_tool
        def extra(self) -> str:
            """Do more."""
            return ""

    tools = More(level="x").create_tools()

    assert ["library_suggest", "library_Lend", "library_extra"] == [tool._name() for tool in tools]
    assert "Suggest otherwise." == tools[0]._description()


def test_a_kit_without_tools_is_refused():
    """A kit whose methods are not marked would silently offer nothing."""
    with pytest.raises(ConfigurationError) as caught:
        type("Empty", (BaseToolKit,), {"__module__": __name__})

    assert (
        "The toolkit Empty has no tools\n"
        "  Mark its methods with @toolkit_tool, or derive it from ABC where tools come later."
    ) == str(caught.value)


def test_an_abstract_kit_may_have_none():
    """Where ABC is a base, tools come later."""

    class Later(BaseToolKit, ABC):
        level: str

    assert [] == Later(level="x").create_tools()


def test_a_tool_without_a_docstring_is_refused():
    """A model cannot choose a tool that nobody describes."""
    with pytest.raises(ConfigurationError) as caught:

        class Silent(BaseToolKit):
            @toolkit_tool
            def one(self) -> str:
                return "1"

    assert (
        "The tool Silent.one has no docstring, so no model knows what it is for\n  Say it in a docstring."
    ) == str(caught.value)


def test_a_docstring_that_names_a_missing_field_is_refused():
    """A template must name what the kit has."""
    with pytest.raises(ConfigurationError) as caught:

        class Misspelt(BaseToolKit):
            level: str

            @toolkit_tool
            def one(self) -> str:
                """Do {self.levle}."""
                return "1"

    assert (
        "The docstring of Misspelt.one has {self.levle}, but the kit does not; did you mean 'level'?\n"
        "  its fields: level\n"
        "  Correct the name, or add the field."
    ) == str(caught.value)
