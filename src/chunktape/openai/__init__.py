"""Calls to OpenAI: the decorator, streams, responses, chunks and tools."""

from typing import TypeAlias

from chunktape.calls.message import BaseMessageParam
from chunktape.openai.call import openai_call
from chunktape.openai.call import openai_call as call
from chunktape.openai.call_params import OpenAICallParams
from chunktape.openai.call_response import OpenAICallResponse
from chunktape.openai.call_response_chunk import FinishReason, OpenAICallResponseChunk
from chunktape.openai.dynamic_config import AsyncOpenAIDynamicConfig, OpenAIDynamicConfig
from chunktape.openai.sdk import ChatCompletionMessageParam
from chunktape.openai.stream import OpenAIStream
from chunktape.openai.tool import OpenAITool, OpenAIToolConfig

OpenAIMessageParam: TypeAlias = ChatCompletionMessageParam | BaseMessageParam

__all__ = [
    "AsyncOpenAIDynamicConfig",
    "FinishReason",
    "OpenAICallParams",
    "OpenAICallResponse",
    "OpenAICallResponseChunk",
    "OpenAIDynamicConfig",
    "OpenAIMessageParam",
    "OpenAIStream",
    "OpenAITool",
    "OpenAIToolConfig",
    "call",
    "openai_call",
]
