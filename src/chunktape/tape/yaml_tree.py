"""YAML text in, plain data out, with line numbers and limits to its depth and its size.

PyYAML's C composer walks nested text recursively in C: three thousand brackets end the
interpreter. So the tree is built here from the parser's events, which do not recurse. That also
gives every mapping its line, and is no slower than composing nodes and constructing from them.

Nothing is built but text, numbers, bytes, lists and mappings, so no file can run code. An alias is
what its anchor is, and counts as all that it stands for, so a few lines cannot become gigabytes.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from chunktape.tape.damage import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.errors import CassetteError
    from chunktape.tape.damage import Source

__all__ = ["EXCISED", "read_yaml", "resolved_tag"]

EXCISED = "!excised"
"""The tag of a mark that stands for one of the bodies that `read_yaml` is given."""

_STANDARD = "tag:yaml.org,2002:"
_STR = _STANDARD + "str"
_BINARY = {_STANDARD + "binary", "!binary"}
# What vcrpy's own loader takes beside the standard tags (vcr/serializers/yamlserializer.py).
_TEXT = {_STR, _STANDARD + "timestamp", _STANDARD + "python/str", _STANDARD + "python/unicode"}
_SEQUENCE = {None, "!", _STANDARD + "seq", _STANDARD + "python/tuple"}
_MAPPING = {None, "!", _STANDARD + "map"}
_BYTES_IO = _STANDARD + "python/object/new:_io.BytesIO"
_ITERATOR = _STANDARD + "python/object/apply:builtins.iter"

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVERS: dict[str, list[tuple[str, Any]]] = yaml.SafeLoader.yaml_implicit_resolvers


def resolved_tag(text: str) -> str:
    """Return the tag that YAML reads plain text as, ``…:str`` for what stays text."""
    for tag, pattern in _RESOLVERS.get(text[:1], ()):
        if pattern.match(text):
            return tag
    return _STR


def read_yaml(data: bytes, source: Source, bodies: Sequence[bytes] = ()) -> Any:
    """Return the one document of a YAML text.

    Mappings are `Table`, dates stay text. `bodies` take the place of the marks that stand for
    them, each of them once. Damage of any kind is a `CassetteError`.
    """
    try:
        return _Reader(data, source, bodies).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise source.damage(
            f"it is no valid YAML ({error.problem or error.context})", None if mark is None else mark.line + 1
        ) from error
    except yaml.reader.ReaderError as error:
        raise source.damage(
            f"it is no valid YAML ({error.reason})", data.count(b"\n", 0, max(error.position, 0)) + 1
        ) from error


class _Anchored(NamedTuple):
    """What stands at an anchor: the value, how many bytes make it up, how many levels it has."""

    node: Any
    size: int
    height: int


class _Reader:
    def __init__(self, data: bytes, source: Source, bodies: Sequence[bytes]) -> None:
        self._loader = _Base(data)
        self._next = self._loader.get_event
        self._source = source
        self._bodies = bodies
        self._placed = 0
        self._anchors: dict[str, _Anchored] = {}
        self._size = 0
        self._deepest = 0

    def document(self) -> Any:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        tree = self._node(self._next(), 0)
        self._next()
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._damage("a second document begins", event)
        if self._placed != len(self._bodies):
            raise self._source.damage("a mark of ours stands inside of something else")
        return tree

    def _damage(self, what: str, event: Any) -> CassetteError:
        return self._source.damage(what, event.start_mark.line + 1)

    def _node(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event, depth)
        if depth > self._source.limits.depth:
            raise self._source.too_deep(event.start_mark.line + 1)
        size, deepest = self._size, self._deepest
        self._size += 1
        self._deepest = depth
        if kind is yaml.ScalarEvent:
            self._size += len(event.value)
            node = self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            node = self._mapping(event, depth)
        else:
            node = self._sequence(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(node, self._size - size, self._deepest - depth)
        self._deepest = max(self._deepest, deepest)
        return node

    def _alias(self, event: Any, depth: int) -> Any:
        found = self._anchors.get(event.anchor)
        line = event.start_mark.line + 1
        if found is None:
            raise self._damage(f"the alias *{event.anchor} stands for nothing", event)
        self._size += found.size
        self._deepest = max(self._deepest, depth + found.height)
        if self._deepest > self._source.limits.depth:
            raise self._source.too_deep(line)
        if self._size > self._source.limits.size:
            raise self._source.too_big("its aliases stand for", line)
        return found.node

    def _scalar(self, event: Any) -> Any:
        tag = event.tag
        if tag is None or tag == "!":
            tag = resolved_tag(event.value) if event.implicit[0] else _STR
        if tag in _TEXT:
            return event.value
        if tag in _BINARY:
            return self._binary(event)
        kind = tag.removeprefix(_STANDARD)
        if kind in {"int", "float", "bool", "null"}:
            return self._value(event, tag, kind)
        if tag == EXCISED and event.value in map(str, range(len(self._bodies))):
            self._placed += 1
            return self._bodies[int(event.value)]
        if event.tag is not None:
            raise self._foreign_tag(event)
        # `=`, and `<<` as a value, mean something to YAML 1.1 and nothing to a cassette.
        return event.value

    def _value(self, event: Any, tag: str, kind: str) -> Any:
        # 12:30 is a number to YAML 1.1 only: whoever writes numbers writes them in tens, and tools
        # of YAML 1.2 write such text without quotes.
        if ":" in event.value and event.tag is None:
            return event.value
        construct = getattr(self._loader, f"construct_yaml_{kind}")
        try:
            return construct(yaml.ScalarNode(tag, event.value))
        except (ValueError, KeyError):
            # "0b_" has the shape of a number without being one, and so has a tagged `!!int x`.
            return event.value

    def _binary(self, event: Any) -> bytes:
        try:
            return b64decode("".join(event.value.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise self._damage("bad base64", event) from error

    def _foreign_tag(self, event: Any) -> CassetteError:
        tag = event.tag.replace(_STANDARD, "!!")
        return self._damage(f"the tag {tag} has no place in a cassette", event)

    def _sequence(self, event: Any, depth: int) -> list[Any]:
        if event.tag not in _SEQUENCE:
            raise self._foreign_tag(event)
        items: list[Any] = []
        while type(item := self._next()) is not yaml.SequenceEndEvent:
            items.append(self._node(item, depth + 1))
        return items

    def _mapping(self, event: Any, depth: int) -> Any:
        table = Table(event.start_mark.line + 1)
        while type(key_event := self._next()) is not yaml.MappingEndEvent:
            key = self._node(key_event, depth + 1)
            if isinstance(key, (list, dict)):
                raise self._damage("a list or a mapping stands where a name belongs", key_event)
            if key == "<<" and getattr(key_event, "implicit", (False,))[0]:
                raise self._damage("a merge key (<<) has no place in a cassette", key_event)
            if key in table:
                raise self._source.twice(key, key_event.start_mark.line + 1)
            table.lines[key] = key_event.start_mark.line + 1
            table[key] = self._node(self._next(), depth + 1)
        if event.tag in _MAPPING:
            return table
        if event.tag == _BYTES_IO:
            return self._first(table.get("state"), b"")
        if event.tag == _ITERATOR:
            return self._first(table.get("args"), [])
        raise self._foreign_tag(event)

    @staticmethod
    def _first(items: Any, default: Any) -> Any:
        return items[0] if isinstance(items, list) and items else default
