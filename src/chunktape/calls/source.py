"""Where the bytes of an answer come from: a call over an SDK's own client, or a recording.

A `Door` is the way into one SDK client that hands out every byte; the provider packages know their
own. What comes through it is `Opened`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from dataclasses import dataclass, field
from time import perf_counter, time
from typing import TYPE_CHECKING, Any

from chunktape.calls.exchange_answer import asked_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from chunktape.tape.interaction import Interaction

__all__ = ["AsyncDoor", "AsyncOpened", "Door", "Head", "Opened", "Timeline"]


@dataclass(frozen=True, slots=True)
class Head:
    """What is known once a reply began.

    `exchange` is the recording behind it while a cassette is open, `url` where it was sent to.
    """

    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None
    exchange: Interaction | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A reply that began; `pieces` are the bytes of its body as they come."""

    head: Head
    pieces: Iterator[bytes]
    close: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class AsyncOpened:
    """`Opened`, awaited."""

    head: Head
    pieces: AsyncIterator[bytes]
    aclose: Callable[[], Any]


class Door(ABC):
    """The way into one client of a provider's SDK."""

    @abstractmethod
    def open(self, kwargs: dict[str, Any], *, stream: bool) -> Opened:
        """Send the request and return its reply; raises the SDK's own errors."""

    def close(self) -> None:
        """Let go of the client, where it was built for this call."""


class AsyncDoor(ABC):
    """`Door`, awaited."""

    @abstractmethod
    async def aopen(self, kwargs: dict[str, Any], *, stream: bool) -> AsyncOpened:
        """Send the request and return its reply; raises the SDK's own errors."""

    async def aclose(self) -> None:
        """Let go of the client, where it was built for this call."""


class Timeline:
    """When the bytes of one reply came: as recorded in replay, by the clock otherwise.

    Times are in seconds since the request was sent; `began` is that moment, in seconds since 1970,
    and 0 for a recording that does not tell it.
    """

    def __init__(self, exchange: Interaction | None = None, *, started: float | None = None) -> None:
        now = perf_counter()
        self._started = now if started is None else started
        self.began: float = time() - (now - self._started)
        self.recorded = exchange is not None and _is_recorded(exchange)
        self._exchange = exchange if self.recorded else None
        if self._exchange is not None:
            at = asked_at(self._exchange)
            self.began = 0 if at is None else at.timestamp()

    def at(self, offset: int) -> float | None:
        """Return when the byte before `offset` came."""
        exchange = self._exchange
        if exchange is None:
            return perf_counter() - self._started
        if exchange.timing is None or not exchange.timing.at:
            return None
        place = min(bisect_left(exchange.ends, offset), len(exchange.ends) - 1)
        return exchange.timing.at[place] / 1e6

    def end(self, offset: int) -> float | None:
        """Return when the reader was done."""
        exchange = self._exchange
        if exchange is None:
            return perf_counter() - self._started
        ended = exchange.ending.at if exchange.ending is not None else None
        return self.at(offset) if ended is None else ended


def _is_recorded(exchange: Interaction) -> bool:
    """Return whether this is a recording; while it is being made, nobody has ended it yet."""
    ending = exchange.ending
    return ending is None or ending.kind != "open" or bool(exchange.body)
