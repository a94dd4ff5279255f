"""`OpenAIStream`: one streamed answer of OpenAI's chat completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from chunktape.calls.stream import BaseStream
from chunktape.openai.call_response import OpenAICallResponse
from chunktape.openai.call_response_chunk import FinishReason, OpenAICallResponseChunk
from chunktape.openai.said import OpenAISaid
from chunktape.openai.tool import OpenAITool

if TYPE_CHECKING:
    from chunktape.dialects.detect import Dialect

__all__ = ["FinishReason", "OpenAIStream"]


class OpenAIStream(OpenAISaid, BaseStream[OpenAICallResponse, OpenAICallResponseChunk, OpenAITool]):
    """One streamed answer; iterate with `for`, or with `async for` where the function is async."""

    call_response_type: ClassVar[type[OpenAICallResponse]] = OpenAICallResponse
    chunk_type: ClassVar[type[OpenAICallResponseChunk]] = OpenAICallResponseChunk
    dialect: ClassVar[Dialect] = "chat_completions"
