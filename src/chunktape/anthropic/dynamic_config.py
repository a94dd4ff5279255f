"""What a function may return to configure its call to Anthropic."""

from __future__ import annotations

from typing import TypeAlias

from chunktape.anthropic.call_params import AnthropicCallParams
from chunktape.anthropic.sdk import (
    Anthropic,
    AnthropicBedrock,
    AnthropicVertex,
    AsyncAnthropic,
    AsyncAnthropicBedrock,
    AsyncAnthropicVertex,
    MessageParam,
)
from chunktape.calls.dynamic_config import BaseDynamicConfig
from chunktape.calls.message import BaseMessageParam

__all__ = ["AnthropicDynamicConfig", "AsyncAnthropicDynamicConfig"]

AnthropicDynamicConfig: TypeAlias = (
    BaseDynamicConfig[
        MessageParam | BaseMessageParam,
        AnthropicCallParams,
        Anthropic | AnthropicBedrock | AnthropicVertex,
    ]
    | None
)
AsyncAnthropicDynamicConfig: TypeAlias = (
    BaseDynamicConfig[
        MessageParam | BaseMessageParam,
        AnthropicCallParams,
        AsyncAnthropic | AsyncAnthropicBedrock | AsyncAnthropicVertex,
    ]
    | None
)
