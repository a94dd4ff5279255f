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


# Classes of their own: pyright takes a dictionary for a generic one only where all of it is given.
class _AnthropicConfig(
    BaseDynamicConfig[
        MessageParam | BaseMessageParam,
        AnthropicCallParams,
        Anthropic | AnthropicBedrock | AnthropicVertex,
    ],
    total=False,
): ...


class _AsyncAnthropicConfig(
    BaseDynamicConfig[
        MessageParam | BaseMessageParam,
        AnthropicCallParams,
        AsyncAnthropic | AsyncAnthropicBedrock | AsyncAnthropicVertex,
    ],
    total=False,
): ...


AnthropicDynamicConfig: TypeAlias = _AnthropicConfig | None
AsyncAnthropicDynamicConfig: TypeAlias = _AsyncAnthropicConfig | None
