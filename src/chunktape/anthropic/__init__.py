"""Calls to Anthropic: the decorator, streams, responses, chunks and tools."""

from typing import TypeAlias

from chunktape.anthropic.call import anthropic_call
from chunktape.anthropic.call import anthropic_call as call
from chunktape.anthropic.call_params import AnthropicCallParams
from chunktape.anthropic.call_response import AnthropicCallResponse
from chunktape.anthropic.call_response_chunk import AnthropicCallResponseChunk, FinishReason
from chunktape.anthropic.dynamic_config import AnthropicDynamicConfig, AsyncAnthropicDynamicConfig
from chunktape.anthropic.sdk import MessageParam
from chunktape.anthropic.stream import AnthropicStream
from chunktape.anthropic.tool import AnthropicTool, AnthropicToolConfig
from chunktape.calls.message import BaseMessageParam

AnthropicMessageParam: TypeAlias = MessageParam | BaseMessageParam

__all__ = [
    "AnthropicCallParams",
    "AnthropicCallResponse",
    "AnthropicCallResponseChunk",
    "AnthropicDynamicConfig",
    "AnthropicMessageParam",
    "AnthropicStream",
    "AnthropicTool",
    "AnthropicToolConfig",
    "AsyncAnthropicDynamicConfig",
    "FinishReason",
    "anthropic_call",
    "call",
]
