"""Faults of boundaries and line ends: the same events, delivered in other pieces or spelt otherwise."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from chunktape.errors import ConfigurationError, did_you_mean
from chunktape.tape.event_boundary import is_event_stream
from chunktape.tape.fault import Fault
from chunktape.tape.fault_edit import Edit, edited, rechunked

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction

__all__ = ["CRLF", "Coalesce", "Split"]

_INSIDE = re.compile(rb"(?<=[\xc2-\xf4])[\x80-\xbf]")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_MEAN = 24

Unit = Literal["utf8", "bytes", "random"]


@dataclass(frozen=True, slots=True)
class Split(Fault):
    """More boundaries: inside of every multi-byte character, after every byte, or at random places.

    What has no multi-byte character stays as it is under ``"utf8"``.
    """

    unit: Unit
    seed: int = 0

    def __post_init__(self) -> None:
        known = get_args(Unit)
        if self.unit not in known:
            raise ConfigurationError(
                f"The fault split:{self.unit} means nothing{did_you_mean(str(self.unit), known)}\n"
                f"  what can be split: {', '.join(f'split:{word}' for word in known)}"
            )

    def __str__(self) -> str:
        return f"split:{self.unit}" + (f"~{self.seed}" if self.seed else "")

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return the same bytes in more chunks."""
        return (rechunked(interaction, (*interaction.ends, *self._places(interaction.body))),)

    def _places(self, body: bytes) -> list[int]:
        if self.unit == "bytes":
            return list(range(1, len(body)))
        if self.unit == "utf8":
            return [found.start() for found in _INSIDE.finditer(body)]
        drawn = random.Random(self.seed)  # noqa: S311 no secret
        count = min(len(body) // _MEAN + 1, len(body) - 1)
        return drawn.sample(range(1, len(body)), count) if count > 0 else []


@dataclass(frozen=True, slots=True)
class Coalesce(Fault):
    """The whole body in one chunk; where a stall stands in it, in one before and one after."""

    def __str__(self) -> str:
        return "coalesce"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return the same bytes in one chunk."""
        return (rechunked(interaction, ()),)


@dataclass(frozen=True, slots=True)
class CRLF(Fault):
    """The lines of an event stream end in CRLF, as the standard allows; other bodies stay as they are."""

    def __str__(self) -> str:
        return "crlf"

    def apply(self, interaction: Interaction) -> tuple[Interaction, ...]:
        """Return the same events with other line ends."""
        body = interaction.body
        if not is_event_stream(interaction.head, body):
            return (interaction,)
        edits = [Edit(*found.span(), b"\r\n") for found in _LINE_END.finditer(body)]
        return (edited(interaction, edits),)
