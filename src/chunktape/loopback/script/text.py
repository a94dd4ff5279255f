"""Text and arguments, cut into the pieces in which a model would send them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["COSY_TEXT", "ToolCall", "compact", "pieces", "tool_pieces"]

COSY_TEXT = (
    "Press record and lean back: the tape hears every word, every pause, every breath between. "
    "📼 磁带记得一切。 Tomorrow it plays the evening back, chunk for chunk, even with the network asleep."
)

ToolCall = tuple[str, "str | Mapping[str, Any]"]
"""A tool's name and its arguments: JSON text, sent as it is, or a mapping, sent as JSON."""

_PIECE = re.compile(r"\s*\S{1,8}|\s+")
ARGUMENT_CHARACTERS = 8


def compact(value: object) -> str:
    """Return the value as JSON without spaces, non-ASCII as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pieces(text: str | Iterable[str]) -> tuple[str, ...]:
    """Return a text cut into words, or the pieces as they were given."""
    return tuple(_PIECE.findall(text) if isinstance(text, str) else text)


def tool_pieces(call: ToolCall) -> tuple[str, tuple[str, ...]]:
    """Return a tool's name and its arguments in pieces of a few characters."""
    name, arguments = call
    text = arguments if isinstance(arguments, str) else compact(arguments)
    starts = range(0, len(text), ARGUMENT_CHARACTERS)
    return name, tuple(text[start : start + ARGUMENT_CHARACTERS] for start in starts)
