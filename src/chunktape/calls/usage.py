"""`Usage` and the words that all providers share: finish reasons, provider names, JSON-able values.

What a token count is worth stands in `cost`, what else a call tells about its price in `cost_metadata`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel

from chunktape.dialects.answer import CommonFinishReason

if TYPE_CHECKING:
    from chunktape.dialects import answer

__all__ = ["FinishReason", "JsonableType", "LocalProvider", "Provider", "Usage", "usage_of"]

FinishReason: TypeAlias = CommonFinishReason
"""Why a model stopped, in the word that all providers share."""

Provider: TypeAlias = Literal[
    "anthropic",
    "azure",
    "bedrock",
    "cohere",
    "gemini",
    "google",
    "groq",
    "litellm",
    "mistral",
    "openai",
    "vertex",
    "xai",
]
"""Whom a call is made to."""

LocalProvider: TypeAlias = Literal["ollama", "vllm"]
"""What runs a model on one's own machine, behind OpenAI's protocol."""

JsonableType: TypeAlias = (
    str
    | int
    | float
    | bool
    | bytes
    | list["JsonableType"]
    | set["JsonableType"]
    | tuple["JsonableType", ...]
    | dict[str, "JsonableType"]
    | BaseModel
)
"""What a tool may return."""


class Usage(BaseModel):
    """Token counts of one call, as its provider reported them; None for what it did not report.

    `input_tokens` includes the cached ones in OpenAI's count and excludes them in Anthropic's.
    """

    input_tokens: int | None = None
    """The tokens of the prompt."""
    cached_tokens: int | None = None
    """The tokens of the prompt that were read from a cache."""
    output_tokens: int | None = None
    """The tokens that the model wrote, its reasoning included."""
    total_tokens: int | None = None
    """Input and output together; None unless both are known."""
    cache_write_tokens: int | None = None
    """The tokens of the prompt that were written to a cache."""
    reasoning_tokens: int | None = None
    """The tokens of the output that were reasoning."""


def usage_of(usage: answer.Usage | None) -> Usage | None:
    """Return the counts of a decoded answer, or None where it has none at all."""
    if usage is None:
        return None
    read, written = usage.input_tokens, usage.output_tokens
    counts = Usage(
        input_tokens=read,
        cached_tokens=usage.cached_tokens,
        output_tokens=written,
        total_tokens=None if read is None or written is None else read + written,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )
    return counts if counts != Usage() else None
