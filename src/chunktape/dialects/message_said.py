"""What one event of a messages stream says to a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.dialects.message_block import CALLS, is_tool
from chunktape.dialects.message_event import (
    content_of,
    error_of,
    fragment_of,
    kind_of,
    object_of,
    string_of,
    thinking_of,
)
from chunktape.dialects.said import Said, compact, complaint, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.dialects.assembly import Part
    from chunktape.wire.sse import Event

__all__ = ["MessageSpeech"]

_KINDS = frozenset(
    {
        *("message_start", "message_delta", "message_stop", "ping"),
        *("content_block_start", "content_block_delta", "content_block_stop"),
    }
)


class MessageSpeech:
    """Tells what each event says, given what the assembly made of it."""

    def __init__(self) -> None:
        self._last = -1
        self._ids: dict[int, str | None] = {}
        self._begun: dict[int, int] = {}

    def tell(self, event: Event, part: Part) -> Iterator[Said]:
        """Yield what an event says; one of a kind that is not known says nothing here."""
        data = part.data
        kind = string_of(data.get("type")) or event.name
        is_other = kind not in _KINDS
        if kind == "error" or event.name == "error" or (is_other and data.get("error")):
            yield complaint(error_of(data), event.data or "")
        elif kind == "content_block_delta":
            yield from self._delta(data)
        elif kind == "content_block_start":
            yield from self._block(self._index(data, self._last + 1), data.get("content_block"))
        elif kind == "message_start":
            content = object_of(data, "message").get("content")
            for block in content if isinstance(content, list) else ():
                yield from self._block(self._last + 1, block)

    def _index(self, data: dict[str, Any], otherwise: int) -> int:
        index = data.get("index")
        return index if type(index) is int else otherwise

    def _block(self, index: int, block: Any) -> Iterator[Said]:
        held = block if isinstance(block, dict) else {}
        ident = string_of(held.get("id"))
        if ident is not None and self._ids.get(index) == ident:
            # Some hosts say it twice that a block began.
            return
        self._last, self._ids[index] = index, ident
        self._begun[index] = self._begun.get(index, 0) + 1
        key = index, self._begun[index]
        kind = string_of(held.get("type"))
        if kind in CALLS or is_tool(held):
            given = held.get("input")
            yield Said("tool", f"{held.get('name') or kind or 'tool'} ", key)
            if given:
                yield Said("tool", given if isinstance(given, str) else compact(given), key)
        elif kind == "text":
            yield Said("text", string_of(held.get("text")) or "", key)
        elif kind == "thinking":
            yield Said("thinking", string_of(held.get("thinking")) or "", key)
        elif kind == "redacted_thinking":
            yield Said("thinking", f"({len(str(held.get('data')))} encrypted characters)", key)
        else:
            yield raw(block)

    def _delta(self, data: dict[str, Any]) -> Iterator[Said]:
        index = self._index(data, self._last)
        key = index, self._begun.get(index, 0)
        delta = object_of(data, "delta")
        match kind_of(delta):
            case "text_delta":
                yield Said("text", content_of(data), key)
            case "thinking_delta":
                yield Said("thinking", thinking_of(data) or "", key)
            case "input_json_delta":
                piece = fragment_of(data)
                given = delta.get("partial_json")
                # Some hosts send an object where JSON text belongs.
                yield Said("tool", "" if given is None else compact(given) if piece is None else piece, key)
            case "signature_delta":
                pass
            case _:
                yield raw(data.get("delta"))
