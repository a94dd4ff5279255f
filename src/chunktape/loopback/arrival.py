"""Requests as they arrive: bytes in, requests out.

Pure, and just as much of HTTP/1.1 (RFC 9112) as clients send: bodies by length or in chunks,
``Expect: 100-continue``, keep-alive and pipelining.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chunktape.wire.message import Request, header

if TYPE_CHECKING:
    from collections.abc import Generator

    from chunktape.wire.message import Headers

__all__ = ["Arrival", "RequestParser"]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
MAX_LINE = 65_536


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that came in full, and whether its client wants to keep the connection."""

    request: Request
    keep_alive: bool = True


class RequestParser:
    """Turns bytes that arrive in any pieces into requests.

    `origin` stands in front of the path in each request's URL.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._buffer = bytearray()
        self._interim = b""
        self._arrivals: list[Arrival] = []
        self._progress = self._parse()
        next(self._progress)

    def feed(self, data: bytes) -> list[Arrival]:
        """Return the requests that these bytes complete.

        Bytes that are no HTTP/1.1 raise a `ValueError`; the parser is of no use after that.
        """
        self._buffer += data
        next(self._progress)
        arrivals, self._arrivals = self._arrivals, []
        return arrivals

    def interim(self) -> bytes:
        """Return what a client waits for before it sends its body; mostly nothing."""
        interim, self._interim = self._interim, b""
        return interim

    def _parse(self) -> Generator[None, None, None]:
        """Suspend wherever the buffer holds too little; each `feed` resumes it."""
        while True:
            arrival = self._begin((yield from self._line()), (yield from self._fields()))
            headers = arrival.request.headers
            expected = (header(headers, "expect") or "").lower() == "100-continue"
            if expected and not self._buffer:
                self._interim = CONTINUE
            body = yield from self._body(headers)
            self._arrivals.append(replace(arrival, request=replace(arrival.request, body=body)))

    def _begin(self, line: bytes, headers: Headers) -> Arrival:
        words = line.decode("latin-1").split(" ")
        if len(words) != 3 or words[2] != "HTTP/1.1":  # noqa: PLR2004 - method, target, version
            raise ValueError(f"not an HTTP/1.1 request line: {line[:80]!r}")
        method, target, _ = words
        url = self._origin + target if target.startswith("/") else target
        keep_alive = (header(headers, "connection") or "").lower() != "close"
        return Arrival(Request(method, url, headers), keep_alive)

    def _fields(self) -> Generator[None, None, Headers]:
        headers = []
        while line := (yield from self._line()):
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or name != name.strip() or not name:
                raise ValueError(f"not a header: {line[:80]!r}")
            headers.append((name, value.strip()))
        return tuple(headers)

    def _body(self, headers: Headers) -> Generator[None, None, bytes]:
        if (header(headers, "transfer-encoding") or "").lower() != "chunked":
            return (yield from self._bytes(_number(header(headers, "content-length") or "0", 10)))
        pieces = []
        while size := _number((yield from self._line()).partition(b";")[0].decode("latin-1"), 16):
            pieces.append((yield from self._bytes(size)))
            if (yield from self._line()):
                raise ValueError("a chunk is longer than it says")
        yield from self._fields()
        return b"".join(pieces)

    def _line(self) -> Generator[None, None, bytes]:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > MAX_LINE:
                raise ValueError(f"a line of more than {MAX_LINE} bytes")
            yield
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _bytes(self, count: int) -> Generator[None, None, bytes]:
        while len(self._buffer) < count:
            yield
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data


def _number(text: str, base: int) -> int:
    try:
        number = int(text, base)
    except ValueError:
        number = -1
    if number < 0:
        raise ValueError(f"not a length: {text[:80]!r}")
    return number
