"""`AnthropicCallParams`: what else Anthropic's messages can be given.

Source: anthropic-python, `types/message_create_params.py`. What only the newest API knows goes into
`extra_body`, what has to be asked for by a beta header into `extra_headers`.
"""

from __future__ import annotations

from typing import Any

from chunktape.calls.params import BaseCallParams

__all__ = ["AnthropicCallParams"]


class AnthropicCallParams(BaseCallParams, total=False):
    """Parameters of a call; nested ones are written as the SDK takes them.

    `max_tokens`, which the API cannot do without, is 1024 unless it is given. `system` comes before
    the system messages of the prompt. `tools` are those that run at Anthropic (web search, for
    example); one's own go into the decorator.
    """

    cache_control: dict[str, Any] | None
    container: str | dict[str, Any] | None
    diagnostics: dict[str, Any] | None
    extra_body: dict[str, Any] | None
    extra_headers: dict[str, str] | None
    extra_query: dict[str, Any] | None
    inference_geo: str | None
    max_tokens: int | None
    metadata: dict[str, Any] | None
    output_config: dict[str, Any] | None
    service_tier: str | None
    speed: str | None
    stop_sequences: list[str] | None
    system: str | list[dict[str, Any]] | None
    temperature: float | None
    thinking: dict[str, Any] | None
    timeout: Any
    tool_choice: dict[str, Any] | None
    tools: list[dict[str, Any]] | None
    top_k: int | None
    top_p: float | None
    user_profile_id: str | None
    workspace_id: str | None
