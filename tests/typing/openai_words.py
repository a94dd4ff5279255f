"""What `forms` and `wrong` call things: OpenAI's."""

from openai import AsyncOpenAI as AsyncClient
from openai import OpenAI as Client
from openai.types.chat import ChatCompletion as SdkResponse
from openai.types.chat import ChatCompletionChunk as SdkChunk
from openai.types.chat import ChatCompletionMessageToolCall as SdkToolCall

from chunktape.openai import AsyncOpenAIDynamicConfig as AsyncDynamicConfig
from chunktape.openai import OpenAICallParams as CallParams
from chunktape.openai import OpenAICallResponse as Response
from chunktape.openai import OpenAICallResponseChunk as Chunk
from chunktape.openai import OpenAIDynamicConfig as DynamicConfig
from chunktape.openai import OpenAIMessageParam as MessageParam
from chunktape.openai import OpenAIStream as Stream
from chunktape.openai import OpenAITool as Tool
from chunktape.openai import openai_call as call

MODEL = "gpt-4o-mini"

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
