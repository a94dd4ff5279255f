"""Whether a redacted reply still replays to the same objects, as far as that can be told without an SDK.

Checked is: as many events as before, with the same names and ids; data that was JSON is JSON, with
the same members in the same order, and every value as it was but for text that holds a placeholder.
So whatever parsed it before parses it now. What the text says is not checked: that is what changed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chunktape.tape.event_boundary import is_event_stream
from chunktape.wire.sse import events

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction
    from chunktape.wire.sse import Event

__all__ = ["broken_by"]

_MARK = "redacted"


def broken_by(one: Interaction, body: bytes) -> str | None:
    """Return what a redacted body has broken of a reply, None where it has broken nothing."""
    if one.body == body:
        return None
    if not is_event_stream(one.head, one.body):
        return None if _same_text(one.body.decode(errors="replace"), body) else "its body"
    before, after = list(events(one.body)), list(events(body))
    if len(before) != len(after):
        return f"its events, of which there are {len(after)} instead of {len(before)}"
    pairs = enumerate(zip(before, after, strict=True), start=1)
    return next((f"event {number} of it" for number, (old, new) in pairs if not _same_event(old, new)), None)


def _same_event(before: Event, after: Event) -> bool:
    if before == after:
        return True
    if not (_same(before.name, after.name) and _same(before.id, after.id) and before.retry == after.retry):
        return False
    if before.data is None or after.data is None:
        return before.data == after.data
    return _same_text(before.data, after.data.encode())


def _same_text(before: str, after: bytes) -> bool:
    """Return whether text is still JSON of the same form, if it was any."""
    try:
        old = json.loads(before)
    except (ValueError, RecursionError):
        return True
    try:
        return _same(old, json.loads(after.decode(errors="replace")))
    except (ValueError, RecursionError):
        return False


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, dict) and isinstance(after, dict):
        return len(before) == len(after) and _same(list(before.items()), list(after.items()))
    if isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        return len(before) == len(after) and all(map(_same, before, after))
    changed = isinstance(before, str) and isinstance(after, str) and _MARK in after
    return changed or (type(before) is type(after) and before == after)
