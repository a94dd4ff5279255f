"""`Said`: a piece of what a stream says to a reader, while it comes.

For the eye: pieces are told in the order of the wire, and nothing is put together. What an answer
means is decoded from its body.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Hashable

    from chunktape.dialects.assembly import StreamError

__all__ = ["Kind", "Said", "compact", "complaint", "raw"]

Kind = Literal["text", "thinking", "tool", "refusal", "audio", "error", "data", "cut"]
"""``data`` is what no dialect knows, ``cut`` an event that the end of the stream cut."""


class Said(NamedTuple):
    """A piece; those of one `key` belong together, and one whose key is None stands alone.

    `choice` counts the answers of a request that asked for several.
    """

    kind: Kind
    text: str
    key: Hashable = None
    choice: int = 0


def raw(value: Any, choice: int = 0) -> Said:
    """Return what nobody knows as the data that it is."""
    return Said("data", shorten(value if isinstance(value, str) else compact(value)), None, choice)


def compact(value: Any) -> str:
    """Return a value as JSON in one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def complaint(error: StreamError, data: str) -> Said:
    """Return an error in the provider's words, or as its data where it has none."""
    if not error.message:
        return Said("error", shorten(data))
    return Said("error", f"{error.code}: {error.message}" if error.code else error.message)
