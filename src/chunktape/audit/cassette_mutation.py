"""Cassettes that are broken on purpose: what only several interactions together can break."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chunktape.audit.message_mutation import with_request

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from chunktape.tape.interaction import Interaction

__all__ = ["forget_results", "hurry", "rewrite_history", "stop_otherwise"]


def rewrite_history(interactions: Sequence[Interaction], _: Random) -> Sequence[Interaction] | None:
    """Change the first message of a later request."""

    def edit(asked: dict[str, Any]) -> Any:
        messages = asked.get("messages", asked.get("input"))
        if not isinstance(messages, list) or not any(map(_is_said, messages)):
            return False
        messages[0] = {"role": "user", "content": "Something else was said."}
        return None

    return _with_last(interactions, edit)


def forget_results(interactions: Sequence[Interaction], _: Random) -> Sequence[Interaction] | None:
    """Leave the results of calls out of a later request."""

    def edit(asked: dict[str, Any]) -> Any:
        name = "messages" if "messages" in asked else "input"
        messages = asked.get(name)
        if not isinstance(messages, list):
            return False
        kept = [one for one in messages if not (isinstance(one, dict) and _is_result(one))]
        asked[name] = kept
        return None if len(kept) < len(messages) else False

    return _with_last(interactions, edit)


def _is_said(message: Any) -> bool:
    """Return whether a message of a history is the model's."""
    if not isinstance(message, dict):
        return False
    return message.get("role") == "assistant" or message.get("type") == "function_call"


def _is_result(message: dict[str, Any]) -> bool:
    content = message.get("content")
    kinds = [one.get("type") for one in content if isinstance(one, dict)] if isinstance(content, list) else []
    own = message.get("type")
    return message.get("role") == "tool" or "tool_result" in kinds or own == "function_call_output"


def _with_last(interactions: Sequence[Interaction], edit: Any) -> Sequence[Interaction] | None:
    """Return the cassette with the last request changed that can be, but for the first one."""
    for place in range(len(interactions) - 1, 0, -1):
        found = with_request(interactions[place], edit)
        if found is not None:
            return [*interactions[:place], found, *interactions[place + 1 :]]
    return None


def stop_otherwise(interactions: Sequence[Interaction], _: Random) -> Sequence[Interaction] | None:
    """Let the answer that came at once stop for another reason."""
    words = {b'"end_turn"': b'"max_tokens"', b'"finish_reason":"stop"': b'"finish_reason":"length"'}
    words |= {b'"tool_use","stop_sequence"': b'"max_tokens","stop_sequence"'}
    words |= {b'"finish_reason":"tool_calls"': b'"finish_reason":"length"'}
    whole = [one.body[:1] == b"{" for one in interactions]
    for place, one in enumerate(interactions):
        if not whole[place] or all(whole):
            continue
        for old, new in words.items():
            if old in one.body:
                body = one.body.replace(old, new)
                found = replace(one, body=body, ends=(len(body),), timing=None, framed=False)
                return [*interactions[:place], found, *interactions[place + 1 :]]
    return None


def hurry(interactions: Sequence[Interaction], _: Random) -> Sequence[Interaction] | None:
    """Let each request follow the one before at once."""
    first = interactions[0].recorded_at if len(interactions) > 1 else None
    heads = [one.head.headers for one in interactions if one.head is not None]
    if first is None or not any(name.lower().startswith("retry-after") for head in heads for name, _ in head):
        return None
    return [
        replace(one, recorded_at=first + timedelta(milliseconds=place))
        for place, one in enumerate(interactions)
    ]
