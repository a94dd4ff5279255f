"""Messages and their parts, under the name of Mirascope v1's module."""

from chunktape.calls.message import BaseMessageParam
from chunktape.calls.part import (
    AudioPart,
    AudioURLPart,
    CacheControlPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

__all__ = [
    "AudioPart",
    "AudioURLPart",
    "BaseMessageParam",
    "CacheControlPart",
    "DocumentPart",
    "DocumentURLPart",
    "ImagePart",
    "ImageURLPart",
    "TextPart",
    "ToolCallPart",
    "ToolResultPart",
]
