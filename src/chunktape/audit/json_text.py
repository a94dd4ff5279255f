"""`JsonReader`: the JSON of a stream's events, read once, with what a reader of JSON hides."""

from __future__ import annotations

from collections import Counter
from json import JSONDecoder
from typing import Any

__all__ = ["LEVELS", "JsonReader"]

LEVELS = 200
"""How deep a value may be nested. No provider comes close, and whoever walks over one has stack left."""
_SPACE = " \t\n\r"


class JsonReader:
    """Reads one JSON text after the other.

    `oddities` is what stood in the text that was read last: ``key twice`` with a name that an object
    has twice, and ``constant`` with a number that JSON does not have, NaN or an infinity.
    """

    def __init__(self) -> None:
        self.oddities: list[tuple[str, str]] = []
        self._decoder = JSONDecoder(object_pairs_hook=self._object, parse_constant=self._constant)

    def read(self, text: str) -> Any:
        """Return the value of a text; ValueError for one that is no JSON, or is nested too deep."""
        self.oddities.clear()
        text = text.strip(_SPACE)
        try:
            value, end = self._decoder.raw_decode(text)
        except RecursionError:
            raise ValueError from None
        if end != len(text):
            raise ValueError
        if len(text) > 2 * LEVELS and text.count("[") + text.count("{") > LEVELS and _is_deep(value):
            raise ValueError
        return value

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = Counter(name for name, _ in pairs)
            self.oddities += [("key twice", name) for name, count in names.items() if count > 1]
        return found

    def _constant(self, name: str) -> float:
        self.oddities.append(("constant", name))
        return float(name)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(LEVELS):
        inner = [one.values() if one.__class__ is dict else one for one in level]
        level = [part for parts in inner for part in parts if part.__class__ in {dict, list}]
        if not level:
            return False
    return True
