"""The ASGI application: reads a request, performs the steps of its answer, and notices who goes away.

What is answered is decided in `desk` and `front`; the coroutines here only wait.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.serve.arrival import Inbox
from chunktape.serve.step import Body, Disconnect, End, Hang, Last, Pause, Reset, Start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from types import TracebackType

    from chunktape.serve.arrival import Arrival
    from chunktape.serve.desk import Desk
    from chunktape.serve.front import Front
    from chunktape.serve.journal import Course, Journal
    from chunktape.serve.step import Fields, Step

    Message = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

__all__ = ["BROKEN", "TRANSPORT", "Application"]

TRANSPORT = "chunktape.transport"
"""Where the protocol puts its transport into the scope: no message of ASGI resets a connection."""

BROKEN = "chunktape.broken"
"""And what returns why the body of the request could not be read, or None."""

CLOSES: Fields = ((b"connection", b"close"),)
LONGEST_HANG = 3600.0
FAREWELL_SECONDS = 5.0
# A reset throws away what its receiver has not read yet (not on Linux), and where both come at once,
# Node tells of an end and not of a reset (seen with Node 20.20: UND_ERR_SOCKET without this pause).
LAST_READ_SECONDS = 0.02
# winsock's struct linger has two shorts, everybody else's two ints.
NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

_log = logging.getLogger("chunktape.serve")


class Application:
    """Answers HTTP from what `desk` decides, and with what `front` tells of the server."""

    def __init__(self, desk: Desk, front: Front, origin: Callable[[], str]) -> None:
        self._desk = desk
        self._front = front
        self._origin = origin
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        limits = self._desk.settings.limits
        inbox = Inbox(scope, self._origin(), limits.body, scope[BROKEN])
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.body_seconds):
                while inbox.wants_more:
                    inbox.feed(await receive())
        arrival = inbox.arrival()
        for read in self._desk.reading(arrival):
            # One after the other: what a body unfolds to takes twenty times its room.
            async with self._turn:
                arrival = await asyncio.to_thread(read)
        stage = _Stage(scope[TRANSPORT], receive, send)
        with self._open(arrival, stage, left=inbox.left) as steps:
            await stage.perform(steps)

    def _open(self, arrival: Arrival, stage: _Stage, *, left: bool) -> _Noting:
        """Decide what is answered."""
        if left:
            return _Noting(None, None, stage, ())
        stage.headers = () if arrival.whole else CLOSES
        own = self._front.answer(arrival) if self._desk.admits(arrival) else None
        if own is not None:
            return _Noting(None, None, stage, own)
        answer = self._desk.answer(arrival)
        return _Noting(self._desk.journal, answer.number, stage, answer.steps)


class _Noting:
    """Entering it gives the steps, leaving it notes how they went."""

    def __init__(
        self,
        journal: Journal | None,
        number: int | None,
        stage: _Stage,
        steps: Iterable[Step] | AsyncIterator[Step],
    ) -> None:
        self._journal = journal
        self._number = number
        self._stage = stage
        self._steps = steps

    def __enter__(self) -> AsyncIterator[Step]:
        # Before the client can know that it has ended: who has its answer finds it noted.
        self._stage.before_end = self._note
        return self._steps if isinstance(self._steps, AsyncIterator) else _each(self._steps)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, asyncio.CancelledError):
            # The server stops: what still runs is cut.
            self._stage.course = "broken"
            self._note()
            self._stage.abort()
            return True
        self._note()
        if error is not None:
            _log.error("An answer failed", exc_info=error)
        return False

    def _note(self) -> None:
        journal, self._journal = self._journal, None
        if journal is not None and self._number is not None:
            journal.end(self._number, self._stage.course, self._stage.sent, self._stage.status)


async def _each(steps: Iterable[Step]) -> AsyncIterator[Step]:
    for step in steps:
        yield step


def _nothing() -> None:
    """Do what somebody who was not told to do anything does."""


class _Stage:
    """One connection while one answer is performed on it."""

    def __init__(self, transport: asyncio.Transport, receive: Receive, send: Send) -> None:
        self._transport = transport
        self._receive = receive
        self._send = send
        self.course: Course = "left"
        self.sent = 0
        self.status: int | None = None
        self.headers: Fields = ()
        self.before_end: Callable[[], None] = _nothing

    async def perform(self, steps: AsyncIterator[Step]) -> None:
        """Perform the steps, for as long as somebody is there."""
        async with asyncio.TaskGroup() as tasks:
            playing = tasks.create_task(self._play(steps))
            leaving = tasks.create_task(self._see_off())
            await asyncio.wait((playing, leaving), return_when=asyncio.FIRST_COMPLETED)
            playing.cancel()
            leaving.cancel()

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    async def _play(self, steps: AsyncIterator[Step]) -> None:
        async for step in steps:
            await self._PERFORM[type(step)](self, step)

    async def _see_off(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _start(self, step: Start) -> None:
        self.status = step.status
        headers = [*step.headers, *self.headers]
        await self._send({"type": "http.response.start", "status": step.status, "headers": headers})

    async def _body(self, step: Body) -> None:
        self.sent += len(step.data)
        await self._send({"type": "http.response.body", "body": step.data, "more_body": True})

    async def _last(self, step: Last) -> None:
        self.sent += len(step.data)
        self.course = "whole"
        self.before_end()
        await self._send({"type": "http.response.body", "body": step.data, "more_body": False})

    async def _end(self, _: End) -> None:
        self.course = "whole"
        self.before_end()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pause(self, step: Pause) -> None:
        await asyncio.sleep(step.seconds)

    async def _hang(self, _: Hang) -> None:
        self.course = "broken"
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_HANG):
                await asyncio.Event().wait()
        self._transport.abort()

    async def _disconnect(self, _: Disconnect) -> None:
        self.course = "broken"
        self.before_end()
        self._transport.close()
        # Until what was written has gone out, and the connection with it, which ends this.
        await asyncio.sleep(FAREWELL_SECONDS)
        self._transport.abort()

    async def _reset(self, _: Reset) -> None:
        self.course = "broken"
        self.before_end()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                # There is no event for it: what is written waits in the transport until the client reads.
                while self._transport.get_write_buffer_size():  # noqa: ASYNC110 as above
                    await asyncio.sleep(0.001)
        await asyncio.sleep(LAST_READ_SECONDS)
        connection: socket.socket = self._transport.get_extra_info("socket")
        # Who has gone in this moment has closed it already.
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self._transport.abort()
        await asyncio.sleep(FAREWELL_SECONDS)

    _PERFORM: ClassVar[dict[type, Callable[[_Stage, Any], Awaitable[None]]]] = {
        Start: _start,
        Body: _body,
        Last: _last,
        End: _end,
        Pause: _pause,
        Hang: _hang,
        Disconnect: _disconnect,
        Reset: _reset,
    }
