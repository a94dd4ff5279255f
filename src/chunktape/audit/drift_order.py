"""The order of a stream's events as a pattern: ``start (block_start delta+ block_stop)+ stop``.

How often something is repeated is left out, because it is the length of the answer and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.chat import is_error, is_filter_note, is_prompt_note
from chunktape.audit.drift_path import kind_of
from chunktape.audit.message import object_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.audit.exchange import Exchange, Frame

__all__ = ["Order", "folded", "order_of", "symbols_of"]

# Longest in the protocols that are known: an item of the Responses API.
_LONGEST_GROUP = 12
_VOICE = (
    ("reasoning_content", "reasoning"),
    ("reasoning", "reasoning"),
    ("content", "content"),
    ("refusal", "refusal"),
    ("audio", "audio"),
    ("function_call", "call"),
    ("tool_calls", "call"),
)


class Order(NamedTuple):
    """The order of a stream's events: two of equal `steps` are the same; `pattern` shows what is repeated."""

    steps: tuple[str, ...]
    pattern: str


def order_of(exchange: Exchange) -> Order:
    """Return the order of a stream's events, made once; an empty one for what is no stream."""
    return exchange.once(_order)


def symbols_of(exchange: Exchange) -> list[str]:
    """Return a word for each event, those of several choices one after the other."""
    if exchange.dialect in {"messages", "responses"}:
        return [symbol for frame in exchange.frames for symbol in _named(exchange, frame)]
    return _of_chat(exchange)


def folded(symbols: Sequence[str]) -> Order:
    """Return symbols with each repetition, of one or of a group, told once; short groups first."""
    steps, pattern = list(symbols), list(symbols)
    for size in range(1, _LONGEST_GROUP + 1):
        left, told = [], []
        place = 0
        while place < len(steps):
            group = steps[place : place + size]
            end = place + size
            while len(group) == size and steps[end : end + size] == group:
                end += size
            if end > place + size:
                left += group
                told += _repeated(pattern[place : place + size])
                place = end
            else:
                left.append(steps[place])
                told.append(pattern[place])
                place += 1
        steps, pattern = left, told
    return Order(tuple(steps), " ".join(pattern))


def _repeated(group: list[str]) -> list[str]:
    """Return a group in brackets, each word in its own place."""
    if len(group) == 1:
        return group if group[0].endswith("+") else [f"{group[0]}+"]
    return [f"({group[0]}", *group[1:-1], f"{group[-1]})+"]


def _order(exchange: Exchange) -> Order:
    return folded(symbols_of(exchange)) if exchange.is_stream else Order((), "")


def _named(exchange: Exchange, frame: Frame) -> Iterator[str]:
    value = frame.value
    if type(value) is not dict:
        if frame.text is not None or frame.name:
            yield frame.text.strip() if frame.text and frame.text.strip() == "[DONE]" else "no JSON"
        return
    kind = kind_of(exchange, value)
    # Pings come whenever nothing else does.
    if kind == "ping":
        return
    inner = object_in(value, "content_block") or object_in(value, "item") or object_in(value, "part")
    if kind == "content_block_delta":
        inner = object_in(value, "delta")
    said = inner.get("type")
    word = f"{kind}[{said}]" if isinstance(said, str) else kind
    # As many as there are words to say.
    yield f"{word}+" if kind.endswith("delta") and kind != "message_delta" else word


def _of_chat(exchange: Exchange) -> list[str]:
    choices: dict[str, list[str]] = {}
    beside: list[str] = []
    for frame in exchange.frames:
        value = frame.value
        if type(value) is not dict:
            if frame.text is not None or frame.name:
                beside.append("[DONE]" if frame.text and frame.text.strip() == "[DONE]" else "no JSON")
            continue
        if is_error(frame):
            beside.append("error")
        if is_prompt_note(value):
            beside.append("prompt filter")
        given = value.get("choices")
        for one in given if isinstance(given, list) else ():
            if isinstance(one, dict):
                said = choices.setdefault(repr(one.get("index")), [])
                said += [word for word in _of_choice(one) if word != "role" or "role" not in said]
        if type(value.get("usage")) is dict:
            beside.append("usage")
    return [word for one in choices.values() for word in one] + _once_in_a_row(beside)


def _of_choice(choice: dict[str, Any]) -> Iterator[str]:
    """Yield what a choice of one event brings; several at once in one fixed order."""
    delta = object_in(choice, "delta")
    if delta.get("role"):
        yield "role"
    if choice.get("text"):
        yield "text+"
    seen = ""
    for name, word in _VOICE:
        if delta.get(name) and word != seen:
            yield f"{word}+"
            seen = word
    if "message" in choice:
        yield "message"
    if is_filter_note(choice):
        yield "filter+"
    if choice.get("finish_reason"):
        yield "finish"


def _once_in_a_row(words: Sequence[str]) -> list[str]:
    """Return words without repetitions: how many a host counts tokens on is told by DRF-S2."""
    return [word for place, word in enumerate(words) if not place or words[place - 1] != word]
