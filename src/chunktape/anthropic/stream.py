"""`AnthropicStream`: one streamed answer of Anthropic's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from chunktape.anthropic.call_response import AnthropicCallResponse
from chunktape.anthropic.call_response_chunk import AnthropicCallResponseChunk, FinishReason
from chunktape.anthropic.said import AnthropicSaid
from chunktape.anthropic.tool import AnthropicTool
from chunktape.calls.stream import BaseStream

if TYPE_CHECKING:
    from chunktape.dialects.detect import Dialect

__all__ = ["AnthropicStream", "FinishReason"]


class AnthropicStream(
    AnthropicSaid, BaseStream[AnthropicCallResponse, AnthropicCallResponseChunk, AnthropicTool]
):
    """One streamed answer; iterate with `for`, or with `async for` where the function is async."""

    call_response_type: ClassVar[type[AnthropicCallResponse]] = AnthropicCallResponse
    chunk_type: ClassVar[type[AnthropicCallResponseChunk]] = AnthropicCallResponseChunk
    dialect: ClassVar[Dialect] = "messages"
