"""One accepted connection: reads requests, performs the steps of their replies.

What is answered is decided elsewhere; the coroutines here only wait.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.loopback.arrival import Arrival, RequestParser
from chunktape.loopback.framing import on_the_wire
from chunktape.loopback.reply import Disconnect, Hang, Pause, Reset, Write
from chunktape.loopback.script.error import error
from chunktape.wire.message import Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from chunktape.loopback.reply import Reply, Step

__all__ = ["Connection"]

READ_BYTES = 65_536
# After our FIN the client may still be sending; closing at once would turn the FIN into an RST.
FAREWELL_SECONDS = 1.0
# winsock's struct linger has two shorts, everybody else's two ints.
NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Connection:
    """Answers the requests of one socket, one after the other.

    `answer` is asked for the reply when a request has arrived in full. The socket is closed by
    whoever accepted it.
    """

    def __init__(self, accepted: socket.socket, origin: str, answer: Callable[[Request], Reply]) -> None:
        self._socket = accepted
        self._inbox = _Inbox(origin, answer)
        self._gone = asyncio.Event()
        self._closed = False

    async def serve(self) -> None:
        """Answer until either side closes."""
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen())
            with suppress(OSError):
                await self._reply()
            listening.cancel()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            with suppress(OSError):
                while data := await loop.sock_recv(self._socket, READ_BYTES):
                    self._inbox.feed(data)
        finally:
            self._gone.set()
            self._inbox.close()

    async def _reply(self) -> None:
        while not self._closed:
            for step in await self._inbox.next():
                await self._PERFORM[type(step)](self, step)

    async def _write(self, step: Write) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, step.data)

    async def _pause(self, step: Pause) -> None:
        await asyncio.sleep(step.seconds)

    async def _hang(self, step: Hang) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(step.seconds):
                await self._gone.wait()
            raise ConnectionAbortedError("the client went away")

    async def _disconnect(self, _step: Disconnect) -> None:
        self._closed = True
        self._socket.shutdown(socket.SHUT_WR)
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._gone.wait()

    async def _reset(self, _step: Reset) -> None:
        self._closed = True
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)

    _PERFORM: ClassVar[dict[type, Callable[[Connection, Any], Awaitable[None]]]] = {
        Write: _write,
        Pause: _pause,
        Hang: _hang,
        Disconnect: _disconnect,
        Reset: _reset,
    }


class _Inbox:
    """What has arrived and waits for its turn, as the steps that answer it."""

    def __init__(self, origin: str, answer: Callable[[Request], Reply]) -> None:
        self._parser = RequestParser(origin)
        self._answer = answer
        self._plans: asyncio.Queue[Iterable[Step]] = asyncio.Queue()
        self._broken = False

    def feed(self, data: bytes) -> None:
        """Take what the client sent."""
        if self._broken:
            return
        try:
            arrivals = self._parser.feed(data)
        except ValueError as problem:
            self._broken = True
            bad = Arrival(Request(None, None), keep_alive=False)
            self._plans.put_nowait(on_the_wire(error(400, message=f"Bad request: {problem}."), bad))
            return
        for arrival in arrivals:
            self._plans.put_nowait(on_the_wire(self._answer(arrival.request), arrival))
        interim = self._parser.interim()
        if interim:
            self._plans.put_nowait((Write(interim),))

    def close(self) -> None:
        """No more will arrive: what is here is answered, then the connection ends."""
        self._plans.put_nowait((Disconnect(),))

    async def next(self) -> Iterable[Step]:
        """Return the steps that answer the next request, once there is one."""
        return await self._plans.get()
