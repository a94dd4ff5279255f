"""What `forms` and `wrong` call things: Anthropic's."""

from anthropic import Anthropic as Client
from anthropic import AsyncAnthropic as AsyncClient
from anthropic.types import Message as SdkResponse
from anthropic.types import RawMessageStreamEvent as SdkChunk
from anthropic.types import ToolUseBlock as SdkToolCall

from chunktape.anthropic import AnthropicCallParams as CallParams
from chunktape.anthropic import AnthropicCallResponse as Response
from chunktape.anthropic import AnthropicCallResponseChunk as Chunk
from chunktape.anthropic import AnthropicDynamicConfig as DynamicConfig
from chunktape.anthropic import AnthropicMessageParam as MessageParam
from chunktape.anthropic import AnthropicStream as Stream
from chunktape.anthropic import AnthropicTool as Tool
from chunktape.anthropic import AsyncAnthropicDynamicConfig as AsyncDynamicConfig
from chunktape.anthropic import anthropic_call as call

MODEL = "claude-haiku-4-5"

__all__ = [
    "MODEL",
    "AsyncClient",
    "AsyncDynamicConfig",
    "CallParams",
    "Chunk",
    "Client",
    "DynamicConfig",
    "MessageParam",
    "Response",
    "SdkChunk",
    "SdkResponse",
    "SdkToolCall",
    "Stream",
    "Tool",
    "call",
]
