"""`Chat`: the columns of a chat completions stream, for rules that look at all of it at once.

Each column is made when a rule first asks for it. None of them trusts a shape: what is not there is
`ABSENT`, what is of another shape stays what it is.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.chat_call import CallPart, WholeCall, parts_of, whole_calls
from chunktape.audit.exchange import ABSENT
from chunktape.audit.wording import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.audit.exchange import Exchange, Frame

__all__ = [
    "Chat",
    "Chunk",
    "Piece",
    "distinct",
    "is_error",
    "is_filter_note",
    "is_prompt_note",
    "is_text_note",
    "shown",
]

_AZURE = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
_PROMPT_NOTES = ("prompt_filter_results", "prompt_annotations")
_TEXT_NOTES = ("content_filter_results", "content_filter_offsets")


class Chunk(NamedTuple):
    """One event that is a JSON object, and no error: its number and the object."""

    number: int
    value: dict[str, Any]


class Piece(NamedTuple):
    """One choice of one chunk: the chunk's number, and the choice."""

    number: int
    index: Any
    choice: dict[str, Any]


class Chat:
    """A chat completions stream, column by column."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """All events, in order."""
        return self.exchange.frames

    @cached_property
    def done(self) -> list[int]:
        """The numbers of the end markers."""
        return [one.number for one in self.frames if one.text == "[DONE]"]

    @cached_property
    def errors(self) -> list[Frame]:
        """The events that carry an error, alone or beside a part of the answer; some in plain text."""
        if b"error" not in self.exchange.body:
            return []
        return [
            one
            for one in self.frames
            if (is_error(one) if one.value.__class__ is dict else one.name == "error" and one.text)
        ]

    @cached_property
    def chunks(self) -> list[Chunk]:
        """The events that are objects, without those that are nothing but an error."""
        alone = {
            one.number for one in self.errors if one.value.__class__ is not dict or "choices" not in one.value
        }
        return [
            Chunk(one.number, one.value)
            for one in self.frames
            if one.value.__class__ is dict and one.number not in alone
        ]

    @cached_property
    def prompt_notes(self) -> list[Chunk]:
        """Azure's events about the prompt, which are no part of the answer (AZR-1)."""
        return [one for one in self.chunks if is_prompt_note(one.value)]

    @cached_property
    def spoken(self) -> list[Chunk]:
        """The chunks without Azure's notes about the prompt and about text (AZR-1, AZR-4)."""
        if not self.has_notes:
            return self.chunks
        return [one for one in self.chunks if not is_prompt_note(one.value) and not is_text_note(one.value)]

    @cached_property
    def has_notes(self) -> bool:
        """Whether any event says something of Azure's content filter."""
        body = self.exchange.body
        return b'"content_filter_' in body or b'"prompt_filter_' in body or b'"prompt_annotations"' in body

    @cached_property
    def is_azure(self) -> bool:
        """Whether Azure answered, by the host, or (behind another one) by what its filter says."""
        return self.exchange.host.endswith(_AZURE) or self.has_notes

    @cached_property
    def numbers(self) -> list[int]:
        """The numbers of the chunks that speak."""
        return [one.number for one in self.spoken]

    def column(self, name: str) -> list[Any]:
        """Return a field of each chunk that speaks, in order."""
        return [one.value.get(name, ABSENT) for one in self.spoken]

    @cached_property
    def pieces(self) -> list[Piece]:
        """The choices of all chunks, those of Azure's filter without a delta among them."""
        return [
            Piece(number, choice.get("index", ABSENT), choice)
            for number, value in self.chunks
            if (choices := value.get("choices")).__class__ is list
            for choice in choices
            if choice.__class__ is dict
        ]

    @cached_property
    def deltas(self) -> list[tuple[Piece, dict[str, Any]]]:
        """The choices that have a delta, and their deltas."""
        return [
            (one, delta)
            for one in self.pieces
            if (delta := one.choice.get("delta", ABSENT)).__class__ is dict
        ]

    @cached_property
    def finishes(self) -> list[tuple[Piece, Any]]:
        """The choices that have a finish reason which is not null, and the reasons."""
        return [
            (one, reason) for one in self.pieces if (reason := one.choice.get("finish_reason")) is not None
        ]

    @cached_property
    def indexes(self) -> list[Any]:
        """The indexes of the choices, in the order in which they came first."""
        return distinct([one.index for one in self.pieces])

    @cached_property
    def ends(self) -> dict[str, tuple[Piece, Any]]:
        """Where each choice finishes first and why, by the index as text; an empty reason is none."""
        return {repr(one.index): (one, reason) for one, reason in reversed(self.finishes) if reason != ""}

    @cached_property
    def reasons(self) -> dict[str, Any]:
        """The first finish reason of each choice, by the index as text."""
        return {index: reason for index, (_, reason) in self.ends.items()}

    @cached_property
    def usages(self) -> list[Chunk]:
        """The chunks that count tokens."""
        return [one for one in self.chunks if one.value.get("usage").__class__ is dict]

    @cached_property
    def was_left(self) -> bool:
        """Whether the reader left before the end, so that nobody knows what would have come."""
        return self.exchange.was_left and not self.done

    @cached_property
    def is_whole(self) -> bool:
        """Whether the end marker came, so that what is missing was never sent."""
        return bool(self.done)

    @cached_property
    def call_parts(self) -> list[CallPart]:
        """The fragments of tool calls, in order."""
        return parts_of((one.number, one.index, delta) for one, delta in self.deltas if "tool_calls" in delta)

    @cached_property
    def calls(self) -> list[WholeCall]:
        """The tool calls, each with all of its fragments."""
        return whole_calls(self.call_parts)

    @cached_property
    def tools(self) -> dict[str, dict[str, Any]]:
        """The tools that the request offers, by name."""
        found: dict[str, dict[str, Any]] = {}
        asked = self.exchange.asked
        offered = asked.get("tools")
        for one in offered if isinstance(offered, list) else ():
            inner = (one.get("function") or one.get("custom")) if isinstance(one, dict) else None
            if isinstance(inner, dict) and isinstance(inner.get("name"), str):
                found[inner["name"]] = inner
        legacy = asked.get("functions")
        for one in legacy if isinstance(legacy, list) else ():
            if isinstance(one, dict) and isinstance(one.get("name"), str):
                found[one["name"]] = one
        return found


