"""Responses streams as a whole: names, order, ends, numbers (RSP-1 … RSP-5, RSP-7).

The last event and errors are judged in `rsp_end`, what is in the output in `rsp_item`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from chunktape.audit.finding import Hit
from chunktape.audit.message import LEFT, shown
from chunktape.audit.message_mutation import adding, changed, editing, event, pieces_of
from chunktape.audit.response import ENDS, response_of
from chunktape.audit.rule import Rule
from chunktape.dialects.response_item import DELTAS, DONES
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange, Frame
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES", "STREAMING"]

STREAMING = "https://platform.openai.com/docs/api-reference/responses-streaming"
_TYPES = "openai-python: types/responses/response_stream_event.py"
_BEGINNINGS = {"response.created", "response.queued", "error"}
_STATUSES = ["in_progress", "searching", "interpreting", "generating", "completed", "failed"]
_FAMILIES = (
    *("code_interpreter_call", "file_search_call", "web_search_call", "image_generation_call"),
    *("mcp_call", "mcp_list_tools"),
)
_KINDS = frozenset(
    {
        *DELTAS,
        *DONES,
        *ENDS,
        *(f"response.{family}.{status}" for family in _FAMILIES for status in _STATUSES),
        *("response.created", "response.in_progress", "response.queued", "error"),
        *("response.output_item.added", "response.output_item.done"),
        *("response.content_part.added", "response.content_part.done"),
        *("response.reasoning_summary_part.added", "response.reasoning_summary_part.done"),
        *("response.audio.delta", "response.audio.done"),
        *("response.audio.transcript.delta", "response.audio.transcript.done"),
        *("response.shell_call_output_content.delta", "response.shell_call_output_content.done"),
        *("response.output_text.annotation.added", "response.image_generation_call.partial_image"),
        "response.compaction.compacting",
    }
)
_COUNTED = _KINDS - {"error"}


def _named(exchange: Exchange) -> Iterator[Hit]:
    for frame in exchange.frames:
        if type(frame.value) is not dict:
            continue
        kind = frame.value.get("type")
        if frame.name == kind and kind:
            continue
        if not isinstance(kind, str) or not kind:
            yield _at(frame, "an event whose data has no type", "no type")
        elif frame.name is None:
            yield _at(frame, "an event without a name", "no event")
        else:
            subject = shorten(f"{frame.name} is {kind}", 80)
            yield _at(frame, f"an event {shorten(frame.name, 60)!r} whose data is of another type", subject)


def _ordered(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    kinds = stream.kinds
    if not kinds or (kinds[0] in _BEGINNINGS and kinds.count("response.created") <= 1) or stream.resumed:
        return
    if kinds[0] not in _BEGINNINGS:
        yield _at(stream.frames[0], "the stream does not begin with response.created", "beginning")
    begun = [frame for frame, kind in zip(stream.frames, kinds, strict=True) if kind == "response.created"]
    for frame in begun[1:]:
        yield _at(frame, "response.created comes a second time", "response.created repeated")


def _whole(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    if stream.end is not None or stream.failed or stream.was_cancelled:
        return
    ending = exchange.interaction.ending
    why = "" if ending is None else LEFT.get(ending.kind, "")
    last = stream.frames[-1] if stream.frames else None
    told = f"the stream ends without response.completed, .incomplete or .failed{why and f' ({why})'}"
    yield Hit(told, "truncated", last and last.number, (last and last.text) or "", bool(why))


def _over(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    if stream.end is None or stream.end == len(stream.kinds) - 1:
        return
    for frame, kind in zip(stream.frames[stream.end + 1 :], stream.kinds[stream.end + 1 :], strict=True):
        what = shorten(kind, 60) or "an event"
        yield _at(frame, f"{what} comes behind the end of the response", what)


def _numbered(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    frames = [
        frame
        for frame, kind in zip(stream.frames, stream.kinds, strict=True)
        # An error may come before there is anything to count, and who knows what new events do.
        if type(frame.value) is dict and ("sequence_number" in frame.value or kind in _COUNTED)
    ]
    if not frames:
        return
    numbers = [frame.value.get("sequence_number") for frame in frames]
    first = numbers[0] if numbers and stream.resumed and type(numbers[0]) is int else 0
    if numbers == list(range(first, first + len(numbers))):
        return
    if not any(type(number) is int for number in numbers):
        yield _at(frames[0], "the events have no sequence_number", "no sequence_number")
        return
    expected = first
    for frame, number in zip(frames, numbers, strict=True):
        if type(number) is not int:
            yield _at(frame, "an event without a sequence_number", "left out")
        elif number != expected:
            yield _at(
                frame,
                f"sequence_number {shown(number)} where {shown(expected)} comes next",
                "out of sequence",
            )
        expected = (number if type(number) is int else expected) + 1


def _known(exchange: Exchange) -> Iterator[Hit]:
    stream = response_of(exchange)
    unknown = set(stream.kinds) - _KINDS - {"", "[DONE]"}
    if not unknown:
        return
    for frame, kind in zip(stream.frames, stream.kinds, strict=True):
        if kind in unknown:
            word = shorten(kind, 80)
            yield _at(frame, f"an event of a type that is not known: {word}", word)


def _at(frame: Frame, message: str, subject: str) -> Hit:
    return Hit(message, subject, frame.number, frame.text or "")


def _skip_number(value: dict[str, Any]) -> Any:
    if type(value.get("sequence_number")) is not int:
        return False
    value["sequence_number"] += 1
    return None


def _nameless(one: Interaction, random: Random) -> Interaction | None:
    found = [piece for piece in pieces_of(one) if isinstance(piece.value, dict)]
    if not found:
        return None
    piece = random.choice(found)
    return changed(one, {piece.place: event(piece.value, "")})


def _cut(one: Interaction, random: Random) -> Interaction | None:
    """Cut the stream before its end; what a gateway adds behind it does not count."""
    places = [piece.place for piece in pieces_of(one) if piece.kind in ENDS]
    if not places:
        return None
    count = len(pieces_of(one))
    return changed(one, dict.fromkeys(range(random.randrange(places[0] + 1), count), b""))


_CREATED = event({"type": "response.created", "response": {}})
_rule = partial(Rule, dialects=frozenset({"responses"}), source=STREAMING)

RULES: tuple[Rule, ...] = (
    _rule(
        id="RSP-1",
        title="every event has a name, which is the type of its data",
        strict="error",
        compat="warning",
        example='data: {"type":"response.completed",…}',
        way_out="Send `event: response.completed` before the data.",
        check=_named,
        mutate=_nameless,
    ),
    _rule(
        id="RSP-2",
        title="a stream begins with response.created, which comes once",
        strict="error",
        compat="error",
        example="response.output_text.delta, response.created",
        way_out="Send response.created first, and never again.",
        check=_ordered,
        mutate=adding(_CREATED, "response.created"),
    ),
    _rule(
        id="RSP-3",
        title="the stream ends with response.completed, response.incomplete or response.failed",
        strict="error",
        compat="warning",
        example="… response.output_text.delta, and the body ends",
        way_out="Take the answer for cut and record it again; do not wait for an end that never comes.",
        check=_whole,
        mutate=_cut,
        lesser=("info", "info"),
    ),
    _rule(
        id="RSP-4",
        title="nothing follows the end of the response",
        strict="error",
        compat="warning",
        example="event: response.completed … data: [DONE]",
        way_out="End the body behind the last event; `[DONE]` belongs to another protocol.",
        check=_over,
        mutate=adding(b"data: [DONE]\n\n", "response.completed"),
    ),
    _rule(
        id="RSP-5",
        title="events are numbered by sequence_number, 0, 1, 2 …",
        strict="error",
        compat="warning",
        source=_TYPES,
        example="sequence_number 4, then 6",
        way_out="Take a gap for a lost event; reading on with starting_after needs the numbers.",
        check=_numbered,
        mutate=editing("response.output_item.added", _skip_number),
    ),
    _rule(
        id="RSP-7",
        title="every event is of a known type",
        strict="info",
        compat="info",
        source=_TYPES,
        example="event: response.note.added",
        way_out="New types may come at any time: pass over those that are not known.",
        check=_known,
        mutate=adding(event({"type": "response.note.added"}), "response.output_item.added"),
    ),
)
