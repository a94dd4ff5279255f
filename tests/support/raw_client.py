"""A client that sends what it is told, byte for byte, whether that is HTTP or not."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from chunktape.serve import Server

SECONDS = 20
PIECE = 65_536


class Heard(NamedTuple):
    """What a server has said: the status of its first head (None for none), its headers, and the rest."""

    status: int | None
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        """The body, as JSON."""
        return json.loads(self.body)


class RawClient:
    """One connection to a server, until it is left."""

    def __init__(self, server: Server) -> None:
        self.authority = urlsplit(server.url).netloc
        name, port = self.authority.rsplit(":", 1)
        self.socket = socket.create_connection((name, int(port)), SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *pieces: bytes) -> Self:
        """Send pieces, as far as the server takes them."""
        with suppress(ConnectionError):
            for piece in pieces:
                self.socket.sendall(piece)
        return self

    def head(self, line: str = "POST /v1/chat/completions HTTP/1.1", **headers: object) -> Self:
        """Send a head, with this server's name where there is no other."""
        told = {"host": self.authority, **{name.replace("_", "-"): one for name, one in headers.items()}}
        lines = [line, *(f"{name}: {one}" for name, one in told.items() if one is not None)]
        return self.send("".join(f"{one}\r\n" for one in [*lines, ""]).encode("latin-1"))

    def rest(self) -> bytes:
        """Return all that comes until the server closes the connection."""
        pieces = []
        with suppress(ConnectionError):
            while piece := self.socket.recv(PIECE):
                pieces.append(piece)
        return b"".join(pieces)

    def heard(self) -> Heard:
        """Return the answer of a server that closes the connection behind it."""
        head, _, body = self.rest().partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): one.strip() for name, _, one in (line.partition(":") for line in lines)}
        return Heard(int(first.split()[1]) if first else None, headers, body)
