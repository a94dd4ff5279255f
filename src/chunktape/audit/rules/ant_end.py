"""The last words of messages streams: stop reasons and usage (ANT-S1, ANT-S2, ANT-U1, ANT-U2)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from chunktape.audit.exchange import ABSENT
from chunktape.audit.finding import Hit
from chunktape.audit.message import message_of, object_in, shown
from chunktape.audit.message_mutation import editing, pieces_of
from chunktape.audit.rule import Rule
from chunktape.audit.rules.ant import STREAMING
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange, Frame
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES"]

SDK = "anthropic-python: types/beta/beta_stop_reason.py"
STOP_REASONS = frozenset(
    {
        *("end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "compaction"),
        *("refusal", "model_context_window_exceeded"),
    }
)
# With these a call may be there or not: the answer stopped for another reason than its end.
_EITHER = {"max_tokens", "pause_turn", "refusal", "model_context_window_exceeded", "compaction"}
_BY_SERVERS = {"server_tool_use", "mcp_tool_use"}


def _reasoned(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    reason = message.stop_reason
    if reason is ABSENT:
        if message.told_all:
            frame = (message.of("m") or message.of("M"))[-1]
            yield _at(frame, "the message ends without a stop_reason", "no stop_reason")
    elif not isinstance(reason, str) or reason not in STOP_REASONS:
        frame = (message.of("m") or message.of("S"))[-1]
        word = shorten(reason, 80) if isinstance(reason, str) else shown(reason, 80)
        # New ones may come at any time.
        yield _at(frame, f"a stop_reason that is not known: {word}", word)._replace(lesser=True)


def _agreeing(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    reason = message.stop_reason
    if not message.told_all or not isinstance(reason, str) or reason in _EITHER:
        return
    called = any(block.kind == "tool_use" for block in message.blocks.all)
    if called == (reason == "tool_use"):
        return
    frame = (message.of("m") or message.of("S"))[-1]
    if called:
        yield _at(
            frame, f"a tool is called, and the stop_reason is {shorten(reason, 80)}", "calls without it"
        )
    else:
        yield _at(frame, "the stop_reason is tool_use, and no tool is called", "no calls")


def _counted(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    begun = [_count(object_in(frame.value, "message"), "output_tokens") for frame in message.of("S")]
    least = next((count for count in begun if count is not None), 0)
    for frame in message.of("m"):
        count = _count(frame.value, "output_tokens")
        if count is None:
            yield _at(frame, "a message_delta without usage.output_tokens", "no output_tokens")
        elif count < least:
            told = f"output_tokens fall from {shown(least)} to {shown(count)}; they are totals so far"
            yield _at(frame, told, "falling")
        least = least if count is None else max(least, count)


def _steady(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    begun = [_count(object_in(frame.value, "message"), "input_tokens") for frame in message.of("S")]
    first = begun[0] if begun else None
    # Some hosts begin with 0 and send the count at the end.
    if not first or any(block.kind in _BY_SERVERS for block in message.blocks.all):
        return
    for frame in message.of("m"):
        count = _count(frame.value, "input_tokens")
        if count is not None and count != first:
            yield _at(frame, f"input_tokens change from {shown(first)} to {shown(count)}", "changed")


def _count(holder: Any, name: str) -> int | None:
    found = object_in(holder, "usage").get(name)
    return found if type(found) is int else None


def _at(frame: Frame, message: str, subject: str) -> Hit:
    return Hit(message, subject, frame.number, frame.text or "")


def _without_reason(value: dict[str, Any]) -> None:
    value["delta"] = object_in(value, "delta") | {"stop_reason": None}


def _with_new_reason(value: dict[str, Any]) -> None:
    value["delta"] = object_in(value, "delta") | {"stop_reason": "eos"}


def _unreason(one: Interaction, random: Random) -> Interaction | None:
    """Leave the reason out, or send one that nobody knows."""
    return editing("message_delta", random.choice([_without_reason, _with_new_reason]))(one, random)


def _with_other_reason(value: dict[str, Any]) -> None:
    delta = object_in(value, "delta")
    other = "end_turn" if delta.get("stop_reason") == "tool_use" else "tool_use"
    value["delta"] = delta | {"stop_reason": other}


def _uncounted(value: dict[str, Any]) -> Any:
    return object_in(value, "usage").pop("output_tokens", False)


def _recount(one: Interaction, random: Random) -> Interaction | None:
    """Count the input anew at the end, where no server ran a tool."""
    starts = [piece.value for piece in pieces_of(one) if piece.kind == "content_block_start"]
    if any(object_in(value, "content_block").get("type") in _BY_SERVERS for value in starts):
        return None
    return editing("message_delta", _recounted)(one, random)


def _recounted(value: dict[str, Any]) -> None:
    value["usage"] = object_in(value, "usage") | {"input_tokens": 1_000_000}


_rule = partial(Rule, dialects=frozenset({"messages"}), source=SDK)

RULES: tuple[Rule, ...] = (
    _rule(
        id="ANT-S1",
        title="a message that ends has a stop_reason, and a known one",
        strict="error",
        compat="error",
        example='{"type":"message_delta","delta":{"stop_reason":null}}',
        way_out="Do not take an answer without one for whole; branch on the reason with a branch for others.",
        check=_reasoned,
        mutate=_unreason,
        lesser=("info", "info"),
    ),
    _rule(
        id="ANT-S2",
        title="tools are called if and only if the stop_reason is tool_use",
        strict="warning",
        compat="warning",
        example="a tool_use block, and stop_reason end_turn",
        way_out="Look for the tool_use blocks themselves, not for the reason.",
        check=_agreeing,
        mutate=editing("message_delta", _with_other_reason),
    ),
    _rule(
        id="ANT-U1",
        title="each message_delta counts the output so far, and the count never falls",
        strict="error",
        compat="warning",
        source=f"{STREAMING}: the token counts are cumulative",
        example="output_tokens: 12, then output_tokens: 3",
        way_out="Take the last count; adding them up counts twice.",
        check=_counted,
        mutate=editing("message_delta", _uncounted),
    ),
    _rule(
        id="ANT-U2",
        title="the input is counted the same at the beginning and at the end, unless servers ran tools",
        strict="info",
        compat="info",
        source=STREAMING,
        example="input_tokens: 14, then input_tokens: 20",
        way_out="Take the last count of the stream for the cost.",
        check=_steady,
        mutate=_recount,
    ),
)
