"""`AzureCallParams`: what else a model on Azure can be given.

Source: azure-ai-inference, `ChatCompletionsClient.complete`; what the SDK has no keyword for goes into
the same JSON object, as its ``model_extras`` do.
"""

from __future__ import annotations

from typing import Any

from chunktape.calls.params import BaseCallParams

__all__ = ["AzureCallParams"]


class AzureCallParams(BaseCallParams, total=False):
    """Parameters of a call; nested ones are plain JSON, or objects of the SDK.

    `model_extras` (or `extra_body`, the same in openai's words) takes what only one model knows.
    """

    audio: dict[str, Any] | None
    extra_body: dict[str, Any] | None
    extra_headers: dict[str, str] | None
    extra_query: dict[str, Any] | None
    frequency_penalty: float | None
    logit_bias: dict[str, int] | None
    logprobs: bool | None
    max_completion_tokens: int | None
    max_tokens: int | None
    metadata: dict[str, str] | None
    modalities: list[str] | None
    model_extras: dict[str, Any] | None
    n: int | None
    parallel_tool_calls: bool | None
    presence_penalty: float | None
    reasoning_effort: str | None
    response_format: Any
    safety_identifier: str | None
    seed: int | None
    service_tier: str | None
    stop: str | list[str] | None
    store: bool | None
    stream_options: dict[str, Any] | None
    temperature: float | None
    tool_choice: Any
    top_logprobs: int | None
    top_p: float | None
    user: str | None
    verbosity: str | None
