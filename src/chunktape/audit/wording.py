"""How messages show what somebody sent: its beginning, in one line, whatever it is."""

from __future__ import annotations

from typing import Any

from chunktape.errors import shorten

__all__ = ["shown"]


def shown(value: Any, limit: int = 80) -> str:
    """Return a value for a message: its beginning, or its kind where it has no text of its own."""
    try:
        return shorten(repr(value), limit)
    except (RecursionError, ValueError):
        # Too deep, or a number of more digits than Python writes.
        return type(value).__name__
