"""`ResponseStream`: the columns of a responses stream, made once for all rules that are about one.

Source of the protocol: https://platform.openai.com/docs/api-reference/responses-streaming, and
openai-python's `types/responses/response_stream_event.py`. Nothing is judged here.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.message import object_in
from chunktape.dialects.response_item import DELTAS, DONES

if TYPE_CHECKING:
    from chunktape.audit.exchange import Exchange, Frame

__all__ = ["ENDS", "Item", "Items", "ResponseStream", "Text", "response_of"]

ENDS = ("response.completed", "response.incomplete", "response.failed")
DONE, BROKEN = "[DONE]", ""


class Item:
    """An item of the output: the frame that adds it, and the one that says that it is done."""

    def __init__(self, index: int, added: Frame) -> None:
        self.index = index
        self.added = added
        self.done: Frame | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The item, as it is known last."""
        return object_in((self.done or self.added).value, "item")


class Items(NamedTuple):
    """The items by their index, and what lies beside them.

    `repeated` add an item again, `strays` are of one that nothing added, `late` of one that is done.
    """

    all: dict[int, Item]
    repeated: list[Frame]
    strays: list[Frame]
    late: list[Frame]


class Text(NamedTuple):
    """A text that came in pieces, and what its end says that it is; None where that says nothing."""

    pieces: list[str]
    done: Frame
    said: str | None


class ResponseStream:
    """One stream: `kinds` has the type of each of `frames`, ``""`` for what has none."""

    def __init__(self, exchange: Exchange) -> None:
        self.frames = [frame for frame in exchange.frames if frame.text is not None or frame.name]
        self.kinds = [_kind_of(frame) for frame in self.frames]
        self._set = frozenset(self.kinds)
        self.resumed = (exchange.interaction.request.method or "").upper() == "GET"

    @property
    def failed(self) -> bool:
        """Whether an event said that something failed."""
        return "error" in self._set or "response.failed" in self._set

    @cached_property
    def end(self) -> int | None:
        """The place of the event that ends the response, among the frames."""
        places = [self.kinds.index(kind) for kind in ENDS if kind in self._set]
        return min(places, default=None)

    @property
    def final(self) -> dict[str, Any]:
        """The response that the last event holds; empty where there is none."""
        return {} if self.end is None else object_in(self.frames[self.end].value, "response")

    @property
    def was_cancelled(self) -> bool:
        """Whether the last event holds a cancelled response, as one in the background can be."""
        last = self.frames[-1].value if self.frames else None
        return object_in(last, "response").get("status") == "cancelled"

    def has(self, kind: str) -> bool:
        """Return whether an event of a type came."""
        return kind in self._set

    @cached_property
    def items(self) -> Items:
        """The items of the output, by one walk over the events."""
        items, repeated, strays, late = found = Items({}, [], [], [])
        for frame, kind in zip(self.frames, self.kinds, strict=True):
            if type(frame.value) is not dict:
                continue
            index = frame.value.get("output_index")
            if kind == "response.output_item.added":
                if type(index) is not int:
                    strays.append(frame)
                elif index in items:
                    repeated.append(frame)
                else:
                    items[index] = Item(index, frame)
            elif index is not None:
                item = items.get(index) if type(index) is int else None
                if item is None:
                    strays.append(frame)
                elif item.done is not None:
                    late.append(frame)
                elif kind == "response.output_item.done":
                    item.done = frame
        return found

    @cached_property
    def texts(self) -> list[Text]:
        """The texts that came to their end, each with the pieces that came before."""
        pieces: dict[tuple[Any, ...], list[str]] = {}
        found = []
        for frame, kind in zip(self.frames, self.kinds, strict=True):
            place = DELTAS.get(kind)
            if place is not None:
                value = frame.value
                index = value.get("output_index"), value.get(place.index_name)
                piece = value.get("delta")
                pieces.setdefault((place, *map(_key, index)), []).append(
                    piece if isinstance(piece, str) else ""
                )
            elif kind in DONES:
                place, value = DONES[kind], frame.value
                key = (place, _key(value.get("output_index")), _key(value.get(place.index_name)))
                said = value.get(place.field)
                text = said if isinstance(said, str) else None
                if kind.endswith(".done"):
                    found.append(Text(pieces.pop(key, []), frame, text))
                elif text:
                    pieces[key] = [text]  # a command may be announced with its beginning
        return found


def response_of(exchange: Exchange) -> ResponseStream:
    """Return the columns of an exchange."""
    return exchange.once(ResponseStream)


def _key(index: Any) -> Any:
    return index if type(index) is int else None


def _kind_of(frame: Frame) -> str:
    value = frame.value
    if type(value) is not dict:
        if frame.name == "error":
            return "error"
        return DONE if (frame.text or "").strip() == DONE else BROKEN
    kind = value.get("type")
    if type(kind) is str:
        return kind
    return frame.name or ("error" if value.get("error") else BROKEN)
