"""`Consumption`: what a call used that somebody charges for, counted the same way for every provider.

OpenAI's input count includes what was read from a cache, Anthropic's leaves out what was read from
and written to one. Here all input counts include both, and the parts are named beside the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chunktape.calls.cost_metadata import detail_of
from chunktape.dialects.answer import count

if TYPE_CHECKING:
    from chunktape.calls.cost_metadata import AudioMetadata, CostMetadata
    from chunktape.dialects.answer import Answer

__all__ = ["Consumption", "consumption_of", "consumption_of_metadata"]

_APART = frozenset({"anthropic", "bedrock"})
"""Who counts cached input apart from `input_tokens`."""
_STANDARD = frozenset({"default", "standard", "on_demand", "global"})
"""Tiers, speeds and places that the list price is for."""


@dataclass(frozen=True, slots=True)
class Consumption:
    """What a call used; `input_tokens` and `output_tokens` are sums, the other counts parts of them.

    `cache_write_1h_tokens` are part of `cache_write_tokens`. A count of sound is None where there was
    sound that nobody counted. `terms` are what makes the price another than the list price: a
    ``service_tier``, ``processing`` (``batch``), ``speed``, or ``inference_geo``.
    """

    input_tokens: float
    output_tokens: float
    cached_tokens: float = 0
    cache_write_tokens: float = 0
    cache_write_1h_tokens: float = 0
    reasoning_tokens: float = 0
    input_audio_tokens: float | None = 0
    output_audio_tokens: float | None = 0
    web_searches: float = 0
    terms: tuple[tuple[str, str], ...] = ()


def consumption_of_metadata(provider: str | None, metadata: CostMetadata) -> Consumption | None:
    """Return what a call used, as its metadata tells; None where input or output are not known.

    Tokens that are kept longer than five minutes are seen only where all of them are.
    """
    read, written = metadata.input_tokens, metadata.output_tokens
    if read is None or written is None:
        return None
    cached, kept = metadata.cached_tokens or 0, metadata.cache_write_tokens or 0
    apart = cached + kept if provider in _APART else 0
    return Consumption(
        input_tokens=read + apart,
        output_tokens=written,
        cached_tokens=cached,
        cache_write_tokens=kept,
        cache_write_1h_tokens=kept if metadata.context_cache_hours == 1 else 0,
        reasoning_tokens=metadata.reasoning_tokens or 0,
        input_audio_tokens=_sound(metadata.audio),
        output_audio_tokens=_sound(metadata.audio_output),
        terms=_terms(metadata, geo=metadata.region if provider == "anthropic" else None),
    )


def consumption_of(answer: Answer, metadata: CostMetadata) -> Consumption | None:
    """Return what a call used; the answer tells a little more than the metadata made from it.

    None where input or output are not known, or a part of the usage belongs to another model.
    """
    if answer.usage is None:
        return None
    raw = answer.usage.raw
    found = consumption_of_metadata("anthropic" if answer.dialect == "messages" else None, metadata)
    if found is None or answer.dialect != "messages":
        return found and _with_sound(found, raw)
    extra = _iterations(raw)
    if extra is None:
        return None
    usages = [raw, *extra]
    cached = _sum(usages, "cache_read_input_tokens")
    kept = _sum(usages, "cache_creation_input_tokens")
    return Consumption(
        input_tokens=_sum(usages, "input_tokens") + cached + kept,
        output_tokens=_sum(usages, "output_tokens"),
        cached_tokens=cached,
        cache_write_tokens=kept,
        cache_write_1h_tokens=_sum(usages, "cache_creation", "ephemeral_1h_input_tokens"),
        reasoning_tokens=found.reasoning_tokens,
        web_searches=count(raw, "server_tool_use", "web_search_requests") or 0,
        terms=_terms(metadata, geo=metadata.region, speed=raw.get("speed")),
    )


def _iterations(raw: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return what Anthropic counts beside the message itself; None where another model did some of it.

    https://docs.claude.com/en/docs/build-with-claude/compaction: the sum of all iterations is billed,
    and the usage of the message leaves out that of a compaction.
    """
    steps = raw.get("iterations")
    found = [one for one in steps if isinstance(one, dict)] if isinstance(steps, list) else []
    if {one.get("type") for one in found} - {"message", "compaction"}:
        return None
    return [one for one in found if one.get("type") == "compaction"]


def _with_sound(found: Consumption, raw: dict[str, Any]) -> Consumption:
    """Return the consumption with the sums of sound, which many pieces cannot be told apart in."""
    heard, spoken = detail_of(raw, "audio_tokens"), detail_of(raw, "audio_tokens", "output")
    return replace(
        found,
        input_audio_tokens=found.input_audio_tokens if heard is None else heard,
        output_audio_tokens=found.output_audio_tokens if spoken is None else spoken,
    )


def _sum(usages: list[dict[str, Any]], *path: str) -> int:
    return sum(count(one, *path) or 0 for one in usages)


def _sound(pieces: list[AudioMetadata] | None) -> float | None:
    tokens = [one.tokens for one in pieces or ()]
    known = [number for number in tokens if number is not None]
    return sum(known) if len(known) == len(tokens) else None


def _terms(metadata: CostMetadata, *, geo: str | None, speed: Any = None) -> tuple[tuple[str, str], ...]:
    asked = {
        # Anthropic says it with the tier.
        "service_tier": None if metadata.tier == "batch" else metadata.tier,
        "processing": "batch" if metadata.batch_mode or metadata.tier == "batch" else None,
        "speed": speed,
        "inference_geo": geo,
    }
    return tuple(
        (name, value) for name, value in asked.items() if isinstance(value, str) and value not in _STANDARD
    )
