"""Whether a value keeps a JSON schema, as far as tools' schemas go.

Judged are types, enums, members, items, bounds, and combinations of schemas; everything else is taken
for kept, also `pattern` and `format`, which a foreign file must not make us run. Source:
https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.message import shown
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["violation"]

# Deeper than any tool's arguments; a schema may refer to itself.
_DEEPEST = 60
# A schema that refers to itself twice would take for ever.
_MOST_STEPS = 20_000
_MISSING = object()


class _Root:
    """The schema that references are looked up in, and how many steps were taken."""

    __slots__ = ("schema", "steps")

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.steps = 0

    def is_tired(self, steps: int = 1) -> bool:
        """Return whether enough was looked at, with so many steps more."""
        self.steps += steps
        return self.steps > _MOST_STEPS


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    "exclusiveMinimum": lambda value, bound: value > bound,
    "exclusiveMaximum": lambda value, bound: value < bound,
}
_LENGTHS: dict[str, tuple[type[str | list[Any]], Callable[[int, Any], bool]]] = {
    "minLength": (str, lambda length, bound: length >= bound),
    "maxLength": (str, lambda length, bound: length <= bound),
    "minItems": (list, lambda length, bound: length >= bound),
    "maxItems": (list, lambda length, bound: length <= bound),
}


def violation(value: Any, schema: Any) -> str | None:
    """Return where a value breaks a schema first and how, or None; a schema of an odd shape is kept."""
    found = next(_broken(value, schema, _Root(schema), "$", 0), None)
    return None if found is None else shorten(found)


def _broken(value: Any, schema: Any, root: _Root, path: str, depth: int) -> Iterator[str]:
    if schema is False:
        yield f"{path} is not allowed"
    if not isinstance(schema, dict) or depth > _DEEPEST or root.is_tired(_steps(schema)):
        return
    ref = schema.get("$ref")
    if isinstance(ref, str):
        yield from _broken(value, _resolved(ref, root.schema), root, path, depth + 1)
    yield from _plain(value, schema, path)
    yield from _combined(value, schema, root, path, depth)
    if isinstance(value, dict):
        yield from _members(value, schema, root, path, depth)
    elif isinstance(value, list):
        yield from _items(value, schema, root, path, depth)


def _steps(schema: dict[str, Any]) -> int:
    """Return how much there is to look at, roughly: what is compared one by one weighs a tenth."""
    return 1 + sum(len(_schemas(schema.get(name))) for name in ("enum", "required")) // 10


def _plain(value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    given = schema.get("type")
    kinds = [kind for kind in (given if isinstance(given, list) else [given]) if isinstance(kind, str)]
    if kinds and not any(_TYPES.get(kind, lambda _: True)(value) for kind in kinds):
        yield f"{path} is no {' or '.join(kinds)}"
    choices = schema.get("enum")
    if isinstance(choices, list) and not any(_same(value, one) for one in choices):
        yield f"{path} is none of the values of its enum: {shown(value)}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{path} is not the value that it must be: {shown(value)}"
    if _is_number(value):
        for name, keeps in _BOUNDS.items():
            if _is_number(schema.get(name)) and not keeps(value, schema[name]):
                yield f"{path} is beyond its {name}"
    for name, (kind, fits) in _LENGTHS.items():
        bound = schema.get(name)
        if isinstance(value, kind) and _is_number(bound) and not fits(len(value), bound):
            yield f"{path} is beyond its {name}"


def _combined(value: Any, schema: dict[str, Any], root: _Root, path: str, depth: int) -> Iterator[str]:
    for one in _schemas(schema.get("allOf")):
        yield from _broken(value, one, root, path, depth + 1)
    for name in ("anyOf", "oneOf"):
        given = _schemas(schema.get(name))
        first = [next(_broken(value, one, root, path, depth + 1), None) for one in given]
        if given and None not in first:
            yield first[0] if len(first) == 1 and first[0] else f"{path} fits none of its {name}"
        if name == "oneOf" and first.count(None) > 1:
            yield f"{path} fits more than one of its oneOf"


def _members(
    value: dict[str, Any], schema: dict[str, Any], root: _Root, path: str, depth: int
) -> Iterator[str]:
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if isinstance(name, str) and name not in value:
            yield f"{path} lacks {name}"
    known = schema.get("properties")
    members = known if isinstance(known, dict) else {}
    rest = schema.get("additionalProperties", True)
    if "patternProperties" in schema:
        rest = True
    for name, one in value.items():
        below = f"{path}.{shorten(name, 40)}"
        if name in members:
            yield from _broken(one, members[name], root, below, depth + 1)
        elif rest is False:
            yield f"{below} is unknown"
        else:
            yield from _broken(one, rest, root, below, depth + 1)


def _items(value: list[Any], schema: dict[str, Any], root: _Root, path: str, depth: int) -> Iterator[str]:
    first = _schemas(schema.get("prefixItems"))
    rest = schema.get("items", True)
    for place, one in enumerate(value):
        below = first[place] if place < len(first) else rest
        yield from _broken(one, below, root, f"{path}[{place}]", depth + 1)


def _schemas(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _same(left: Any, right: Any) -> bool:
    """Return whether two JSON values are equal; to Python, true is 1."""
    try:
        return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)
    except RecursionError:
        return True


def _resolved(ref: str, root: Any) -> Any:
    """Return what a reference within the schema points to; everything is allowed where it points nowhere."""
    found = root
    for part in ref.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name, _MISSING) if isinstance(found, dict) else _MISSING
    return True if found is _MISSING or not ref.startswith("#") else found
