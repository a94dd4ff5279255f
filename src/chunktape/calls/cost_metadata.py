"""`CostMetadata`: all that a call tells about its price; and where in its bodies that is found.

Only what was said is filled in. Which money it is, `cost` tells.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from chunktape.dialects.answer import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.dialects.answer import Answer, Usage

__all__ = [
    "AudioMetadata",
    "CostMetadata",
    "GoogleMetadata",
    "ImageMetadata",
    "PDFImageMetadata",
    "PDFMetadata",
    "VideoMetadata",
    "cost_metadata_of",
    "detail_of",
    "metadata_of_usage",
]

_UNDECIDED = frozenset({"auto", "standard_only"})
"""Tiers that a request may ask for, but that none is served by."""
_NO_REGION = "not_available"
_HOURS = {"ephemeral_5m_input_tokens": 5 / 60, "ephemeral_1h_input_tokens": 1.0}
# https://docs.x.ai/docs/guides/usage-and-billing: what xAI counts a dollar in
_TICKS = 10_000_000_000


class _Data(BaseModel):
    # Infinities and NaN do not survive JSON.
    model_config = ConfigDict(allow_inf_nan=False)


class ImageMetadata(_Data):
    """One image of the prompt; its size is known where its bytes were part of the request."""

    width: int | None = None
    height: int | None = None
    tokens: int | None = None
    detail: str | None = None


class VideoMetadata(_Data):
    """One video of the prompt."""

    duration_seconds: float | None = None
    with_audio: bool | None = None
    tokens: int | None = None


class AudioMetadata(_Data):
    """One piece of sound; its duration is known where it is uncompressed."""

    duration_seconds: float | None = None
    with_timestamps: bool | None = None
    tokens: int | None = None


class PDFImageMetadata(_Data):
    """One image inside of a PDF document."""

    width: int
    height: int
    tokens: int | None = None


class PDFMetadata(_Data):
    """The PDF documents of the prompt; `page_count` is their sum, None unless all are known."""

    page_count: int | None = None
    text_tokens: int | None = None
    images: list[PDFImageMetadata] | None = None
    cached: bool | None = None


class GoogleMetadata(_Data):
    """What only Google's prices depend on."""

    use_vertex_ai: bool | None = None
    grounding_requests: int | None = None


class CostMetadata(_Data):
    """All that a call tells about its price; None for what it does not tell."""

    input_tokens: int | float | None = None
    """As the provider counts them: with the cached ones at OpenAI, without at Anthropic."""
    output_tokens: int | float | None = None
    cached_tokens: int | float | None = None
    streaming_mode: bool | None = None
    cached_response: bool | None = None
    context_length: int | None = None
    realtime_mode: bool | None = None
    region: str | None = None
    """Where the model ran, as Anthropic's ``inference_geo`` says."""
    tier: str | None = None
    """The service tier in the provider's own word: the one that served, else the one asked for."""
    batch_mode: bool | None = None
    images: list[ImageMetadata] | None = None
    videos: list[VideoMetadata] | None = None
    audio: list[AudioMetadata] | None = None
    audio_output: list[AudioMetadata] | None = None
    pdf: PDFMetadata | None = None
    context_cache_tokens: int | None = None
    context_cache_hours: float | None = None
    """How long these tokens are kept; None where some are kept longer than others."""
    google: GoogleMetadata | None = None
    realtime_tokens: int | None = None
    cache_write: bool | None = None
    tool_use_tokens: int | None = None
    cost: float | None = None
    """What the API itself reported, in USD."""
    reasoning_tokens: int | float | None = None
    cache_write_tokens: int | float | None = None


