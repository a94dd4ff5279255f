"""A client that shows what stands on the wire: the chunks of a chunked body, and how the connection ended."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Heard", "ask", "connect", "hear", "request_bytes"]


@dataclass
class Heard:
    """What came: `chunks` are those of chunked encoding, or the body; `ending` is eof, cut or reset."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    chunks: list[bytes] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    ending: str = "cut"

    @property
    def body(self) -> bytes:
        """Return the body in one piece."""
        return b"".join(self.chunks)

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


def request_bytes(
    url: str, path: str, body: Any = None, headers: dict[str, str] | None = None, method: str | None = None
) -> bytes:
    """Return a request as it stands on the wire."""
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    own = {"host": urlsplit(url).netloc, "connection": "close"}
    if data:
        own |= {"content-type": "application/json", "content-length": str(len(data))}
    lines = [f"{method or ('POST' if data else 'GET')} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in (own | (headers or {})).items()]
    return "\r\n".join([*lines, "", ""]).encode() + data


def connect(url: str, seconds: float = 10) -> socket.socket:
    """Return a connection to a server."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), seconds)


def ask(url: str, path: str, body: Any = None, **options: Any) -> Heard:
    """Send a request on a connection of its own, and return what came."""
    with connect(url) as connection:
        connection.sendall(request_bytes(url, path, body, **options))
        return hear(connection)


def hear(connection: socket.socket) -> Heard:
    """Read one response to its end, or to where the connection breaks."""
    heard, start = Heard(), perf_counter()
    stream = connection.makefile("rb")
    try:
        heard.status = int(stream.readline().split(b" ")[1])
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            heard.headers[name.lower()] = value.strip()
        if heard.headers.get("transfer-encoding") == "chunked":
            _hear_chunks(stream, heard, start)
        else:
            length = int(heard.headers.get("content-length", 0))
            data = stream.read(length)
            heard.chunks.append(data)
            heard.ending = "eof" if len(data) == length else "cut"
    except ConnectionResetError:
        heard.ending = "reset"
    except (IndexError, ValueError):
        heard.ending = "cut"
    return heard


def _hear_chunks(stream: Any, heard: Heard, start: float) -> None:
    while size := int(stream.readline() or b"-", 16):
        data = stream.read(size)
        heard.chunks.append(data)
        heard.at.append(perf_counter() - start)
        stream.readline()
    stream.readline()
    heard.ending = "eof"
