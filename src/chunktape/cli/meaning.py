"""What an interaction says, by name, for machines: the model's answer, what it used, how it ended.

All of it is decoded by `chunktape.dialects`; here are only the names under which it is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.calls.exchange_answer import asked_at, read_answer, request_of

if TYPE_CHECKING:
    from chunktape.dialects.answer import Choice, Usage
    from chunktape.dialects.assembly import StreamError
    from chunktape.dialects.detect import Reading
    from chunktape.tape.interaction import Interaction

__all__ = ["NAMES", "meaning"]

NAMES = (
    *("dialect", "id", "model", "choices", "blocks", "usage", "stop_sequence", "complete", "error"),
    *("cost", "price_source", "price_version"),
)
"""The keys, in their order."""


def meaning(interaction: Interaction) -> dict[str, Any]:
    """Return what an interaction says; all of it None where no model was asked.

    What was not sent is None as well, but lists of choices and of tool calls are empty then.
    """
    reading = read_answer(interaction)
    if reading is None:
        return dict.fromkeys(NAMES)
    answer = reading.answer
    told: dict[str, Any] = {
        "dialect": reading.dialect,
        "id": answer.id,
        "model": answer.model,
        "choices": [_choice(choice) for choice in answer.choices],
        "blocks": None,
        "usage": None if answer.usage is None else _usage(answer.usage),
        "stop_sequence": None,
        "complete": reading.status == "complete",
        "error": _error(reading.error),
    }
    if reading.dialect == "messages":
        content, sequence = answer.body.get("content"), answer.body.get("stop_sequence")
        told["blocks"] = content if isinstance(content, list) else None
        told["stop_sequence"] = sequence if isinstance(sequence, str) else None
    return told | _cost(reading, interaction)


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "index": choice.index,
        "content": choice.joined("text"),
        "reasoning": choice.joined("thinking"),
        "refusal": choice.joined("refusal"),
        "tool_calls": [
            {"id": call.id, "name": call.name, "arguments": call.arguments} for call in choice.tools
        ],
        "finish_reason": choice.finish_reason,
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def _cost(reading: Reading, one: Interaction) -> dict[str, Any]:
    """Return the cost with its source; None where it is not known, or not all of the answer came."""
    # It brings pydantic along, which no other command needs.
    from chunktape.calls.cost import cost_of_answer, provider_of

    cost = None
    if reading.status == "complete":
        _, cost = cost_of_answer(
            provider_of(one.request.url, reading.dialect),
            reading.answer,
            request=request_of(one),
            streamed=reading.streamed,
            at=asked_at(one),
        )
    return {
        "cost": None if cost is None else cost.usd,
        "price_source": None if cost is None else cost.source,
        "price_version": None if cost is None else cost.version or None,
    }


def _error(error: StreamError | None) -> dict[str, Any] | None:
    return None if error is None else {"code": error.code, "message": error.message or None}
