"""`AnthropicTool`: a tool as Anthropic declares and calls it."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic.json_schema import SkipJsonSchema  # noqa: TC002 - pydantic reads the annotation
from typing_extensions import TypedDict

from chunktape.anthropic.sdk import ToolUseBlock, build, dump
from chunktape.calls.tool import BaseTool, ToolConfig
from chunktape.dialects.answer import ToolCall
from chunktape.dialects.message_block import arguments_of
from chunktape.dialects.message_event import string_of

__all__ = ["AnthropicTool", "AnthropicToolConfig"]


class _CacheControl(TypedDict, total=False):
    type: str
    ttl: str


class AnthropicToolConfig(ToolConfig, total=False):
    """What is only said to Anthropic: `cache_control` caches the request up to and with this tool."""

    cache_control: _CacheControl


class AnthropicTool(BaseTool):
    """A tool that Anthropic's models may call; `tool_call` is the SDK's own object."""

    __provider__: ClassVar[str] = "anthropic"
    __tool_config_type__: ClassVar[type[Any]] = AnthropicToolConfig

    tool_call: SkipJsonSchema[ToolUseBlock | None] = None

    @classmethod
    def tool_schema(cls) -> dict[str, Any]:
        """Return the declaration, a ``ToolParam``."""
        declared: dict[str, Any] = {
            "name": cls._name(),
            "description": cls._description(),
            "input_schema": cls.model_json_schema(),
        }
        control = cls.tool_config.get("cache_control")
        return declared | ({"cache_control": control} if control else {})

    @classmethod
    def from_tool_call(
        cls,
        tool_call: ToolUseBlock,
        allow_partial: bool = False,  # noqa: FBT001, FBT002 - as v1 of Mirascope has it
    ) -> AnthropicTool:
        """Return the tool with the arguments of an SDK's own call; never raises, see `error`."""
        raw = dump(tool_call)
        call = ToolCall(string_of(raw.get("name")), arguments_of(raw), string_of(raw.get("id")), raw)
        if allow_partial:
            return cls.partial_from_call(call, tool_call=tool_call, delta="")
        return cls.from_call(call, tool_call=tool_call)

    @classmethod
    def _tool_call_of(cls, call: ToolCall) -> ToolUseBlock:
        return build(ToolUseBlock, call.raw)
