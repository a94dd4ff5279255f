"""Where the events of a body end, for bodies whose chunks are not known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chunktape.wire.message import header
from chunktape.wire.sse import block_ends

if TYPE_CHECKING:
    from chunktape.wire.message import Head

__all__ = ["event_ends", "is_event_stream"]

_FIRST_LINE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:data|event|id|retry)?:")


def event_ends(head: Head | None, body: bytes) -> tuple[int, ...]:
    """Return where the events of a body end; a body that is no event stream is one piece."""
    if is_event_stream(head, body):
        return tuple(block_ends(body))
    return (len(body),) if body else ()


def is_event_stream(head: Head | None, body: bytes) -> bool:
    """Return whether a body is made of server-sent events, by its head or else by its first line."""
    media_type = header(head.headers, "content-type") if head is not None else None
    return (media_type or "").lower().startswith("text/event-stream") or bool(_FIRST_LINE.match(body))
