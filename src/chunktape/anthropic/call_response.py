"""`AnthropicCallResponse`: one answer of Anthropic's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.anthropic.said import AnthropicSaid
from chunktape.anthropic.sdk import Message, Usage, build, dump
from chunktape.anthropic.sent_back import message_param_of, tool_message_params
from chunktape.anthropic.tool import AnthropicTool
from chunktape.calls.response import BaseCallResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.dialects.detect import Dialect

__all__ = ["AnthropicCallResponse"]


class AnthropicCallResponse(AnthropicSaid, BaseCallResponse[Message, AnthropicTool]):
    """One `Message`, which `response` builds."""

    provider_name: ClassVar[str] = "anthropic"
    dialect: ClassVar[Dialect] = "messages"
    tool_type: ClassVar[type[AnthropicTool]] = AnthropicTool

    @classmethod
    def build_response(cls, body: dict[str, Any]) -> Message:
        """Return the SDK's own object for a body."""
        return build(Message, body)

    @classmethod
    def dump_response(cls, response: Any) -> dict[str, Any]:
        """Return the body that an SDK's own object holds."""
        return dump(response)

    @classmethod
    def build_usage(cls, raw: dict[str, Any]) -> Usage:
        """Return the SDK's own object for token counts."""
        return build(Usage, raw)

    @classmethod
    def message_param_of(cls, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer as a message that Anthropic takes back."""
        return message_param_of(body)

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[AnthropicTool, Any]]) -> list[Any]:
        """Return the message that tells the model what its tools gave; in a list, as for all providers."""
        return tool_message_params(tools_and_outputs)
