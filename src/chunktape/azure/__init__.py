"""Calls to Azure: the decorator, streams, responses, chunks and tools."""

from typing import TypeAlias

from chunktape.azure.call import azure_call
from chunktape.azure.call import azure_call as call
from chunktape.azure.call_params import AzureCallParams
from chunktape.azure.call_response import AzureCallResponse
from chunktape.azure.call_response_chunk import AzureCallResponseChunk, FinishReason
from chunktape.azure.dynamic_config import AsyncAzureDynamicConfig, AzureDynamicConfig
from chunktape.azure.sdk import ChatRequestMessage
from chunktape.azure.stream import AzureStream
from chunktape.azure.tool import AzureTool, AzureToolConfig
from chunktape.calls.message import BaseMessageParam

AzureMessageParam: TypeAlias = ChatRequestMessage | BaseMessageParam

__all__ = [
    "AsyncAzureDynamicConfig",
    "AzureCallParams",
    "AzureCallResponse",
    "AzureCallResponseChunk",
    "AzureDynamicConfig",
    "AzureMessageParam",
    "AzureStream",
    "AzureTool",
    "AzureToolConfig",
    "FinishReason",
    "azure_call",
    "call",
]
