"""What one event of a chat completions stream, or of a completions stream, says to a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.dialects.chat_call import calls_of
from chunktape.dialects.chat_event import choices_of, error_of, index_of, message_of, pieces_of
from chunktape.dialects.said import Kind, Said, complaint, raw

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from chunktape.dialects.assembly import Part
    from chunktape.wire.sse import Event

__all__ = ["ChatSpeech"]

_FIELDS = ("reasoning_content", "reasoning", "content", "refusal")
_KINDS: dict[str, Kind] = {"content": "text", "thinking": "thinking", "refusal": "refusal"}
_PARTS = ("text", "thinking")
# Beside a delta's words: what repeats them, or only labels them.
_BESIDE = {*_FIELDS, "role", "channel", "reasoning_details", "tool_calls", "function_call", "audio"}


class ChatSpeech:
    """Tells what each event says, given what the assembly made of it."""

    def __init__(self) -> None:
        self._begun: set[int] = set()
        self._named: set[Hashable] = set()

    def tell(self, event: Event, part: Part) -> Iterator[Said]:
        """Yield what an event says."""
        data, text = part.data, event.data or ""
        error = error_of(data, event.name)
        if error is not None:
            yield complaint(error, text)
        if error is None and not isinstance(data.get("choices"), list):
            yield raw(text)
        for choice in choices_of(data):
            yield from self._choice(choice, part)

    def _choice(self, choice: dict[str, Any], part: Part) -> Iterator[Said]:
        index = index_of(choice)
        if isinstance(choice.get("text"), str):
            yield Said("text", choice["text"], ("text", index), index)
        if "delta" not in choice and index in self._begun:
            # A message without a delta restates what came in deltas before (Perplexity).
            return
        message = message_of(choice)
        if message:
            self._begun.add(index)
        yield from _words(message, index)
        yield from self._calls(message, index, part)
        for name, value in message.items():
            if name not in _BESIDE and value:
                yield raw({name: value}, index)

    def _calls(self, message: dict[str, Any], index: int, part: Part) -> Iterator[Said]:
        calls = calls_of(message)
        for fragment in part.fragments:
            if fragment.choice != index:
                continue
            key = "tool", index, fragment.position
            call = next(calls, None)
            if call is not None and call.name and key not in self._named:
                self._named.add(key)
                yield Said("tool", f"{call.name} ", key, index)
            yield Said("tool", fragment.delta, key, index)


def _words(message: dict[str, Any], index: int) -> Iterator[Said]:
    thought = None
    for name in _FIELDS:
        value = message.get(name)
        for kind, piece in pieces_of(name, value):
            # Newer vLLM says the same under both names of its reasoning.
            if name == "content" or piece != thought:
                yield Said(_KINDS[kind], piece, (kind, index), index)
            thought = piece if kind == "thinking" else thought
        for one in value if isinstance(value, list) else ():
            if not isinstance(one, dict) or one.get("type") not in _PARTS:
                yield raw(one, index)
    audio = message.get("audio")
    transcript = audio.get("transcript") if isinstance(audio, dict) else None
    if isinstance(transcript, str):
        yield Said("audio", transcript, ("audio", index), index)
