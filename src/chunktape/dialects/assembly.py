"""`Assembly`: events of one stream folded into the body that would have come without streaming.

A pure state machine: bytes were turned into events before, what an answer means is decoded after.
Live streams, replays, sync and async, snapshots and audits all feed the same one.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from chunktape.dialects.answer import Answer, ToolCall
    from chunktape.wire.sse import Event

__all__ = ["Assembly", "Fragment", "Part", "Status", "StreamError", "parse_json"]

_decode = json.JSONDecoder().raw_decode

Status = Literal["complete", "interrupted", "error"]


class StreamError(NamedTuple):
    """An error that the provider sent inside of a stream, in its own words."""

    code: str | None
    message: str
    raw: dict[str, Any]


class Fragment(NamedTuple):
    """What one event added to one tool call.

    `position` counts the calls of a choice from 0; `delta` is the new argument text. `so_far` gives
    the call as it was after this fragment, and joins its text only when it is called.
    """

    choice: int
    position: int
    delta: str
    so_far: Callable[[], ToolCall]


class Part(NamedTuple):
    """What one event added: text (of the first choice), the tool calls it completed, and parts of such."""

    data: dict[str, Any]
    content: str = ""
    tools: tuple[ToolCall, ...] = ()
    fragments: tuple[Fragment, ...] = ()


class Assembly(ABC):
    """The state of one stream."""

    def __init__(self, *, needs_end_marker: bool = True) -> None:
        self.error: StreamError | None = None
        self.ended = False
        self.undecodable = 0
        self._needs_end_marker = needs_end_marker

    def feed(self, event: Event) -> Part | None:
        """Take in one event; None where it carries nothing (a comment, the end marker, no JSON)."""
        text = event.data
        # An object is no end marker, and nearly all events are objects.
        if text is None or (text[:1] != "{" and self._is_end_marker(event)):
            return None
        data = parse_json(text)
        if data is None:
            self._take_undecodable(event, text)
            return None
        return self._take(event, data)

    def _take_undecodable(self, event: Event, text: str) -> None:
        self.undecodable += 1
        if self.error is not None:
            return
        if event.name == "error":
            self.error = StreamError(None, text, {})
        elif event.terminated and not _is_harmless(text):
            # A gateway's own words, or an event that was damaged: nobody knows what it would have said. One
            # that the end of the bytes tore is none, the missing end tells of that.
            self.error = StreamError(None, f"an event that is no JSON: {text}", {})

    @property
    def status(self) -> Status:
        """Whether the stream is all that there was to come: an end marker and a finish reason came."""
        if self.error is not None:
            return "error"
        whole = self._is_finished() and (self.ended or not self._needs_end_marker)
        return "complete" if whole else "interrupted"

    @abstractmethod
    def body(self) -> dict[str, Any]:
        """Return the body that would have come without streaming, as far as it has come."""

    @abstractmethod
    def outline(self) -> Answer:
        """Return what is known by now without what was said: id, model, finish reasons and usage.

        Costs the same however long the answer has become.
        """

    @abstractmethod
    def finish(self) -> tuple[ToolCall, ...]:
        """Return the tool calls that only the end of the stream completes, each once."""

    @abstractmethod
    def _is_end_marker(self, event: Event) -> bool:
        """Note the end marker, if this event is one."""

    @abstractmethod
    def _is_finished(self) -> bool:
        """Return whether the model's own reason to end has come."""

    @abstractmethod
    def _take(self, event: Event, data: dict[str, Any]) -> Part:
        """Take in one event that is a JSON object."""


def _is_harmless(text: str) -> bool:
    """Return whether an event says nothing, or something in JSON that has no fields."""
    if not text.strip():
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def parse_json(text: str) -> dict[str, Any] | None:
    """Return a JSON object, or None for everything else."""
    try:
        # Without the two searches for white space around it, which is hardly ever there.
        data, end = _decode(text)
        if end != len(text):
            data = json.loads(text)
    except (ValueError, RecursionError):
        data = _loads(text)
    return data if isinstance(data, dict) else None


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
