"""DRF-C1 … DRF-C4: what the model answered; never its words, unless somebody asks for them."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from chunktape.audit.drift_mutation import bad_document, other_call, other_reason, other_text
from chunktape.audit.drift_pair import reading_of
from chunktape.audit.drift_path import key_paths
from chunktape.audit.drift_rule import Change, DriftRule, arrow, change
from chunktape.audit.finding import Hit
from chunktape.audit.json_schema import violation
from chunktape.audit.message import object_in
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.drift_pair import Pair
    from chunktape.audit.exchange import Exchange
    from chunktape.dialects.answer import Answer, ToolCall

__all__ = ["RULES", "overlap"]

_WORD = re.compile(r"[^\W_a-zA-Z0-9]|[a-zA-Z0-9]+")
_ALIKE, _LONGER = 0.5, 2.0


def _reason(pair: Pair) -> Iterator[Change]:
    if pair.before.status != pair.after.status:
        yield change("error", "status", pair.before.status, pair.after.status)
        return
    old, new = reading_of(pair.before), reading_of(pair.after)
    was, now = (None if one is None else one.status for one in (old, new))
    if was != now:
        yield change("error", "the answer", was, now)
    reasons = [_reasons(one.answer) if one is not None else {} for one in (old, new)]
    for index in sorted(reasons[0].keys() | reasons[1].keys()):
        before, after = reasons[0].get(index), reasons[1].get(index)
        if before != after:
            name = "finish reason" if index == 0 else f"finish reason of choice {index}"
            yield change("error", name, before, after)


def _reasons(answer: Answer) -> dict[int, str | None]:
    return {one.index: one.finish_reason for one in answer.choices}


def _calls(pair: Pair) -> Iterator[Change]:
    before, after = _tools(pair.before), _tools(pair.after)
    names = [[one.name or "" for one in tools] for tools in (before, after)]
    if names[0] != names[1]:
        told = [", ".join(one) or "no call" for one in names]
        how = "order" if sorted(names[0]) == sorted(names[1]) else "calls"
        subject = "the order of tool calls" if how == "order" else "tool calls"
        yield Change("error", Hit(shorten(f"{subject}: {arrow(*told)}"), subject))
        return
    for old, new in zip(before, after, strict=True):
        was, now = _argument_types(old), _argument_types(new)
        for path in sorted(was.keys() | now.keys()):
            kinds = was.get(path), now.get(path)
            if kinds[0] != kinds[1]:
                yield change("warning", shorten(f"{old.name}({path})", 80), *kinds)


def _argument_types(call: ToolCall) -> dict[str, str]:
    """Return the types at each path of a call's arguments."""
    try:
        value = call.parsed()
    except (ValueError, RecursionError):
        return {"$": "no JSON"}
    found: dict[str, set[str]] = {}
    for path, kind in key_paths(value):
        found.setdefault(path, set()).add(kind)
    return {path: " or ".join(sorted(kinds)) for path, kinds in found.items()}


def _tools(exchange: Exchange) -> list[ToolCall]:
    reading = reading_of(exchange)
    return [] if reading is None else [tool for one in reading.answer.choices for tool in one.tools]


def _document(pair: Pair) -> Iterator[Change]:
    schema = _schema(pair.after.asked)
    if schema is None:
        return
    before, after = _fault(pair.before, schema), _fault(pair.after, schema)
    if before is None and after is not None:
        told = f"the structured answer does not fit its schema any more: {after}"
        yield Change("error", Hit(shorten(told), "structured answer", None, _text(pair.after)))


def _schema(asked: dict[str, Any]) -> Any:
    """Return the schema that a request asks for, in the words of any dialect, or None."""
    asks = [
        object_in(asked, "response_format"),
        object_in(object_in(asked, "text"), "format"),
        object_in(asked, "output_format"),
        object_in(object_in(asked, "output_config"), "format"),
    ]
    for one in asks:
        if one.get("type") == "json_schema":
            inner = object_in(one, "json_schema") or one
            return inner.get("schema", {})
        if one.get("type") == "json_object":
            return {"type": "object"}
    return None


def _fault(exchange: Exchange, schema: Any) -> str | None:
    """Return why an answer is not what its schema says; None where it is."""
    text = _text(exchange)
    if not text and _tools(exchange):
        return None
    try:
        return violation(json.loads(text), schema)
    except (ValueError, RecursionError):
        return "it is no JSON" if text else "there is none"


def _text(exchange: Exchange) -> str:
    reading = reading_of(exchange)
    return (reading and reading.answer.text) or ""


def _content(pair: Pair) -> Iterator[Change]:
    if not pair.content:
        return
    before, after = _text(pair.before), _text(pair.after)
    if before == after:
        return
    asked = pair.after.asked
    if asked.get("temperature") == 0 and asked.get("seed") is not None:
        told = "the text is another one, with temperature 0 and a seed"
        yield Change("info", Hit(told, "text", None, arrow(before, after)))
        return
    shortest, longest = sorted((len(before), len(after)))
    alike = overlap(before, after)
    if longest > _LONGER * shortest:
        told = f"the text has {len(after)} characters, and had {len(before)}"
        yield Change("info", Hit(told, "length of the text", None, arrow(before, after)))
    elif alike < _ALIKE:
        told = f"the two texts have {alike:.0%} of their words in common"
        yield Change("info", Hit(told, "words of the text", None, arrow(before, after)))


def overlap(left: str, right: str) -> float:
    """Return how many words two texts share, as ROUGE-1's F1: 1 for all of them, 0 for none.

    Letters outside of ASCII are words of their own, because not every script has blanks.
    """
    ours, theirs = (Counter(_WORD.findall(text.casefold())) for text in (left, right))
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


RULES: tuple[DriftRule, ...] = (
    DriftRule(
        id="DRF-C1",
        title="the answer ends for the same reason",
        severity="error",
        source="both recordings",
        example='"finish_reason":"stop" before, "length" after',
        way_out="See what the answer lacks or has too much of; a status above 399 is the provider's refusal.",
        check=_reason,
        mutate=other_reason,
        needs="end",
    ),
    DriftRule(
        id="DRF-C2",
        title="the same tools are called, in the same order, with arguments of the same form",
        severity="error",
        source="both recordings; https://github.com/MoonshotAI/K2-Vendor-Verifier compares vendors so",
        example='get_weather({"city":"Paris"}) before, get_weather({"place":"Paris"}) after',
        way_out="Read both calls; where the tool may be called in both ways, let the test accept both.",
        check=_calls,
        mutate=other_call,
    ),
    DriftRule(
        id="DRF-C3",
        title="a structured answer still fits the schema of its request",
        severity="error",
        source="https://json-schema.org/draft/2020-12/json-schema-validation, and the request",
        example='{"type":"json_schema",…} asked for, {"citty":"Paris"} answered',
        way_out="Validate what comes before it is used, and ask for strict output where the provider has it.",
        check=_document,
        mutate=bad_document,
    ),
    DriftRule(
        id="DRF-C4",
        title="the text is the same, or alike where it is drawn by lot",
        severity="info",
        source="both recordings; compared with --content alone, word for word with temperature 0 and seed",
        example="two texts with 12 % of their words in common",
        way_out="Words change by themselves; assert on what must be in them.",
        check=_content,
        mutate=other_text,
    ),
)
