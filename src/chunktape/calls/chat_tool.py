"""How a tool is declared in the chat completions dialect.

Source: https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.calls.tool_schema import GenerateStrictJsonSchema

if TYPE_CHECKING:
    from chunktape.calls.tool import BaseTool

__all__ = ["chat_tool_schema"]


def chat_tool_schema(tool: type[BaseTool]) -> dict[str, Any]:
    """Return the declaration; with ``strict`` in the tool's configuration, in the subset that it needs."""
    strict = bool(tool.tool_config.get("strict") or tool.model_config.get("strict"))
    schema = (
        tool.model_json_schema(schema_generator=GenerateStrictJsonSchema)
        if strict
        else tool.model_json_schema()
    )
    function: dict[str, Any] = {"name": tool._name(), "description": tool._description()}  # noqa: SLF001 - as in `plain`
    if strict:
        function["strict"] = True
    return {"type": "function", "function": function | {"parameters": schema}}