def cost_metadata_of(answer: Answer, *, request: Mapping[str, Any] | None, streamed: bool) -> CostMetadata:
    """Return what an answer and the JSON body of its request tell about the price of the call."""
    from chunktape.calls.cost_media import media_of, sound_of

    asked: Mapping[str, Any] = request or {}
    metadata = metadata_of_usage(answer.usage, streamed=streamed)
    metadata.tier = metadata.tier or _word(answer.body.get("service_tier")) or _tier_asked_for(asked)
    metadata.region = metadata.region or _region(asked.get("inference_geo"))
    if metadata.tier == "batch":
        metadata.batch_mode = True
    media = media_of(asked)
    raw = answer.usage.raw if answer.usage else {}
    metadata.images = _counted(media.images, detail_of(raw, "image_tokens"))
    metadata.videos = _counted(media.videos, detail_of(raw, "video_tokens"))
    metadata.audio = _counted(media.audio, detail_of(raw, "audio_tokens")) or metadata.audio
    spoken = sound_of(answer, asked)
    metadata.audio_output = (
        _counted(spoken, detail_of(raw, "audio_tokens", "output")) or metadata.audio_output
    )
    metadata.pdf = media.pdf
    return metadata


def metadata_of_usage(usage: Usage | None, *, streamed: bool) -> CostMetadata:
    """Return what a usage object alone tells about the price of a call."""
    if usage is None:
        return CostMetadata(streaming_mode=streamed)
    raw, written = usage.raw, usage.cache_write_tokens
    kept = {name: count(raw, "cache_creation", name) for name in _HOURS}
    told = [number for number in kept.values() if number is not None]
    hours = {_HOURS[name] for name, number in kept.items() if number}
    heard, spoken = detail_of(raw, "audio_tokens"), detail_of(raw, "audio_tokens", "output")
    tier = _word(raw.get("service_tier"))
    return CostMetadata(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        streaming_mode=streamed,
        region=_region(raw.get("inference_geo")),
        tier=tier,
        batch_mode=True if tier == "batch" else None,
        audio=[AudioMetadata(tokens=heard)] if heard else None,
        audio_output=[AudioMetadata(tokens=spoken)] if spoken else None,
        context_cache_tokens=sum(told) if told else None,
        context_cache_hours=hours.pop() if len(hours) == 1 else None,
        cache_write=None if written is None else written > 0,
        cost=_reported_cost(raw),
        reasoning_tokens=usage.reasoning_tokens,
        cache_write_tokens=written,
    )


def detail_of(raw: dict[str, Any], name: str, direction: Literal["input", "output"] = "input") -> int | None:
    """Return a part of the input or of the output that a usage object counts, such as ``audio_tokens``."""
    chat = "prompt" if direction == "input" else "completion"
    found = count(raw, f"{chat}_tokens_details", name)
    return count(raw, f"{direction}_tokens_details", name) if found is None else found


def _reported_cost(raw: dict[str, Any]) -> float | None:
    """Return the dollars that a usage object names.

    OpenRouter says ``cost``, Perplexity the same with a breakdown, DeepInfra ``estimated_cost``.
    """
    cost = raw.get("cost")
    if isinstance(cost, dict):
        cost = cost.get("total_cost")
    found = _dollars(cost if cost is not None else raw.get("estimated_cost"))
    if found is not None and raw.get("is_byok") is True:
        # Then OpenRouter's cost is its fee, and the model is paid to its maker.
        details = raw.get("cost_details")
        paid = _dollars(details.get("upstream_inference_cost") if isinstance(details, dict) else None)
        return None if paid is None else found + paid
    ticks = count(raw, "cost_in_usd_ticks")
    # Models of xAI at Azure send 0, where Azure's own price is meant (grok-4-1, 2026-08-19).
    return ticks / _TICKS if found is None and ticks is not None and ticks > 0 else found


def _dollars(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


_Piece = TypeVar("_Piece", ImageMetadata, VideoMetadata, AudioMetadata)


def _counted(pieces: list[_Piece], tokens: int | None) -> list[_Piece] | None:
    """Return the pieces, None for no piece; a sum of tokens is told of one piece only if it is alone."""
    if len(pieces) == 1:
        pieces[0].tokens = tokens
    return pieces or None


def _tier_asked_for(request: Mapping[str, Any]) -> str | None:
    tier = _word(request.get("service_tier"))
    return None if tier in _UNDECIDED else tier


def _region(value: Any) -> str | None:
    region = _word(value)
    return None if region == _NO_REGION else region


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
