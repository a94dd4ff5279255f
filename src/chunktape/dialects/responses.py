"""The responses dialect: OpenAI's Responses API, and the hosts that speak it.

Source: https://platform.openai.com/docs/api-reference/responses-streaming, and openai-python's
`types/responses/` and `lib/streaming/responses/_responses.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.dialects.answer import ToolCall
from chunktape.dialects.assembly import Assembly, Fragment, Part
from chunktape.dialects.response_answer import (
    CALLS,
    COMMON,
    NAME,
    answer_of,
    call_of,
    common_reason,
    usage_of,
)
from chunktape.dialects.response_item import DELTAS, DONES, TEXT, Growing, Place, index_of
from chunktape.dialects.stream_error import error_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chunktape.dialects.answer import Answer
    from chunktape.wire.sse import Event

__all__ = ["COMMON", "NAME", "ResponsesAssembly", "answer_of", "common_reason", "usage_of"]

_BEGINNINGS = {"response.created", "response.queued", "response.in_progress"}
_ENDS = {"response.completed", "response.incomplete", "response.failed"}
_PARTS = {
    "response.content_part.added": ("content", "content_index"),
    "response.content_part.done": ("content", "content_index"),
    "response.reasoning_summary_part.added": ("summary", "summary_index"),
    "response.reasoning_summary_part.done": ("summary", "summary_index"),
}
# What the last word of an event such as ``response.web_search_call.searching`` says of its item.
_STATUSES = {"in_progress", "searching", "interpreting", "generating", "completed", "failed"}


class ResponsesAssembly(Assembly):
    """Folds ``response.…`` events into one ``response``.

    The events ``response.completed``, ``.incomplete`` and ``.failed`` are its end marker; ``[DONE]``,
    which OpenRouter adds, says nothing more. `unknown` holds the events of kinds that are not known.
    """

    def __init__(self, *, needs_end_marker: bool = True) -> None:
        super().__init__(needs_end_marker=needs_end_marker)
        self.unknown: list[dict[str, Any]] = []
        self._head: dict[str, Any] = {}
        self._final: dict[str, Any] | None = None
        self._items: dict[int, Growing] = {}

    def body(self) -> dict[str, Any]:
        """Return the ``response``: the one that the last event holds, or as far as it has come."""
        grown = [self._items[index].body() for index in sorted(self._items)]
        if self._final is None:
            return self._head | {"output": grown} if self._head or grown else {}
        body = self._head | self._final
        if not body.get("output"):
            # Some hosts leave out of the last event what they have streamed already.
            body["output"] = grown
        return body

    def outline(self) -> Answer:
        """Return id, model, finish reasons and usage, as far as they have come."""
        known = answer_of(self.body())
        return replace(known, choices=tuple(replace(choice, blocks=()) for choice in known.choices))

    def finish(self) -> tuple[ToolCall, ...]:
        """Return the tool calls whose end never came."""
        return tuple(call for index in sorted(self._items) for call in _handed_out(self._items[index]))

    def _is_end_marker(self, event: Event) -> bool:
        return event.data is not None and event.data.strip() == "[DONE]"

    def _is_finished(self) -> bool:
        return self._final is not None

    def _take(self, event: Event, data: dict[str, Any]) -> Part:
        kind = data.get("type")
        if not isinstance(kind, str):
            kind = event.name or ""
        place = DELTAS.get(kind)
        if place is not None:
            return self._take_delta(place, data)
        take = self._takers.get(kind, ResponsesAssembly._take_other)
        return take(self, kind, data)

    def _take_delta(self, place: Place, data: dict[str, Any]) -> Part:
        piece = data.get("delta")
        if not isinstance(piece, str):
            self.unknown.append(data)
            return Part(data)
        node = self._node(place, data)
        node.pieces(place.field).append(piece)
        logprobs = data.get("logprobs")
        if logprobs and isinstance(logprobs, list):
            node.extend("logprobs", logprobs)
        if place.part_type == "output_text":
            node.said += len(piece)
            return Part(data, piece)
        if place.item_type in CALLS:
            position = sum(one.type in CALLS for at, one in self._items.items() if at < self._index(data))
            fragment = Fragment(0, position, piece, lambda: call_of(node.body()) or ToolCall(None, ""))
            return Part(data, fragments=(fragment,))
        return Part(data)

    def _take_text(self, kind: str, data: dict[str, Any]) -> Part:
        place = DONES[kind]
        text = data.get(place.field)
        node = self._node(place, data)
        if isinstance(text, str):
            node.replace(place.field, text)
        return Part(data, node.unsaid())

    def _take_part(self, kind: str, data: dict[str, Any]) -> Part:
        list_name, index_name = _PARTS[kind]
        raw = data.get("part")
        if not isinstance(raw, dict):
            return Part(data)
        item_type = (
            "reasoning" if list_name == "summary" or raw.get("type") == "reasoning_text" else "message"
        )
        part = self._item(data, item_type).part(list_name, index_of(data.get(index_name)))
        part.settle(raw)
        return Part(data, part.unsaid())

    def _take_item(self, _: str, data: dict[str, Any]) -> Part:
        raw = data.get("item")
        if isinstance(raw, dict):
            item = self._items[self._index(data)] = Growing(raw)
            return Part(data, _unsaid(item))
        return Part(data)

    def _take_done_item(self, _: str, data: dict[str, Any]) -> Part:
        raw = data.get("item")
        index = self._index(data)
        item = self._items.get(index)
        if item is None:
            item = self._items[index] = Growing({})
        if isinstance(raw, dict):
            item.settle(raw)
        return Part(data, _unsaid(item), _handed_out(item))

    def _take_head(self, _: str, data: dict[str, Any]) -> Part:
        response = data.get("response")
        if self._final is not None:
            # Over a WebSocket another response may follow; this one is whole.
            self.unknown.append(data)
            return Part(data)
        if not isinstance(response, dict):
            return Part(data)
        self._head = self._head | response
        # A background response that is picked up again comes with the output so far.
        return Part(data, self._seed(response.get("output")))

    def _take_end(self, kind: str, data: dict[str, Any]) -> Part:
        response = data.get("response")
        self._final = response if isinstance(response, dict) else {}
        self.ended = True
        if kind == "response.failed" and self.error is None:
            self.error = error_of(self._final, otherwise="the response failed")
        if not self._items:
            return Part(data, self._seed(self._final.get("output")), self.finish())
        return Part(data, "", self.finish())

    def _take_annotation(self, _: str, data: dict[str, Any]) -> Part:
        self._node(TEXT, data).extend("annotations", [data.get("annotation")])
        return Part(data)

    def _take_sketch(self, _: str, data: dict[str, Any]) -> Part:
        # Until the final image comes, the last sketch is what there is.
        self._item(data, "image_generation_call").put("partial_image_b64", data.get("partial_image_b64"))
        return Part(data)

    def _take_printed(self, _: str, data: dict[str, Any]) -> Part:
        delta = data.get("delta")
        part = self._item(data, "shell_call_output").part("output", index_of(data.get("command_index")))
        for name, piece in delta.items() if isinstance(delta, dict) else ():
            if isinstance(piece, str):
                part.pieces(name).append(piece)
        return Part(data)

    def _take_other(self, kind: str, data: dict[str, Any]) -> Part:
        """Take in an error, a new status of an item, or what is not known."""
        item = self._items.get(self._index(data))
        family, _, word = kind.rpartition(".")
        if kind == "error" or data.get("error"):
            self.error = self.error or error_of(data)
        elif item is not None and word in _STATUSES and family.startswith("response."):
            if item.has("status"):
                item.put("status", word)
        else:
            self.unknown.append(data)
        return Part(data)

    def _node(self, place: Place, data: dict[str, Any]) -> Growing:
        item = self._item(data, place.item_type)
        if place.list_name is None:
            return item
        return item.part(place.list_name, index_of(data.get(place.index_name)), place.part_type)

    def _item(self, data: dict[str, Any], item_type: str) -> Growing:
        """Return the item that an event belongs to, made up where nothing announced it."""
        index = self._index(data)
        found = self._items.get(index)
        if found is None:
            identity = data.get("item_id")
            known = {"id": identity} if isinstance(identity, str) else {}
            found = self._items[index] = Growing({"type": item_type} | known)
        return found

    def _index(self, data: dict[str, Any]) -> int:
        """Return the place of an event's item, which is the last one where nothing is said."""
        index = data.get("output_index")
        if isinstance(index, int) and index >= 0:
            return index
        return max(self._items, default=0)

    def _seed(self, output: Any) -> str:
        """Take items that no event has brought, and return the text in them."""
        content = ""
        for index, raw in enumerate(output if isinstance(output, list) else ()):
            if isinstance(raw, dict) and index not in self._items:
                item = self._items[index] = Growing(raw)
                content += _unsaid(item)
        return content

    _takers: ClassVar[dict[str, Callable[[ResponsesAssembly, str, dict[str, Any]], Part]]] = {
        **dict.fromkeys(DONES, _take_text),
        **dict.fromkeys(_PARTS, _take_part),
        **dict.fromkeys(_BEGINNINGS, _take_head),
        **dict.fromkeys(_ENDS, _take_end),
        "response.output_item.added": _take_item,
        "response.output_item.done": _take_done_item,
        "response.output_text.annotation.added": _take_annotation,
        "response.image_generation_call.partial_image": _take_sketch,
        "response.shell_call_output_content.delta": _take_printed,
    }


def _unsaid(item: Growing) -> str:
    return "".join(part.unsaid() for part in item.parts("content")) if item.type == "message" else ""


def _handed_out(item: Growing) -> tuple[ToolCall, ...]:
    """Return the tool call that an item is, once."""
    call = None if item.handed_out else call_of(item.body())
    item.handed_out = item.handed_out or call is not None
    return () if call is None else (call,)
