"""The model, the counts and the terms of an answer, without its words: what metrics need of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.message import message_of, object_in
from chunktape.audit.response import response_of
from chunktape.dialects.chat_event import raw_usage_of
from chunktape.dialects.detect import answer_for
from chunktape.dialects.message_event import merge_usage
from chunktape.dialects.message_event import raw_usage_of as message_usage_of

if TYPE_CHECKING:
    from chunktape.audit.exchange import Exchange
    from chunktape.dialects.answer import Answer

__all__ = ["outline_of"]

_WORDS = frozenset({"choices", "content", "output"})


def outline_of(exchange: Exchange) -> Answer | None:
    """Return an answer without what it says, None where its dialect is not known."""
    dialect = exchange.dialect
    if dialect is None:
        return None
    if not exchange.is_stream:
        body = exchange.answered
    elif dialect == "messages":
        body = _of_message(exchange)
    elif dialect == "responses":
        body = response_of(exchange).final
    else:
        body = _of_chat(exchange)
    return answer_for(dialect, {name: value for name, value in body.items() if name not in _WORDS})


def _of_message(exchange: Exchange) -> dict[str, Any]:
    message = message_of(exchange)
    starts = message.of("S")
    body = dict(object_in(starts[0].value, "message")) if starts else {}
    usage: dict[str, Any] | None = None
    for frame in (*starts, *message.of("m"), *message.of("M")):
        told = message_usage_of(frame.value)
        usage = usage if told is None else merge_usage(usage, told)
    return body | ({} if usage is None else {"usage": usage})


def _of_chat(exchange: Exchange) -> dict[str, Any]:
    """Return the top of the first event that names a model, with the last usage: counts are totals so far."""
    values = [frame.value for frame in exchange.frames if type(frame.value) is dict]
    top = next((value for value in values if value.get("model")), values[0] if values else {})
    usage = next((told for value in reversed(values) if (told := raw_usage_of(value)) is not None), None)
    tier = next((value["service_tier"] for value in reversed(values) if value.get("service_tier")), None)
    more = {"usage": usage, "service_tier": tier}
    return top | {name: value for name, value in more.items() if value is not None}
