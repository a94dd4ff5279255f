"""One content block of a message, growing out of its deltas."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from chunktape.dialects.answer import ToolCall
from chunktape.dialects.joining import joined
from chunktape.dialects.merging import RESTATED
from chunktape.dialects.message_event import kind_of, string_of

__all__ = ["CALLS", "GrowingBlock", "arguments_of", "implied_start", "is_tool"]

CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
"""Blocks that hold an `input`; the caller runs only the tools of the first."""
_STARTS: dict[str, dict[str, Any]] = {
    "text_delta": {"type": "text"},
    "citations_delta": {"type": "text", "text": ""},
    "thinking_delta": {"type": "thinking"},
    "signature_delta": {"type": "thinking", "thinking": ""},
    "input_json_delta": {"type": "tool_use", "input": {}},
    "compaction_delta": {"type": "compaction"},
}
_TEXTS = {"text_delta": "text", "thinking_delta": "thinking"}
# The fields of deltas that have a place of their own.
_PLACED = frozenset({"text", "thinking", "signature", "citation", "partial_json"})
# A plain delta has its type and one field.
_PLAIN = 2


class GrowingBlock:
    """A content block: the object that announced it, and what came since.

    `position` counts the caller's own tools, and is None for every other block. `arguments` are the
    pieces of the input's JSON text.
    """

    __slots__ = ("_block", "_lists", "_pieces", "arguments", "closed", "handed_out", "index", "position")

    def __init__(self, index: int, start: dict[str, Any], position: int | None = None) -> None:
        self.index = index
        self.position = position
        self.arguments: list[str] = []
        self.closed = False
        self.handed_out = False
        self._block = dict(start)
        self._pieces: dict[str, list[str]] = {}
        self._lists: dict[str, list[Any]] = {}

    def restates(self, start: dict[str, Any]) -> bool:
        """Whether a start says again that this block began, by its id."""
        ident = string_of(start.get("id"))
        return not self.closed and ident is not None and ident == self._block.get("id")

    def take(self, delta: dict[str, Any]) -> str:
        """Take in one delta, and return its kind."""
        kind = kind_of(delta)
        if kind == "text_delta" or kind == "thinking_delta":  # noqa: PLR1714 a set costs a hash per event
            self._add(_TEXTS[kind], delta.get(_TEXTS[kind]))
        elif kind == "input_json_delta":
            self._add_arguments(delta.get("partial_json"))
        elif kind == "signature_delta":
            # It comes whole: a second one replaces the first, as in anthropic's own accumulator.
            if delta.get("signature") is not None:
                self._block["signature"] = delta["signature"]
        elif kind == "citations_delta":
            if delta.get("citation") is not None:
                self._extend("citations", [delta["citation"]])
        elif kind == "compaction_delta":
            self._replace(delta)
        else:
            self._fold(delta)
            return kind
        if len(delta) > _PLAIN:
            self._add_unknown(delta)
        return kind

    def _add_unknown(self, delta: dict[str, Any]) -> None:
        """Keep what a known delta carries besides; some hosts send all fields with each, mostly empty."""
        for name, value in delta.items():
            if name not in _PLACED and name != "type" and value not in (None, ""):
                self._block[name] = value

    def _add(self, name: str, piece: Any) -> None:
        if not isinstance(piece, str):
            return
        pieces = self._pieces.get(name)
        if pieces is None:
            # Some hosts send the first words where the block begins.
            begun = self._block.get(name)
            pieces = self._pieces[name] = [begun] if isinstance(begun, str) else []
        pieces.append(piece)

    def _add_arguments(self, piece: Any) -> None:
        if piece is not None and piece != "":
            # Some hosts send an object where JSON text belongs.
            self.arguments.append(piece if isinstance(piece, str) else json.dumps(piece, ensure_ascii=False))

    def _extend(self, name: str, items: list[Any]) -> None:
        known = self._lists.get(name)
        if known is None:
            begun = self._block.get(name)
            known = self._lists[name] = list(begun) if isinstance(begun, list) else []
        known.extend(items)

    def _replace(self, delta: dict[str, Any]) -> None:
        self._block |= {name: value for name, value in delta.items() if name != "type"}

    def _fold(self, delta: dict[str, Any]) -> None:
        """Take in a delta of an unknown kind: texts are joined, lists go on, the rest is replaced."""
        for name, value in delta.items():
            if name == "type":
                continue
            if isinstance(value, str) and name not in RESTATED:
                self._add(name, value)
            elif isinstance(value, list):
                self._extend(name, value)
            elif value is not None:
                self._block[name] = value
            else:
                self._block.setdefault(name, None)

    def body(self, pieces: int | None = None) -> dict[str, Any]:
        """Return the block, its input parsed where it is an object, and else as the text that came."""
        body = dict(self._block)
        body |= {name: joined(texts) for name, texts in self._pieces.items()}
        body |= {name: list(items) for name, items in self._lists.items()}
        text = "".join(self.arguments[:pieces])
        if text.strip():
            body["input"] = _parsed(text)
        elif string_of(body.get("type")) in CALLS or is_tool(body):
            given = body.get("input")
            body["input"] = _parsed(given) if isinstance(given, str) and given.strip() else given or {}
        return body

    def may_be_whole(self) -> bool:
        """Whether nothing says that more has to come: it ended, or is no call, or its JSON text is whole."""
        done = self.closed or self.position is None
        return done or isinstance(_parsed("".join(self.arguments)), dict)

    def call(self, pieces: int | None = None) -> ToolCall:
        """Return the tool call, as it was when it had so many pieces, its arguments as they came."""
        body, text = self.body(pieces), "".join(self.arguments[:pieces])
        arguments = text if text.strip() else arguments_of(body)
        return ToolCall(string_of(body.get("name")), arguments, string_of(body.get("id")), body)


def is_tool(block: dict[str, Any]) -> bool:
    """Return whether a block is a call of one of the caller's own tools."""
    kind = block.get("type")
    return kind == "tool_use" or (kind is None and "input" in block and isinstance(block.get("name"), str))


def implied_start(delta: dict[str, Any]) -> dict[str, Any]:
    """Return how the block must have begun that a delta belongs to, where its start did not come."""
    return _STARTS.get(kind_of(delta), {})


def arguments_of(block: dict[str, Any]) -> str:
    """Return the input of a block as JSON text, or as the text that it is where it was no JSON.

    Written as the models write it: spaces after ``,`` and ``:``, no escapes that are not needed.
    """
    given = block.get("input")
    if isinstance(given, str):
        return given if given.strip() else "{}"
    return "{}" if given is None else json.dumps(given, ensure_ascii=False)


def _parsed(text: str) -> dict[str, Any] | str:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
