"""The messages dialect: Anthropic's, and that of the hosts that speak it.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming, and the accumulators in
anthropic-python's `lib/streaming/_messages.py` and `_beta_messages.py`. `message_event` reads one
object, `message_answer` tells what a body means.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.dialects.assembly import Assembly, Fragment, Part
from chunktape.dialects.message_answer import COMMON, NAME, answer_of
from chunktape.dialects.message_block import GrowingBlock, implied_start, is_tool
from chunktape.dialects.message_event import (
    error_of,
    merge_usage,
    object_of,
    raw_usage_of,
    string_of,
    usage_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chunktape.dialects.answer import Answer, ToolCall
    from chunktape.wire.sse import Event

__all__ = ["COMMON", "NAME", "MessagesAssembly", "answer_of", "usage_of"]

# What `Part(…)` does, at half its cost: one is made for each event.
_NEW = tuple.__new__
# Fields of events that are not the message's own, or that have a rule of their own.
_APART = frozenset({"type", "delta", "usage", "message", "index", "content", "role", "error"})


class MessagesAssembly(Assembly):
    """Folds ``message_start`` … ``message_stop`` into one ``message``.

    A stream is complete when a stop reason and ``message_stop`` came. `unknown` holds the events of
    kinds that are not known; they have no place in a message.
    """

    def __init__(self, *, needs_end_marker: bool = True) -> None:
        super().__init__(needs_end_marker=needs_end_marker)
        self.unknown: list[dict[str, Any]] = []
        self._head: dict[str, Any] = {}
        self._usage: dict[str, Any] | None = None
        self._blocks: list[GrowingBlock] = []
        self._by_index: dict[int, GrowingBlock] = {}
        self._open: GrowingBlock | None = None
        self._next_index = 0
        self._tools = 0
        self._reused = False

    def body(self) -> dict[str, Any]:
        """Return the ``message``, as far as it has come; empty where nothing of it has."""
        if not self._head and not self._blocks and self._usage is None:
            return {}
        head: dict[str, Any] = {"id": None, "type": "message", "role": "assistant", "model": None}
        # The order of the fields is the provider's, where it told one.
        body = self._head | {name: value for name, value in head.items() if name not in self._head}
        body["content"] = [block.body() for block in self._in_order()]
        body.setdefault("stop_reason", None)
        body.setdefault("stop_sequence", None)
        if self._usage is not None:
            body["usage"] = self._usage
        return body

    def outline(self) -> Answer:
        """Return id, model, stop reason and usage, as far as they have come."""
        usage = {} if self._usage is None else {"usage": self._usage}
        outlined = answer_of(self._head | usage | {"content": []})
        return outlined if self._head or self._blocks else replace(outlined, choices=())

    def finish(self) -> tuple[ToolCall, ...]:
        """Return the tool calls whose end never came."""
        return self._hand_out(self._blocks)

    def _in_order(self) -> list[GrowingBlock]:
        """Return the blocks by index; as they came where an index does not tell them apart."""
        return self._blocks if self._reused else sorted(self._blocks, key=lambda block: block.index)

    def _is_end_marker(self, event: Event) -> bool:
        """Return whether this is ``[DONE]``, which gateways add; ``message_stop`` is an event like others."""
        data = event.data
        return data is not None and data.startswith("[DONE]")

    def _is_finished(self) -> bool:
        return string_of(self._head.get("stop_reason")) is not None

    def _take(self, event: Event, data: dict[str, Any]) -> Part:
        kind = data.get("type")
        if kind == "content_block_delta":
            return self._take_block_delta(data)
        if not isinstance(kind, str):
            kind = event.name or ""
        take = self._takers.get(kind)
        if kind == "error" or event.name == "error" or (take is None and data.get("error")):
            if self.error is None:
                self.error = error_of(data)
            return Part(data)
        if take is None:
            self.unknown.append(data)
            return Part(data)
        return take(self, data)

    def _take_ping(self, data: dict[str, Any]) -> Part:
        return Part(data)

    def _take_message_start(self, data: dict[str, Any]) -> Part:
        message = object_of(data, "message")
        for name, value in message.items():
            # One that comes again is the same message; its fields keep their order.
            if name == "content":
                self._head.setdefault(name, [])
            elif self._head.get(name) in (None, ""):
                self._head[name] = value
        self._count(data)
        given = message.get("content")
        begun = [
            self._begin(None, one)
            for one in (given if isinstance(given, list) else ())
            if isinstance(one, dict)
        ]
        for block in begun:
            block.closed = True
        self._open = None if begun else self._open
        return Part(data, "", self._hand_out(begun))

    def _take_block_start(self, data: dict[str, Any]) -> Part:
        start = object_of(data, "content_block")
        index = data.get("index")
        self._begin(index if type(index) is int else None, start)
        if start.get("type") == "fallback":
            # From here on another model answers, which is the one that a whole message names.
            model = string_of(object_of(start, "to").get("model"))
            self._head["model"] = model or self._head.get("model")
        return Part(data)

    def _begin(self, index: int | None, start: dict[str, Any]) -> GrowingBlock:
        if index is None:
            index = self._next_index
        known = self._by_index.get(index)
        if known is not None:
            if known.restates(start):
                return known
            self._reused = True
        block = GrowingBlock(index, start, self._tools if is_tool(start) else None)
        self._tools += block.position is not None
        self._next_index = max(self._next_index, index + 1)
        self._blocks.append(block)
        self._by_index[index] = self._open = block
        return block

    def _take_block_delta(self, data: dict[str, Any]) -> Part:
        delta = data.get("delta")
        if not isinstance(delta, dict):
            return Part(data)
        index = data.get("index")
        block = self._by_index.get(index) if type(index) is int else self._open
        if block is None:
            block = self._begin(index if type(index) is int else None, implied_start(delta))
        kind = block.take(delta)
        if kind == "text_delta":
            text = delta.get("text")
            return _NEW(Part, (data, text if isinstance(text, str) else "", (), ()))
        if kind == "input_json_delta" and block.position is not None:
            piece = delta.get("partial_json")
            so_far = partial(block.call, len(block.arguments))
            fragment = Fragment(0, block.position, piece if isinstance(piece, str) else "", so_far)
            return _NEW(Part, (data, "", (), (fragment,)))
        return _NEW(Part, (data, "", (), ()))

    def _take_block_stop(self, data: dict[str, Any]) -> Part:
        index = data.get("index")
        block = self._by_index.get(index) if type(index) is int else self._open
        if block is None:
            return Part(data)
        block.closed = True
        if block is self._open:
            self._open = None
        return Part(data, "", self._hand_out([block]))

    def _take_message_delta(self, data: dict[str, Any]) -> Part:
        delta = object_of(data, "delta")
        self._keep(delta)
        self._keep(data)
        self._count(data)
        if string_of(delta.get("stop_reason")) is None:
            return Part(data)
        # Hosts that leave out `content_block_stop` end their calls here; one that is not whole may go on.
        return Part(data, "", self._hand_out(takewhile(GrowingBlock.may_be_whole, self._blocks)))

    def _take_message_stop(self, data: dict[str, Any]) -> Part:
        self.ended = True
        # Bedrock adds its metrics here.
        self._keep(data)
        self._count(data)
        return Part(data, "", self._hand_out(self._blocks))

    def _keep(self, fields: dict[str, Any]) -> None:
        """Take fields over into the message; a later null or empty one never wipes what is known."""
        for name, value in fields.items():
            if name not in _APART and (value not in (None, "") or name not in self._head):
                self._head[name] = value or None if name == "stop_reason" else value

    def _count(self, data: dict[str, Any]) -> None:
        usage = raw_usage_of(data)
        if usage is not None:
            self._usage = merge_usage(self._usage, usage)

    def _hand_out(self, blocks: Iterable[GrowingBlock]) -> tuple[ToolCall, ...]:
        """Return the calls of the caller's tools among these blocks, each once."""
        fresh = [block for block in blocks if block.position is not None and not block.handed_out]
        for block in fresh:
            block.handed_out = True
        return tuple(block.call() for block in fresh)

    _takers: ClassVar[dict[str, Callable[[MessagesAssembly, dict[str, Any]], Part]]] = {
        "ping": _take_ping,
        "message_start": _take_message_start,
        "content_block_start": _take_block_start,
        "content_block_delta": _take_block_delta,
        "content_block_stop": _take_block_stop,
        "message_delta": _take_message_delta,
        "message_stop": _take_message_stop,
    }
