"""What an event of a stream is called in a sequence: by the protocol's own name, or by what it carries.

Events of chat completions have no names, so they are called after that which is in them. One event
may carry several things: ``text+finish``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.dialects.assembly import parse_json
from chunktape.dialects.chat_call import calls_of
from chunktape.dialects.chat_event import (
    choices_of,
    error_of,
    finish_reasons_of,
    message_of,
    pieces_of,
    prompt_filter_results_of,
    raw_usage_of,
)
from chunktape.dialects.message_event import kind_of, object_of, string_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chunktape.wire.sse import Event

__all__ = ["names_of", "run_lengths"]

_WORDS = {"content": "text", "thinking": "reasoning", "refusal": "refusal"}
_FIELDS = ("reasoning_content", "reasoning", "content", "refusal")
# What is called otherwise, only labels what is there, or comes along with each text.
_KNOWN = frozenset(
    {*_FIELDS, "role", "channel", "reasoning_details", "tool_calls", "function_call", "audio", "obfuscation"}
)


def names_of(event: Event, dialect: str | None) -> Iterator[str]:
    """Yield the name of an event, after that of the comment before it; the dialect may not be known."""
    if event.comments:
        yield "comment"
    if event.data is not None:
        yield _name(event, event.data, dialect)
    elif event.retry is not None:
        yield "retry"
    elif not event.comments:
        yield event.name or "empty"


def run_lengths(names: Iterable[str]) -> list[str]:
    """Return names with their number where one comes several times in a row."""
    runs: list[tuple[str, int]] = []
    for name in names:
        if runs and runs[-1][0] == name:
            runs[-1] = name, runs[-1][1] + 1
        else:
            runs.append((name, 1))
    return [f"{name}×{number}" if number > 1 else name for name, number in runs]  # noqa: RUF001 - times, not an x


def _name(event: Event, text: str, dialect: str | None) -> str:
    data = parse_json(text)
    if data is None:
        return _no_object(event, text)
    if dialect in {"chat_completions", "completions"}:
        return "+".join(dict.fromkeys(_carried(data, event.name))) or "empty"
    name = string_of(data.get("type")) or event.name
    if dialect == "messages" and name == "content_block_delta":
        return kind_of(object_of(data, "delta")).removesuffix("_delta") or name
    return name or "data"


def _no_object(event: Event, text: str) -> str:
    told = text.strip()
    if told == "[DONE]":
        return told
    if not event.terminated:
        return "cut"
    return event.name or ("data" if told else "empty")


def _carried(data: dict[str, Any], name: str | None) -> Iterator[str]:
    """Yield what an object of chat completions, or of completions, carries."""
    choices = choices_of(data)
    found = ["error"] if error_of(data, name) is not None else []
    found += [word for choice in choices for word in _said(choice)]
    found += ["finish"] if finish_reasons_of(data) else []
    found += ["usage"] if raw_usage_of(data) is not None else []
    found += ["prompt_filter"] if prompt_filter_results_of(data) else []
    # Some hosts repeat the role with each text, and Azure has the filter's verdict there.
    yield from found or [word for choice in choices for word in _beside(choice)]


def _beside(choice: dict[str, Any]) -> Iterator[str]:
    if message_of(choice).get("role"):
        yield "role"
    if choice.get("content_filter_results"):
        yield "content_filter"


def _said(choice: dict[str, Any]) -> Iterator[str]:
    if isinstance(choice.get("text"), str) and choice["text"]:
        yield "text"
    message = message_of(choice)
    for name in _FIELDS:
        for kind, piece in pieces_of(name, message.get(name)):
            if piece:
                yield _WORDS[kind]
    if isinstance(message.get("audio"), dict):
        yield "audio"
    if any(True for _ in calls_of(message)):
        yield "tool_call"
    yield from (name for name, value in message.items() if value and name not in _KNOWN)
