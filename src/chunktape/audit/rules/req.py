"""What was asked: parameters, usage, names of models (REQ-1 … REQ-3)."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from chunktape.audit.finding import Hit
from chunktape.audit.message import shown
from chunktape.audit.message_mutation import changed, pieces_of, with_request
from chunktape.audit.rule import Rule
from chunktape.dialects.profile import profile_of
from chunktape.errors import shorten
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange
    from chunktape.dialects.detect import Dialect
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES"]

_REFUSED_FROM = "2026-10-21"
_SAMPLING = ("temperature", "top_p", "top_k")
_ALL: frozenset[Dialect] = frozenset({"chat_completions", "messages", "responses", "completions"})
# -2024-07-18, -20251001, -0613, -2411, at the end or before another part of the name.
_DATE = r"20\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])"
_DATED = re.compile(rf"[-@_.:](?:{_DATE}|\d{{4}})(?![0-9])")


def _sampled(exchange: Exchange) -> Iterator[Hit]:
    version = header(exchange.interaction.request.headers, "anthropic-version") or ""
    refused = "is refused" if version >= _REFUSED_FROM else "will be refused"
    for name in _SAMPLING:
        if exchange.asked.get(name) is not None:
            told = f"the request sets {name}, which {refused} from anthropic-version {_REFUSED_FROM} on"
            yield Hit(told, name, None, f"{name}: {shown(exchange.asked[name])}")


def _uncounted(exchange: Exchange) -> Iterator[Hit]:
    asked = exchange.asked
    options = asked.get("stream_options")
    if not asked.get("stream") or (isinstance(options, dict) and options.get("include_usage")):
        return
    # Some hosts count without being asked.
    if not any(isinstance(frame.value, dict) and _counts(frame.value) for frame in reversed(exchange.frames)):
        yield Hit("a stream without usage, because the request did not ask for it", "no usage")


def _counts(value: dict[str, Any]) -> bool:
    beside = value.get("x_groq")
    return isinstance(value.get("usage"), dict) or (isinstance(beside, dict) and "usage" in beside)


def _pinned(exchange: Exchange) -> Iterator[Hit]:
    model = exchange.asked.get("model")
    # Azure's names are those of deployments, which pin a version of their own.
    if not isinstance(model, str) or not model or profile_of(exchange.host).name == "azure":
        return
    if not _DATED.search(model):
        word = shorten(model, 80)
        yield Hit(f"the model {word} is no dated snapshot, so another one may answer tomorrow", word)


def _warm(asked: dict[str, Any]) -> None:
    asked["temperature"] = 0.7


def _undated(asked: dict[str, Any]) -> Any:
    model = asked.get("model")
    if not isinstance(model, str) or not _DATED.search(model):
        return False
    asked["model"] = f"{_DATED.sub('', model)}-latest"
    return None


def _without_usage(one: Interaction, _: Random) -> Interaction | None:
    found = with_request(one, lambda asked: asked.pop("stream_options", False))
    counted = [
        piece.place for piece in pieces_of(one) if isinstance(piece.value, dict) and _counts(piece.value)
    ]
    return None if found is None else changed(found, dict.fromkeys(counted, b""))


_rule = partial(Rule, streams=False, needs_request=True)

RULES: tuple[Rule, ...] = (
    _rule(
        id="REQ-1",
        title="a request to messages sets no temperature, top_p or top_k",
        strict="warning",
        compat="warning",
        source="https://platform.claude.com/docs/en/api/versioning",
        example='{"model":"claude-…","temperature":0.7}',
        way_out=f"Leave it out: from anthropic-version {_REFUSED_FROM} on it is answered with 400.",
        dialects=frozenset({"messages"}),
        check=_sampled,
        mutate=lambda one, _: with_request(one, _warm),
    ),
    _rule(
        id="REQ-2",
        title="a stream is asked for with its usage",
        strict="info",
        compat="info",
        source="openai-python: types/chat/chat_completion_stream_options_param.py",
        example='{"stream":true} without {"stream_options":{"include_usage":true}}',
        way_out='Send stream_options={"include_usage": True}: without it nobody knows what the call cost.',
        dialects=frozenset({"chat_completions", "completions"}),
        check=_uncounted,
        mutate=_without_usage,
        streams=True,
    ),
    _rule(
        id="REQ-3",
        title="the model is a dated snapshot",
        strict="info",
        compat="info",
        source="https://platform.openai.com/docs/models",
        example='"model":"gpt-4o" instead of "gpt-4o-2024-08-06"',
        way_out="Pin the snapshot in tests, and move to the next one on purpose.",
        dialects=_ALL,
        check=_pinned,
        mutate=lambda one, _: with_request(one, _undated),
    ),
)
