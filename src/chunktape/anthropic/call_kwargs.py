"""What ``messages.create`` is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.anthropic.message import parted, with_words
from chunktape.anthropic.sdk import CREATE_PARAMS
from chunktape.calls.extraction import json_mode_prompt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.calls.vendor import Asked

__all__ = ["MAX_TOKENS", "anthropic_kwargs"]

MAX_TOKENS = 1024
"""What `max_tokens` is where nobody says it; the API cannot do without."""


def anthropic_kwargs(asked: Asked) -> dict[str, Any]:
    """Return the arguments; what the caller set wins, and none of it is changed.

    Two things are joined rather than replaced: a `system` parameter comes before the system messages,
    and `tools` of Anthropic's own after the caller's.
    """
    params = {name: value for name, value in asked.call_params.items() if value is not None}
    said, messages = parted(asked.messages)
    system = _joined([params.pop("system", None), *said])
    tools = [*asked.tools, *([asked.answer_tool] if asked.answer_tool is not None else [])]
    declared = [*(tool.tool_schema() for tool in tools), *params.pop("tools", ())]
    found: dict[str, Any] = {"model": asked.model, "max_tokens": MAX_TOKENS}
    if system:
        found["system"] = system
    if declared:
        found["tools"] = declared
    if asked.answer_tool is not None:
        name = asked.answer_tool._name()  # noqa: SLF001 - public in all but name
        found["tool_choice"] = {"type": "any"} if asked.tools else {"type": "tool", "name": name}
    if asked.json_mode:
        messages = with_words(messages, json_mode_prompt(asked.json_model))
    return _taken(found | params | {"messages": messages})


def _taken(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments so that the SDK takes them: what it has no word for goes into the body as it is.

    Since 2.0 it has none for `temperature`, `top_p` and `top_k`, which older models still take.
    """
    unknown = {name: value for name, value in arguments.items() if name not in CREATE_PARAMS}
    known = {name: value for name, value in arguments.items() if name in CREATE_PARAMS}
    return known | ({"extra_body": unknown | (known.get("extra_body") or {})} if unknown else {})


def _joined(contents: Iterable[Any]) -> str | list[Any]:
    """Return system prompts as one: the only one as it is, several as blocks. Blank text is refused."""
    known = [one for one in contents if one and not (isinstance(one, str) and not one.strip())]
    if len(known) == 1:
        return known[0] if isinstance(known[0], str) else list(known[0])
    blocks: list[Any] = []
    for one in known:
        blocks += [{"type": "text", "text": one}] if isinstance(one, str) else one
    return blocks
