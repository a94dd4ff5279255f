"""DRF-S1 and DRF-S2: the order of a stream's events, and how they are framed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.chat import Chat
from chunktape.audit.drift_mutation import odd_event, with_carriage_returns
from chunktape.audit.drift_order import order_of
from chunktape.audit.drift_rule import Change, DriftRule, change
from chunktape.audit.finding import Hit
from chunktape.audit.rules import all_rules
from chunktape.audit.sse_line import Lines
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.drift_pair import Pair
    from chunktape.audit.exchange import Exchange
    from chunktape.audit.finding import Severity

__all__ = ["RULES"]

# What these say, another drift rule says, or the framing itself; requests are the same.
_TOLD = frozenset({"SSE-6", "SSE-7", "OAI-9", "OAI-U2", "OAI-U3", "OAI-X1", "REQ-1", "REQ-2", "REQ-3"})


def _order(pair: Pair) -> Iterator[Change]:
    if pair.before.is_stream != pair.after.is_stream:
        ways = {True: "a stream", False: "one answer"}
        yield change("warning", "the reply", ways[pair.before.is_stream], ways[pair.after.is_stream])
        return
    before, after = order_of(pair.before), order_of(pair.after)
    if before.steps == after.steps:
        return
    evidence = f"{before.pattern} → {after.pattern}"
    came = sorted(set(after.steps) - set(before.steps))
    went = sorted(set(before.steps) - set(after.steps))
    for step in came:
        yield _step(f"{shorten(step, 80)} comes now", evidence)
    for step in went:
        yield _step(f"{shorten(step, 80)} comes no more", evidence)
    if not came and not went:
        yield _step("the order of the events is another one", evidence)


def _step(subject: str, evidence: str) -> Change:
    return Change("warning", Hit(f"{subject}: {shorten(evidence)}", subject, None, evidence))


def _framing(pair: Pair) -> Iterator[Change]:
    if not (pair.before.is_stream and pair.after.is_stream):
        return
    before, after = pair.before.once(_frame_of), pair.after.once(_frame_of)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield change("warning", name, before.get(name), after.get(name))
    olds, news = pair.before.once(_broken), pair.after.once(_broken)
    for rule in sorted(olds.keys() ^ news.keys()):
        how = "is broken now" if rule in news else "is kept now"
        severity: Severity = "warning" if (olds | news)[rule] in {"error", "warning"} else "info"
        yield Change(severity, Hit(f"{rule} {how}", f"{rule} {how}"))


def _frame_of(exchange: Exchange) -> dict[str, str]:
    body = exchange.body
    ends = "CRLF" if b"\r\n" in body else "CR" if b"\r" in body else "LF"
    comments = any(line.field == b"" for line in exchange.once(Lines).odd)
    found = {"line ends": ends, "comments": "some" if comments else "none"}
    done = [frame.number for frame in exchange.frames if frame.text == "[DONE]"]
    found["[DONE]"] = "none" if not done else "last" if done[-1] == len(exchange.frames) else "not last"
    if exchange.dialect in {"chat_completions", "completions"}:
        found |= _chat_frame(exchange.once(Chat))
    return found


def _chat_frame(chat: Chat) -> dict[str, str]:
    usages = chat.usages
    beside = any(one.value.get("choices") for one in usages)
    # One of several is on every chunk, or nearly; how many there are is the length of the answer.
    many = "several chunks" if len(usages) > 1 else "a chunk"
    counted = f"on {many} {'with choices' if beside else 'of its own'}" if usages else "nowhere"
    roles: dict[Any, int] = {}
    for piece, delta in chat.deltas:
        roles[repr(piece.index)] = roles.get(repr(piece.index), 0) + bool(delta.get("role"))
    most = max(roles.values(), default=0)
    return {"usage": counted, "role": "again and again" if most > 1 else "once" if most else "never"}


def _broken(exchange: Exchange) -> dict[str, Severity]:
    """Return the rules of the catalogue that a reply breaks, with their severities."""
    return {
        rule.id: rule.compat
        for rule in all_rules()
        if rule.id not in _TOLD and rule.applies(exchange) and any(True for _ in rule.check(exchange))
    }


RULES: tuple[DriftRule, ...] = (
    DriftRule(
        id="DRF-S1",
        title="events come in the same order",
        severity="warning",
        source="both recordings",
        example="role content+ finish [DONE] before, role reasoning+ content+ finish [DONE] after",
        way_out="See that code which waits for one event after another still finds it there.",
        check=_order,
        mutate=odd_event,
    ),
    DriftRule(
        id="DRF-S2",
        title="events are framed the same way, and the same rules of the catalogue are broken",
        severity="warning",
        source="both recordings; https://html.spec.whatwg.org/multipage/server-sent-events.html",
        example="comments: none before, some after",
        way_out="Legal changes break parsers that split lines by hand; a rule: chunktape audit --explain.",
        check=_framing,
        mutate=with_carriage_returns,
    ),
)
