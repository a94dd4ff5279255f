"""`Call`: what was asked, in the provider's words and in the user's; frozen data.

Streams and call responses carry it, so both show the same fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.calls.tool import BaseTool

__all__ = ["Call", "StreamConfig"]


class StreamConfig(TypedDict, total=False):
    """How to stream; an empty one streams as `True` does.

    `partial_tools` hands out tools while their arguments are still growing. `include_usage` (True)
    asks for token counts. `raise_interrupted` (True) raises `StreamInterruptedError` at the end of
    the loop where the stream stopped early; `status` tells it either way.
    """

    partial_tools: bool
    include_usage: bool
    raise_interrupted: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `messages` and `call_kwargs` are what the SDK is given, the rest is where they come from.

    `dynamic_config` is what the function returned; a prompt stands there under `messages`.
    """

    model: str
    messages: list[Any]
    call_kwargs: dict[str, Any]
    call_params: Mapping[str, Any] = field(default_factory=dict)
    tool_types: list[type[BaseTool]] | None = None
    prompt_template: str | None = None
    fn_args: dict[str, Any] = field(default_factory=dict)
    dynamic_config: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    stream: StreamConfig | None = None

    @property
    def user_message_param(self) -> Any:
        """The last message, where it is the user's.

        What tools gave is not, although Anthropic has it said by the user: whoever keeps a history has it
        from `tool_message_params`, and would send it twice.
        """
        last = self.messages[-1] if self.messages else None
        return last if last is not None and last.get("role") == "user" and not _is_of_tools(last) else None


def _is_of_tools(message: Mapping[str, Any]) -> bool:
    content = message.get("content")
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(one, dict) and one.get("type") == "tool_result" for one in content)
    )
