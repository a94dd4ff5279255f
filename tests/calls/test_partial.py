"""`partial_type`: what has come of a model is there, none of its own code runs, nothing raises."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Literal, NewType, Optional, TypedDict, TypeVar, Union
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    RootModel,
    Tag,
    computed_field,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import from_json
from typing_extensions import TypeAliasType

from chunktape.calls.partial import is_partial, partial_type, partial_value

T = TypeVar("T")
Name = NewType("Name", str)
Json = TypeAliasType("Json", "str | int | list[Json] | dict[str, Json]")


class Color(Enum):
    RED = "red"


class Movie(TypedDict):
    title: str
    year: int


class Cat(BaseModel):
    kind: Literal["cat"]
    name: str


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str
    bark: int


class Node(BaseModel):
    label: str
    nodes: list[Node] = []


class Page(BaseModel, Generic[T]):
    items: list[T]


class Cats(RootModel[list[Cat]]):
    pass


def refuse(value: Any) -> Any:
    raise RuntimeError(value)


class Guarded(BaseModel):
    """A model full of code that must not meet half a value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, AfterValidator(refuse)] = Field(min_length=10)
    year: int = Field(default=2000, gt=1900)
    _seen: int = PrivateAttr(default=5)
    _open: int = PrivateAttr()

    @field_validator("title")
    @classmethod
    def _check(cls, value: str) -> str:
        raise RuntimeError(value)

    @model_validator(mode="after")
    def _check_all(self) -> Guarded:
        raise RuntimeError

    def model_post_init(self, context: Any, /) -> None:
        raise RuntimeError(context)

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def shown(self) -> str:
        raise RuntimeError


def test_no_code_of_the_model_runs():
    """D18: validators, constraints, defaults, post-init and computed fields are for whole models."""
    part = partial_type(Guarded).model_validate({"title": "Du", "other": 1})

    assert ("Du", None, 5) == (part.title, part.year, part._seen)  # noqa: SLF001 - that it is set is the point
    assert isinstance(part, Guarded)
    assert '{"title":"Du","year":null}' == part.model_dump_json()
    assert "PartialGuarded(title='Du', year=None)" == repr(part)
    assert not hasattr(part, "_open")


def test_everything_is_optional_for_the_caller_too():
    """A partial type can be made with nothing at all."""
    part = partial_type(Guarded)()

    assert (None, None, set()) == (part.title, part.year, part.model_fields_set)


def test_the_partial_type_is_made_once():
    """Asking again gives the same type, and a partial type is its own."""
    part = partial_type(Cat)

    assert part is partial_type(Cat)
    assert part is partial_type(part)
    assert (True, False) == (is_partial(part), is_partial(Cat))


CASES: list[tuple[Any, Any, Any]] = [
    (str, "ab", "ab"),
    (Optional[str], None, None),  # noqa: UP045 - the old way to write it is a case of its own
    (str | None, "a", "a"),
    (Union[int, str], "5", "5"),  # noqa: UP007 - as above
    (int | float, 3, 3),
    (int | None, "x", None),
    (bool, True, True),
    (Literal["calm", "wild"], "ca", None),
    (Literal["calm", "wild"], "calm", "calm"),
    (Color, "re", None),
    (Color, "red", Color.RED),
    (date, "2024-02-2", None),
    (date, "2024-02-29", date(2024, 2, 29)),
    (date | None, "2024", None),
    (datetime, "2024", None),
    (datetime, "2024-02-29T10", None),
    (UUID, "1234", None),
    (Decimal, "1.5", Decimal("1.5")),
    (Annotated[str, Field(min_length=5, pattern="^x")], "ab", "ab"),
    (Annotated[int, Field(gt=10)], 1, 1),
    (Any, [1], [1]),
    (Name, "n", "n"),
    (T, {"a": 1}, {"a": 1}),
    (list[int], [1, "x", 2], [1, 2]),
    (list[date], ["2024-01-01", "2024-0"], [date(2024, 1, 1)]),
    (list[str | None], ["a", None], ["a", None]),
    (list, [1, "x"], [1, "x"]),
    (list[int], {"a": 1}, None),
    (Sequence[str], ["a"], ["a"]),
    (set[str], ["a", "a"], {"a"}),
    (frozenset[int], [1], frozenset({1})),
    (tuple[int, str, date], [1, "a"], (1, "a", None)),
    (tuple[int, ...], [1, 2], (1, 2)),
    (tuple[int, str], "x", None),
    (dict[str, int], {"a": 1, "b": "x"}, {"a": 1}),
    (dict[int, str], {"1": "a", "x": "b"}, {1: "a"}),
    (Mapping[str, date], {"a": "2024-01-01", "b": "2024"}, {"a": date(2024, 1, 1)}),
    (dict[str, int], [1], None),
    (Movie, {"title": "Du", "year": "x"}, {"title": "Du"}),
    (Movie, "x", None),
    (Json, {"a": [1, {"b": "c"}]}, {"a": [1, {"b": "c"}]}),
    (None, None, None),
    (None | Literal["a"], "b", None),
    (object, 1, 1),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), CASES, ids=lambda one: str(one)[:40])
