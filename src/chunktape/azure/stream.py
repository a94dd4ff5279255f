"""`AzureStream`: one streamed answer of a model on Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.azure.call_response import AzureCallResponse
from chunktape.azure.call_response_chunk import AzureCallResponseChunk, FinishReason, OpenAIClientChunk
from chunktape.azure.openai_door import AsyncOpenAIClientDoor, OpenAIClientDoor
from chunktape.azure.said import AzureSaid
from chunktape.azure.sdk import reason_of
from chunktape.azure.tool import AzureTool
from chunktape.calls.stream import BaseStream

if TYPE_CHECKING:
    from chunktape.calls.call import Call
    from chunktape.calls.source import AsyncDoor, Door
    from chunktape.dialects.detect import Dialect

__all__ = ["AzureStream", "FinishReason"]


class AzureStream(AzureSaid, BaseStream[AzureCallResponse, AzureCallResponseChunk, AzureTool]):
    """One streamed answer; iterate with `for`, or with `async for` where the function is async."""

    call_response_type: ClassVar[type[AzureCallResponse]] = AzureCallResponse
    chunk_type: ClassVar[type[AzureCallResponseChunk]] = AzureCallResponseChunk
    dialect: ClassVar[Dialect] = "chat_completions"

    def __init__(self, call: Call, door: Door | AsyncDoor) -> None:
        super().__init__(call, door)
        if isinstance(door, OpenAIClientDoor | AsyncOpenAIClientDoor):
            self.chunk_type = OpenAIClientChunk  # type: ignore[misc]  # of this stream alone: others have other clients

    @property
    def finish_reasons(self) -> list[Any] | None:
        """The reasons to end of all choices that have one, as the SDK types them, or None."""
        found = super().finish_reasons
        return None if found is None else [reason_of(one) for one in found]
