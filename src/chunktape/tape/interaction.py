"""`Interaction`: one request and all that came back, as frozen data.

No formats and no decisions: `codec` writes it down, `tap` makes it, `cursor` plays it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from chunktape.wire.message import Chunk, Ending

if TYPE_CHECKING:
    from datetime import datetime

    from chunktape.wire.message import Head, Request

__all__ = ["Interaction", "Silence", "Timing"]


@dataclass(frozen=True, slots=True)
class Timing:
    """When the chunks came, in whole microseconds since the request was sent.

    `at` and `waited` have one number for each chunk. Integers, because sums must stay exact.
    """

    head: int | None
    at: tuple[int, ...]
    waited: tuple[int, ...]
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Seconds in which nothing comes: before the byte at `at`, or (None) before the head.

    Recordings have none, their waits are times; it is what a fault puts into one.
    """

    seconds: float
    at: int | None = None


@dataclass(frozen=True)
class Interaction:
    """One request and all that came back.

    `body` is the decoded body in one piece and `ends` tells where in it each chunk ends, in bytes.
    Where `framed` is False the boundaries were not recorded (a foreign cassette, an edited body)
    and `ends` are those of the events instead. `head` is None where no reply came; `timing` and
    the facts below it are None where nothing was recorded. `silences` are a fault's, and never written.
    """

    request: Request
    head: Head | None
    body: bytes = field(default=b"", repr=False)
    ends: tuple[int, ...] = field(default=(), repr=False)
    ending: Ending | None = None
    timing: Timing | None = field(default=None, repr=False)
    framed: bool = True
    recorded_at: datetime | None = None
    recorded_by: str | None = None
    client: str | None = None
    framing: str | None = None
    content_encoding: str | None = None
    silences: tuple[Silence, ...] = ()

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """The body as it was delivered, with times where they were recorded."""
        starts = (0, *self.ends)
        pieces = [self.body[start:end] for start, end in zip(starts, self.ends, strict=False)]
        if self.timing is None:
            return tuple(Chunk(piece) for piece in pieces)
        times = zip(pieces, self.timing.at, self.timing.waited, strict=True)
        return tuple(Chunk(piece, at / 1e6, waited / 1e6) for piece, at, waited in times)
