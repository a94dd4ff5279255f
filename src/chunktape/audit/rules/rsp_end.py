"""How responses streams end: status, usage, errors (RSP-6, RSP-U1, RSP-U2, RSP-E1)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from chunktape.audit.finding import Hit
from chunktape.audit.message import object_in, shown
from chunktape.audit.message_mutation import adding, editing, event
from chunktape.audit.response import response_of
from chunktape.audit.rule import Rule
from chunktape.audit.rules.rsp import STREAMING
from chunktape.dialects.message_event import string_of
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape.audit.exchange import Exchange, Frame
    from chunktape.audit.rule import Mutator

__all__ = ["RULES"]


def _agreeing(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    if stream.end is None:
        return
    kind, frame = stream.kinds[stream.end], stream.frames[stream.end]
    status = stream.final.get("status")
    if status != kind.removeprefix("response."):
        yield _at(frame, f"{kind} holds a response of status {shown(status)}", kind)


def _counted(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    if stream.end is None or stream.kinds[stream.end] == "response.failed":
        return
    if not isinstance(stream.final.get("usage"), dict):
        # What was stopped before its end may not have been counted.
        is_lesser = stream.kinds[stream.end] == "response.incomplete"
        hit = _at(stream.frames[stream.end], "the response ends without usage", "no usage")
        yield hit._replace(lesser=is_lesser)


def _summed(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    if stream.end is None:
        return
    usage = object_in(stream.final, "usage")
    read, written, total = (
        _number(usage, name) for name in ("input_tokens", "output_tokens", "total_tokens")
    )
    cached = _number(object_in(usage, "input_tokens_details"), "cached_tokens")
    reasoned = _number(object_in(usage, "output_tokens_details"), "reasoning_tokens")
    frame = stream.frames[stream.end]
    if read is not None and written is not None and total is not None and read + written != total:
        yield _at(
            frame,
            f"{shown(read)} input and {shown(written)} output tokens are not {shown(total)}",
            "total_tokens",
        )
    if cached is not None and read is not None and cached > read:
        yield _at(frame, f"{shown(cached)} cached tokens of {shown(read)} input tokens", "cached_tokens")
    if reasoned is not None and written is not None and reasoned > written:
        yield _at(
            frame, f"{shown(reasoned)} reasoning tokens of {shown(written)} output tokens", "reasoning_tokens"
        )


def _sound(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    if not stream.failed:
        return
    for frame, kind in zip(stream.frames, stream.kinds, strict=True):
        if kind in {"error", "response.failed"}:
            holder = object_in(frame.value, "response") if kind != "error" else frame.value
            error = object_in(holder, "error") or (holder if isinstance(holder, dict) else {})
            code = string_of(error.get("code")) or "error"
            text = string_of(error.get("message")) or ""
            told = f"an error in a stream of status {exchange.status}: {code} {text}"
            yield _at(frame, shorten(told.rstrip()), shorten(code, 80))


def _number(usage: dict[str, Any], name: str) -> int | None:
    found = usage.get(name)
    return found if type(found) is int else None


def _ended(edit: Callable[[dict[str, Any]], Any]) -> Mutator:
    """Return a mutator that changes the response of the last event."""

    def change(value: dict[str, Any]) -> Any:
        return edit(object_in(value, "response"))

    return editing("response.completed", change)


def _of_other_status(response: dict[str, Any]) -> None:
    response["status"] = "in_progress"


def _uncounted(response: dict[str, Any]) -> None:
    response["usage"] = None


def _miscounted(response: dict[str, Any]) -> Any:
    usage = object_in(response, "usage")
    if _number(usage, "total_tokens") is None:
        return False
    usage["total_tokens"] += 7
    return None


def _at(frame: Frame, message: str, subject: str) -> Hit:
    return Hit(message, subject, frame.number, frame.text or "")


_FAILURE = event({"type": "error", "code": "server_error", "message": "The server had an error"})
_rule = partial(Rule, dialects=frozenset({"responses"}), source=STREAMING)

RULES: tuple[Rule, ...] = (
    _rule(
        id="RSP-6",
        title="the last event's name is the status of its response",
        strict="error",
        compat="warning",
        example='response.completed with {"status":"in_progress"}',
        way_out="Go by the event, and do not read the status.",
        check=_agreeing,
        mutate=_ended(_of_other_status),
    ),
    _rule(
        id="RSP-U1",
        title="a response that ends has usage",
        strict="error",
        compat="warning",
        example='{"type":"response.completed","response":{"usage":null}}',
        way_out="Its cost is not known; count the tokens yourself where it matters.",
        check=_counted,
        lesser=("info", "info"),
        mutate=_ended(_uncounted),
    ),
    _rule(
        id="RSP-U2",
        title="input and output add up to the total, and no part is more than its whole",
        strict="error",
        compat="warning",
        source="openai-python: types/responses/response_usage.py",
        example="input_tokens 10, output_tokens 5, total_tokens 22",
        way_out="Do not bill by the total; ask the host which count is right.",
        check=_summed,
        mutate=_ended(_miscounted),
    ),
    _rule(
        id="RSP-E1",
        title="no error comes inside of a stream",
        strict="error",
        compat="error",
        example='event: error … {"type":"error","code":"server_error"}',
        way_out="Retry such a call yourself: its status is 200, so SDKs do not.",
        check=_sound,
        mutate=adding(_FAILURE, "response.output_item.added"),
    ),
)
