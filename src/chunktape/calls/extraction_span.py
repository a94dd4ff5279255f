"""Where in a text JSON values stand: prose, code fences and braces that are no JSON lie around them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TRIED", "Span", "cut_value", "is_cut", "next_start", "spans", "value_at"]

# Text in strings may run over lines: models write such JSON, and it is clear what they mean.
_decode = json.JSONDecoder(strict=False).raw_decode

TRIED = 200
"""Braces that turn out to be no JSON before a text is given up; each may cost a look at the rest of it."""

_CONTROL = re.compile(r"[\x00-\x1f]")
_END = re.compile(r"[-a-z]{0,5}|\\?u?[0-9a-fA-F]{0,4}")
"""What stands where the decoder gives up on a cut text: nothing, half a word, half an escape."""

_STARTS = {
    "{": re.compile(r"""\{(?=\s*(?:["}]|$))"""),
    "[": re.compile(r"""\[(?=\s*(?:[]"\[{\-\dtfn]|$))"""),
    "{[": re.compile(r"""\{(?=\s*(?:["}]|$))|\[(?=\s*(?:[]"\[{\-\dtfn]|$))"""),
}


class Span(NamedTuple):
    """A JSON value in a text, from `start` to before `end`."""

    value: Any
    start: int
    end: int


def next_start(text: str, position: int, brackets: str) -> int | None:
    """Return where the next object (``{``) or list (``[``) may begin, or None."""
    found = _STARTS[brackets].search(text, position)
    return found.start() if found else None


def value_at(text: str, start: int) -> Span | None:
    """Return the whole JSON value that begins at a place, or None."""
    try:
        value, end = _decode(text, start)
    except (ValueError, RecursionError):
        return None
    return Span(value, start, end)


def cut_value(text: str) -> Any:
    """Return what there is of the JSON value that a text begins with; raises `ValueError` for other text."""
    try:
        return from_json(text, allow_partial="trailing-strings")
    except ValueError as error:
        if "control character" not in str(error):
            raise
        # See `_decode`; what stands in for a line break here is seen only until the value is whole.
        return from_json(_CONTROL.sub(" ", text), allow_partial="trailing-strings")


def is_cut(text: str, start: int) -> bool:
    """Return whether the value at a place is JSON as far as it goes, but the text ends before it."""
    try:
        _decode(text, start)
    except json.JSONDecodeError as error:
        return error.msg.startswith("Unterminated") or _END.fullmatch(text[error.pos :].strip()) is not None
    except RecursionError:
        return False
    return False


def spans(text: str, brackets: str) -> Iterator[Span]:
    """Yield the outermost JSON values of a text, in order; parts of one that is cut off are none."""
    position: int | None = 0
    for _ in range(TRIED):
        position = next_start(text, position or 0, brackets)
        if position is None:
            return
        found = value_at(text, position)
        if found is not None:
            yield found
        elif is_cut(text, position):
            return
        position = found.end if found is not None else position + 1
