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


# Classes of their own: pyright takes a dictionary for a generic one only where all of it is given.
class _AzureConfig(
    BaseDynamicConfig[_Message, AzureCallParams, ChatCompletionsClient | Any], total=False
): ...


class _AsyncAzureConfig(
    BaseDynamicConfig[_Message, AzureCallParams, AsyncChatCompletionsClient | Any], total=False
): ...


AzureDynamicConfig: TypeAlias = _AzureConfig | None
AsyncAzureDynamicConfig: TypeAlias = _AsyncAzureConfig | None
