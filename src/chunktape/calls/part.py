"""Content parts: what a message is made of when it is more than text; data, and how it is dumped.

What a provider makes of a part is not decided here, nor where its bytes come from.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer

__all__ = [
    "PART_TYPES",
    "AudioPart",
    "AudioURLPart",
    "CacheControlPart",
    "ContentPart",
    "DocumentPart",
    "DocumentURLPart",
    "ImagePart",
    "ImageURLPart",
    "TextPart",
    "ToolCallPart",
    "ToolResultPart",
]


def _from_base64(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error as error:
        raise ValueError(
            f"text stands for bytes only where it is base64 ({error}); pass the bytes"
        ) from error


def _to_base64(value: bytes) -> str:
    return b64encode(value).decode()


# Bytes have no form of their own in JSON. Text in their place is base64 wherever it comes from, so
# that `model_validate(json.loads(…))` gives what `model_validate_json(…)` gives.
_Bytes = Annotated[
    bytes, BeforeValidator(_from_base64), PlainSerializer(_to_base64, return_type=str, when_used="json")
]


class TextPart(BaseModel):
    """Text."""

    type: Literal["text"]
    text: str


class CacheControlPart(BaseModel):
    """A mark: what stands before it may be cached (Anthropic); `cache_type` is ``"ephemeral"``."""

    type: Literal["cache_control"]
    cache_type: str


class ImagePart(BaseModel):
    """The bytes of an image; `detail` is OpenAI's ``"low"``, ``"high"`` or ``"auto"``."""

    type: Literal["image"]
    media_type: str
    image: _Bytes
    detail: str | None


class ImageURLPart(BaseModel):
    """An image that the provider fetches from a URL, or finds in a ``data:`` URL."""

    type: Literal["image_url"]
    url: str
    detail: str | None


class AudioPart(BaseModel):
    """The bytes of a recording; base64 text is accepted too, and decoded."""

    type: Literal["audio"]
    media_type: str
    audio: Annotated[
        bytes | str,
        BeforeValidator(_from_base64),
        PlainSerializer(_to_base64, return_type=str, when_used="json"),
    ]


class AudioURLPart(BaseModel):
    """A recording that the provider fetches from a URL."""

    type: Literal["audio_url"]
    url: str


class DocumentPart(BaseModel):
    """The bytes of a document, a PDF for example."""

    type: Literal["document"]
    media_type: str
    document: _Bytes


class DocumentURLPart(BaseModel):
    """A document that the provider fetches from a URL."""

    type: Literal["document_url"]
    url: str


class ToolCallPart(BaseModel):
    """A tool that the model wants called, with its arguments."""

    type: Literal["tool_call"]
    name: str
    args: dict[str, Any] | None = None
    id: str | None = None


class ToolResultPart(BaseModel):
    """What a tool answered to the call with the same `id`."""

    type: Literal["tool_result"]
    name: str = ""
    content: str
    id: str | None = None
    is_error: bool = False


ContentPart: TypeAlias = Annotated[
    TextPart
    | ImagePart
    | ImageURLPart
    | AudioPart
    | AudioURLPart
    | CacheControlPart
    | DocumentPart
    | DocumentURLPart
    | ToolCallPart
    | ToolResultPart,
    Field(discriminator="type"),
]
PART_TYPES = (
    TextPart,
    ImagePart,
    ImageURLPart,
    AudioPart,
    AudioURLPart,
    CacheControlPart,
    DocumentPart,
    DocumentURLPart,
    ToolCallPart,
    ToolResultPart,
)
