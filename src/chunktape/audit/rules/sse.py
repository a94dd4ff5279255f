"""SSE-1 to SSE-9, but for SSE-5: how the stream itself is written, whatever dialect it speaks.

Base source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.audit.chat import shown
from chunktape.audit.exchange import ABSENT
from chunktape.audit.finding import Hit
from chunktape.audit.mutation import blocks, inserted, objects, written
from chunktape.audit.rule import Rule
from chunktape.audit.sse_line import BOM, Lines
from chunktape.tape.fault_edit import Edit, edited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES"]

_WHATWG = "https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"
_FIELDS = {b"data", b"event", b"id", b"retry", b""}
_CONTEXT = 30


def _utf8(exchange: Exchange) -> Iterator[Hit]:
    body = exchange.body
    try:
        body.decode()
    except UnicodeDecodeError as error:
        if exchange.was_left and error.end == len(body) and error.reason == "unexpected end of data":
            return  # the reader left within a character
        around = body[max(0, error.start - _CONTEXT) : error.end + _CONTEXT]
        event = exchange.event_at(error.start)
        yield Hit(f"byte {error.start} is no UTF-8: {error.reason}", "no UTF-8", event, repr(around)[2:-1])


def _not_utf8(one: Interaction, random: Random) -> Interaction | None:
    places = objects(one)
    if not places:
        return None
    block = random.choice(places)
    # Behind the first quote, so inside of a JSON text.
    return inserted(one, one.body.index(b'"', block.start) + 1, b"\xff")


def _terminated(exchange: Exchange) -> Iterator[Hit]:
    last = exchange.frames[-1] if exchange.frames else None
    # A comment is no event, and a reader that left has not seen the end of one.
    if last is None or last.terminated or last.number == exchange.torn or last.text is last.name is None:
        return
    yield Hit("no blank line ends the last event", "last event", last.number, last.text or "")


def _unterminated(one: Interaction, _: Random) -> Interaction | None:
    end = len(one.body)
    rest = len(one.body.rstrip(b"\r\n"))
    return edited(one, [Edit(rest, end, b"\n")]) if 0 < rest < end else None


def _json(exchange: Exchange) -> Iterator[Hit]:
    for one in exchange.frames:
        # Without any data an event is none, for the standard.
        if one.value is ABSENT and one.text and one.text != "[DONE]" and one.number != exchange.torn:
            yield Hit(f"the data {shown(one.text)} is no JSON", "data", one.number, one.text)


def _no_json(one: Interaction, random: Random) -> Interaction | None:
    places = objects(one)
    if not places:
        return None
    block = random.choice(places)
    return edited(one, [Edit(block.start, block.stop, written((block.text or "")[:-1], name=block.name))])


def _strict_json(exchange: Exchange) -> Iterator[Hit]:
    for frame, kind, name in exchange.oddities:
        if kind == "constant":
            yield Hit(f"{name} is no number of JSON", name, frame.number, frame.text or "")
        else:
            yield Hit(f"an object has the key {shown(name)} twice", kind, frame.number, frame.text or "")


def _twice(one: Interaction, random: Random) -> Interaction | None:
    places = [block for block in objects(one) if block.value]
    if not places:
        return None
    place = one.body.index(b"{", random.choice(places).start) + 1
    more = b'"loopback":NaN,' if random.random() < 0.5 else b'"loopback":1,"loopback":2,'  # noqa: PLR2004 half of the time
    return inserted(one, place, more)


def _line_ends(exchange: Exchange) -> Iterator[Hit]:
    # JSON has no bare CR inside, so each of them ends a line.
    place = exchange.body.find(b"\r")
    if place >= 0:
        kind = "CRLF" if exchange.body[place : place + 2] == b"\r\n" else "CR"
        yield Hit(f"lines end with {kind}", kind, exchange.event_at(place))


def _crlf(one: Interaction, _: Random) -> Interaction | None:
    places = [place for place, byte in enumerate(one.body) if byte == ord("\n")]
    return edited(one, [Edit(place, place, b"\r") for place in places]) if places else None


def _comments(exchange: Exchange) -> Iterator[Hit]:
    for line in exchange.once(Lines).odd:
        if not line.field:
            text = line.text.decode(errors="replace")
            yield Hit(f"the comment {shown(text)}", text[:80], line.event, text)


def _commented(one: Interaction, random: Random) -> Interaction | None:
    places = blocks(one)
    return inserted(one, random.choice(places).start, b": INVENTED\n\n") if places else None


def _spaces(exchange: Exchange) -> Iterator[Hit]:
    for line in exchange.once(Lines).odd:
        if line.field == b"data" and line.text[5:6] != b" ":
            text = line.text.decode(errors="replace")
            yield Hit("no space follows `data:`", "data:", line.event, text)


def _spaceless(one: Interaction, random: Random) -> Interaction | None:
    places = objects(one)
    if not places:
        return None
    place = one.body.find(b"data: ", random.choice(places).start)
    return edited(one, [Edit(place + 5, place + 6)]) if place >= 0 else None


def _fields(exchange: Exchange) -> Iterator[Hit]:
    if exchange.body.startswith(BOM):
        yield Hit("the body begins with a byte order mark", "byte order mark", 1)
    for line in exchange.once(Lines).odd:
        if line.field not in _FIELDS and line.event != exchange.torn:
            name = line.field.decode(errors="replace")
            yield Hit(
                f"no field is called {shown(name)}",
                f"field {name[:80]}",
                line.event,
                line.text.decode(errors="replace"),
            )
    for one in exchange.frames:
        if one.text is None and one.name is not None and one.number != exchange.torn:
            yield Hit(
                f"the event {shown(one.name)} has no data",
                "event without data",
                one.number,
                f"event: {one.name}",
            )


def _odd_field(one: Interaction, random: Random) -> Interaction | None:
    places = blocks(one)
    if not places:
        return None
    way = random.choice(("field", "no data", "mark"))
    if way == "mark":
        return inserted(one, 0, BOM)
    more = b"note: invented\n" if way == "field" else b"event: invented\n\n"
    return inserted(one, random.choice(places).start, more)


RULES: tuple[Rule, ...] = (
    Rule(
        id="SSE-1",
        title="the body is valid UTF-8, as a whole",
        strict="error",
        compat="error",
        source=f"{_WHATWG}; azure-sdk-for-python#39565",
        example='data: {"content":"caf\\xe9"}',
        way_out="Encode the stream as UTF-8; a character may be cut by a read, never by an event.",
        check=_utf8,
        mutate=_not_utf8,
    ),
    Rule(
        id="SSE-2",
        title="a blank line ends the last event",
        strict="error",
        compat="warning",
        source=f"{_WHATWG}; cc-switch#6541, sudocode#576",
        example="data: [DONE]⏎ and no blank line",
        way_out="End each event with a blank line: a strict parser drops one that has none.",
        check=_terminated,
        mutate=_unterminated,
    ),
    Rule(
        id="SSE-3",
        title="the data of each event is JSON, or exactly [DONE]",
        strict="error",
        compat="error",
        source=_WHATWG,
        example='data: {"choices":[',
        way_out="Send one whole JSON value in each event; a reader has to drop the others.",
        check=_json,
        mutate=_no_json,
    ),
    Rule(
        id="SSE-4",
        title="no NaN or Infinity, and no key twice in one object",
        strict="error",
        compat="warning",
        source="RFC 8259 §4, §6: https://www.rfc-editor.org/rfc/rfc8259#section-4",
        example='data: {"logprob":NaN}',
        way_out="Send null for numbers that JSON does not have, and each key once.",
        check=_strict_json,
        mutate=_twice,
    ),
    Rule(
        id="SSE-6",
        title="lines end with LF only",
        strict="info",
        compat="info",
        source=f"{_WHATWG}: CRLF and CR are legal; azure-ai-inference and splitters at two LF break",
        example="data: {…}\\r\\n\\r\\n",
        way_out="Read with a parser that knows all three line ends.",
        check=_line_ends,
        mutate=_crlf,
    ),
    Rule(
        id="SSE-7",
        title="no comments",
        strict="info",
        compat="info",
        source=f"{_WHATWG}: legal; azure-ai-inference breaks, vLLM's endpoint_request_func.py skips them",
        example=": OPENROUTER PROCESSING",
        way_out="Read with a parser that passes over lines that begin with a colon.",
        check=_comments,
        mutate=_commented,
    ),
    Rule(
        id="SSE-8",
        title="a space follows `data:`",
        strict="info",
        compat="info",
        source=f'{_WHATWG}: legal without; azure-ai-inference has `_SSE_DATA_EVENT_PREFIX = b"data: "`',
        example='data:{"choices":[]}',
        way_out="Read with a parser that takes off one space, if there is one.",
        check=_spaces,
        mutate=_spaceless,
    ),
    Rule(
        id="SSE-9",
        title="no unknown fields, no event name without data, no byte order mark",
        strict="warning",
        compat="warning",
        source=_WHATWG,
        example="note: hello",
        way_out="Send the fields data, event, id and retry; whatever else there is, readers drop.",
        check=_fields,
        mutate=_odd_field,
    ),
)
