"""Where the events of a body end, for bodies whose chunks are not known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chunktape.wire.message import header
from chunktape.wire.sse import block_ends

if TYPE_CHECKING:
    from chunktape.wire.message import Head

__all__ = ["event_ends"]

_FIRST_LINE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:data|event|id|retry)?:")


def event_ends(head: Head | None, body: bytes) -> tuple[int, ...]:
    """Return where the events of a body end; a body that is no event stream is one piece."""
    media_type = header(head.headers, "content-type") if head is not None else None
    if (media_type or "").lower().startswith("text/event-stream") or _FIRST_LINE.match(body):
        return tuple(block_ends(body))
    return (len(body),) if body else ()
