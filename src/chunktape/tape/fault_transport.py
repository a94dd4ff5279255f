"""Faults over any transport: what an inner one answers, altered."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING

from chunktape.errors import RecordingExhaustedError, TransportError
from chunktape.tape.cursor import Cursor, apause, pause
from chunktape.tape.fault_plan import Faults, Stalls, Waiting
from chunktape.tape.interaction import Interaction
from chunktape.tape.pace import Pace
from chunktape.tape.transport import opened
from chunktape.wire.message import Ending
from chunktape.wire.transport import AsyncReply, AsyncTransport, Reply, Transport

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from chunktape.tape.fault_plan import AnyFault
    from chunktape.wire.message import Chunk, Head, Phase, Request

__all__ = ["AsyncFaultTransport", "FaultTransport"]


class _Notes:
    """What came of one reply; leaving it notes a failure instead of raising it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.head: Head | None = None
        self.chunks: list[Chunk] = []
        self._ending = Ending("eof")

    def __enter__(self) -> _Notes:  # noqa: PYI034 nobody derives from it
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, TransportError):
            phase: Phase = "connect" if self.head is None else "body"
            self._ending = Ending("error", None, replace(error.failure, phase=phase))
        return isinstance(error, TransportError)

    @property
    def interaction(self) -> Interaction:
        pieces = [chunk.data for chunk in self.chunks]
        ends = tuple(accumulate(map(len, pieces)))
        return Interaction(self._request, self.head, b"".join(pieces), ends, self._ending)


class _Stage:
    """The decisions of both fault transports: what is played, and whether something is sent before."""

    def __init__(self, faults: AnyFault | Mapping[int, AnyFault]) -> None:
        self._faults = Faults.of(faults)
        self._stalls = Stalls()
        self._waiting = Waiting(self._stalls)
        self._sent = 0
        self._lock = Lock()

    def waiting(self, request: Request) -> Cursor | None:
        with self._lock:
            one = self._waiting.take(_key(request))
        return None if one is None else self._play(one)

    def altered(self, one: Interaction) -> Cursor:
        with self._lock:
            self._sent += 1
            return self._play(self._waiting.put(_key(one.request), self._faults.answers(one, self._sent)))

    def _play(self, one: Interaction) -> Cursor:
        return self._stalls.note(Cursor(one, Pace(), _exhausted))


def _key(request: Request) -> Hashable:
    # SDKs count their retries in a header.
    return request.method, request.url, request.body


def _exhausted(one: Interaction) -> RecordingExhaustedError:
    return RecordingExhaustedError(f"The reply to {one.request.method} {one.request.url} stops here")


class FaultTransport(Transport):
    """Sends through `inner`, reads each reply to its end, and gives it out altered by `faults`.

    `faults` are those of `use_cassette`; a number counts the requests that were sent. The same
    request again gets what is left for it (``status:429x2``) before anything is sent.
    """

    def __init__(self, inner: Transport, faults: AnyFault | Mapping[int, AnyFault]) -> None:
        self._inner = inner
        self._stage = _Stage(faults)
        self.needs_key = inner.needs_key

    def send(self, request: Request) -> Reply:
        """Return the altered reply; raises `TransportError` where the fault leaves none."""
        cursor = self._stage.waiting(request) or self._stage.altered(self._whole(request))
        pause(cursor)
        return opened(cursor)

    def _whole(self, request: Request) -> Interaction:
        with _Notes(request) as notes, self._inner.send(request) as reply:
            notes.head = reply.head
            notes.chunks.extend(reply)
        return notes.interaction

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()


class AsyncFaultTransport(AsyncTransport):
    """`FaultTransport`, awaited."""

    def __init__(self, inner: AsyncTransport, faults: AnyFault | Mapping[int, AnyFault]) -> None:
        self._inner = inner
        self._stage = _Stage(faults)
        self.needs_key = inner.needs_key

    async def send(self, request: Request) -> AsyncReply:
        """Return the altered reply; raises `TransportError` where the fault leaves none."""
        cursor = self._stage.waiting(request) or self._stage.altered(await self._whole(request))
        await apause(cursor)
        return opened(cursor)

    async def _whole(self, request: Request) -> Interaction:
        with _Notes(request) as notes:
            async with await self._inner.send(request) as reply:
                notes.head = reply.head
                async for chunk in reply:
                    notes.chunks.append(chunk)
        return notes.interaction

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
