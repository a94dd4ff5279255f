"""`Reel`: pieces of a body as the file that urllib3 reads a response from."""

from __future__ import annotations

from http.client import HTTPMessage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape.wire.message import Headers

__all__ = ["Reel"]


class Reel:
    """A file over pieces: `read1` gives one of them, `read` as much as is asked for.

    Stands in for `http.client.HTTPResponse`, so `msg` holds the headers, which requests takes
    cookies from. `length` is the announced length, after which the file is closed as over a
    socket.
    """

    def __init__(
        self,
        pieces: Iterator[bytes],
        headers: Headers,
        *,
        length: int | None,
        close: Callable[[], object],
    ) -> None:
        self.msg = HTTPMessage()
        for name, value in headers:
            self.msg[name] = value
        self.closed = False
        self.position = 0
        self._chunked = length is None and "chunked" in self.msg.get("transfer-encoding", "").lower()
        self._length = length
        self._pieces = pieces
        self._piece = b""
        self._at = 0
        self._late: Exception | None = None
        self._close: Callable[[], object] | None = close

    def isclosed(self) -> bool:
        """Return whether nothing more comes."""
        return self.closed

    def read(self, amt: int | None = None) -> bytes:
        """Return as many bytes as are asked for, or all that come; fewer mean that it is the end."""
        whole = amt is None or amt < 0
        found: list[bytes] = []
        missing = amt or 0
        try:
            while (whole or missing) and (data := self.read1(None if whole else missing)):
                found.append(data)
                missing -= len(data)
        except Exception as error:
            # http.client gives out what came before the end of a body that is too short, and raises
            # at the next read; of a chunk that is cut it gives out nothing.
            if whole or self._chunked or not found:
                raise
            self._late = error
            self.closed = False
        return b"".join(found)

    def read1(self, amt: int | None = None) -> bytes:
        """Return the next piece, cut to what is asked for; empty at the end."""
        if amt == 0:
            return b""
        if self._at >= len(self._piece):
            self._piece, self._at = self._next(), 0
        start, self._at = self._at, len(self._piece) if amt is None or amt < 0 else self._at + amt
        data = self._piece[start : self._at]
        self.position += len(data)
        if data and self.position == self._length and self._at >= len(self._piece):
            self._look_for_end()
        return data

    def _next(self) -> bytes:
        if self._late is not None:
            error, self._late, self.closed = self._late, None, True
            raise error
        if self.closed:
            return b""
        try:
            piece = next(filter(None, self._pieces), b"")
        except BaseException:
            self.closed = True
            raise
        self.closed = not piece
        return piece

    def _look_for_end(self) -> None:
        """Close it if the announced end is the end; what comes instead waits for the next read."""
        try:
            self._piece, self._at = self._next(), 0
        except Exception as error:  # noqa: BLE001 whoever reads on gets it
            self._late = error
            self.closed = False

    def close(self) -> None:
        """Let go of what the pieces come from."""
        self.closed = True
        close, self._close = self._close, None
        if close is not None:
            close()
