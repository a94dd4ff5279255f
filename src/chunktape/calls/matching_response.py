"""`assert_stream_matches_response`: what came as a stream is what would have come at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.calls.protocol_difference import DIFFERENCES
from chunktape.calls.response import BaseCallResponse
from chunktape.calls.stream import BaseStream
from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from chunktape.calls.protocol_difference import ProtocolDifference
    from chunktape.dialects.detect import Dialect

__all__ = ["assert_stream_matches_response"]

_MOST_PLACES = 20
_SHOWN_BEFORE = 40
_EMPTY: tuple[Any, ...] = ("", [], {})
# The words in these tell one kind of thing from another; all others are the model's.
_KINDS = frozenset({"type", "role", "object"})


class _Absent:
    """Stands where one side has nothing."""


_ABSENT = _Absent()


class _Place(NamedTuple):
    path: str
    left: Any
    right: Any


def assert_stream_matches_response(
    stream: BaseStream[Any, Any, Any] | BaseCallResponse[Any, Any],
    response: Any,
    *,
    shape_only: bool = False,
    ignore: Collection[str] = (),
) -> None:
    """Raise `AssertionError` with the places that differ, unless a stream says what a response says.

    Both are answers of one dialect: a stream that was read to its end (or its call response), and a
    call response that came at once (or the SDK's own object, or its body). They are compared as the
    JSON objects that they are, so that nothing is overlooked, but for what the protocols tell
    differently though the answer is the same: `chunktape.calls.protocol_difference` lists all of it.

    Two runs answer in other words and under other ids. With `shape_only` they match where they have
    the same fields with the same types, and the same kinds of blocks, however many there are of each.
    `ignore` holds paths as the error shows them, whatever stands in their brackets.
    """
    __tracebackhide__ = True
    streamed = stream.construct_call_response() if isinstance(stream, BaseStream) else stream
    if not isinstance(streamed, BaseCallResponse):
        raise _no_answer(streamed, "a stream or its call response")
    rules = _Rules.of(streamed.dialect, ignore, shape_only=shape_only)
    left, right = rules.both(streamed.body, _body_of(response, streamed))
    if shape_only:
        left, right = _shape_of([left]), _shape_of([right])
    places = list(_places(left, right))
    if places or streamed.status != "complete":
        raise AssertionError(_message(places, streamed.status, shape_only=shape_only))


def _body_of(response: Any, streamed: BaseCallResponse[Any, Any]) -> dict[str, Any]:
    if isinstance(response, BaseStream):
        response = response.construct_call_response()
    if not isinstance(response, BaseCallResponse):
        try:
            return streamed.dump_response(response)
        except (AttributeError, TypeError):
            raise _no_answer(response, "a call response, or the object of the provider's SDK") from None
    if response.dialect != streamed.dialect:
        raise ConfigurationError(
            f"These answers speak different dialects: {streamed.dialect} and {response.dialect}\n"
            "  compare a stream with a response of the same provider"
        )
    return response.body


def _no_answer(value: Any, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"A {type(value).__qualname__} is no answer\n  give {wanted}")


class _Rules(NamedTuple):
    """What is left out of a comparison, by path."""

    everything: frozenset[str]
    null: bool
    empty: frozenset[str]
    unstreamed: frozenset[str]

    @classmethod
    def of(cls, dialect: Dialect, ignore: Collection[str], *, shape_only: bool) -> _Rules:
        known = [one for one in DIFFERENCES if one.dialect in {None, dialect}]
        ignored = {_generic(path) for path in ([ignore] if isinstance(ignore, str) else ignore)}
        opaque = _paths(known, "shape") if shape_only else frozenset()
        return cls(
            _paths(known, "all") | opaque | ignored,
            "**" in _paths(known, "null"),
            _paths(known, "empty"),
            _paths(known, "unstreamed"),
        )

    def both(self, left: dict[str, Any], right: dict[str, Any]) -> tuple[Any, Any]:
        """Return both bodies without what is not compared."""
        left, right = self.compared(left), self.compared(right)
        unknown = {name for name in self.unstreamed if name not in left}
        return left, {name: one for name, one in right.items() if name not in unknown}

    def compared(self, value: Any, path: str = "") -> Any:
        """Return a value without what is not compared."""
        if isinstance(value, dict):
            inner = {name: f"{path}.{name}" if path else name for name in value}
            return {
                name: self.compared(one, inner[name])
                for name, one in value.items()
                if not self._leaves_out(one, inner[name])
            }
        return [self.compared(one, f"{path}[]") for one in value] if isinstance(value, list) else value

    def _leaves_out(self, value: Any, path: str) -> bool:
        if path in self.everything or (value is None and self.null):
            return True
        return path in self.empty and value in _EMPTY


def _paths(differences: list[ProtocolDifference], uncompared: str) -> frozenset[str]:
    return frozenset(one.path for one in differences if one.uncompared == uncompared)


def _generic(path: str) -> str:
    """Return a path without the numbers or the kinds in its brackets."""
    return re.sub(r"\[[^]]*\]", "[]", path)


def _places(left: Any, right: Any, path: str = "") -> Iterator[_Place]:
    """Yield where two JSON values differ, the outermost place of each difference."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in dict.fromkeys([*left, *right]):
            inner = f"{path}.{name}" if path and not name.startswith("[") else f"{path}{name}"
            yield from _places(left.get(name, _ABSENT), right.get(name, _ABSENT), inner)
    elif isinstance(left, list) and isinstance(right, list):
        for number in range(max(len(left), len(right))):
            yield from _places(_item(left, number), _item(right, number), f"{path}[{number}]")
    elif left != right or isinstance(left, bool) is not isinstance(right, bool):
        yield _Place(path, left, right)


def _item(values: list[Any], number: int) -> Any:
    return values[number] if number < len(values) else _ABSENT


def _shape_of(values: list[Any]) -> Any:
    """Return what stands at one place: its fields, the kinds of its items, or the name of a type."""
    if values and all(isinstance(one, dict) for one in values):
        names = dict.fromkeys(name for one in values for name in one)
        return {name: _field_of(name, [one[name] for one in values if name in one]) for name in names}
    if values and all(isinstance(one, list) for one in values):
        kinds: dict[str, list[Any]] = {}
        for item in (item for one in values for item in one):
            kinds.setdefault(f"[{_kind_of(item)}]", []).append(item)
        return {kind: _shape_of(items) for kind, items in kinds.items()}
    return " or ".join(sorted({_type_of(one) for one in values}))


def _field_of(name: str, values: list[Any]) -> Any:
    if name in _KINDS and all(isinstance(one, str) for one in values):
        return " or ".join(sorted({repr(one) for one in values}))
    return _shape_of(values)


def _kind_of(item: Any) -> str:
    kind = item.get("type") if isinstance(item, dict) else None
    return kind if isinstance(kind, str) else ""


def _type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "an object"


def _message(places: list[_Place], status: str, *, shape_only: bool) -> str:
    lines = [
        "The answer rebuilt from the stream has another shape than the response"
        if shape_only
        else "The answer rebuilt from the stream is not the response"
    ]
    if status != "complete":
        lines.append(f"  the stream is not whole: its status is {status!r}")
    for place in places[:_MOST_PLACES]:
        lines += _told_shape(place) if shape_only else _told(place)
    if len(places) > _MOST_PLACES:
        lines.append(f"  … and {len(places) - _MOST_PLACES} more places")
    if places:
        ignore = "ignore=[…] takes paths that this host does not tell alike"
        lines.append(f"  {ignore}" if shape_only else f"  of two runs, compare shape_only=True; {ignore}")
    return "\n".join(lines)


def _told(place: _Place) -> list[str]:
    path, left, right = place
    if isinstance(left, str) and isinstance(right, str):
        left, right = _from_where_they_differ(left, right)
    return _two_sides(path, left, right, shown=lambda value: shorten(repr(value)))


def _told_shape(place: _Place) -> list[str]:
    return _two_sides(*place, shown=_shown_shape)


def _shown_shape(value: Any) -> str:
    """Return a type, the names of fields or the kinds of items."""
    return value if isinstance(value, str) else ", ".join(value).replace("[]", "a list") or "nothing in it"


def _two_sides(path: str, left: Any, right: Any, *, shown: Callable[[Any], str]) -> list[str]:
    if right is _ABSENT:
        return [f"  {path}: only in the stream: {shown(left)}"]
    if left is _ABSENT:
        return [f"  {path}: only in the response: {shown(right)}"]
    return [f"  {path}", f"    stream:   {shown(left)}", f"    response: {shown(right)}"]


def _from_where_they_differ(left: str, right: str) -> tuple[str, str]:
    """Return two texts without most of what they begin with in common."""
    pairs = enumerate(zip(left, right, strict=False))
    common = next((number for number, (one, other) in pairs if one != other), min(len(left), len(right)))
    start = common - _SHOWN_BEFORE
    return (left, right) if start <= 0 else (f"…{left[start:]}", f"…{right[start:]}")
