"""`OpenAICallResponse`: one answer of OpenAI's chat completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.calls.chat_message import message_param_of, tool_message_params
from chunktape.calls.response import BaseCallResponse
from chunktape.openai.said import OpenAISaid
from chunktape.openai.sdk import ChatCompletion, CompletionUsage, build, dump
from chunktape.openai.tool import OpenAITool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.dialects.detect import Dialect

__all__ = ["OpenAICallResponse"]


class OpenAICallResponse(OpenAISaid, BaseCallResponse[ChatCompletion, OpenAITool]):
    """One `ChatCompletion`, which `response` builds."""

    provider_name: ClassVar[str] = "openai"
    dialect: ClassVar[Dialect] = "chat_completions"
    tool_type: ClassVar[type[OpenAITool]] = OpenAITool

    @classmethod
    def build_response(cls, body: dict[str, Any]) -> ChatCompletion:
        """Return the SDK's own object for a body."""
        return build(ChatCompletion, body)

    @classmethod
    def dump_response(cls, response: Any) -> dict[str, Any]:
        """Return the body that an SDK's own object holds."""
        return dump(response)

    @classmethod
    def build_usage(cls, raw: dict[str, Any]) -> CompletionUsage:
        """Return the SDK's own object for token counts."""
        return build(CompletionUsage, raw)

    @classmethod
    def message_param_of(cls, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer as a message that OpenAI takes back."""
        return message_param_of(body)

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[OpenAITool, Any]]) -> list[Any]:
        """Return the messages that tell the model what its tools gave."""
        return tool_message_params(tools_and_outputs)
