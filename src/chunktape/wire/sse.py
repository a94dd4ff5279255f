"""Server-sent events: bytes in, events out, and nothing else.

A pure parser in the sense of
https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
with two differences that an archive needs. An event is also given out at the end of the bytes if
no blank line closed it (`Event.terminated` is False then), and comments are kept beside the event
that they precede, because some providers say things in them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Event", "EventParser", "block_ends", "events"]

BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BLANK_LINE = re.compile(rb"\n\n")
_BLANK_LINE_CRLF = re.compile(rb"\r\n\r\n")
_LONE_CR = re.compile(rb"\r(?!\n)")
_NO_LINE_END = bytes(set(range(256)) - set(b"\r\n"))
_BLOCK_END = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)")


class Event(NamedTuple):
    """One server-sent event.

    `name` is the ``event:`` field and None where none was sent, `data` the ``data:`` lines joined
    by a newline and None where there was none (a comment, or a lone ``retry:``).
    """

    data: str | None = None
    name: str | None = None
    id: str | None = None
    retry: int | None = None
    comments: tuple[str, ...] = ()
    terminated: bool = True


# The names of a protocol are few: all events share one text for each.
_NAMES: dict[bytes, str] = {}
_MOST_NAMES = 256
# What `Event(…)` does, at a third of its cost: one is made for each event of every stream.
_NEW = tuple.__new__


class EventParser:
    """Turns bytes that arrive in any pieces into events.

    The same bytes give the same events wherever they are cut. Bytes that are no UTF-8 become
    U+FFFD, as the standard says.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._begun = False
        self._lines: list[bytes] = []
        self._more: list[bytes] = []

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that these bytes complete."""
        rest = self._rest
        if rest:
            if b"\n" not in data and b"\r" not in data and rest[-1:] != b"\r" and self._begun:
                # A line that comes in many pieces is joined once, at its end.
                self._more.append(data)
                return []
            text = self._take_rest() + data
        else:
            text = data
        if not self._begun:
            if len(text) < len(BOM) and BOM.startswith(text):
                self._rest = text
                return []
            self._begun = True
            text = text.removeprefix(BOM)
        if b"\r" in text:
            lines, self._rest = _split(text)
        else:
            lines = text.split(b"\n")
            self._rest = lines.pop()
        done: list[Event] = []
        pending = self._lines
        for line in lines:
            if line:
                pending.append(line)
            elif pending:
                done.append(_event(pending, terminated=True))
                pending.clear()
        return done

    def finish(self) -> list[Event]:
        """Return what the end of the bytes leaves: at most one event that no blank line closed."""
        whole = self._take_rest()
        rest = whole.removesuffix(b"\r")
        closed = rest != whole
        done: list[Event] = []
        if rest:
            self._lines.append(rest)
        elif closed and self._lines:
            done.append(_event(self._lines, terminated=True))
            self._lines.clear()
        if self._lines:
            done.append(_event(self._lines, terminated=False))
            self._lines.clear()
        return done

    def _take_rest(self) -> bytes:
        rest = self._rest
        if self._more:
            rest = b"".join((rest, *self._more))
            self._more.clear()
        self._rest = b""
        return rest


def _split(text: bytes) -> tuple[list[bytes], bytes]:
    """Return the lines that are whole, by the standard's line ends, and what is left of the last one."""
    # A CR at the very end may be the first half of a CRLF: it waits for the next byte.
    end = len(text) - 1 if text.endswith(b"\r") else len(text)
    lines: list[bytes] = []
    start = 0
    for match in _LINE_END.finditer(text, 0, end):
        lines.append(text[start : match.start()])
        start = match.end()
    return lines, text[start:]


def _event(lines: list[bytes], *, terminated: bool) -> Event:
    first = lines[0]
    name: str | None = None
    # What nearly all events are, without a look at all that one may be.
    if len(lines) == 1 and first.startswith(b"data: "):
        return _NEW(Event, (first[6:].decode(errors="replace"), None, None, None, (), terminated))
    if len(lines) == 2 and first.startswith(b"event: ") and lines[1].startswith(b"data: "):  # noqa: PLR2004 - two lines
        name = _NAMES.get(first)
        if name is None:
            name = first[7:].decode(errors="replace")
            if len(_NAMES) < _MOST_NAMES:
                _NAMES[first] = name
        return _NEW(Event, (lines[1][6:].decode(errors="replace"), name, None, None, (), terminated))
    return _event_of_any(lines, terminated=terminated)


def _event_of_any(lines: list[bytes], *, terminated: bool) -> Event:
    data: list[str] = []
    comments: list[str] = []
    name: str | None = None
    ident: str | None = None
    retry: int | None = None
    for line in lines:
        field, _, value = line.decode(errors="replace").partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif not field:
            comments.append(value)
        elif field == "id":
            ident = value
        elif field == "retry" and value.isascii() and value.isdigit():
            retry = int(value)
    return Event("\n".join(data) if data else None, name, ident, retry, tuple(comments), terminated)


def events(body: bytes) -> Iterator[Event]:
    """Yield the events of a whole body."""
    parser = EventParser()
    yield from parser.feed(body)
    yield from parser.finish()


def block_ends(body: bytes) -> list[int]:
    """Return where each block of a body ends, in bytes from its start.

    A block reaches up to and with the blank line that closes it. Bytes after the last blank line
    make one more block, so the last number is the length of the body.
    """
    pattern = _BLANK_LINE
    if b"\r" in body:
        # Where all line ends are alike, a plain search is six times as fast as the standard's own rule.
        line_ends = body.translate(None, _NO_LINE_END)
        alike = not _LONE_CR.search(body) and line_ends.count(b"\r") == line_ends.count(b"\n")
        pattern = _BLANK_LINE_CRLF if alike else _BLOCK_END
    ends = [found.end() for found in pattern.finditer(body)]
    if body and (not ends or ends[-1] != len(body)):
        ends.append(len(body))
    return ends
