"""What one event of a responses stream says to a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.dialects.assembly import StreamError
from chunktape.dialects.response_item import DELTAS, DONES, Place, index_of
from chunktape.dialects.said import Kind, Said, complaint, raw
from chunktape.dialects.stream_error import error_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.dialects.answer import ToolCall
    from chunktape.dialects.assembly import Part
    from chunktape.wire.sse import Event

__all__ = ["ResponseSpeech"]

_KINDS: dict[str, Kind] = {
    "output_text": "text",
    "refusal": "refusal",
    "reasoning_text": "thinking",
    "summary_text": "thinking",
}
# Items that speak in their parts; every other one is shown by its name.
_SPEAKERS = {"message", "reasoning"}
# They have a place in a response, and are no words.
_DATA = {
    "response.output_text.annotation.added": "annotation",
    "response.shell_call_output_content.delta": "delta",
}


class ResponseSpeech:
    """Tells what each event says, given what the assembly made of it."""

    def __init__(self) -> None:
        self._told: set[tuple[Place, int, int]] = set()
        self._announced: set[int] = set()
        self._argued: set[int] = set()

    def tell(self, event: Event, part: Part) -> Iterator[Said]:
        """Yield what an event says; one of a kind that is not known says nothing here."""
        data = part.data
        kind = data.get("type")
        if not isinstance(kind, str):
            kind = event.name or ""
        output = index_of(data.get("output_index"))
        place = DELTAS.get(kind) or DONES.get(kind)
        if place is not None:
            yield from self._text(place, output, kind, part)
            return
        # What no delta brought: a part or an item that came whole, an answer that is picked up again.
        yield Said("text", part.content, ("text", "content", output, index_of(data.get("content_index"))))
        if kind == "response.output_item.added":
            yield from self._item(output, data.get("item"))
        elif kind in _DATA:
            yield raw(data.get(_DATA[kind]))
        elif kind in {"response.failed", "error"} or data.get("error"):
            failed = data.get("response") if kind == "response.failed" else data
            yield complaint(error_of(failed if isinstance(failed, dict) else data), event.data or "")
        elif kind == "response.incomplete":
            yield complaint(_limit(data), event.data or "")
        if kind == "response.output_item.done" or not self._announced:
            for place_of_call, call in enumerate(part.tools, output):
                yield from self._call(place_of_call, call)

    def _text(self, place: Place, output: int, kind: str, part: Part) -> Iterator[Said]:
        index = index_of(part.data.get(place.index_name)) if place.index_name else 0
        word = _KINDS.get(place.part_type, "tool")
        if word == "text":
            yield Said(word, part.content, (word, place.list_name, output, index))
            return
        spot = place, output, index
        piece = part.data.get("delta" if kind in DELTAS else place.field)
        # The whole is told again at its end; it counts where no piece of it came.
        if isinstance(piece, str) and (kind in DELTAS or spot not in self._told):
            if piece:
                self._told.add(spot)
            if word == "tool":
                self._argued.add(output)
                yield Said(word, piece, (word, output))
            else:
                yield Said(word, piece, (word, place.list_name, output, index))

    def _item(self, output: int, item: Any) -> Iterator[Said]:
        held = item if isinstance(item, dict) else {}
        self._announced.add(output)
        kind = str(held.get("type") or "")
        if kind not in _SPEAKERS:
            yield Said("tool", f"{held.get('name') or kind} ".lstrip(), ("tool", output))

    def _call(self, output: int, call: ToolCall) -> Iterator[Said]:
        """Yield what no event has told of a call."""
        if output not in self._announced:
            self._announced.add(output)
            yield Said("tool", f"{call.name or ''} ".lstrip(), ("tool", output))
        if output not in self._argued:
            self._argued.add(output)
            yield Said("tool", call.arguments, ("tool", output))


def _limit(data: dict[str, Any]) -> StreamError:
    """Return why a response is incomplete, in the form of an error."""
    response = data.get("response")
    details = response.get("incomplete_details") if isinstance(response, dict) else None
    reason = details.get("reason") if isinstance(details, dict) else None
    return StreamError(None, reason if isinstance(reason, str) else "", data)
