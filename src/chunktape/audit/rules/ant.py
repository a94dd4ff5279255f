"""Messages streams as a whole: names, order, ends, errors (ANT-1 … ANT-7, ANT-E1).

Blocks are in `ant_block`, tools in `ant_tool`, the last words of a message in `ant_end`.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from chunktape.audit.exchange import ABSENT
from chunktape.audit.finding import Hit
from chunktape.audit.message import KINDS, LEFT, message_of, object_in
from chunktape.audit.message_mutation import adding, cutting, editing, event
from chunktape.audit.rule import Rule
from chunktape.audit.wording import shown
from chunktape.dialects.message_event import string_of
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.exchange import Exchange, Frame

__all__ = ["RULES", "STREAMING"]

STREAMING = "https://platform.claude.com/docs/en/build-with-claude/streaming"
VERSIONING = "https://platform.claude.com/docs/en/api/versioning"
_PING = event({"type": "ping"})
_ERROR = event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
# What the order is: a cut stream may end anywhere in it, and what follows its end is ANT-4's.
_IN_ORDER = re.compile(r"(?:S[bde]*(?:m+(?:M.*)?)?)?")
_BESIDE = str.maketrans("", "", "pEDu?")
_WORDS = {letter: kind for kind, letter in KINDS.items()}


def _named(exchange: Exchange) -> Iterator[Hit]:
    frames = exchange.frames
    for frame in frames:
        kind = frame.value.get("type") if type(frame.value) is dict else ABSENT
        if frame.name == kind and kind:
            continue
        if type(frame.value) is not dict:
            continue  # a comment, `[DONE]`, or what is no JSON: others name that
        if frame.name is None:
            yield Hit("an event without a name, which SDKs drop", "no event", frame.number, frame.text or "")
        elif not isinstance(kind, str):
            yield Hit(
                f"an event {shown(frame.name)} whose data has no type",
                "no type",
                frame.number,
                frame.text or "",
            )
        else:
            said = shorten(f"{frame.name} is {kind}", 80)
            yield Hit(
                f"an event {shown(frame.name)} whose data is of type {shown(kind)}",
                said,
                frame.number,
                frame.text or "",
            )


def _ordered(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    order = message.order.translate(_BESIDE)
    if _IN_ORDER.fullmatch(order) and order.count("S") < 2 > order.count("M"):  # noqa: PLR2004 - once each
        return
    for letter in "SM":
        for frame in message.of(letter)[1:]:
            yield _at(frame, f"{_WORDS[letter]} comes a second time", f"{_WORDS[letter]} repeated")
    if not order.startswith("S"):
        frame = next(
            one for one, letter in zip(message.frames, message.order, strict=True) if letter == order[0]
        )
        yield _at(frame, f"{_WORDS[order[0]]} comes before message_start", "message_start not first")
    told, stopped = False, False
    for frame, letter in zip(message.frames, message.order, strict=True):
        if letter in "bde" and told and not stopped:
            yield _at(frame, f"{_WORDS[letter]} comes behind message_delta", "block behind message_delta")
        if letter == "M" and not told and not message.failed:
            yield _at(frame, "message_stop comes without a message_delta before it", "no message_delta")
        told, stopped = told or letter in "mM", stopped or letter == "M"


def _whole(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    if message.ended or message.failed:
        return
    ending = exchange.interaction.ending
    why = "" if ending is None else LEFT.get(ending.kind, "")
    last = message.frames[-1] if message.frames else None
    told = f"the stream ends without message_stop{why and f' ({why})'}"
    yield Hit(told, "truncated", last and last.number, (last and last.text) or "", bool(why))


def _over(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    stop = message.order.find("M")
    done = message.order.find("D")
    if done < 0 and (stop < 0 or not message.order[stop + 1 :].strip("p")):
        return
    for place, (frame, letter) in enumerate(zip(message.frames, message.order, strict=True)):
        if letter == "D":
            yield _at(frame, "[DONE], which this protocol does not have", "[DONE]")
        elif place > stop >= 0 and letter != "p":
            what = _WORDS.get(letter, "an event")
            yield _at(frame, f"{what} comes behind message_stop", f"{what} behind message_stop")


def _begun(exchange: Exchange) -> Iterator[Hit]:
    for frame in message_of(exchange).of("S"):
        message = frame.value.get("message")
        if not isinstance(message, dict):
            yield _at(frame, "message_start holds no message", "message")
            continue
        if message.get("role") != "assistant":
            yield _at(frame, "the message's role is not assistant", "role")
        if message.get("content") != []:
            yield _at(frame, "the message does not begin with an empty content", "content")
        if message.get("stop_reason", ABSENT) is not None:
            yield _at(frame, "the message does not begin with a stop_reason that is null", "stop_reason")
        if not isinstance(message.get("usage"), dict):
            yield _at(frame, "the message begins without usage", "usage")


def _pinged(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    if message.order.count("p") == message.order.startswith("Sbp"):
        return
    places = [place for place, letter in enumerate(message.order) if letter == "p"]
    for place, frame in zip(places, message.of("p"), strict=True):
        if place != 2:  # noqa: PLR2004 - behind the first content_block_start
            yield _at(frame, "a ping at another place than behind the first content_block_start", "ping")


def _known(exchange: Exchange) -> Iterator[Hit]:
    for frame in message_of(exchange).of("u"):
        kind = frame.value.get("type")
        word = shorten(kind, 80) if isinstance(kind, str) else "no type"
        yield _at(frame, f"an event of a type that is not known: {word}", word)


def _sound(exchange: Exchange) -> Iterator[Hit]:
    message = message_of(exchange)
    place = message.order.find("E")
    if place < 0:
        return
    for frame in message.of("E"):
        error = frame.value.get("error") if isinstance(frame.value, dict) else None
        told = error if isinstance(error, dict) else {}
        kind = string_of(told.get("type")) or "error"
        text = string_of(told.get("message")) or ""
        yield _at(
            frame,
            shorten(f"an error in a stream of status {exchange.status}: {kind} {text}".rstrip()),
            shorten(kind, 80),
        )
    for frame, letter in zip(message.frames[place + 1 :], message.order[place + 1 :], strict=True):
        if letter not in "pE":
            yield _at(frame, f"{_WORDS.get(letter, 'an event')} comes behind an error", "behind the error")


def _at(frame: Frame, message: str, subject: str) -> Hit:
    return Hit(message, subject, frame.number, frame.text or "")


def _as_user(value: dict[str, Any]) -> Any:
    message = object_in(value, "message")
    if message.get("role") != "assistant":
        return False
    message["role"] = "user"
    return None


_rule = partial(Rule, dialects=frozenset({"messages"}), source=STREAMING)

RULES: tuple[Rule, ...] = (
    _rule(
        id="ANT-1",
        title="every event has a name, which is the type of its data",
        strict="error",
        compat="error",
        example='data: {"type":"message_stop"}',
        way_out="Send `event: message_stop` before the data: anthropic's SDK drops events without a name.",
        check=_named,
        mutate=editing("message_delta", lambda _: None, name="message_stop"),
    ),
    _rule(
        id="ANT-2",
        title="events come in order: message_start, blocks, message_delta, message_stop",
        strict="error",
        compat="error",
        example="message_start … message_stop, message_delta",
        way_out="Send message_start and message_stop once, and at least one message_delta between them.",
        check=_ordered,
        mutate=adding(event({"type": "message_start", "message": {}}), "message_start"),
    ),
    _rule(
        id="ANT-3",
        title="the stream ends with message_stop",
        strict="error",
        compat="warning",
        example="… content_block_delta, and the body ends",
        way_out="Take the answer for cut and record it again; do not wait for a stop that never comes.",
        check=_whole,
        mutate=cutting,
        lesser=("info", "info"),
    ),
    _rule(
        id="ANT-4",
        title="nothing but ping follows message_stop, and there is no [DONE]",
        strict="error",
        compat="warning",
        source=VERSIONING,
        example="event: message_stop … data: [DONE]",
        way_out="End the body behind message_stop; `[DONE]` belongs to another protocol.",
        check=_over,
        mutate=adding(b"data: [DONE]\n\n", "message_stop"),
    ),
    _rule(
        id="ANT-5",
        title="a message begins as the assistant's, empty, without a stop reason, with usage",
        strict="error",
        compat="warning",
        example='{"type":"message_start","message":{"role":"user",…}}',
        way_out="Fill in `role`, `content: []`, `stop_reason: null` and `usage`: SDKs build on them.",
        check=_begun,
        mutate=editing("message_start", _as_user),
    ),
    _rule(
        id="ANT-6",
        title="pings come anywhere, in any number",
        strict="off",
        compat="off",
        example="a ping between two deltas; the usual place is behind the first content_block_start",
        way_out="Nothing to do: a reader passes over pings wherever they come.",
        check=_pinged,
        mutate=adding(_PING, "content_block_stop"),
    ),
    _rule(
        id="ANT-7",
        title="every event is of a known type",
        strict="info",
        compat="info",
        source=VERSIONING,
        example="event: content_block_note",
        way_out="New types may come at any time: pass over those that are not known.",
        check=_known,
        mutate=adding(event({"type": "content_block_note"}), "content_block_start"),
    ),
    _rule(
        id="ANT-E1",
        title="no error comes inside of a stream, and nothing follows one",
        strict="error",
        compat="error",
        example='event: error … {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
        way_out="Retry such a call yourself: its status is 200, so SDKs do not.",
        check=_sound,
        mutate=adding(_ERROR, "content_block_start"),
    ),
)
