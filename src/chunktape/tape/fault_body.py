"""Faults of the body: it ends early or badly, lacks its end, says something twice or spoilt."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from chunktape.errors import ConfigurationError, FaultError, did_you_mean
from chunktape.tape.end_marker import is_end_marker
from chunktape.tape.event_boundary import event_ends
from chunktape.tape.fault import Fault, Place, event, event_span, told
from chunktape.tape.fault_edit import Edit, edited, ended, unanswered
from chunktape.tape.fault_shape import WORDS, error_event
from chunktape.wire.message import Ending, Failure, header
from chunktape.wire.sse import events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.tape.interaction import Interaction
    from chunktape.wire.message import FailureKind

__all__ = ["Cut", "Disconnect", "Duplicate", "Garble", "NoEnd", "Reset", "StreamError", "every_cut"]

_DATA = re.compile(rb"(?m)^data: ?(.+?)\r?$")
_MOST_GARBLED = 8
_TRIES = 100
# Any byte but the line ends, which would make other events and not a spoilt one.
_NOISE = bytes(set(range(256)) - set(b"\r\n"))


@dataclass(frozen=True, slots=True)
class Cut(Fault):
    """The body ends here, as properly as if that were all: what a proxy does that gives up."""

    at: Place

    def __str__(self) -> str:
        return f"cut@{self.at}"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return what comes before the cut."""
        place = self.at.offset(interaction, self)
        return (edited(interaction, [Edit(place, len(interaction.body))], ending=Ending("eof")),)


def every_cut(interaction: Interaction) -> Iterator[Cut]:
    """Yield the cuts at each boundary of events before the end, the one right after the head first."""
    for number in range(len(event_ends(interaction.head, interaction.body))):
        yield Cut(event(number))


@dataclass(frozen=True, slots=True)
class Reset(Fault):
    """The connection is reset here, or (without a place) before the head of the reply."""

    at: Place | None = None

    def __str__(self) -> str:
        return "reset" if self.at is None else f"reset@{self.at}"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return what comes before the reset."""
        return (_broken(interaction, self.at, self, "reset", "Connection reset by peer"),)


@dataclass(frozen=True, slots=True)
class Disconnect(Fault):
    """The other side hangs up here without ending the body, or (without a place) without a reply."""

    at: Place | None = None

    def __str__(self) -> str:
        return "disconnect" if self.at is None else f"disconnect@{self.at}"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return what comes before the other side hangs up."""
        if self.at is None:
            said = "Server disconnected without sending a response."
            return (_broken(interaction, None, self, "protocol", said),)
        # In h11's words, by which an adapter tells how the end of the body was to be told.
        length = header(interaction.head.headers, "content-length") if interaction.head is not None else None
        detail = "incomplete chunked read"
        if length is not None:
            detail = f"received {self.at.offset(interaction, self)} bytes, expected {length}"
        said = f"peer closed connection without sending complete message body ({detail})"
        return (_broken(interaction, self.at, self, "protocol", said),)


def _broken(one: Interaction, at: Place | None, fault: Fault, kind: FailureKind, said: str) -> Interaction:
    if at is None:
        return unanswered(one, Failure(kind, "", said, "connect"))
    place = at.offset(one, fault)
    ending = Ending("error", None, Failure(kind, "", said))
    # The head had announced the whole of it.
    return replace(edited(one, [Edit(place, len(one.body))], ending=ending), head=one.head)


@dataclass(frozen=True, slots=True)
class NoEnd(Fault):
    """The end marker does not come: ``[DONE]``, ``message_stop``, ``response.completed``."""

    def __str__(self) -> str:
        return "no-end"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return the stream without its end marker; raises `FaultError` where it has none."""
        body = interaction.body
        spans = pairwise((0, *event_ends(interaction.head, body)))
        edits = [Edit(*span) for span in spans if any(map(is_end_marker, events(body[slice(*span)])))]
        if not edits:
            raise FaultError(
                f"The fault no-end finds no end marker in the reply to {told(interaction)}\n"
                "  an end marker is [DONE], message_stop or response.completed (incomplete, failed)\n"
                "  way out: faults={2: …} for one interaction of several"
            )
        return (edited(interaction, edits, ending=ended(interaction)),)


@dataclass(frozen=True, slots=True)
class Duplicate(Fault):
    """An event, counted from 1, comes twice."""

    event: int

    def __str__(self) -> str:
        return f"duplicate@{self.event}"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return the body with one event twice."""
        start, stop = event_span(self.event, interaction, self)
        twice = interaction.body[start:stop]
        if not twice.endswith((b"\n\n", b"\r\n\r\n", b"\r\r")):
            twice = b"\n\n" + twice
        return (edited(interaction, [Edit(stop, stop, twice)], ending=ended(interaction)),)


@dataclass(frozen=True, slots=True)
class Garble(Fault):
    """A few bytes of the data of an event, counted from 1, are noise, so that it is no JSON any more."""

    event: int
    seed: int = 0

    def __str__(self) -> str:
        return f"garble@{self.event}" + (f"~{self.seed}" if self.seed else "")

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return the body with one event spoilt."""
        start, stop = event_span(self.event, interaction, self)
        block = interaction.body[start:stop]
        found = _DATA.search(block)
        first, last = found.span(1) if found else (0, len(block.rstrip(b"\r\n")) or len(block))
        data = self._garbled(block[first:last])
        edit = Edit(start + first, start + last, data)
        return (edited(interaction, [edit], ending=ended(interaction)),)

    def _garbled(self, data: bytes) -> bytes:
        drawn = random.Random(self.seed)  # noqa: S311 no secret
        garbled = data
        for _ in range(_TRIES):
            size = drawn.randint(1, min(_MOST_GARBLED, len(data)))
            place = drawn.randint(0, len(data) - size)
            noise = bytes(drawn.choices(_NOISE, k=size))
            garbled = data[:place] + noise + data[place + size :]
            if garbled != data and not _is_json(garbled):
                break
        return garbled


def _is_json(data: bytes) -> bool:
    # SDKs read bytes that are no UTF-8 as U+FFFD, which is fine within a text.
    try:
        json.loads(data.decode(errors="replace"))
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class StreamError(Fault):
    """The provider reports an error in its stream here, in its own words, and ends it."""

    word: str
    at: Place

    def __post_init__(self) -> None:
        if self.word not in WORDS:
            raise ConfigurationError(
                f"The fault {self} means nothing{did_you_mean(self.word, WORDS)}\n"
                f"  errors: {', '.join(f'error:{word}' for word in WORDS)}"
            )

    def __str__(self) -> str:
        place = f"{self.at.number:.0f}" if self.at.unit == "event" else self.at
        return f"error:{self.word}@{place}"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return what comes before the error, and the error."""
        place = self.at.offset(interaction, self)
        before = sum(end <= place for end in event_ends(interaction.head, interaction.body))
        report = error_event(interaction, WORDS[self.word], before)
        edit = Edit(place, len(interaction.body), report)
        return (edited(interaction, [edit], ending=Ending("eof")),)
