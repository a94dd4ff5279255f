"""The content blocks of messages streams: numbers, order, and what each may hold (ANT-B1 … ANT-B7)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from chunktape.audit.exchange import ABSENT
from chunktape.audit.finding import Hit
from chunktape.audit.message import message_of, object_in, shown, was_cut_short
from chunktape.audit.message_mutation import changed, dropping, editing, event, pieces_of
from chunktape.audit.rule import Rule
from chunktape.audit.rules.ant import STREAMING
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange, Frame
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES"]

_TEXT, _THINKING = frozenset({"text"}), frozenset({"thinking"})
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_BELONGS = {
    "text_delta": _TEXT,
    "citations_delta": _TEXT,
    "input_json_delta": _CALLS,
    "thinking_delta": _THINKING,
    "signature_delta": _THINKING,
    "compaction_delta": frozenset({"compaction"}),
}
# Blocks of other types may be new, and nobody knows yet what they hold.
_KNOWN_BLOCKS = _TEXT | _THINKING | _CALLS | {"compaction", "redacted_thinking"}


def _numbered(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    blocks = message.blocks.all
    known: set[Any] = set()
    for place, block in enumerate(blocks):
        if block.index is ABSENT:
            yield _at(block.start, "a block starts without an index that is a number", "no index")
        elif block.index in known:
            yield _at(block.start, f"block {shown(block.index)} starts a second time", "started twice")
        elif block.index != place:
            yield _at(
                block.start, f"block {shown(block.index)} starts where {place} comes next", "not contiguous"
            )
        if not block.stops and message.ended and not message.failed:
            yield _at(block.start, f"block {shown(block.index)} never stops", "never stopped")
        known.add(block.index)
    if not message.blocks.strays:
        return
    stopped = {block.index for block in blocks if block.stops}
    for frame in message.blocks.strays:
        index = frame.value.get("index")
        if frame.value.get("type") == "content_block_stop" and type(index) is int and index in stopped:
            yield _at(frame, f"block {shown(index)} stops a second time", "stopped twice")


def _open(exchange: Exchange) -> Iterator[Hit]:
    for frame in message_of(exchange).blocks.strays:
        what = "delta" if "delta" in frame.value else "stop"
        index = shown(frame.value.get("index", ABSENT), 40)
        yield _at(frame, f"a {what} for block {index}, which is not open", f"{what} without a block")


def _alone(exchange: Exchange) -> Iterator[Hit]:
    for frame in message_of(exchange).blocks.overlaps:
        yield _at(frame, "a block starts while another one is open", "overlap")


def _fitting(exchange: Exchange) -> Iterator[Hit]:
    for block in message_of(exchange).blocks.all:
        kinds = block.delta_kinds
        for kind in set(kinds):
            fits = _BELONGS.get(kind) if kind is not None else frozenset[str]()
            if fits is None or block.kind in fits or (kind is not None and block.kind not in _KNOWN_BLOCKS):
                continue
            subject = shorten(f"{kind or 'no type'} in {block.kind or 'no type'}", 80)
            for frame, one in zip(block.deltas, kinds, strict=True):
                if one == kind:
                    yield _at(frame, f"a delta of the wrong type: {subject}", subject)


def _closed(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    for block in message.blocks.left_open:
        frame = message.of("m")[0]
        yield _at(frame, f"block {shown(block.index)} is still open when message_delta comes", "open block")


def _filled(exchange: Exchange) -> Iterator[Hit]:
    for block in message_of(exchange).blocks.all:
        if block.stops and not block.deltas and block.kind in {"text", "thinking"}:
            yield _at(block.stops[0], f"a {block.kind} block without a delta", block.kind)


def _signed(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    for block in message.blocks.all:
        if block.kind != "thinking" or not block.stops:
            continue
        if block is message.blocks.all[-1] and was_cut_short(message):
            continue  # before it could be signed
        kinds = block.delta_kinds
        if "signature_delta" not in kinds:
            if not block.opened.get("signature"):
                yield _at(block.stops[0], "a thinking block without a signature", "no signature")
        elif kinds[-1] != "signature_delta":
            yield _at(block.deltas[-1], "a thinking block goes on behind its signature", "not last")


def _at(frame: Frame, message: str, subject: str) -> Hit:
    return Hit(message, subject, frame.number, frame.text or "")


def _skip_number(value: dict[str, Any]) -> None:
    value["index"] += 1


def _other_delta(value: dict[str, Any]) -> None:
    wrong = {"type": "text_delta", "text": "x"}
    if object_in(value, "delta").get("type") in {"text_delta", "citations_delta"}:
        wrong = {"type": "input_json_delta", "partial_json": ""}
    value["delta"] = wrong


def _swap_last_stop(one: Interaction, _: Random) -> Interaction | None:
    """Let the last block stop behind the first message_delta."""
    pieces = pieces_of(one)
    stop = next((piece for piece in reversed(pieces) if piece.kind == "content_block_stop"), None)
    delta = next((piece for piece in pieces if piece.kind == "message_delta"), None)
    if stop is None or delta is None:
        return None
    return changed(one, {stop.place: b"", delta.place: delta.raw + stop.raw})


def _nest(one: Interaction, random: Random) -> Interaction | None:
    """Let a block start and stop inside of another one."""
    found = [piece for piece in pieces_of(one) if piece.kind == "content_block_start"]
    if not found:
        return None
    piece = random.choice(found)
    index = 1 + max(one.value["index"] for one in found)
    start = {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
    sent = event(start) + event({"type": "content_block_stop", "index": index})
    return changed(one, {piece.place: piece.raw + sent})


def _empty(one: Interaction, random: Random) -> Interaction | None:
    return _without_deltas(one, random, {"text", "thinking"}, lambda _: True)


def _unsign(one: Interaction, random: Random) -> Interaction | None:
    return _without_deltas(one, random, {"thinking"}, lambda kind: kind == "signature_delta")


def _without_deltas(one: Interaction, random: Random, blocks: set[str], which: Any) -> Interaction | None:
    pieces = pieces_of(one)
    kinds = {
        piece.value["index"]: piece.value["content_block"]["type"]
        for piece in pieces
        if piece.kind == "content_block_start"
    }
    found = sorted(index for index, kind in kinds.items() if kind in blocks)
    if not found:
        return None
    index = random.choice(found)
    gone = [
        piece.place
        for piece in pieces
        if piece.kind == "content_block_delta"
        and piece.value["index"] == index
        and which(piece.value["delta"]["type"])
    ]
    return changed(one, dict.fromkeys(gone, b"")) if gone else None


_rule = partial(Rule, dialects=frozenset({"messages"}), source=STREAMING)

RULES: tuple[Rule, ...] = (
    _rule(
        id="ANT-B1",
        title="blocks are numbered 0, 1, 2 …, each started once and stopped once",
        strict="error",
        compat="error",
        example="content_block_start of index 0, then of index 2",
        way_out="Number the blocks without gaps: anthropic's SDK raises an IndexError over one.",
        check=_numbered,
        mutate=editing("content_block_start", _skip_number),
    ),
    _rule(
        id="ANT-B2",
        title="deltas and stops are for an open block",
        strict="error",
        compat="error",
        example="content_block_delta of index 1, which never started",
        way_out="Send content_block_start before the deltas of a block, and nothing of it behind its stop.",
        check=_open,
        mutate=dropping("content_block_start"),
    ),
    _rule(
        id="ANT-B3",
        title="one block is open at a time",
        strict="warning",
        compat="warning",
        example="content_block_start of index 1 before the stop of index 0",
        way_out="Stop a block before the next one starts; readers that keep one block at a time mix them up.",
        check=_alone,
        mutate=_nest,
    ),
    _rule(
        id="ANT-B4",
        title="deltas are of a type that belongs to their block",
        strict="error",
        compat="error",
        example="an input_json_delta in a text block",
        way_out="Start a block of the type that its deltas are for.",
        check=_fitting,
        mutate=editing("content_block_delta", _other_delta),
    ),
    _rule(
        id="ANT-B5",
        title="all blocks are closed before message_delta",
        strict="error",
        compat="error",
        example="message_delta, then content_block_stop",
        way_out="Send content_block_stop for each block before the message_delta.",
        check=_closed,
        mutate=_swap_last_stop,
    ),
    _rule(
        id="ANT-B6",
        title="a text or thinking block has at least one delta",
        strict="info",
        compat="info",
        example="content_block_start, content_block_stop",
        way_out="Nothing to do: an empty answer comes so. Code must not wait for a first delta.",
        check=_filled,
        mutate=_empty,
    ),
    _rule(
        id="ANT-B7",
        title="a thinking block is signed, at its end",
        strict="warning",
        compat="info",
        example="thinking_delta …, content_block_stop",
        way_out="Do not send such a block back with the next request: it is refused without its signature.",
        check=_signed,
        mutate=_unsign,
    ),
)
