"""`OpenAICallParams`: what else OpenAI's chat completions can be given.

Source: openai-python, `types/chat/completion_create_params.py`. What only the newest API knows goes
into `extra_body`.
"""

from __future__ import annotations

from typing import Any

from chunktape.calls.params import BaseCallParams

__all__ = ["OpenAICallParams"]


class OpenAICallParams(BaseCallParams, total=False):
    """Parameters of a call; nested ones are written as the SDK takes them."""

    audio: dict[str, Any] | None
    extra_body: dict[str, Any] | None
    extra_headers: dict[str, str] | None
    extra_query: dict[str, Any] | None
    frequency_penalty: float | None
    function_call: str | dict[str, Any]
    functions: list[dict[str, Any]]
    logit_bias: dict[str, int] | None
    logprobs: bool | None
    max_completion_tokens: int | None
    max_tokens: int | None
    metadata: dict[str, str] | None
    modalities: list[str] | None
    moderation: dict[str, Any] | None
    n: int | None
    parallel_tool_calls: bool
    prediction: dict[str, Any] | None
    presence_penalty: float | None
    prompt_cache_key: str
    prompt_cache_retention: str | None
    reasoning_effort: str | None
    response_format: dict[str, Any]
    safety_identifier: str
    seed: int | None
    service_tier: str | None
    stop: str | list[str] | None
    store: bool | None
    stream_options: dict[str, Any] | None
    temperature: float | None
    timeout: Any
    tool_choice: str | dict[str, Any]
    top_logprobs: int | None
    top_p: float | None
    user: str
    verbosity: str | None
    web_search_options: dict[str, Any]
