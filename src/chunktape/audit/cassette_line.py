"""`CassetteLines`: on which line of a cassette's file an interaction and an event of it stand."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING

from chunktape.tape.codec import BARE_SUFFIXES

if TYPE_CHECKING:
    from chunktape.audit.exchange import Exchange

__all__ = ["CassetteLines"]

# The list below `interactions:`, which Ruby's VCR calls `http_interactions:`; its items are indented alike.
_LIST = re.compile(rb"^(?:http_)?interactions:[ \t]*\r?\n(?P<indent>[ \t]*)- ", re.MULTILINE)
_BLOCK = b"string: |"
_SHOWN = 1000


class CassetteLines:
    """The lines of one file, looked for only where something is to be said of them."""

    def __init__(self, data: bytes, *, name: str) -> None:
        self._data = data
        self._is_bare = PurePath(name).suffix.lower() in BARE_SUFFIXES

    def line(self, exchange: Exchange, event: int | None) -> int | None:
        """Return the line of an event, else that of its interaction, from 1; None where nobody knows."""
        if self._is_bare:
            return 1 if event is None else 1 + exchange.body.count(b"\n", 0, _start(exchange, event))
        regions = self._regions
        if exchange.number > len(regions):
            return None
        begin, end = regions[exchange.number - 1]
        line = self._line_at(begin)
        if event is None:
            return line
        # The body of the reply stands after that of the request, whose key is another.
        block = self._data.find(_BLOCK, begin, end)
        if block < 0:
            return line
        block = self._data.find(b"\n", block, end) + 1
        start = _start(exchange, event)
        below = exchange.body.count(b"\n", 0, start)
        first = exchange.body[start : start + _SHOWN].lstrip(b"\r\n").partition(b"\n")[0].strip()
        written = self._data[block:end].split(b"\n", below + 1)
        if len(written) <= below or not written[below].strip().startswith(first):
            return line
        return self._line_at(block) + below

    def _line_at(self, place: int) -> int:
        return 1 + self._data.count(b"\n", 0, place)

    @cached_property
    def _regions(self) -> list[tuple[int, int]]:
        """Where the text of each interaction begins and ends, in bytes."""
        found = _LIST.search(self._data)
        if found is None:
            return []
        item, places = b"\n" + found["indent"] + b"- ", []
        place = found.start("indent") - 1
        while place >= 0:
            places.append(place + 1)
            place = self._data.find(item, place + 1)
        return list(pairwise([*places, len(self._data)]))


def _start(exchange: Exchange, event: int) -> int:
    """Return where an event begins in its body: where the one before it ends."""
    ends = exchange.ends
    if event < 2 or event - 2 >= len(ends):  # noqa: PLR2004 the first one begins with the body
        return 0
    place: int = ends[event - 2]
    return place
