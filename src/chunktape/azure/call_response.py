"""`AzureCallResponse`: one answer of a model on Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.azure.said import AzureSaid
from chunktape.azure.sdk import ChatCompletions, CompletionsUsage, build, dump
from chunktape.azure.tool import AzureTool
from chunktape.calls.chat_message import message_param_of, tool_message_params
from chunktape.calls.response import BaseCallResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.dialects.detect import Dialect

__all__ = ["AzureCallResponse"]


class AzureCallResponse(AzureSaid, BaseCallResponse[ChatCompletions, AzureTool]):
    """One `ChatCompletions`, which `response` builds, whichever client it came over."""

    provider_name: ClassVar[str] = "azure"
    dialect: ClassVar[Dialect] = "chat_completions"
    tool_type: ClassVar[type[AzureTool]] = AzureTool

    @classmethod
    def build_response(cls, body: dict[str, Any]) -> ChatCompletions:
        """Return the SDK's own object for a body."""
        return build(ChatCompletions, body)

    @classmethod
    def dump_response(cls, response: Any) -> dict[str, Any]:
        """Return the body that an SDK's own object holds."""
        return dump(response)

    @classmethod
    def build_usage(cls, raw: dict[str, Any]) -> CompletionsUsage:
        """Return the SDK's own object for token counts."""
        return build(CompletionsUsage, raw)

    @classmethod
    def message_param_of(cls, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer as a message that Azure takes back."""
        return message_param_of(body)

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[AzureTool, Any]]) -> list[Any]:
        """Return the messages that tell the model what its tools gave."""
        return tool_message_params(tools_and_outputs)
