"""In what two requests differ: found, measured and shown.

Compares what the matching compares: fields that it ignores and text that it levels make no
difference. Which recorded request to compare with is `miss`'s decision.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from chunktape.errors import shorten
from chunktape.tape.json_path import join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape.tape.matching import Matching
    from chunktape.wire.message import Request

    Same = Callable[[str, str], bool]

__all__ = ["ABSENT", "Difference", "differences", "shared_length", "show_pair"]

AROUND = 30
SHOWN = 200
MOST = 100
_EACH = 8


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()
"""The value of what is not there, which is not null."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two requests differ, such as ``at $.model`` or ``in path``, with both values."""

    where: str
    recorded: Any
    now: Any

    @property
    def size(self) -> int:
        """How much differs, in characters, with something added for each place."""
        if isinstance(self.recorded, str) and isinstance(self.now, str):
            start, recorded_end, now_end = _changed(self.recorded, self.now)
            return _EACH + max(recorded_end, now_end) - start
        return _EACH + max(len(_show(value)) for value in (self.recorded, self.now) if value is not ABSENT)


def differences(request: Request, recorded: Request, matching: Matching) -> list[Difference]:
    """Return where two requests differ, as far as the matching looks; `MOST` of them at the most.

    Requests to two places are not compared further: that their bodies differ says nothing.
    """
    found = list(_place_differences(request, recorded, matching))
    if found:
        return found
    if "headers" in matching.names:
        found += _header_differences(request, recorded, matching)
    if "body" in matching.names:
        found += _body_differences(request, recorded, matching)
    if "raw_body" in matching.names and not found:
        found += _text_differences(request.body, recorded.body, matching)
    return found[:MOST]


def show_pair(difference: Difference) -> tuple[str, str]:
    """Return both values as JSON, of long texts a window around what differs."""
    recorded, now = difference.recorded, difference.now
    if not (isinstance(recorded, str) and isinstance(now, str)):
        return shorten(_show(recorded), SHOWN), shorten(_show(now), SHOWN)
    start, recorded_end, now_end = _changed(recorded, now)
    return _window(recorded, start, recorded_end), _window(now, start, now_end)


def _place_differences(request: Request, recorded: Request, matching: Matching) -> Iterator[Difference]:
    if "method" in matching.names and (request.method or "").upper() != (recorded.method or "").upper():
        yield Difference("in method", recorded.method, request.method)
    then, now = matching.address(recorded.url), matching.address(request.url)
    for name in then._fields:
        if name in matching.url_fields and getattr(then, name) != getattr(now, name):
            yield Difference(f"in {name}", getattr(then, name), getattr(now, name))


def _header_differences(request: Request, recorded: Request, matching: Matching) -> Iterator[Difference]:
    then, now = (_by_name(one.headers) for one in (recorded, request))
    for name in sorted({*then, *now}):
        values = [side.get(name, ABSENT) for side in (then, now)]
        if matching.level(str(values[0])) != matching.level(str(values[1])):
            yield Difference(f"in header {name}", *values)


def _by_name(headers: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    found: dict[str, str] = {}
    for name, value in sorted((name.lower(), value) for name, value in headers):
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _body_differences(request: Request, recorded: Request, matching: Matching) -> list[Difference]:
    if matching.body(request) == matching.body(recorded):
        return []
    try:
        then, now = matching.document(recorded), matching.document(request)
        return _json_differences(then, now, lambda a, b: matching.level(a) == matching.level(b))
    except (ValueError, RecursionError):
        return _text_differences(request.body, recorded.body, matching)


def _text_differences(request: bytes, recorded: bytes, matching: Matching) -> list[Difference]:
    if request == recorded:
        return []
    start = shared_length(request, recorded)
    then, now = (data.decode("utf-8", "backslashreplace") for data in (recorded, request))
    if matching.level(then) == matching.level(now):
        return []
    return [Difference(f"in body at byte {start}", then, now)]


def _json_differences(recorded: Any, now: Any, same: Same) -> list[Difference]:
    """Return the differences of two JSON values in the order in which they stand, without recursion."""
    found: list[Difference] = []
    waiting: list[tuple[str, Any, Any]] = [("$", recorded, now)]
    while waiting and len(found) < MOST:
        path, then, this = waiting.pop()
        if isinstance(then, dict) and isinstance(this, dict):
            keys = [*then, *(key for key in this if key not in then)]
            pairs = [(join(path, key), then.get(key, ABSENT), this.get(key, ABSENT)) for key in keys]
            waiting += reversed(pairs)
        elif isinstance(then, list) and isinstance(this, list):
            waiting += reversed([(join(path, index), *pair) for index, *pair in _align(then, this)])
        elif not _equal(then, this, same):
            found.append(Difference(f"at {path}", then, this))
    return found


def _align(then: list[Any], now: list[Any]) -> list[tuple[int, Any, Any]]:
    """Return (index, recorded, now) for the items between those that both lists begin and end with."""
    shorter = min(len(then), len(now))
    begin = next((i for i in range(shorter) if not _identical(then[i], now[i])), shorter)
    rest = shorter - begin
    end = next((i for i in range(rest) if not _identical(then[-1 - i], now[-1 - i])), rest)
    old, new = then[begin : len(then) - end], now[begin : len(now) - end]
    pairs = zip_longest(old, new, fillvalue=ABSENT)
    return [(begin + index, *pair) for index, pair in enumerate(pairs)]


def _identical(then: Any, now: Any) -> bool:
    # 1 == True in Python, but not in JSON.
    return bool(then == now) and _show(then) == _show(now)


def _equal(then: Any, now: Any, same: Same) -> bool:
    if isinstance(then, str) and isinstance(now, str):
        return then == now or same(then, now)
    return _identical(then, now)


def _show(value: Any) -> str:
    if value is ABSENT:
        return "absent"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _changed(recorded: str, now: str) -> tuple[int, int, int]:
    """Return where two texts begin to differ, and where in each of them what they end with begins."""
    start = shared_length(recorded, now)
    rest = min(len(recorded), len(now)) - start
    end = min(rest, shared_length(recorded[::-1], now[::-1]))
    return start, len(recorded) - end, len(now) - end


def shared_length(one: str | bytes, other: str | bytes) -> int:
    """Return the length of what two texts begin with, by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _window(text: str, start: int, end: int) -> str:
    """Return a text as JSON, cut to what differs and some words around it."""
    first = max(0, start - AROUND)
    last = min(len(text), end + AROUND)
    if first:
        first = text.find(" ", first, min(start, first + AROUND // 2)) + 1 or first
    if last < len(text):
        behind = text.rfind(" ", max(end, last - AROUND // 2), last)
        last = behind if behind > 0 else last
    shown = json.dumps(text[first:last], ensure_ascii=False)[1:-1]
    before = "…" if first else ""
    room = SHOWN - len('"…"') - len(before)
    cut = len(shown) > room
    after = "…" if cut or last < len(text) else ""
    return f'"{before}{shown[:room].rstrip(chr(92)) if cut else shown}{after}"'
