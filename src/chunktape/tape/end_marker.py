"""What ends a stream, whoever reads it: ``[DONE]``, ``message_stop``, ``response.completed`` and its like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chunktape.wire.sse import Event

__all__ = ["is_end_marker", "is_last"]

_TYPES = frozenset({"message_stop", "response.completed", "response.incomplete", "response.failed"})


def is_end_marker(event: Event) -> bool:
    """Return whether an event says that its stream has come to its end; an error does not."""
    text = event.data
    if text is None:
        return False
    if event.name in _TYPES or text.strip() == "[DONE]":
        return True
    # The marker's own type is the first thing that it says; a text about one is further inside.
    return any(word in text for word in _TYPES) and _object(text).get("type") in _TYPES


def is_last(event: Event) -> bool:
    """Return whether nothing is to follow an event: an end marker, or an error of the provider's."""
    if is_end_marker(event):
        return True
    if event.data is None:
        return False
    said = _object(event.data)
    kind = said.get("type")
    return event.name == "error" or (kind == "error" if isinstance(kind, str) else bool(said.get("error")))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