def distinct(values: Sequence[Any]) -> list[Any]:
    """Return the different ones of some JSON values, in order."""
    try:
        return list(dict.fromkeys(values))
    except TypeError:
        return list({repr(one): one for one in reversed(values)}.values())[::-1]


def is_error(frame: Frame) -> bool:
    """Return whether an event that is an object carries an error."""
    value = frame.value
    if frame.name == "error" or value.get("error") or value.get("object") == "error":
        return True
    x_groq = value.get("x_groq")
    if x_groq.__class__ is dict and x_groq.get("error"):
        return True
    choices = value.get("choices")
    return choices.__class__ is list and any(one.__class__ is dict and one.get("error") for one in choices)


def is_prompt_note(value: dict[str, Any]) -> bool:
    """Return whether a chunk is Azure's about the prompt alone (AZR-1)."""
    return not value.get("choices") and any(name in value for name in _PROMPT_NOTES)


def is_filter_note(choice: dict[str, Any]) -> bool:
    """Return whether a choice is a note of Azure's filter about text that came before (AZR-4)."""
    return "delta" not in choice and (
        "content_filter_results" in choice or "content_filter_offsets" in choice
    )


def is_text_note(value: dict[str, Any]) -> bool:
    """Return whether a chunk is Azure's about text that came before, and about nothing else (AZR-4)."""
    choices = value.get("choices")
    return (
        choices.__class__ is list
        and bool(choices)
        and all(one.__class__ is dict and is_filter_note(one) for one in choices)
    )
