"""`metrics_of`: the `StreamMetrics` of one interaction."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from chunktape.audit.message import object_in
from chunktape.audit.outline import outline_of
from chunktape.audit.quantile import median, quantile
from chunktape.audit.stream_metrics import Spread, StreamMetrics
from chunktape.audit.tick import chunks_of_events, ticks_of
from chunktape.calls.cost import costs_of_answer
from chunktape.calls.cost_provider import provider_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.audit.exchange import Exchange
    from chunktape.audit.tick import Tick
    from chunktape.calls.price import Cost, Prices
    from chunktape.dialects.answer import Answer

__all__ = ["Spread", "StreamMetrics", "metrics_of", "stall_limit"]

_MICROSECONDS = 1_000_000
_MOST_TOKENS = 2**53
STALL, STALL_FACTOR = 1_000_000, 10


def metrics_of(exchange: Exchange, *, prices: Prices | None = None) -> StreamMetrics:
    """Return the metrics of one exchange; `prices` are those of genai-prices where none are given."""
    answer = outline_of(exchange)
    one = exchange.interaction
    usage = None if answer is None else answer.usage
    tokens = None if usage is None else _sane(usage.output_tokens)
    timing = one.timing
    head = None if timing is None else _seconds(timing.head)
    asked = exchange.asked.get("model")
    model = (answer.model if answer is not None else None) or (asked if isinstance(asked, str) else None)
    found: dict[str, Any] = {
        "input_tokens": None if usage is None else _sane(usage.input_tokens),
        "output_tokens": tokens,
        "ttfb": head,
        "e2e_close": None if timing is None else _seconds(timing.end),
    }
    if exchange.is_stream and exchange.dialect is not None:
        found |= _sizes(ticks_of(exchange), tokens) | _times(exchange, tokens)
    server = _server(exchange)
    if server is not None:
        found["srv_ms"] = server
        found["net"] = None if head is None else head - server / 1000
    if answer is not None:
        found["cost"], found["cost_again"] = _costs(exchange, answer, prices)
    return StreamMetrics(
        cassette=exchange.cassette,
        interaction=exchange.number,
        provider=provider_of(one.request.url, exchange.dialect),
        host=exchange.host,
        dialect=exchange.dialect,
        model=model,
        streamed=exchange.is_stream,
        **found,
    )


def _sizes(ticks: Sequence[Tick], tokens: int | None) -> dict[str, Any]:
    """Return how much each event with output brought."""
    sizes = sorted(tick.characters for tick in ticks)
    found: dict[str, Any] = {"events": len(ticks), "characters": sum(sizes)}
    if ticks:
        found["tok_per_chunk"] = None if tokens is None else tokens / len(ticks)
        p50, p90 = quantile(sizes, 0.5), quantile(sizes, 0.9)
        found["chars_per_chunk"] = Spread(p50 or 0.0, p90 or 0.0, float(sizes[-1]))
    return found


def _times(exchange: Exchange, tokens: int | None) -> dict[str, Any]:
    """Return when the events came, and the gaps between them."""
    ticks = ticks_of(exchange)
    chunks = exchange.once(chunks_of_events)
    found: dict[str, Any] = {}
    if chunks is not None and len(ticks) > 1:
        together = sum(left.chunk == right.chunk for left, right in pairwise(ticks))
        found["coalesced"] = together / (len(ticks) - 1)
    timing = exchange.interaction.timing
    if timing is None or chunks is None:
        return found
    first = (chunks[place] for place, frame in enumerate(exchange.frames) if frame.text is not None)
    found["ttfc"] = next((_seconds(timing.at[chunk]) for chunk in first), None)
    at = [tick.at for tick in ticks if tick.at is not None]
    if not at:
        return found
    answers = (tick.at for tick in ticks if tick.kind != "reasoning")
    found |= {
        "ttft": _seconds(at[0]),
        "ttfa": _seconds(next(answers, None)),
        "e2e": _seconds(at[-1]),
        "icl": (),
        "stalls": 0,
        "stall_time": 0.0,
    }
    span = at[-1] - at[0]
    if tokens is not None:
        found["out_tps_e2e"] = tokens * _MICROSECONDS / at[-1] if at[-1] > 0 else None
        if tokens > 1:
            found["itl"] = span / (tokens - 1) / _MICROSECONDS
            found["out_tps"] = (tokens - 1) * _MICROSECONDS / span if span > 0 else None
    gaps = [right - left for left, right in pairwise(at)]
    return found | (_gaps(gaps, span) if gaps else {})


def stall_limit(gaps: Sequence[int]) -> float:
    """Return the microseconds above which a gap of a stream is a stall."""
    return max(STALL, STALL_FACTOR * (median(gaps) or 0))


def _gaps(gaps: list[int], span: int) -> dict[str, Any]:
    limit = stall_limit(gaps)
    stalls = [gap for gap in gaps if gap > limit]
    return {
        "icl": tuple(gap / _MICROSECONDS for gap in gaps),
        "max_gap": max(gaps) / _MICROSECONDS,
        "p99_gap": (quantile(sorted(gaps), 0.99) or 0.0) / _MICROSECONDS,
        "stalls": len(stalls),
        "stall_time": sum(stalls) / span if span > 0 else 0.0,
    }


def _server(exchange: Exchange) -> float | None:
    """Return the milliseconds that the server says it took until its answer began."""
    for name in ("openai-processing-ms", "x-envoy-upstream-service-time"):
        told = _milliseconds(exchange.header(name))
        if told is not None:
            return told
    if b"latency_checkpoint" not in exchange.body:
        return None
    # Azure, on the last chunk with output; seen in 2026.
    for frame in reversed(exchange.frames):
        points = object_in(frame.value, "latency_checkpoint")
        told = _milliseconds(points.get("service_ttft_ms", points.get("engine_ttft_ms")))
        if told is not None:
            return told
    return None


def _milliseconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < float("inf") else None


def _costs(exchange: Exchange, answer: Answer, prices: Prices | None) -> list[Cost | None]:
    """Return what it cost then, and what it would cost now."""
    one = exchange.interaction
    _, costs = costs_of_answer(
        provider_of(one.request.url, exchange.dialect),
        answer,
        exchange.asked,
        streamed=exchange.is_stream,
        times=(one.recorded_at, datetime.now(UTC)),
        url=one.request.url,
        prices=prices,
    )
    return costs


def _sane(tokens: int | None) -> int | None:
    """Return a count that can be reckoned with."""
    return tokens if tokens is not None and 0 <= tokens < _MOST_TOKENS else None


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / _MICROSECONDS
