"""The body of a prepared request of requests, which is looked at before it is sent."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

__all__ = ["SentBody"]


class SentBody:
    """The whole body of a prepared request, as `data`.

    A file or a generator is at its end then, as after sending. Where it is still to be sent,
    `put_back` makes it go out as if nobody had read it: in the same framing, rewindable by whoever
    could rewind it, and at its end after it.
    """

    def __init__(self, request: Any) -> None:
        self._request = request
        self._body: Any = request.body
        self._position: Any = None
        self._pieces: list[bytes] | None = None
        self.data = self._read()

    def put_back(self) -> None:
        """Make the request send what was read."""
        if self._position is not None:
            with suppress(AttributeError, OSError):
                self._body.seek(self._position)
                return
        if self._pieces is not None:
            self._request.body = iter(self._pieces)
        elif hasattr(self._body, "read"):
            self._request.body = _ReadAgain(self.data, self._body)

    def _read(self) -> bytes:
        body = self._body
        if body is None:
            return b""
        if hasattr(body, "read"):
            with suppress(AttributeError, OSError):
                self._position = body.tell()
            return _encoded(body.read())
        with suppress(TypeError):
            return _encoded(body)
        pieces = [_encoded(piece) for piece in body]
        if isinstance(body, Iterator):
            self._pieces = pieces
        return b"".join(pieces)


class _ReadAgain:
    """A file that cannot go back, with what was read of it still to come."""

    def __init__(self, data: bytes, original: Any) -> None:
        self._data = io.BytesIO(data)
        self._original = original

    def read(self, size: int = -1) -> bytes:
        return self._data.read(size)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


def _encoded(data: Any) -> bytes:
    # urllib3 sends text as UTF-8 (`util.request.body_to_chunks`).
    return data.encode() if isinstance(data, str) else bytes(memoryview(data))
