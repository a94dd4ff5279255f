"""What a function may return to configure its call to Azure."""

from __future__ import annotations

from typing import Any, TypeAlias

from chunktape.azure.call_params import AzureCallParams
from chunktape.azure.sdk import AsyncChatCompletionsClient, ChatCompletionsClient, ChatRequestMessage
from chunktape.calls.dynamic_config import BaseDynamicConfig
from chunktape.calls.message import BaseMessageParam

__all__ = ["AsyncAzureDynamicConfig", "AzureDynamicConfig"]

# Messages may be plain dictionaries, too; and clients of openai's do, which have no name here.
_Message: TypeAlias = ChatRequestMessage | BaseMessageParam | dict[str, Any]

AzureDynamicConfig: TypeAlias = (
    BaseDynamicConfig[_Message, AzureCallParams, ChatCompletionsClient | Any] | None
)
AsyncAzureDynamicConfig: TypeAlias = (
    BaseDynamicConfig[_Message, AzureCallParams, AsyncChatCompletionsClient | Any] | None
)
