"""What ``create`` of the chat completions dialect is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.calls.extraction import json_mode_prompt, response_tool_type
from chunktape.calls.tool import BaseTool
from chunktape.calls.tool_schema import GenerateStrictJsonSchema

if TYPE_CHECKING:
    from chunktape.calls.vendor import Asked

__all__ = ["chat_kwargs"]


def chat_kwargs(asked: Asked) -> dict[str, Any]:
    """Return the arguments; what the caller set wins, and none of it is changed.

    Token counts are asked for in every stream, because hosts send none unasked.
    """
    messages = list(asked.messages)
    found: dict[str, Any] = {"model": asked.model}
    tools = [*asked.tools, *([asked.answer_tool] if asked.answer_tool is not None else [])]
    if tools:
        found["tools"] = [tool.tool_schema() for tool in tools]
    if asked.answer_tool is not None:
        found["tool_choice"] = "required" if asked.tools else _named(asked.answer_tool._name())  # noqa: SLF001 - as in `plain`
    if asked.json_mode:
        found["response_format"], words = _json_mode(asked.json_model)
        if words:
            messages.append({"role": "user", "content": words})
    found |= asked.call_params
    if asked.stream and asked.include_usage:
        options = found.get("stream_options") or {}
        found["stream_options"] = {"include_usage": True, **options}
    return found | {"messages": messages}


def _named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def _json_mode(model: Any) -> tuple[dict[str, Any], str]:
    """Return the response format, and what has to be said beside it."""
    if model is None:
        # The API refuses this mode where no message speaks of JSON; that is the caller's business.
        return {"type": "json_object"}, ""
    config = getattr(model, "model_config", {})
    if config.get("strict"):
        tool = response_tool_type(model, BaseTool)
        schema = tool.model_json_schema(schema_generator=GenerateStrictJsonSchema)
        named = {"name": model.__name__, "strict": True, "schema": schema}
        return {"type": "json_schema", "json_schema": named}, ""
    return {"type": "json_object"}, json_mode_prompt(model)
