"""`grower`: what can be known of a value of some type while its JSON is still arriving.

Values that do not fit yet (half of a date, a word that is none of the choices) are `NOTHING`:
left out of lists and dictionaries, None as a field. Text grows. Constraints and the user's own
validators are for whole values only, so they are not asked.
"""

from __future__ import annotations

import collections
import collections.abc
import sys
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Required, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Discriminator, TypeAdapter
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType, get_type_hints, is_typeddict

__all__ = ["NOTHING", "Grow", "grower"]

Grow = collections.abc.Callable[[Any], Any]

NOTHING: Any = type("Nothing", (), {"__repr__": lambda _: "NOTHING"})()
"""No value yet, where None would be a value."""

_SEQUENCES: dict[Any, Grow] = {
    list: list,
    collections.deque: collections.deque,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Collection: list,
    collections.abc.Iterable: list,
    set: set,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    frozenset: frozenset,
}
_MAPPINGS = {dict, collections.defaultdict, collections.abc.Mapping, collections.abc.MutableMapping}
_MOMENTS = {date, datetime, time, timedelta}
_PLAIN = (str, int, float, bool)


def grower(annotation: Any, discriminator: Any = None) -> Grow:
    """Return the function from a parsed value, perhaps cut off, to what there is of the annotated type."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        found = [_discriminator(one) for one in arguments[1:]]
        return grower(arguments[0], discriminator or next(filter(None, found), None))
    if origin in {Required, NotRequired}:
        return grower(arguments[0])
    if origin in {Union, UnionType}:
        return _union(arguments, discriminator)
    return _collection(origin, arguments) or _single(annotation)


def _collection(origin: Any, arguments: tuple[Any, ...]) -> Grow | None:
    if origin is tuple and arguments:
        return _tuple(arguments)
    if origin in _SEQUENCES:
        return partial(_grow_items, grower(arguments[0]), _SEQUENCES[origin])
    if origin in _MAPPINGS:
        return partial(_grow_mapping, grower(arguments[0]), grower(arguments[1]))
    return None


def _single(annotation: Any) -> Grow:
    found: Grow = _Leaf(annotation)
    if annotation in (Any, object):
        found = _keep
    elif annotation in (None, NoneType):
        found = _grow_none
    elif isinstance(annotation, TypeVar):
        found = grower(annotation.__bound__ or Any)
    elif isinstance(annotation, TypeAliasType):
        found = _Late(annotation)
    elif hasattr(annotation, "__supertype__"):
        found = grower(annotation.__supertype__)
    elif is_typeddict(annotation):
        hints = get_type_hints(annotation, include_extras=True)
        found = partial(_grow_typed, {name: grower(hint) for name, hint in hints.items()})
    elif _is_model(annotation):
        found = partial(_grow_model, annotation)
    return found


class _Leaf:
    """A type that is whole or not there; pydantic says which."""

    def __init__(self, annotation: Any) -> None:
        self._annotation = annotation
        self._adapter: TypeAdapter[Any] | None = None

    def __call__(self, value: Any) -> Any:
        if type(value) is self._annotation and isinstance(value, _PLAIN):
            return value
        if self._annotation in _MOMENTS and isinstance(value, str) and value.isdecimal():
            # The year of a date that is still arriving would be taken for seconds since 1970.
            return NOTHING
        try:
            if self._adapter is None:
                self._adapter = TypeAdapter(self._annotation)
            return self._adapter.validate_python(value, strict=False)
        except Exception:  # noqa: BLE001 - a foreign type may raise whatever it likes, and nothing raises before the end
            return NOTHING


class _Late:
    """A named alias, which may hold itself, so that it is looked into only where a value comes."""

    def __init__(self, alias: TypeAliasType) -> None:
        self._alias = alias
        self._grow: Grow | None = None

    def __call__(self, value: Any) -> Any:
        if self._grow is None:
            # What it stands for may be written as text, wholly or in parts.
            named = type("Named", (), {"__annotations__": {"value": self._alias.__value__}})
            known = vars(sys.modules[self._alias.__module__]) if self._alias.__module__ in sys.modules else {}
            self._grow = grower(get_type_hints(named, globalns=known, include_extras=True)["value"])
        return self._grow(value)


def _keep(value: Any) -> Any:
    return value


def _grow_none(value: Any) -> Any:
    return None if value is None else NOTHING


def _grow_model(model: type[BaseModel], value: Any) -> Any:
    # A model may hold itself, so its partial type is asked for only where a value comes.
    from chunktape.calls.partial import partial_type

    if not isinstance(value, dict) and get_root(model) is None:
        return NOTHING
    return partial_type(model).model_validate(value)


def get_root(model: type[BaseModel]) -> FieldInfo | None:
    """Return the only field of a root model, or None for models with names for their fields."""
    return model.model_fields["root"] if getattr(model, "__pydantic_root_model__", False) else None


def _grow_items(grow: Grow, collect: Grow, value: Any) -> Any:
    if not isinstance(value, list):
        return NOTHING
    grown = [one for one in map(grow, value) if one is not NOTHING]
    try:
        return collect(grown)
    except TypeError:
        # Partial models have no hash, so a set of them stays a list until the end.
        return grown


def _tuple(arguments: tuple[Any, ...]) -> Grow:
    if arguments[-1] is Ellipsis:
        return partial(_grow_items, grower(arguments[0]), tuple)
    return partial(_grow_places, [grower(one) for one in arguments if one != ()])


def _grow_places(places: list[Grow], value: Any) -> Any:
    if not isinstance(value, list):
        return NOTHING
    came = value + [None] * (len(places) - len(value))
    grown = [grow(one) for grow, one in zip(places, came, strict=False)]
    return tuple(None if one is NOTHING else one for one in grown)


def _grow_mapping(grow_key: Grow, grow: Grow, value: Any) -> Any:
    if not isinstance(value, dict):
        return NOTHING
    grown = ((grow_key(key), grow(one)) for key, one in value.items())
    return {key: one for key, one in grown if key is not NOTHING and one is not NOTHING}


def _grow_typed(hints: dict[str, Grow], value: Any) -> Any:
    if not isinstance(value, dict):
        return NOTHING
    grown = {name: grow(value[name]) for name, grow in hints.items() if name in value}
    return {name: one for name, one in grown.items() if one is not NOTHING}


def _union(members: tuple[Any, ...], discriminator: Any) -> Grow:
    tagged = _tags(members, discriminator) if isinstance(discriminator, str) else None
    if tagged:
        return partial(_grow_tagged, *tagged, NoneType in members)
    growers = [grower(one) for one in members]
    return growers[0] if len(growers) == 1 else partial(_grow_closest, growers)


def _grow_tagged(names: set[str], models: dict[Any, Grow], nullable: bool, value: Any) -> Any:  # noqa: FBT001 - bound by `partial`
    """Grow the model that the tag names; without its tag nobody knows which one is coming."""
    if value is None and nullable:
        return None
    if not isinstance(value, dict):
        return NOTHING
    tag = next((value[name] for name in names if name in value), None)
    grow = models.get(tag) if isinstance(tag, str | int) else None
    return NOTHING if grow is None else grow(value)


def _grow_closest(growers: list[Grow], value: Any) -> Any:
    grown = [one for one in (grow(value) for grow in growers) if one is not NOTHING]
    return max(grown, key=partial(_closeness, value), default=NOTHING)


def _closeness(value: Any, grown: Any) -> int:
    """Return how well a grown value shows what came: as pydantic does, by the fields that fit."""
    if isinstance(grown, BaseModel):
        return sum(getattr(grown, name) is not None for name in grown.model_fields_set)
    return 1 if type(grown) is type(value) else 0


def _tags(members: tuple[Any, ...], discriminator: str) -> tuple[set[str], dict[Any, Grow]] | None:
    """Return the tag's names on the wire and the model that each tag stands for; None for other shapes."""
    names, models = {discriminator}, {}
    for member in members:
        if member is NoneType:
            continue
        field = member.model_fields.get(discriminator) if _is_model(member) else None
        if field is None or get_origin(field.annotation) is not Literal:
            return None
        names |= {name for name in (field.alias, field.validation_alias) if isinstance(name, str)}
        for tag in get_args(field.annotation):
            models[tag.value if isinstance(tag, Enum) else tag] = grower(member)
    return names, models


def _discriminator(metadata: Any) -> Any:
    found = metadata.discriminator if isinstance(metadata, FieldInfo | Discriminator) else None
    return found.discriminator if isinstance(found, Discriminator) else found


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and not get_args(annotation) and issubclass(annotation, BaseModel)
