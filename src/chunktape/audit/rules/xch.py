"""What several interactions of a cassette say together (XCH-1 … XCH-4)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from chunktape.audit.cassette_mutation import forget_results, hurry, rewrite_history, stop_otherwise
from chunktape.audit.cassette_rule import CassetteRule
from chunktape.audit.conversation import Turn, continued, turn_of
from chunktape.audit.finding import Hit
from chunktape.dialects.detect import common_reason_for
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.audit.exchange import Exchange
    from chunktape.audit.rule import Rule
    from chunktape.dialects.answer import Answer

__all__ = ["CASSETTE_RULES", "RULES"]

RULES: tuple[Rule, ...] = ()
"""None of these is about a single exchange."""

_OVERLOADED = 429
_SERVER = range(500, 600)
_MILLISECONDS = 1000
# Files hold the time of a request in whole milliseconds.
_TOLERANCE = timedelta(milliseconds=10)
_STREAMING = {"stream", "stream_options"}


def _append_only(exchanges: Sequence[Exchange]) -> Iterator[tuple[Exchange, Hit]]:
    for before, turn in continued(exchanges):
        if turn.refers:
            continue
        since = f"since interaction {before.exchange.number}"
        if turn.tools != before.tools:
            yield turn.exchange, Hit(f"the tools changed {since}, so nothing behind them is cached", "tools")
        if turn.system != before.system:
            yield turn.exchange, Hit(f"the system prompt changed {since}", "system")
        if turn.messages[: len(before.messages)] != before.messages:
            pairs = zip(before.messages, turn.messages, strict=False)
            place = next((at for at, (old, new) in enumerate(pairs) if old != new), len(turn.messages))
            told = f"message {place} is not the one that was sent in interaction {before.exchange.number}"
            evidence = turn.messages[place] if place < len(turn.messages) else ""
            yield turn.exchange, Hit(told, "messages", None, shorten(evidence))


def _answered(exchanges: Sequence[Exchange]) -> Iterator[tuple[Exchange, Hit]]:
    judged: set[int] = set()
    for before, turn in continued(exchanges):
        # What follows later repeats it.
        if before.exchange.number in judged:
            continue
        judged.add(before.exchange.number)
        results = Counter(turn.results)
        for ident in before.called:
            count = results[ident]
            if count != 1:
                times = "not answered" if not count else f"answered {count} times"
                told = f"the call {shorten(ident, 60)} of interaction {before.exchange.number} is {times}"
                yield turn.exchange, Hit(told, times, None, shorten(ident))


def _agreeing(exchanges: Sequence[Exchange]) -> Iterator[tuple[Exchange, Hit]]:
    known: dict[str, tuple[Exchange, bool]] = {}
    for one in exchanges if len(exchanges) > 1 else ():
        if one.dialect is None or not one.asked:
            continue
        asked = {name: value for name, value in one.asked.items() if name not in _STREAMING}
        try:
            key = json.dumps([one.host, one.dialect, asked], sort_keys=True)
        except RecursionError:
            continue
        other, was_stream = known.setdefault(key, (one, one.is_stream))
        if was_stream == one.is_stream:
            continue
        turn, sibling = turn_of(one), turn_of(other)
        if _is_whole(turn) and _is_whole(sibling):
            for subject, (left, right) in _differences(turn, sibling):
                told = f"{subject} is {left}, and {right} in interaction {other.number}"
                yield one, Hit(shorten(told), subject)


def _is_whole(turn: Turn) -> bool:
    reading = turn.reading
    return reading is not None and reading.status == "complete" and bool(reading.answer.choices)


def _differences(turn: Turn, other: Turn) -> Iterator[tuple[str, tuple[str, str]]]:
    answers = [one.reading.answer for one in (turn, other) if one.reading is not None]
    # Words are the same only where nothing is drawn by lot.
    exact = turn.exchange.asked.get("temperature") == 0
    texts = [one.text or "" for one in answers]
    pairs = {
        "text": texts if exact else [str(bool(text)) for text in texts],
        "tool calls": [_calls(one) for one in answers],
        "finish reason": [_reasons(one) for one in answers],
        "usage": [_usage(one, exact=exact) for one in answers],
    }
    for subject, (left, right) in pairs.items():
        if left != right:
            yield subject, (shorten(left, 60), shorten(right, 60))


def _calls(answer: Answer) -> str:
    found = []
    for tool in (tool for choice in answer.choices for tool in choice.tools):
        try:
            value = tool.parsed()
        except (ValueError, RecursionError):
            value = None
        found.append(f"{tool.name}({', '.join(sorted(value)) if isinstance(value, dict) else ''})")
    return ", ".join(found) or "no call"


def _reasons(answer: Answer) -> str:
    dialect: Any = answer.dialect
    reasons = [common_reason_for(dialect, one) or one.finish_reason for one in answer.choices]
    return ", ".join(map(str, reasons))


def _usage(answer: Answer, *, exact: bool) -> str:
    usage = answer.usage
    if usage is None or usage.input_tokens is None:
        return "not told"
    read = usage.input_tokens
    if answer.dialect == "messages":
        read += (usage.cached_tokens or 0) + (usage.cache_write_tokens or 0)
    return f"{read} in, {usage.output_tokens} out" if exact else f"{read} in"


def _patient(exchanges: Sequence[Exchange]) -> Iterator[tuple[Exchange, Hit]]:
    if len(exchanges) < 2:  # noqa: PLR2004 - no retry
        return
    waiting: dict[tuple[Any, ...], tuple[Exchange, datetime]] = {}
    for one in exchanges:
        request, at = one.interaction.request, one.interaction.recorded_at
        key = request.method, request.url, request.body
        before, due = waiting.pop(key, (None, None))
        if before is not None and due is not None and at is not None and due - _aware(at) > _TOLERANCE:
            early = (due - _aware(at)).total_seconds()
            told = f"a retry of interaction {before.number} came {early:.3f} s before it was asked for"
            yield one, Hit(told, "too early")
        wanted = _due(one)
        if wanted is not None:
            waiting[key] = one, wanted


def _due(one: Exchange) -> datetime | None:
    """Return when a request that was turned away may come again, None where nobody said."""
    status, kept = one.status, one.interaction
    if status is None or (status != _OVERLOADED and status not in _SERVER) or kept.recorded_at is None:
        return None
    if kept.timing is None or kept.timing.head is None:
        return None
    told, scale = one.header("retry-after-ms"), _MILLISECONDS
    if told is None:
        told, scale = one.header("retry-after"), 1
    try:
        after = timedelta(microseconds=kept.timing.head) + timedelta(seconds=float(told or "") / scale)
        return _aware(kept.recorded_at) + after
    except (ValueError, OverflowError):
        pass
    try:
        return _aware(parsedate_to_datetime(told or ""))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


CASSETTE_RULES: tuple[CassetteRule, ...] = (
    CassetteRule(
        id="XCH-1",
        title="a conversation only grows: tools, system and messages stay as they were sent",
        strict="warning",
        compat="warning",
        source=(
            "https://platform.claude.com/docs/build-with-claude/preserved-thinking/"
            "fix-bound-to-a-different-conversation, and prompt caching of all providers"
        ),
        example="the second request has a new date in its system prompt",
        way_out="Put what changes at the end: caches and preserved thinking need the same beginning.",
        check=_append_only,
        mutate=rewrite_history,
    ),
    CassetteRule(
        id="XCH-2",
        title="each tool call is answered once in the next request",
        strict="error",
        compat="error",
        source="https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview",
        example="two calls, and one result",
        way_out="Answer every call, also one that failed or was not run, with a result that says so.",
        check=_answered,
        mutate=forget_results,
    ),
    CassetteRule(
        id="XCH-3",
        title="the same request, streamed and not, has the same answer",
        strict="warning",
        compat="warning",
        source="googleapis/python-genai#2868",
        example="finish_reason stop in the stream, tool_calls at once",
        way_out="Compare both recordings; where the host decides differently, code for both ways.",
        check=_agreeing,
        mutate=stop_otherwise,
    ),
    CassetteRule(
        id="XCH-4",
        title="a retry waits for as long as it was asked to",
        strict="info",
        compat="info",
        source="https://www.rfc-editor.org/rfc/rfc9110#field.retry-after",
        example="429 with retry-after: 2, and the same request 0.5 s later",
        way_out="Wait for retry-after; openai's and anthropic's SDKs do so up to 60 s.",
        check=_patient,
        mutate=hurry,
    ),
)
