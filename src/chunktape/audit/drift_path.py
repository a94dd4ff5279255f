"""`Shape`: which keys a reply is made of, with the kinds of their values; never the values themselves.

Keys are gathered over all events of a kind, because a key that comes with the last event alone is there
all the same. An object that says its `type` is told apart by it: a block of text and a tool call share a
place, and which of them comes is the model's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.chat import is_prompt_note
from chunktape.audit.drift_mask import OPAQUE_FIELDS, PADDING, TOP_PADDING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.exchange import Exchange

__all__ = ["Holder", "Shape", "bare", "key_paths", "kind_of", "shape_of"]

Holder = tuple[str, ...]
"""The way to an object from the top of its event: ``("choices[]", "delta")``, ``("content[]:text",)``."""

_DEEPEST = 40
_WORDS = frozenset(
    {
        "type",
        "object",
        "status",
        "finish_reason",
        "stop_reason",
        "service_tier",
        "reason",
        "native_finish_reason",
    }
)
# Only the first fragment of a call says its type.
_UNTOLD = frozenset({"tool_calls[]", "error"})
_KINDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}


class Shape:
    """What one reply is made of.

    `keys` has for each kind of event and each object in it the keys, and for each key the JSON types that
    its value had; `words` has the values of the fields that are words of the protocol, by their path.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.keys: dict[str, dict[Holder, dict[str, set[str]]]] = {}
        self.words: dict[str, dict[str, None]] = {}
        for kind, value in _values(exchange):
            self._walk(self.keys.setdefault(kind, {}), (), value, 0)

    def _walk(self, keys: dict[Holder, dict[str, set[str]]], holder: Holder, value: Any, depth: int) -> None:
        if depth > _DEEPEST:
            return
        known = keys.setdefault(holder, {})
        for name, one in value.items():
            if name in PADDING or (name in TOP_PADDING and not holder):
                continue
            known.setdefault(name, set()).add(_KINDS.get(type(one), "null"))
            if type(one) is str:
                if name in _WORDS:
                    path = ".".join((*bare(holder), name))
                    self.words.setdefault(path, {})[one] = None
            elif name not in OPAQUE_FIELDS:
                self._below(keys, holder, name, one, depth)

    def _below(
        self, keys: dict[Holder, dict[str, set[str]]], holder: Holder, name: str, value: Any, depth: int
    ) -> None:
        if type(value) is dict:
            self._walk(keys, (*holder, _place(name, value)), value, depth + 1)
        elif type(value) is list:
            name += "[]"
            for one in value:
                if type(one) is dict:
                    self._walk(keys, (*holder, _place(name, one)), one, depth + 1)


def shape_of(exchange: Exchange) -> Shape:
    """Return the shape of a reply, made once."""
    return exchange.once(Shape)


def bare(holder: Holder) -> Holder:
    """Return the way to an object without the types on it."""
    return tuple(one.partition(":")[0] for one in holder)


def kind_of(exchange: Exchange, value: dict[str, Any]) -> str:
    """Return the kind of an event."""
    if exchange.dialect in {"messages", "responses"}:
        kind = value.get("type")
        return kind if type(kind) is str else "error" if value.get("error") else "event"
    if value.get("choices"):
        return "chunk"
    if value.get("error"):
        return "error"
    if is_prompt_note(value):
        return "prompt filter"
    return "usage" if type(value.get("usage")) is dict else "note"


def key_paths(value: Any, *, path: str = "$", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield each path of a JSON value with the type of what is there; all items of a list share a path."""
    yield path, _KINDS.get(type(value), "null")
    if depth > _DEEPEST:
        return
    if type(value) is dict:
        for name, one in value.items():
            yield from key_paths(one, path=f"{path}.{name}", depth=depth + 1)
    elif type(value) is list:
        for one in value:
            yield from key_paths(one, path=f"{path}[]", depth=depth + 1)


def _values(exchange: Exchange) -> Iterator[tuple[str, dict[str, Any]]]:
    if not exchange.is_stream:
        if exchange.answered:
            yield "error" if exchange.answered.get("error") else "body", exchange.answered
        return
    for frame in exchange.frames:
        if type(frame.value) is dict:
            yield kind_of(exchange, frame.value), frame.value


def _place(name: str, value: dict[str, Any]) -> str:
    kind = value.get("type")
    return f"{name}:{kind}" if type(kind) is str and name not in _UNTOLD else name
