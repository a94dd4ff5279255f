"""Streams over bare sockets: when each byte came, by a client that looks at nothing while it comes."""

from __future__ import annotations

import asyncio
import socket
import struct
from time import perf_counter
from typing import NamedTuple

LAST = b"0\r\n\r\n"
# A reset instead of a proper end.
NO_LINGER = struct.pack("ii", 1, 0)


class Heard(NamedTuple):
    """What came: its pieces with their times, and when the request was sent."""

    sent: float
    pieces: list[tuple[float, bytes]]

    @property
    def whole(self) -> bool:
        """Whether the end of the body was told."""
        return b"".join(data for _, data in self.pieces[-2:]).endswith(LAST)

    def chunks(self) -> list[tuple[float, bytes]]:
        """Return the chunks of HTTP, each with the seconds from the request until all of it was there."""
        data = b"".join(piece for _, piece in self.pieces)
        times = iter(self.pieces)
        reached, at = 0, self.sent
        place = data.index(b"\r\n\r\n") + 4
        found = []
        while data[place : place + len(LAST)] != LAST:
            line = data.index(b"\r\n", place)
            start, end = line + 2, line + 2 + int(data[place:line], 16)
            while reached < end:
                at, piece = next(times)
                reached += len(piece)
            found.append((at - self.sent, data[start:end]))
            place = end + 2
        return found


class Stream(asyncio.Protocol):
    """One request on a connection of its own; `most` bytes of the answer are taken, then it leaves."""

    def __init__(self, request: bytes, *, most: int | None = None, reset: bool = False) -> None:
        self._request = request
        self._most = most
        self._reset = reset
        self._size = 0
        self._transport: asyncio.Transport
        self.sent = 0.0
        self.pieces: list[tuple[float, bytes]] = []
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.sent = perf_counter()
        transport.write(self._request)
        if self._most == 0:
            self._leave()

    def data_received(self, data: bytes) -> None:
        self.pieces.append((perf_counter(), data))
        self._size += len(data)
        if self._most is not None and self._size >= self._most:
            self._leave()
        elif data.endswith(LAST):
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)

    def _leave(self) -> None:
        if self._reset:
            connection: socket.socket = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self._transport.abort()
        else:
            self._transport.close()


async def hear(port: int, request: bytes, *, most: int | None = None, reset: bool = False) -> Heard:
    """Send these bytes, and return what came until the answer or the connection ended."""
    loop = asyncio.get_running_loop()
    stream = Stream(request, most=most, reset=reset)
    await loop.create_connection(lambda: stream, "127.0.0.1", port)
    await stream.over
    return Heard(stream.sent, stream.pieces)


def asked(body: bytes, *, keep: bool = True) -> bytes:
    """Return a request for a streamed chat completion, as it goes over the wire."""
    way = b"" if keep else b"connection: close\r\n"
    return (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        b"authorization: Bearer sk-benchmark-not-a-real-key\r\n%scontent-length: %d\r\n\r\n%s"
        % (way, len(body), body)
    )


def question(number: int) -> bytes:
    """Return the body of a question like no other."""
    return (
        b'{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"system","content":"You answer in one '
        b'paragraph."},{"role":"user","content":"What does tape %d remember of an evening?"}]}' % number
    )
