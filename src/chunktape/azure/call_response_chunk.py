"""`AzureCallResponseChunk`: one event of an Azure stream."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from chunktape.azure.sdk import (
    CompletionsFinishReason,
    CompletionsUsage,
    StreamingChatCompletionsUpdate,
    build,
    dump,
    reason_of,
)
from chunktape.calls.chat_chunk import ChatCallResponseChunk
from chunktape.dialects import chat_event

__all__ = ["AzureCallResponseChunk", "FinishReason", "OpenAIClientChunk"]

FinishReason = CompletionsFinishReason


class AzureCallResponseChunk(
    ChatCallResponseChunk[StreamingChatCompletionsUpdate, CompletionsFinishReason | str]
):
    """One `StreamingChatCompletionsUpdate` of a stream, which `chunk` builds.

    Over a client of openai's, `chunk` builds that SDK's `ChatCompletionChunk`.
    """

    __slots__ = ()

    @property
    def usage(self) -> CompletionsUsage | None:
        """The token counts in this event, as the SDK types them."""
        raw = chat_event.raw_usage_of(self.raw)
        return None if raw is None else build(CompletionsUsage, raw)

    @property
    def content_filter_results(self) -> dict[str, Any] | None:
        """What the content filter says of the first choice in this event."""
        return chat_event.filter_results_of(self.raw)

    @property
    def prompt_filter_results(self) -> list[Any] | None:
        """What the content filter says of the prompt; Azure sends it in an event of its own."""
        return chat_event.prompt_filter_results_of(self.raw)

    @classmethod
    def _reason(cls, word: str) -> Any:
        return reason_of(word)

    @classmethod
    def _build(cls, raw: dict[str, Any]) -> Any:
        return build(StreamingChatCompletionsUpdate, raw)

    @classmethod
    def _dump(cls, chunk: Any) -> dict[str, Any]:
        return dump(chunk)


class OpenAIClientChunk(AzureCallResponseChunk):
    """An event that came over a client of openai's: its `chunk` is what that client's caller knows."""

    __slots__ = ()

    @classmethod
    def _build(cls, raw: dict[str, Any]) -> Any:
        # Whoever has such a client has the SDK; nobody else needs it.
        return import_module("openai.types.chat").ChatCompletionChunk.construct(**raw)