def test_a_value_is_there_as_soon_as_it_fits(annotation, value, expected):
    """Text grows, collections hold what fits, and the rest is None."""
    assert expected == partial_value(annotation, value)


MODELS: list[tuple[Any, Any, Any]] = [
    (Cat, {"name": "To"}, {"kind": None, "name": "To"}),
    (Cat, "x", None),
    (Cat | None, None, None),
    (list[Cat], [{"name": "To"}, {}], [{"kind": None, "name": "To"}, {"kind": None, "name": None}]),
    (set[Cat], [{"name": "To"}], [{"kind": None, "name": "To"}]),
    (dict[str, Cat], {"a": {"name": "To"}, "b": 1}, {"a": {"kind": None, "name": "To"}}),
    (
        Node,
        {"label": "a", "nodes": [{"label": "b"}]},
        {"label": "a", "nodes": [{"label": "b", "nodes": None}]},
    ),
    (Page[Cat], {"items": [{"name": "To"}]}, {"items": [{"kind": None, "name": "To"}]}),
    (Cats, [{"name": "To"}], [{"kind": None, "name": "To"}]),
    (str | Cat, {"name": "To"}, {"kind": None, "name": "To"}),
    (str | Cat, "To", "To"),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), MODELS, ids=lambda one: str(one)[:40])
def test_models_grow_at_any_depth(annotation, value, expected):
    """Models grow wherever they are: in collections, in unions, in themselves, generic, with a root."""
    class_ = create_model("Holder", held=(annotation, ...))

    part = partial_type(class_).model_validate({"held": value})

    assert {"held": expected} == part.model_dump()


def test_parts_are_instances_of_their_models():
    """A consumer may ask `isinstance` at any depth."""
    part = partial_type(Page[Cat]).model_validate({"items": [{"name": "To"}]})

    assert isinstance(part, Page)
    assert isinstance(part.items[0], Cat)


TAGGED = Annotated[Cat | Dog, Field(discriminator="kind")]


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (TAGGED, {"kind": "cat", "name": "To"}, Cat),
        (TAGGED, {"kind": "dog", "bark": 1}, Dog),
        (TAGGED, {"kind": "do", "name": "Re"}, None),
        (TAGGED, {"name": "Re"}, None),
        (TAGGED, {"kind": ["x"]}, None),
        (TAGGED, "x", None),
        (TAGGED | None, None, None),
        (Cat | Dog, {"kind": "dog", "name": "Re"}, Dog),
        (Cat | Dog, {"kind": "cat", "name": "Re"}, Cat),
        (
            Annotated[
                Annotated[Cat, Tag("c")] | Annotated[Dog, Tag("d")],
                Discriminator(lambda _: pytest.fail("code ran")),
            ],
            {"bark": 3},
            Dog,
        ),
    ],
)
def test_a_union_is_the_model_that_came(annotation, value, expected):
    """A tag decides once it is there; without one, the model with more fields that fit."""
    found = partial_value(annotation, value)

    assert expected is (None if found is None else type(found).__mro__[1])


