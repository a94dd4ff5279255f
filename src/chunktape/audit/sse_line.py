"""The lines of an event stream, for rules that look at how it is written rather than at what it says."""

from __future__ import annotations

import json
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.exchange import ABSENT

if TYPE_CHECKING:
    from chunktape.audit.exchange import Exchange, Frame

__all__ = ["BOM", "Line", "Lines"]

BOM = b"\xef\xbb\xbf"
# How nearly all lines begin; a body with no others is not looked at line by line.
_PLAIN = {b"", b"data: ", b"event:", b"data:"}


class Line(NamedTuple):
    """One line, the number of its event, and its field; the field of a comment is empty."""

    event: int
    text: bytes
    field: bytes


class Lines:
    """The lines of one body that are written in an uncommon way, and what its JSON hides."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @cached_property
    def odd(self) -> list[Line]:
        """The lines that begin with none of ``data: `` and ``event:``, with the numbers of their events."""
        # Only LF, CR and CRLF end a line, for the standard and for `bytes.splitlines`.
        lines = self.exchange.body.removeprefix(BOM).splitlines()
        if {line[:6] for line in lines} <= _PLAIN and b"data:" not in lines:
            return []
        found, number, begun = [], 0, False
        for line in lines:
            number += bool(line) and not begun
            begun = bool(line)
            if line[:6] not in _PLAIN or line == b"data:":
                found.append(Line(number, line, line.partition(b":")[0]))
        return found

    @cached_property
    def constants(self) -> list[str]:
        """The numbers in it that JSON does not have: NaN and the infinities."""
        return self._looked[0]

    @cached_property
    def repeated(self) -> list[tuple[Frame, str]]:
        """The events with an object that has a key twice, and the key."""
        return self._looked[1]

    @cached_property
    def _looked(self) -> tuple[list[str], list[tuple[Frame, str]]]:
        pairs: list[list[tuple[str, Any]]] = []
        constants: list[str] = []
        # Everything here is done by the decoder itself: it hands each object's pairs to `list.append`.
        decoder = json.JSONDecoder(object_pairs_hook=pairs.append, parse_constant=constants.append)
        frames = [one for one in self.exchange.frames if one.value is not ABSENT]
        try:
            # All at once: each is whole by itself, so all of them make a list.
            decoder.decode(f"[{','.join(one.text or '' for one in frames)}]")
        except RecursionError:
            return constants, []  # so deep that it could be read before by a hair
        if sum(map(len, pairs)) == sum(map(len, map(dict, pairs))):
            return constants, []
        repeated: list[tuple[Frame, str]] = []
        for one in frames:
            pairs.clear()
            decoder.decode(one.text or "")
            for each in pairs:
                names = Counter(name for name, _ in each)
                repeated += [(one, name) for name, count in names.items() if count > 1]
        return constants, repeated
