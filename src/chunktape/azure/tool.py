"""`AzureTool`: a tool as Azure declares and calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic.json_schema import SkipJsonSchema  # noqa: TC002 - pydantic reads the annotation

from chunktape.azure.sdk import ChatCompletionsToolCall, build, dump
from chunktape.calls.chat_tool import chat_tool_schema
from chunktape.calls.tool import BaseTool, ToolConfig
from chunktape.dialects.chat_call import call_of

if TYPE_CHECKING:
    from chunktape.dialects.answer import ToolCall

__all__ = ["AzureTool", "AzureToolConfig"]


class AzureToolConfig(ToolConfig, total=False):
    """What is only said to Azure: `strict` asks for arguments that fit the schema exactly."""

    strict: bool


class AzureTool(BaseTool):
    """A tool that models on Azure may call; `tool_call` is the SDK's own object."""

    __provider__: ClassVar[str] = "azure"
    __tool_config_type__: ClassVar[type[Any]] = AzureToolConfig

    tool_call: SkipJsonSchema[ChatCompletionsToolCall | None] = None

    @classmethod
    def tool_schema(cls) -> dict[str, Any]:
        """Return the declaration, what a ``ChatCompletionsToolDefinition`` is in JSON."""
        return chat_tool_schema(cls)

    @classmethod
    def from_tool_call(
        cls,
        tool_call: ChatCompletionsToolCall,
        allow_partial: bool = False,  # noqa: FBT001, FBT002 - as v1 of Mirascope has it
    ) -> AzureTool:
        """Return the tool with the arguments of an SDK's own call; never raises, see `error`."""
        call = call_of(dump(tool_call))
        if allow_partial:
            return cls.partial_from_call(call, tool_call=tool_call, delta="")
        return cls.from_call(call, tool_call=tool_call)

    @classmethod
    def _tool_call_of(cls, call: ToolCall) -> ChatCompletionsToolCall:
        return build(ChatCompletionsToolCall, call.raw)
