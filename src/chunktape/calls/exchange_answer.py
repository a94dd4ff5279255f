"""What a model answered in a recorded exchange, whatever its status was: for machines, snapshots, audits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from chunktape.dialects.assembly import StreamError, parse_json
from chunktape.dialects.detect import assembly_for, dialect_of, read
from chunktape.dialects.stream_error import error_of
from chunktape.wire.message import header
from chunktape.wire.sse import events

if TYPE_CHECKING:
    from datetime import datetime

    from chunktape.dialects.answer import Block, ToolCall
    from chunktape.dialects.detect import Reading
    from chunktape.tape.interaction import Interaction
    from chunktape.wire.message import Request

__all__ = ["FIRST_ERROR_STATUS", "asked_at", "read_answer", "request_of"]

FIRST_ERROR_STATUS = 400
# One of these is in every request for an answer, and rarely in any other.
_ASKED = ("model", "messages", "input", "prompt")


def read_answer(interaction: Interaction) -> Reading | None:
    """Return what a model answered, None where no model was asked.

    A reply with an error status is an error, whatever its body is.
    """
    one = interaction
    reading = read(one.body, url=one.request.url)
    if reading is None or (dialect_of(one.body) is None and not _asks_a_model(one.request)):
        return None
    status = one.head.status if one.head is not None else None
    if (status or 0) >= FIRST_ERROR_STATUS:
        return replace(reading, status="error", error=reading.error or _refusal(one.body))
    if reading.streamed and reading.dialect == "messages":
        return _with_arguments_as_they_came(reading, one.body)
    return reading


def request_of(interaction: Interaction) -> dict[str, Any] | None:
    """Return the JSON object that was sent, or None."""
    return parse_json(interaction.request.body.decode(errors="replace"))


def asked_at(interaction: Interaction) -> datetime | None:
    """Return when it was recorded, else when the provider says that it answered."""
    one = interaction
    if one.recorded_at is not None:
        return one.recorded_at
    date = header(one.head.headers, "date") if one.head is not None else None
    try:
        return None if date is None else parsedate_to_datetime(date).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _asks_a_model(request: Request) -> bool:
    """Tell whether a request is for an answer: paths such as ``/messages`` are not models' alone."""
    if not request.body:
        return request.method in {None, "POST"}
    asked = parse_json(request.body.decode(errors="replace")) or {}
    return any(name in asked for name in _ASKED)


def _refusal(body: bytes) -> StreamError | None:
    """Return the error that a body is; None for an empty one."""
    text = body.decode(errors="replace").strip()
    data = parse_json(text)
    if data is not None:
        return error_of(data, otherwise=text)
    return StreamError(None, text, {}) if text else None


def _with_arguments_as_they_came(reading: Reading, body: bytes) -> Reading:
    """Return the answer with the text of its tools' arguments; a message holds them parsed."""
    answer = reading.answer
    if not answer.tools:
        return reading
    assembly = assembly_for("messages")
    parts = [assembly.feed(event) for event in events(body)]
    came = [call for part in parts if part is not None for call in part.tools]
    came += assembly.finish()
    choices = tuple(
        replace(one, blocks=tuple(_told_as(block, came) for block in one.blocks)) for one in answer.choices
    )
    return replace(reading, answer=replace(answer, choices=choices))


def _told_as(block: Block, came: list[ToolCall]) -> Block:
    same = next((call for call in came if block.tool is not None and call.raw == block.tool.raw), None)
    return block if same is None else replace(block, tool=same)
