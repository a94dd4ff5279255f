"""What is known of an interaction without reading its words: counts, times, how it ended."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from chunktape.cli.duration import in_words
from chunktape.dialects.detect import read
from chunktape.tape.cursor import is_complete
from chunktape.wire.message import header
from chunktape.wire.sse import events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.tape.interaction import Interaction

__all__ = ["FIRST_ERROR_STATUS", "count_events", "is_event_stream", "row", "short_facts", "trouble"]

FIRST_ERROR_STATUS = 400

_BOM = b"\xef\xbb\xbf"
# From the first line of data to the end of the block: a third of the time of reading the events.
_WITH_DATA = re.compile(rb"^data(?::.*)?$(?:\n.+)*", re.MULTILINE)
_FIRST_LINES = (b"data:", b"event:", b":", b"id:", b"retry:")


def is_event_stream(interaction: Interaction) -> bool:
    """Tell a stream of events by its content type or, where that says otherwise, by its first line."""
    kind = header(interaction.head.headers, "content-type") if interaction.head is not None else None
    if (kind or "").strip().lower().startswith("text/event-stream"):
        return True
    return interaction.body.removeprefix(_BOM).lstrip().startswith(_FIRST_LINES)


def count_events(interaction: Interaction) -> int:
    """Return how many server-sent events carry data; 0 for what is no event stream.

    The end marker ``[DONE]`` counts, comments and a lone ``retry:`` do not.
    """
    if not is_event_stream(interaction):
        return 0
    body = interaction.body.removeprefix(_BOM)
    if b"\r" in body:
        return sum(event.data is not None for event in events(body))
    return sum(1 for _ in _WITH_DATA.finditer(body))


def row(cassette: str, index: int, interaction: Interaction) -> dict[str, Any]:
    """Return the facts by name, for machines; whatever the recording does not know is None."""
    one = interaction
    return {
        "cassette": cassette,
        "index": index,
        "method": one.request.method,
        "url": one.request.url,
        "status": None if one.head is None else one.head.status,
        "events": count_events(one),
        "chunks": len(one.ends) if one.framed else None,
        "bytes": len(one.body),
        "sha256": sha256(one.body).hexdigest(),
        "ending": None if one.ending is None else one.ending.kind,
    }


def short_facts(interaction: Interaction) -> Iterator[str]:
    """Yield the facts in words, for people; `trouble` has the ending where it is none to be glad of."""
    one = interaction
    if one.head is None:
        yield "no reply"
    else:
        if one.head.status is not None:
            yield " ".join(filter(None, [str(one.head.status), one.head.reason]))
        if is_event_stream(one):
            yield _counted(count_events(one), "event")
        if one.framed:
            yield _counted(len(one.ends), "chunk")
        yield _counted(len(one.body), "byte")
    if one.timing is None:
        yield "no times recorded"
    else:
        if one.timing.at:
            yield f"first chunk after {in_words(one.timing.at[0])}"
        end = one.timing.end if one.timing.end is not None else max(one.timing.at, default=None)
        if end is not None:
            yield f"{in_words(end)} in all"
    if one.content_encoding is not None:
        yield one.content_encoding
    if one.ending is not None and trouble(one) is None:
        yield f"ending: {one.ending.kind}"


def trouble(interaction: Interaction) -> str | None:
    """Return what went wrong with the transport or cut the stream short; None where nothing did.

    A reader that closes once it has the end marker is no trouble: most SDKs do.
    """
    ending = interaction.ending
    if ending is not None and ending.failure is not None:
        failure = ending.failure
        return f"ending: {ending.kind} ({failure.kind}: {failure.message or failure.type})"
    if interaction.head is None:
        return "ending: not recorded" if ending is None else f"ending: {ending.kind}, before a reply came"
    accepted = (interaction.head.status or 0) < FIRST_ERROR_STATUS
    if accepted and is_event_stream(interaction) and not _has_end(interaction):
        return "no end marker" if ending is None else f"ending: {ending.kind}, without an end marker"
    return None


def _has_end(interaction: Interaction) -> bool:
    """Tell whether a stream has its end marker, or all that its host ends a stream with."""
    if is_complete(interaction):
        return True
    reading = read(interaction.body, url=interaction.request.url)
    return reading is not None and reading.status == "complete"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
