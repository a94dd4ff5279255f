"""What a function may return to configure its call to OpenAI."""

from __future__ import annotations

from typing import TypeAlias

from chunktape.calls.dynamic_config import BaseDynamicConfig
from chunktape.calls.message import BaseMessageParam
from chunktape.openai.call_params import OpenAICallParams
from chunktape.openai.sdk import AsyncOpenAI, ChatCompletionMessageParam, OpenAI

__all__ = ["AsyncOpenAIDynamicConfig", "OpenAIDynamicConfig"]

OpenAIDynamicConfig: TypeAlias = (
    BaseDynamicConfig[ChatCompletionMessageParam | BaseMessageParam, OpenAICallParams, OpenAI] | None
)
AsyncOpenAIDynamicConfig: TypeAlias = (
    BaseDynamicConfig[ChatCompletionMessageParam | BaseMessageParam, OpenAICallParams, AsyncOpenAI] | None
)
