"""DRF-M1, DRF-H1 and DRF-X1: who answered, by what it says of itself, and what SDKs make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.drift_mask import COMPARED_HEADERS, VOLATILE_HEADERS
from chunktape.audit.drift_mutation import other_model, with_header
from chunktape.audit.drift_pair import reading_of
from chunktape.audit.drift_rule import DriftRule, change
from chunktape.audit.outline import outline_of
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.drift_pair import Pair
    from chunktape.audit.drift_rule import Change
    from chunktape.audit.exchange import Exchange

__all__ = ["RULES"]

_VERSIONS = ("x-ms-served-model", "openai-version", "anthropic-version")


def _origin(pair: Pair) -> Iterator[Change]:
    before, after = _who(pair.before), _who(pair.after)
    for name in before:
        # What only one of them says is a field or a header that came or went: DRF-F1 and DRF-H1 tell that.
        if before[name] != after[name] and before[name] is not None and after[name] is not None:
            yield change("warning", name, before[name], after[name])


def _who(exchange: Exchange) -> dict[str, Any]:
    reading = reading_of(exchange)
    body = {} if reading is None else reading.answer.body
    outline = outline_of(exchange)
    tier = body.get("service_tier")
    if tier is None:
        usage = body.get("usage")
        tier = usage.get("service_tier") if isinstance(usage, dict) else None
    sent = exchange.interaction.request.headers
    return {
        "model": None if outline is None else outline.model,
        "system_fingerprint": body.get("system_fingerprint"),
        "service_tier": tier,
        # Who asks names the version, too; a request with another one is the same request.
        **{name: exchange.header(name) or header(sent, name) for name in _VERSIONS},
    }


def _headers(pair: Pair) -> Iterator[Change]:
    before, after = (_names(one) for one in (pair.before, pair.after))
    # A recording that kept no headers says nothing of them.
    if not before or not after:
        return
    for name in sorted(before ^ after):
        was, now = ("there" if name in names else None for names in (before, after))
        yield change("info", f"header {name}", was, now)
    for name in COMPARED_HEADERS:
        old, new = pair.before.header(name), pair.after.header(name)
        if old is not None and new is not None and _level(old) != _level(new):
            yield change("info", f"header {name}", old, new)


def _names(exchange: Exchange) -> set[str]:
    head = exchange.interaction.head
    names = {name.lower() for name, _ in head.headers} if head is not None else set()
    return names - VOLATILE_HEADERS


def _level(value: str) -> str:
    return value.lower().replace(" ", "")


def _outcomes(pair: Pair) -> Iterator[Change]:
    before, after = pair.outcomes
    for sdk in sorted(before.keys() & after.keys()):
        if before[sdk] != after[sdk]:
            yield change("error", sdk, before[sdk], after[sdk])


RULES: tuple[DriftRule, ...] = (
    DriftRule(
        id="DRF-M1",
        title="the same model answers, in the same version of the API",
        severity="warning",
        source="bodies: model, system_fingerprint, service_tier; headers: " + ", ".join(_VERSIONS),
        example='"model":"gpt-4o-2024-08-06" before, "gpt-4o-2024-11-20" after',
        way_out="Ask for a dated snapshot, and move to the next one on purpose.",
        check=_origin,
        mutate=other_model,
    ),
    DriftRule(
        id="DRF-H1",
        title="the reply has the same headers",
        severity="info",
        source="both recordings; values are compared for " + ", ".join(COMPARED_HEADERS),
        example="header openai-processing-ms: there → none",
        way_out="Nothing to do, unless your code reads the header.",
        check=_headers,
        mutate=with_header,
        needs="reply",
    ),
    DriftRule(
        id="DRF-X1",
        title="each SDK makes the same of the stream",
        severity="error",
        source="a replay of both recordings to pinned versions of the SDKs",
        example="openai==3.51.0: ok → raised:TypeError",
        way_out="Pin the SDK that still reads the stream, and tell its maker.",
        check=_outcomes,
        mutate=None,
        needs="reply",
    ),
)
