"""`BaseStream`: one answer while it arrives, and what it was once it has arrived.

Only plumbing and properties live here: what bytes mean is `reading`'s, where they come from
`source`'s.
"""

from __future__ import annotations

from asyncio import Lock as AsyncLock
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from chunktape.calls.from_recording import FromRecording
from chunktape.calls.recorded import RecordedDoor, call_of, checked
from chunktape.calls.source import AsyncDoor, AsyncOpened, Door, Opened
from chunktape.calls.stream_state import StreamState
from chunktape.calls.tool_type import tool_types_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from types import TracebackType

    from chunktape.calls.call import Call
    from chunktape.calls.chunk import BaseCallResponseChunk
    from chunktape.calls.response import BaseCallResponse
    from chunktape.calls.tool import BaseTool
    from chunktape.tape.interaction import Interaction

__all__ = ["BaseStream"]

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound="BaseCallResponseChunk[Any, Any]")
ToolT = TypeVar("ToolT", bound="BaseTool")


class BaseStream(FromRecording, StreamState[ResponseT, ChunkT, ToolT], Generic[ResponseT, ChunkT, ToolT]):
    """One streamed answer; iterating yields pairs of a chunk and the tool that it completes, or None.

    The request is sent at the first step, so errors of HTTP surface in the loop. Every event comes
    exactly once; after a break, iterating starts from the first chunk again and goes on live where
    it stopped. A stream that stops before its end raises `StreamInterruptedError` at the end of the
    loop, an error that the provider sent inside of it `ProviderStreamError`; what came stays here.
    """

    def __init__(self, call: Call, door: Door | AsyncDoor) -> None:
        super().__init__(call)
        self._door = door
        self._opened: Opened | AsyncOpened | None = None
        self._pieces: Iterator[bytes] | None = None
        self._apieces: AsyncIterator[bytes] | None = None
        self._turn = Lock()
        self._aturn = AsyncLock()

    @classmethod
    def _from(
        cls, one: Interaction, tools: Sequence[type[Any] | Callable[..., Any]] | None, *, where: str
    ) -> Self:
        base = cls.call_response_type.tool_type
        declared = tool_types_of(tools, base) if tools else None
        one = checked(one, cls.dialect, streamed=True, where=where)
        return cls(call_of(one, declared, base=base), RecordedDoor(one))

    def __iter__(self) -> Iterator[tuple[ChunkT, ToolT | None]]:
        place = 0
        while pairs := self._grow(place):
            yield from pairs
            place += len(pairs)
        self._conclude()

    async def __aiter__(self) -> AsyncIterator[tuple[ChunkT, ToolT | None]]:
        place = 0
        while pairs := await self._agrow(place):
            for pair in pairs:
                yield pair
            place += len(pairs)
        self._conclude()

    def text_stream(self) -> Iterator[str]:
        """Yield the pieces of the text, as they come."""
        for chunk, _ in self:
            yield from self._new_text(chunk)

    async def atext_stream(self) -> AsyncIterator[str]:
        """Yield the pieces of the text, as they come."""
        async for chunk, _ in self:
            for piece in self._new_text(chunk):
                yield piece

    def finish(self) -> Self:
        """Read what is left, and return this stream; raises as the loop does."""
        for _ in self:
            pass
        return self

    async def afinish(self) -> Self:
        """Read what is left, and return this stream; raises as the loop does."""
        async for _ in self:
            pass
        return self

    def close(self) -> None:
        """Give the connection back without reading the rest; what came stays here."""
        self._plain_door("close it with `async with`, or await aclose()")
        self._note_closed()
        self._release()

    async def aclose(self) -> None:
        """Give the connection back without reading the rest; what came stays here."""
        self._awaited_door("close it with `with`, or call close()")
        self._note_closed()
        await self._arelease()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _grow(self, place: int) -> list[tuple[ChunkT, Any]]:
        """Read until there is something at a place; return what there is from it on."""
        if self._needs_pieces(place):
            # Threads that share a stream take turns: it is sent once, and each byte is read once.
            with self._turn:
                pieces = self._open() if self._pieces is None else self._pieces
                with self._progress as reading:
                    while reading.lacks(place):
                        reading.take(next(pieces, None))
                if reading.ended:
                    self._release()
        return self._progress.pairs(place)

    async def _agrow(self, place: int) -> list[tuple[ChunkT, Any]]:
        """Read until there is something at a place; return what there is from it on."""
        if self._needs_pieces(place):
            # As in `_grow`, for tasks.
            async with self._aturn:
                pieces = await self._aopen() if self._apieces is None else self._apieces
                with self._progress as reading:
                    while reading.lacks(place):
                        reading.take(await anext(pieces, None))
                if reading.ended:
                    await self._arelease()
        return self._progress.pairs(place)

    def _plain_door(self, way_out: str) -> Door:
        if not isinstance(self._door, Door):
            raise self._other_world("an async function", way_out)
        return self._door

    def _awaited_door(self, way_out: str) -> AsyncDoor:
        if not isinstance(self._door, AsyncDoor):
            raise self._other_world("a plain function", way_out)
        return self._door

    def _open(self) -> Iterator[bytes]:
        door = self._plain_door("iterate with `async for`, or await afinish()")
        started = perf_counter()
        try:
            with self._opening():
                opened = door.open(self.call_kwargs, stream=True)
        except BaseException:
            door.close()
            raise
        self._opened = opened
        self._pieces = opened.pieces
        self._begin(opened.head, started)
        return opened.pieces

    async def _aopen(self) -> AsyncIterator[bytes]:
        door = self._awaited_door("iterate with `for`, or call finish()")
        started = perf_counter()
        try:
            with self._opening():
                opened = await door.aopen(self.call_kwargs, stream=True)
        except BaseException:
            await door.aclose()
            raise
        self._opened = opened
        self._apieces = opened.pieces
        self._begin(opened.head, started)
        return opened.pieces

    def _release(self) -> None:
        opened, self._opened = self._opened, None
        if isinstance(opened, Opened):
            opened.close()
        if isinstance(self._door, Door):
            self._door.close()

    async def _arelease(self) -> None:
        opened, self._opened = self._opened, None
        if isinstance(opened, AsyncOpened):
            await opened.aclose()
        if isinstance(self._door, AsyncDoor):
            await self._door.aclose()
