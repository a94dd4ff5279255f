"""DRF-U1 and DRF-U2: what was counted, and what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.drift_mutation import counted_otherwise
from chunktape.audit.drift_pair import reading_of
from chunktape.audit.drift_rule import Change, DriftRule, change
from chunktape.audit.finding import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.drift_pair import Pair
    from chunktape.audit.exchange import Exchange
    from chunktape.audit.metrics import StreamMetrics
    from chunktape.dialects.answer import Usage

__all__ = ["RULES", "measured"]

_COUNTS = (
    ("output tokens", "output_tokens"),
    ("reasoning tokens", "reasoning_tokens"),
    ("cached tokens", "cached_tokens"),
    ("tokens written to the cache", "cache_write_tokens"),
)
# Anthropic's have no type.
_CALLERS_OWN = {None, "function", "custom"}


def measured(exchange: Exchange) -> StreamMetrics:
    """Return the metrics of an exchange, made once."""
    from chunktape.audit.metrics import metrics_of  # it brings prices along

    return exchange.once(metrics_of)


def _read(pair: Pair) -> Iterator[Change]:
    before, after = (_input(one) for one in (pair.before, pair.after))
    if before is None or after is None or before == after:
        return
    if _runs_tools(pair.after.asked):
        note = f" ({after - before:+}), with what the provider's own tools brought"
        yield change("info", "input tokens", before, after, note=note)
    else:
        note = f" ({after - before:+}), for the same request: another tokenizer, or another template"
        yield change("warning", "input tokens", before, after, note=note)


def _runs_tools(asked: dict[str, Any]) -> bool:
    """Return whether a request offers tools that the provider runs, whose results are read as well."""
    tools = asked.get("tools")
    kinds = [one.get("type") for one in tools if isinstance(one, dict)] if isinstance(tools, list) else []
    return any(kind not in _CALLERS_OWN for kind in kinds)


def _input(exchange: Exchange) -> int | None:
    """Return the tokens that were read, wherever from: Anthropic counts those of its cache apart."""
    usage = _usage(exchange)
    if usage is None or usage.input_tokens is None:
        return None
    if exchange.dialect != "messages":
        return usage.input_tokens
    return usage.input_tokens + (usage.cached_tokens or 0) + (usage.cache_write_tokens or 0)


def _usage(exchange: Exchange) -> Usage | None:
    reading = reading_of(exchange)
    return None if reading is None else reading.answer.usage


def _written(pair: Pair) -> Iterator[Change]:
    before, after = _usage(pair.before), _usage(pair.after)
    for name, field in _COUNTS:
        old, new = (None if one is None else getattr(one, field) for one in (before, after))
        if old != new:
            yield change("info", name, old, new)
    costs = measured(pair.before).cost, measured(pair.after).cost
    if costs[0] is None or costs[1] is None or costs[0] == costs[1]:
        return
    was, now = costs[0].usd, costs[1].usd
    sources = [f"{one.source} {one.version}".strip() for one in costs if one is not None]
    by = sources[0] if sources[0] == sources[1] else " and ".join(sources)
    if was != now:
        share = f", {(now - was) / was:+.1%}" if was else ""
        told = f"cost: {was:.6f} → {now:.6f} USD ({now - was:+.6f}{share}; {by})"
        yield Change("info", Hit(told, "cost"))


RULES: tuple[DriftRule, ...] = (
    DriftRule(
        id="DRF-U1",
        title="the same request is read as the same number of tokens",
        severity="warning",
        source="both recordings",
        example='"prompt_tokens":12 before, 19 after',
        way_out="The tokenizer or a hidden prompt changed: see what it does to your limits and your bill.",
        check=_read,
        mutate=counted_otherwise("input_tokens", "prompt_tokens"),
    ),
    DriftRule(
        id="DRF-U2",
        title="as many tokens are written, reasoned and cached, at the same cost",
        severity="info",
        source="both recordings, and the prices at the time of each",
        example='"completion_tokens":40 before, 400 after',
        way_out="For a budget that fails a test see pytest --tape-max-cost.",
        check=_written,
        mutate=counted_otherwise("output_tokens", "completion_tokens"),
    ),
)
