"""`Fault`: what is done to an interaction before it is played, as frozen data; and where in it.

The kinds of faults are in `fault_boundary`, `fault_body` and `fault_reply`, their short text is in
`fault_text`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from chunktape.errors import ConfigurationError, FaultError
from chunktape.tape.event_boundary import event_ends, is_event_stream

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction

__all__ = ["Chain", "Fault", "Place", "Times", "beyond", "byte", "event", "event_span", "percent", "told"]

WHOLE = 100


class Fault(ABC):
    """What is done to an interaction before it is played; ``str()`` gives its short text.

    An own one derives from this and has `apply`, which changes nothing and gives the same each time.
    """

    __slots__ = ()

    @abstractmethod
    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return what the first, the second, … sending of the request is answered with.

        The last one is the recording, altered. Raises `FaultError` where the recording has no such place.
        """


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a body: after so many events or bytes, or after so much of it in percent."""

    unit: Literal["event", "byte", "percent"]
    number: float

    def __post_init__(self) -> None:
        fits = self.number <= WHOLE if self.unit == "percent" else self.number == self.number // 1
        if not (fits and self.number >= 0 and isfinite(self.number)):
            raise ConfigurationError(
                f"There is no place {self}\n"
                "  a place is event:3 (after three events), byte:100 (after so many bytes) or 60%"
            )

    def __str__(self) -> str:
        return f"{self.number:.15g}%" if self.unit == "percent" else f"{self.unit}:{self.number:.15g}"

    def offset(self, one: Interaction, fault: Fault) -> int:
        """Return the place as an offset in the body; raises `FaultError` where the body ends before it."""
        size = len(one.body)
        if one.head is None:
            raise beyond(fault, one)
        if self.unit == "percent":
            return int(size * self.number / WHOLE)
        number = int(self.number)
        if self.unit == "byte":
            places: tuple[int, ...] | range = range(size + 1)
        else:
            places = (0, *event_ends(one.head, one.body))
        if number >= len(places):
            raise beyond(fault, one)
        return places[number]


def event(number: int) -> Place:
    """Return the place after so many events; 0 is right after the head."""
    return Place("event", number)


def byte(number: int) -> Place:
    """Return the place after so many bytes of the body."""
    return Place("byte", number)


def percent(number: float) -> Place:
    """Return the place after so much of the body's bytes, wherever in an event that is."""
    return Place("percent", number)


def event_span(number: int, one: Interaction, fault: Fault) -> tuple[int, int]:
    """Return where an event, counted from 1, begins and ends; raises `FaultError` where there is none."""
    places = (0, *event_ends(one.head, one.body))
    if not 0 < number < len(places):
        raise beyond(fault, one)
    return places[number - 1], places[number]


def beyond(fault: Fault, one: Interaction) -> FaultError:
    """Return the error for a place that a body does not have."""
    count = len(event_ends(one.head, one.body))
    said = f"that reply has {count} event{'s' * (count != 1)} in {len(one.body)} bytes; events count from 1"
    if one.head is None:
        said = "that call got no reply: its connection failed"
    elif not is_event_stream(one.head, one.body):
        said = f"that reply has {len(one.body)} bytes that are no event stream, so they count as one event"
    return FaultError(
        f"The fault {fault} has no place in the reply to {told(one)}\n"
        f"  {said}\n"
        "  way out: a place that it has, or faults={2: …} for one interaction of several"
    )


def told(one: Interaction) -> str:
    """Return what an interaction is called in a message: its URL without what may be secret in it."""
    parts = urlsplit(one.request.url or "")
    return f"{one.request.method} {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, slots=True)
class Chain(Fault):
    """Several faults, applied from left to right, each to what the one before has made."""

    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.faults))

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return what the sendings are answered with."""
        answers: tuple[Interaction, ...] = (interaction,)
        for fault in self.faults:
            answers = (*answers[:-1], *fault.apply(answers[-1]))
        return answers


@dataclass(frozen=True, slots=True)
class Times(Fault):
    """A fault for the first `times` sendings of a request only; then comes the recording."""

    fault: Fault
    times: int

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ConfigurationError(f"The fault {self} never happens; a fault happens x1 or more times")

    def __str__(self) -> str:
        return f"{self.fault}x{self.times}"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return what the sendings are answered with."""
        return (*self.fault.apply(interaction) * self.times, interaction)
