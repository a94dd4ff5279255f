"""The azure-ai-inference SDK's own types, and the one way from plain JSON to them and back."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TypeVar

try:
    from azure.ai.inference import ChatCompletionsClient
    from azure.ai.inference.aio import ChatCompletionsClient as AsyncChatCompletionsClient
    from azure.ai.inference.models import (
        ChatCompletions,
        ChatCompletionsToolCall,
        ChatRequestMessage,
        CompletionsFinishReason,
        CompletionsUsage,
        JsonSchemaFormat,
        StreamingChatCompletionsUpdate,
    )
    from azure.core.credentials import AzureKeyCredential
    from azure.core.exceptions import DecodeError, DeserializationError
except ImportError as error:
    raise ImportError(
        'chunktape.azure needs the azure-ai-inference SDK: pip install "chunktape[azure]"', name=error.name
    ) from error

__all__ = [
    "AsyncChatCompletionsClient",
    "AzureKeyCredential",
    "ChatCompletions",
    "ChatCompletionsClient",
    "ChatCompletionsToolCall",
    "ChatRequestMessage",
    "CompletionsFinishReason",
    "CompletionsUsage",
    "DecodeError",
    "DeserializationError",
    "JsonSchemaFormat",
    "StreamingChatCompletionsUpdate",
    "build",
    "dump",
    "reason_of",
]

ModelT = TypeVar("ModelT")


def build(kind: type[ModelT], raw: dict[str, Any]) -> ModelT:
    """Return the SDK's object for a JSON object, with everything that it holds.

    What the SDK cannot make objects of stays in it as it came.
    """
    made: Any = None
    with suppress(DeserializationError):
        made = kind(raw)  # type: ignore[call-arg]  # the SDK's models all take a mapping
    # Where it expects a list and gets text, it keeps what a generator prints as.
    if made is None or not _holds(made.as_dict(), raw):
        made = kind()
        made.update(raw)
    return made  # type: ignore[no-any-return]  # it is of this kind


def dump(made: Any) -> dict[str, Any]:
    """Return the JSON object that an SDK's object was built from; openai's are taken, too."""
    if isinstance(made, dict):
        return made
    raw: dict[str, Any] = made.as_dict() if hasattr(made, "as_dict") else made.to_dict(mode="json")
    return raw


def _holds(made: dict[str, Any], raw: dict[str, Any]) -> bool:
    return all(name in made and made[name] == value for name, value in raw.items())


def reason_of(word: str) -> CompletionsFinishReason | str:
    """Return a finish reason as the SDK types it; one that it does not know as it came."""
    try:
        return CompletionsFinishReason(word)
    except ValueError:
        return word
