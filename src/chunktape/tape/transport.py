"""The session behind the seam: transports that record what an inner one answers, or replay.

For the stacks of the SDKs the adapters do the same with the stack's own response objects; both
drive the same `Tap` and `Cursor`.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from chunktape.errors import TransportError
from chunktape.tape.cursor import Cursor, apause, aplay, pause, play
from chunktape.tape.record_mode import MODES
from chunktape.tape.session import Session
from chunktape.wire.message import Chunk, Failure
from chunktape.wire.transport import AsyncReply, AsyncTransport, Reply, Transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from chunktape.tape.cassette import Cassette
    from chunktape.tape.tap import Tap
    from chunktape.wire.message import Request

__all__ = ["AsyncRecordTransport", "AsyncReplayTransport", "RecordTransport", "ReplayTransport"]


def _describe(error: BaseException) -> Failure:
    if isinstance(error, TransportError):
        return error.failure
    return Failure("other", f"{type(error).__module__}.{type(error).__qualname__}", str(error))


class PlayedReply(Reply, AsyncReply):
    """A reply that is played by a cursor."""

    def __init__(self, cursor: Cursor) -> None:
        self.head = cursor.head
        self.interaction = cursor.interaction
        self._cursor = cursor

    def __iter__(self) -> Iterator[Chunk]:
        return map(Chunk, play(self._cursor, TransportError))

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        async for data in aplay(self._cursor, TransportError):
            yield Chunk(data)


class _TappedReply(Reply):
    def __init__(self, inner: Reply, tap: Tap) -> None:
        self.head = inner.head
        self._inner = inner
        self._tap = tap

    def __iter__(self) -> Iterator[Chunk]:
        with self._tap.reading(_describe):
            for chunk in self._inner:
                self._tap.keep(chunk.data)
                yield chunk
                self._tap.ask()

    def close(self) -> None:
        self._tap.end("closed")
        self._inner.close()


class _AsyncTappedReply(AsyncReply):
    def __init__(self, inner: AsyncReply, tap: Tap) -> None:
        self.head = inner.head
        self._inner = inner
        self._tap = tap

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        with self._tap.reading(_describe):
            async for chunk in self._inner:
                self._tap.keep(chunk.data)
                yield chunk
                self._tap.ask()

    async def aclose(self) -> None:
        self._tap.end("closed")
        await self._inner.aclose()


def opened(cursor: Cursor) -> PlayedReply:
    """Return the played reply, or raise what came instead of a head."""
    cursor.opened(TransportError)
    return PlayedReply(cursor)


class _Passing:
    """Send a request on, and leave its reply alone."""

    def send(self, inner: Transport, request: Request) -> Reply:
        return inner.send(request)

    async def asend(self, inner: AsyncTransport, request: Request) -> AsyncReply:
        return await inner.send(request)


class _Recording(_Passing):
    """Send a request on, with a tap on its reply."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap

    def send(self, inner: Transport, request: Request) -> Reply:
        with self._tap.sending(_describe):
            reply = inner.send(request)
        self._tap.begin(reply.head)
        return _TappedReply(reply, self._tap)

    async def asend(self, inner: AsyncTransport, request: Request) -> AsyncReply:
        with self._tap.sending(_describe):
            reply = await inner.send(request)
        self._tap.begin(reply.head)
        return _AsyncTappedReply(reply, self._tap)


class _Playing(_Passing):
    """Answer a request from its recording."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def send(self, inner: Transport, request: Request) -> Reply:  # noqa: ARG002 nothing is sent
        pause(self._cursor)
        return opened(self._cursor)

    async def asend(self, inner: AsyncTransport, request: Request) -> AsyncReply:  # noqa: ARG002 nothing is sent
        await apause(self._cursor)
        return opened(self._cursor)


class _Altering(_Recording):
    """Record the whole reply first, then play what a fault has made of it."""

    def __init__(self, tap: Tap, altered: Callable[[], Cursor]) -> None:
        super().__init__(tap)
        self._altered = altered

    def send(self, inner: Transport, request: Request) -> Reply:
        with super().send(inner, request) as reply, suppress(TransportError):
            deque(reply, 0)
        return _Playing(self._altered()).send(inner, request)

    async def asend(self, inner: AsyncTransport, request: Request) -> AsyncReply:
        async with await super().asend(inner, request) as reply:
            with suppress(TransportError):
                async for _ in reply:
                    pass
        return await _Playing(self._altered()).asend(inner, request)


def _errand(session: Session, request: Request) -> _Passing:
    """Return what the session wants done about a request."""
    decision = session.answer(request)
    if isinstance(decision, Cursor):
        return _Playing(decision)
    if decision is None:
        return _Passing()
    return _Recording(decision) if decision.altered is None else _Altering(decision, decision.altered)


class RecordTransport(Transport):
    """Sends through `inner` and lets `session` decide: record, replay, or pass."""

    def __init__(self, inner: Transport, session: Session) -> None:
        self._inner = inner
        self._session = session
        self.needs_key = inner.needs_key and session.can_record

    def send(self, request: Request) -> Reply:
        """Return the reply to a request."""
        return _errand(self._session, request).send(self._inner, request)

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()


class AsyncRecordTransport(AsyncTransport):
    """`RecordTransport`, awaited."""

    def __init__(self, inner: AsyncTransport, session: Session) -> None:
        self._inner = inner
        self._session = session
        self.needs_key = inner.needs_key and session.can_record

    async def send(self, request: Request) -> AsyncReply:
        """Return the reply to a request."""
        return await _errand(self._session, request).asend(self._inner, request)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


def _session_of(recordings: Session | Cassette) -> Session:
    if isinstance(recordings, Session):
        return recordings
    return Session(str(recordings.path), MODES["none"], recordings.interactions)


class ReplayTransport(Transport):
    """Answers from the recordings of a session or a cassette; nothing ever goes live."""

    def __init__(self, recordings: Session | Cassette) -> None:
        self._session = _session_of(recordings)

    def send(self, request: Request) -> Reply:
        """Return the recorded reply to a request; raises `UnmatchedRequestError` where there is none."""
        cursor = self._session.play(request)
        pause(cursor)
        return opened(cursor)


class AsyncReplayTransport(AsyncTransport):
    """`ReplayTransport`, awaited."""

    def __init__(self, recordings: Session | Cassette) -> None:
        self._session = _session_of(recordings)

    async def send(self, request: Request) -> AsyncReply:
        """Return the recorded reply to a request; raises `UnmatchedRequestError` where there is none."""
        cursor = self._session.play(request)
        await apause(cursor)
        return opened(cursor)
