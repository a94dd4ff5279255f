"""The lines of an event stream, for rules that look at how it is written rather than at what it says."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from chunktape.audit.exchange import Exchange

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
    """The lines of one body that are written in an uncommon way."""

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
