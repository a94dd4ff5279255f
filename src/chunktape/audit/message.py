"""`Message`: the columns of a messages stream, made once for all rules that are about one.

Source of the protocol: https://platform.claude.com/docs/en/build-with-claude/streaming. Nothing is
judged here; shapes of any kind are taken, because hosts send what they like.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.exchange import ABSENT
from chunktape.audit.wording import shown

if TYPE_CHECKING:
    from chunktape.audit.exchange import Exchange, Frame

__all__ = ["KINDS", "LEFT", "Block", "Blocks", "Message", "message_of", "object_in", "shown", "was_cut_short"]

KINDS = {
    "message_start": "S",
    "content_block_start": "b",
    "content_block_delta": "d",
    "content_block_stop": "e",
    "message_delta": "m",
    "message_stop": "M",
    "ping": "p",
    "error": "E",
}
"""The known types of events, and the letter of each in `Message.order`."""
LEFT = {"closed": "the reader had left", "cancelled": "the reader was cancelled", "open": "it was still open"}
"""Why a stream may be cut without its sender's fault, by the ending of the recording."""
_CUT_SHORT = {"max_tokens", "model_context_window_exceeded", "refusal"}
DONE, UNKNOWN, BROKEN = "D", "u", "?"
"""Other letters: ``[DONE]``, an object of another type, and what is no object."""


class Block:
    """A content block: the frame that starts it, the frames of its deltas, and those that stop it."""

    def __init__(self, index: Any, start: Frame) -> None:
        self.index = index
        self.start = start
        kind = object_in(start.value, "content_block").get("type")
        self.kind = kind if isinstance(kind, str) else ""
        self.deltas: list[Frame] = []
        self.stops: list[Frame] = []

    @property
    def opened(self) -> dict[str, Any]:
        """The object that announced it."""
        return object_in(self.start.value, "content_block")

    @cached_property
    def delta_kinds(self) -> list[str | None]:
        """The types of its deltas, None where one says none."""
        return [_kind_of(frame) for frame in self.deltas]


class Blocks(NamedTuple):
    """The blocks in the order of their starts, and what lies beside them.

    `strays` are deltas and stops without an open block, `overlaps` starts while another block is
    open, `left_open` the blocks that are open when the first ``message_delta`` comes.
    """

    all: list[Block]
    strays: list[Frame]
    overlaps: list[Frame]
    left_open: list[Block]


class Message:
    """One stream: `order` has a letter for each of `frames`, `by_kind` holds the frames of a letter.

    Frames that are nothing but comments are left out.
    """

    def __init__(self, exchange: Exchange) -> None:
        frames: list[Frame] = []
        letters: list[str] = []
        by_kind: dict[str, list[Frame]] = {}
        for frame in exchange.frames:
            letter = _letter_of(frame)
            if letter:
                frames.append(frame)
                letters.append(letter)
                if letter != "d":
                    by_kind.setdefault(letter, []).append(frame)
        self.frames = frames
        self.order = "".join(letters)
        self.by_kind = by_kind
        self.asked = exchange.asked

    @property
    def ended(self) -> bool:
        """Whether ``message_stop`` came."""
        return "M" in self.order

    @property
    def failed(self) -> bool:
        """Whether an error came."""
        return "E" in self.order

    @property
    def told_all(self) -> bool:
        """Whether the message is whole as far as anybody can tell: it ended, or its last words came."""
        return not self.failed and ("M" in self.order or "m" in self.order)

    @cached_property
    def stop_reason(self) -> Any:
        """The last stop reason that is not null, or `ABSENT`."""
        reasons = [object_in(frame.value, "delta").get("stop_reason") for frame in self.of("m")]
        reasons += [object_in(frame.value, "message").get("stop_reason") for frame in self.of("S")]
        return next((one for one in reversed(reasons) if one is not None), ABSENT)

    def of(self, letter: str) -> list[Frame]:
        """Return the frames of a letter other than that of deltas."""
        return self.by_kind.get(letter, [])

    @cached_property
    def blocks(self) -> Blocks:
        """The content blocks, by one walk over the events."""
        found = Blocks([], [], [], [])
        running: dict[Any, Block] = {}
        judged = False
        for frame, letter in zip(self.frames, self.order, strict=True):
            if letter == "d":
                index = frame.value.get("index")
                block = running.get(index) if type(index) is int else None
                if block is None:
                    found.strays.append(frame)
                else:
                    block.deltas.append(frame)
            elif letter == "b":
                if running:
                    found.overlaps.append(frame)
                index = frame.value.get("index")
                block = Block(index if type(index) is int else ABSENT, frame)
                running[block.index] = block
                found.all.append(block)
            elif letter == "e":
                index = frame.value.get("index")
                block = running.pop(index, None) if type(index) is int else None
                if block is None:
                    found.strays.append(frame)
                else:
                    block.stops.append(frame)
            elif letter == "m" and not judged:
                judged = True
                found.left_open.extend(running.values())
        return found


def message_of(exchange: Exchange) -> Message:
    """Return the columns of an exchange."""
    return exchange.once(Message)


def was_cut_short(message: Message) -> bool:
    """Return whether the answer was stopped in mid-word."""
    return isinstance(message.stop_reason, str) and message.stop_reason in _CUT_SHORT


def object_in(value: Any, name: str) -> dict[str, Any]:
    """Return a member that is an object; an empty one where it is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _letter_of(frame: Frame) -> str:
    value = frame.value
    if type(value) is dict:
        kind = value.get("type")
        letter = KINDS.get(kind) if type(kind) is str else KINDS.get(frame.name or "")
        if letter is not None and frame.name != "error":
            return letter
        if letter == "E" or frame.name == "error" or value.get("error"):
            return "E"
        return UNKNOWN
    if frame.text is None:
        return BROKEN if frame.name else ""
    if frame.name == "error":
        return "E"
    return DONE if frame.text.strip() == "[DONE]" else BROKEN


def _kind_of(frame: Frame) -> str | None:
    kind = object_in(frame.value, "delta").get("type")
    return kind if isinstance(kind, str) else None
