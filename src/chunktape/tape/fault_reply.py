"""Faults of the reply as a whole: refusals before it, no reply at all, and silences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from math import inf, isfinite
from typing import TYPE_CHECKING

from chunktape.errors import ConfigurationError
from chunktape.tape.fault import Fault, Place
from chunktape.tape.fault_edit import rechunked, unanswered
from chunktape.tape.fault_shape import error_body
from chunktape.tape.interaction import Silence
from chunktape.wire.message import Ending, Failure, Head

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction
    from chunktape.wire.message import Headers

__all__ = ["Refused", "Stall", "Status", "Timeout"]

LEAST_STATUS, MOST_STATUS = 400, 599
# The statuses with which providers say when to come again.
LATER = frozenset({429, 503, 529})


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """The first `times` sendings are refused with an error status in the provider's words.

    Then comes the recording. Those that say when to come again say ``retry-after: 1``, which a
    replay at instant pace cuts down as that of a recording.
    """

    status: int
    times: int = 1

    def __post_init__(self) -> None:
        if not LEAST_STATUS <= self.status <= MOST_STATUS or self.times < 1:
            raise ConfigurationError(
                f"The fault {self} means nothing\n"
                f"  a refusal has a status from {LEAST_STATUS} to {MOST_STATUS}, and happens x1 or more times"
            )

    def __str__(self) -> str:
        return f"status:{self.status}" + (f"x{self.times}" if self.times != 1 else "")

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return the refusals, then the recording."""
        return (*(self._refusal(interaction),) * self.times, interaction)

    def _refusal(self, one: Interaction) -> Interaction:
        body = error_body(one, self.status)
        headers: Headers = (("content-type", "application/json"), ("content-length", str(len(body))))
        if self.status in LATER:
            headers += (("retry-after", "1"),)
        known = self.status in HTTPStatus.__members__.values()
        reason = HTTPStatus(self.status).phrase if known else "Error"
        version = one.head.http_version if one.head is not None else "HTTP/1.1"
        return replace(
            one,
            head=Head(self.status, reason, headers, version),
            body=body,
            ends=(len(body),),
            ending=Ending("eof"),
            timing=None,
            framing="length",
            content_encoding=None,
            silences=(),
        )


@dataclass(frozen=True, slots=True)
class Timeout(Fault):
    """No reply comes until the client's read time-out strikes, which it does at once at instant pace."""

    def __str__(self) -> str:
        return "timeout"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return what raises the time-out."""
        failure = Failure("timeout", "", "The read operation timed out", "connect")
        return (replace(unanswered(interaction, failure), silences=(Silence(inf),)),)


@dataclass(frozen=True, slots=True)
class Refused(Fault):
    """Nobody accepts the connection."""

    def __str__(self) -> str:
        return "refused"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return what raises the refusal."""
        return (unanswered(interaction, Failure("connect", "", "Connection refused", "connect")),)


@dataclass(frozen=True, slots=True)
class Stall(Fault):
    """Nothing comes for so many seconds here, or (without a place) before the head.

    Where that is longer than the client's read time-out, this strikes, at every pace; at instant pace
    nobody waits for either.
    """

    seconds: float
    at: Place | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.seconds) and self.seconds > 0):
            raise ConfigurationError(f"The fault {self} means nothing\n  a stall takes more than 0 seconds")

    def __str__(self) -> str:
        place = "" if self.at is None else f"@{self.at}"
        return f"stall:{self.seconds:g}s{place}"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return the recording with a silence in it."""
        place = None if self.at is None else self.at.offset(interaction, self)
        silent = replace(interaction, silences=(*interaction.silences, Silence(self.seconds, place)))
        return (silent if place is None else rechunked(silent, interaction.ends),)