def test_a_tag_may_have_an_alias():
    """The tag is read by the name that it has in JSON."""
    first = create_model("First", kind=(Literal["a"], Field(alias="Kind")), x=(int, ...))
    second = create_model("Second", kind=(Literal["b"], Field(alias="Kind")), x=(int, ...))

    found = partial_value(Annotated[first | second, Field(discriminator="kind")], {"Kind": "b", "x": 1})

    assert isinstance(found, second)
    assert 1 == found.x


def test_a_discriminated_field_is_known_by_its_tag():
    """A discriminator that is declared on the field counts as one in the annotation."""
    holder = create_model("Holder", pet=(Cat | Dog, Field(discriminator="kind")))

    part = partial_type(holder).model_validate({"pet": {"name": "Re"}})

    assert part.pet is None


@pytest.mark.parametrize(
    ("field", "data"),
    [
        (Field(alias="T"), {"T": "Du"}),
        (Field(validation_alias="T"), {"T": "Du"}),
        (Field(validation_alias=AliasChoices("X", AliasPath("T", 0))), {"T": ["Du"]}),
        (Field(validation_alias=AliasPath("T", "x")), {"T": {"x": "Du"}}),
        (Field(alias="T"), {"t": "Du"}),
    ],
)
def test_fields_come_by_alias_and_by_name(field, data):
    """A partial model reads the names that the whole one reads, and the fields' own."""
    model = create_model("Aliased", t=(str, field))

    assert "Du" == partial_type(model).model_validate(data).t


def test_extra_fields_are_kept_where_the_model_keeps_them():
    """Extra fields are the model's business; a model that forbids them only says so at the end."""
    model = create_model("Extra", __config__=ConfigDict(extra="allow"))

    assert {"a": 1} == partial_type(model).model_validate({"a": 1}).model_extra


def test_a_type_that_json_cannot_hold_is_none():
    """A field of a foreign class never comes from JSON, and is no error."""
    model = create_model("Foreign", __config__=ConfigDict(arbitrary_types_allowed=True), thing=(Odd, ...))

    assert partial_type(model).model_validate({"thing": 1}).thing is None


class Odd:
    pass


class Everything(BaseModel):
    text: str = Field(min_length=3)
    day: date | None
    mood: Literal["calm", "wild"]
    color: Color
    pets: list[TAGGED]
    place: tuple[int, float]
    scores: dict[str, list[int]]
    tree: Node
    cats: Cats
    page: Page[Dog] | None = None


everything = st.builds(
    Everything,
    text=st.text(min_size=3, max_size=6),
    day=st.none() | st.dates(),
    pets=st.lists(
        st.builds(Cat, name=st.text(max_size=4))
        | st.builds(
            lambda name, bark: Dog(kind="dog", name=name, bark=bark), st.text(max_size=4), st.integers(0, 9)
        ),
        max_size=2,
    ),
    scores=st.dictionaries(st.text(max_size=3), st.lists(st.integers(-99, 99), max_size=2), max_size=2),
    tree=st.recursive(
        st.builds(Node, label=st.text(max_size=3), nodes=st.just([])),
        lambda inner: st.builds(Node, label=st.text(max_size=3), nodes=st.lists(inner, max_size=2)),
        max_leaves=3,
    ),
    cats=st.builds(Cats, st.lists(st.builds(Cat, name=st.text(max_size=4)), max_size=2)),
    place=st.tuples(st.integers(-99, 99), st.floats(allow_nan=False, allow_infinity=False)),
    page=st.none(),
)


@given(everything, st.data())
def test_a_cut_at_any_place_raises_nothing(whole, data):
    """D18: JSON cut anywhere is a partial model, which is the model itself once all has come."""
    text = whole.model_dump_json(by_alias=True)
    cut = text[: data.draw(st.integers(1, len(text)))]

    part = partial_type(Everything).model_validate(from_json(cut, allow_partial="trailing-strings"))
    last = partial_type(Everything).model_validate(from_json(text))

    assert json.loads(part.model_dump_json()).keys() == Everything.model_fields.keys()
    assert whole.model_dump() == last.model_dump()
