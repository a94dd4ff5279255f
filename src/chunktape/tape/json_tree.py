"""JSON text in, plain data out, as `yaml_tree` does it for YAML."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from json.decoder import JSONObject  # type: ignore[attr-defined] # what the decoder itself calls
from json.scanner import py_make_scanner  # type: ignore[attr-defined] # as above
from typing import TYPE_CHECKING, Any

from chunktape.tape.damage import Table

if TYPE_CHECKING:
    from chunktape.tape.damage import Source

__all__ = ["read_json"]

_LONG_NUMBER = re.compile(rb"[0-9]{4301}")
# Strings are passed over, because brackets in them mean nothing.
_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


def read_json(data: bytes, source: Source, *, lines: bool = False) -> Any:
    """Return the value of a JSON text; damage of any kind is a `CassetteError`.

    `lines` makes its objects `Table`, which takes twenty times as long: for who has something to
    say about one of them.
    """
    try:
        text = data.decode("utf-8-sig")
        tree = json.loads(text, object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        raise source.damage("it is no UTF-8 text", data.count(b"\n", 0, error.start) + 1) from error
    except json.JSONDecodeError as error:
        raise source.damage(f"it is no valid JSON ({error.msg})", error.lineno) from error
    except RecursionError as error:
        raise source.too_deep(_deep_line(data, source.limits.depth)) from error
    except _TwiceError:
        tree = None
    except ValueError as error:
        # Python refuses to read numbers of more than 4,300 digits.
        found = _LONG_NUMBER.search(data)
        line = None if found is None else data.count(b"\n", 0, found.start()) + 1
        raise source.damage("it holds a number that is too long to read", line) from error
    if tree is None or lines:
        tree = _Located(text, source).decode(text)
    if _is_deeper(tree, source.limits.depth):
        raise source.too_deep(_deep_line(data, source.limits.depth))
    return tree


class _TwiceError(ValueError):
    """A name stands twice in one object."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError
    return found


class _Located(json.JSONDecoder):
    """Makes each object a `Table`, in Python instead of in C."""

    def __init__(self, text: str, source: Source) -> None:
        super().__init__()
        self._source = source
        self._ends = [at for at, sign in enumerate(text) if sign == "\n"]
        self.parse_object = self._object
        self.scan_once = py_make_scanner(self)

    def _object(self, where: tuple[str, int], strict: bool, scan_once: Any, *_: Any) -> tuple[Table, int]:  # noqa: FBT001 its signature
        line = bisect_left(self._ends, where[1]) + 1
        pairs, end = JSONObject(where, strict, scan_once, None, list)
        table = Table(line)
        for key, value in pairs:
            if key in table:
                raise self._source.twice(key, line)
            table[key] = value
            table.lines[key] = value.line if isinstance(value, Table) else line
        return table, end


def _deep_line(data: bytes, levels: int) -> int | None:
    """Return on which line the brackets of a JSON text first are deeper than so many levels."""
    depth = 0
    for found in _BRACKET.finditer(data):
        depth += found[0] in (b"[", b"{")
        depth -= found[0] in (b"]", b"}")
        if depth > levels:
            return data.count(b"\n", 0, found.start()) + 1
    return None


def _is_deeper(tree: Any, levels: int) -> bool:
    """Return whether something stands deeper than so many levels below the root."""
    here = [tree]
    for _ in range(levels + 1):
        here = [
            child
            for one in here
            if isinstance(one, (dict, list))
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not here:
            return False
    return True
