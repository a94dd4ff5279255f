"""Streams over one of ours for the shape of httpx2: tapped while recording, played in replay.

Mixed by `httpx2.Stack` into the module's own stream classes, which its type checks ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.adapters.prefetch import Prefetched
from chunktape.tape.cursor import aplay, play

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator

    from chunktape.tape.cursor import Cursor
    from chunktape.tape.tap import Tap
    from chunktape.wire.message import Failure

__all__ = ["AsyncStreamed", "AsyncTapped", "Playback", "Streamed", "Tapped"]


class Tapped:
    """The stack's stream with a tap on it."""

    describe: Callable[[BaseException], Failure]

    def __init__(self, inner: Any, tap: Tap) -> None:
        self._inner = inner
        self._tap = tap
        self._fetched: Prefetched | None = None

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._fetched) if self._fetched is not None else self._read()

    def _read(self) -> Iterator[bytes]:
        tap = self._tap
        with tap.reading(self.describe):
            for data in self._inner:
                tap.keep(data)
                yield data
                tap.ask()

    def prefetch(self, *, needed: bool) -> None:
        """Read the body now if needed: the retry loops of the SDKs never read the body of an error."""
        if needed and self._fetched is None:
            fetched = Prefetched()
            with fetched:
                fetched.pieces.extend(self._read())
            self._fetched = fetched

    def close(self) -> None:
        """Close the stack's stream, which the tap hears of."""
        self._tap.end("closed")
        self._inner.close()


class AsyncTapped:
    """`Tapped`, awaited."""

    describe: Callable[[BaseException], Failure]

    def __init__(self, inner: Any, tap: Tap) -> None:
        self._inner = inner
        self._tap = tap
        self._fetched: Prefetched | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._fetched) if self._fetched is not None else self._read()

    async def _read(self) -> AsyncIterator[bytes]:
        tap = self._tap
        with tap.reading(self.describe):
            async for data in self._inner:
                tap.keep(data)
                yield data
                tap.ask()

    async def prefetch(self, *, needed: bool) -> None:
        """Read the body now if needed."""
        fetched = self._fetched or Prefetched()
        with fetched:
            async for data in self._read() if needed and self._fetched is None else _NOTHING:
                fetched.pieces.append(data)
        self._fetched = fetched if needed else self._fetched

    async def aclose(self) -> None:
        """Close the stack's stream, which the tap hears of."""
        self._tap.end("closed")
        await self._inner.aclose()


_NOTHING = Prefetched()


class Streamed:
    """The stack's stream over pieces of ours; iterating again goes on where they are."""

    def __init__(self, pieces: Iterable[bytes], close: Callable[[], object]) -> None:
        self._pieces = pieces
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def close(self) -> None:
        """Close what the pieces come from."""
        self._close()


class AsyncStreamed:
    """`Streamed`, awaited."""

    def __init__(self, pieces: AsyncIterable[bytes], close: Callable[[], Awaitable[object]]) -> None:
        self._pieces = pieces
        self._close = close

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._pieces)

    async def aclose(self) -> None:
        """Close what the pieces come from."""
        await self._close()


class Playback:
    """The pieces of a cursor, which may be iterated several times over one position."""

    def __init__(self, cursor: Cursor, rebuild: Callable[[Failure], BaseException]) -> None:
        self._cursor = cursor
        self._rebuild = rebuild

    def __iter__(self) -> Iterator[bytes]:
        return play(self._cursor, self._rebuild)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aplay(self._cursor, self._rebuild)

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""
