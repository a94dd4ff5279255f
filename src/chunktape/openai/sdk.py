"""The openai SDK's own types, and the one way from plain JSON to them and back."""

from __future__ import annotations

from typing import Any, TypeVar

try:
    from openai import AsyncOpenAI, OpenAI, OpenAIError
    from openai.types import CompletionUsage
    from openai.types.chat import (
        ChatCompletion,
        ChatCompletionAssistantMessageParam,
        ChatCompletionChunk,
        ChatCompletionMessageParam,
        ChatCompletionMessageToolCall,
        ChatCompletionToolMessageParam,
        ChatCompletionToolParam,
        ChatCompletionUserMessageParam,
    )
    from openai.types.chat.chat_completion import Choice
except ImportError as error:
    raise ImportError(
        'chunktape.openai needs the openai SDK: pip install "chunktape[openai]"', name=error.name
    ) from error

__all__ = [
    "AsyncOpenAI",
    "ChatCompletion",
    "ChatCompletionAssistantMessageParam",
    "ChatCompletionChunk",
    "ChatCompletionMessageParam",
    "ChatCompletionMessageToolCall",
    "ChatCompletionToolMessageParam",
    "ChatCompletionToolParam",
    "ChatCompletionUserMessageParam",
    "Choice",
    "CompletionUsage",
    "OpenAI",
    "OpenAIError",
    "build",
    "dump",
]

ModelT = TypeVar("ModelT")


def build(kind: type[ModelT], raw: dict[str, Any]) -> ModelT:
    """Return the SDK's object for a JSON object, as leniently as the SDK builds its own."""
    made: ModelT = kind.construct(**raw)  # type: ignore[attr-defined]  # openai's models all have it
    return made


def dump(made: Any) -> dict[str, Any]:
    """Return the JSON object that an SDK's object was built from."""
    if isinstance(made, dict):
        return made
    raw: dict[str, Any] = made.to_dict(mode="json", warnings=False)
    return raw
