"""What a function may return to configure its call to OpenAI."""

from __future__ import annotations

from typing import TypeAlias

from chunktape.calls.dynamic_config import BaseDynamicConfig
from chunktape.calls.message import BaseMessageParam
from chunktape.openai.call_params import OpenAICallParams
from chunktape.openai.sdk import AsyncOpenAI, ChatCompletionMessageParam, OpenAI

__all__ = ["AsyncOpenAIDynamicConfig", "OpenAIDynamicConfig"]


# Classes of their own: pyright takes a dictionary for a generic one only where all of it is given.
class _OpenAIConfig(
    BaseDynamicConfig[ChatCompletionMessageParam | BaseMessageParam, OpenAICallParams, OpenAI], total=False
): ...


class _AsyncOpenAIConfig(
    BaseDynamicConfig[ChatCompletionMessageParam | BaseMessageParam, OpenAICallParams, AsyncOpenAI],
    total=False,
): ...


OpenAIDynamicConfig: TypeAlias = _OpenAIConfig | None
AsyncOpenAIDynamicConfig: TypeAlias = _AsyncOpenAIConfig | None
