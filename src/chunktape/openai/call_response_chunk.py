"""`OpenAICallResponseChunk`: one event of an OpenAI stream."""

from __future__ import annotations

from typing import Any

from chunktape.calls.chat_chunk import ChatCallResponseChunk
from chunktape.dialects import chat_event
from chunktape.openai.sdk import ChatCompletionChunk, Choice, CompletionUsage, build, dump

__all__ = ["FinishReason", "OpenAICallResponseChunk"]

FinishReason = Choice.__annotations__["finish_reason"]


class OpenAICallResponseChunk(ChatCallResponseChunk[ChatCompletionChunk, str]):
    """One `ChatCompletionChunk` of a stream, which `chunk` builds."""

    __slots__ = ()

    @property
    def usage(self) -> CompletionUsage | None:
        """The token counts in this event, as the SDK types them."""
        raw = chat_event.raw_usage_of(self.raw)
        return None if raw is None else build(CompletionUsage, raw)

    @property
    def audio(self) -> bytes | None:
        """The sound in this event."""
        found = chat_event.audio_of(self.raw)
        return None if found is None else found.data

    @property
    def audio_transcript(self) -> str | None:
        """What is spoken in this event."""
        found = chat_event.audio_of(self.raw)
        return None if found is None else found.transcript

    @classmethod
    def _build(cls, raw: dict[str, Any]) -> ChatCompletionChunk:
        return build(ChatCompletionChunk, raw)

    @classmethod
    def _dump(cls, chunk: Any) -> dict[str, Any]:
        return dump(chunk)
