"""What `forms` and `wrong` call things: Azure's."""

from azure.ai.inference import ChatCompletionsClient as Client
from azure.ai.inference.aio import ChatCompletionsClient as AsyncClient
from azure.ai.inference.models import ChatCompletions as SdkResponse
from azure.ai.inference.models import ChatCompletionsToolCall as SdkToolCall
from azure.ai.inference.models import StreamingChatCompletionsUpdate as SdkChunk

from chunktape.azure import AsyncAzureDynamicConfig as AsyncDynamicConfig
from chunktape.azure import AzureCallParams as CallParams
from chunktape.azure import AzureCallResponse as Response
from chunktape.azure import AzureCallResponseChunk as Chunk
from chunktape.azure import AzureDynamicConfig as DynamicConfig
from chunktape.azure import AzureMessageParam as MessageParam
from chunktape.azure import AzureStream as Stream
from chunktape.azure import AzureTool as Tool
from chunktape.azure import azure_call as call

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
