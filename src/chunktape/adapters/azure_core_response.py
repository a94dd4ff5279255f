"""aiohttp's response over pieces of ours, which azure-core reads in replay."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from chunktape.wire.message import Head

__all__ = ["Asked", "PlayedContent", "played"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a response says of its request."""

    method: str
    url: str
    headers: Any


def played(pieces: AsyncIterator[bytes], head: Head, asked: Asked, exchange: Any) -> Any:
    """Return aiohttp's own response over pieces of ours, encoded as the head says."""
    return _played_class()(pieces, head, asked, exchange)


@cache
def _played_class() -> type[Any]:
    import aiohttp
    from multidict import CIMultiDict, CIMultiDictProxy
    from yarl import URL

    class PlayedResponse(aiohttp.ClientResponse):
        """aiohttp's response without a connection: aiohttp's own constructor asks for one."""

        def __init__(self, pieces: AsyncIterator[bytes], head: Head, asked: Asked, exchange: Any) -> None:
            self.chunktape = exchange
            self.method = asked.method
            self.status = head.status or 200
            self.reason = head.reason or ""
            self.version = _version(head)
            self.content: Any = PlayedContent(pieces)
            self._cache: dict[str, Any] = {}  # of the properties that aiohttp computes once
            self._real_url = URL(asked.url, encoded=True)
            self._url = self._real_url.with_fragment(None)
            self._headers = CIMultiDictProxy(CIMultiDict(head.headers))
            self._raw_headers = tuple(
                (name.encode("latin-1", "replace"), value.encode("utf-8", "surrogateescape"))
                for name, value in head.headers
            )
            sent = CIMultiDictProxy(
                CIMultiDict((str(name), str(value)) for name, value in asked.headers.items())
            )
            self._request_info = aiohttp.RequestInfo(self._url, asked.method, sent, self._real_url)
            self._closed = False
            self.cookies = _cookies(self._headers.getall("Set-Cookie", ()))

        async def read(self) -> bytes:
            self._body = await self.content.read() if self._body is None else self._body
            return self._body

        def close(self) -> None:
            self._closed = True

        def release(self) -> Any:
            self._closed = True
            return _Done()

        async def wait_for_close(self) -> None:
            self._closed = True

        def __del__(self, *_: Any) -> None:
            """There is no connection to give back."""

    return PlayedResponse


def _version(head: Head) -> Any:
    from aiohttp import HttpVersion

    number = (head.http_version or "HTTP/1.1").rpartition("/")[2]
    major, _, minor = number.partition(".")
    return HttpVersion(int(major), int(minor or 0)) if (major + minor).isdecimal() else HttpVersion(1, 1)


def _cookies(values: Iterable[str]) -> SimpleCookie:
    cookies = SimpleCookie()
    for value in values:
        with suppress(CookieError):  # aiohttp logs it and goes on
            cookies.load(value)
    return cookies


class _Done:
    """What may be awaited, and need not be."""

    def __await__(self) -> Any:
        return iter(())


class PlayedContent:
    """aiohttp's stream reader over pieces of ours: one a read, cut to what is asked for."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    async def read(self, n: int = -1) -> bytes:
        """Return all that comes, or the next piece cut to `n` bytes; empty at the end."""
        return await self._all() if n < 0 else self._cut(self._rest or await anext(self._pieces, b""), n)

    async def readany(self) -> bytes:
        """Return the next piece."""
        return self._cut(self._rest or await anext(self._pieces, b""), -1)

    async def iter_chunked(self, n: int) -> AsyncIterator[bytes]:
        """Yield the pieces, cut to `n` bytes."""
        while data := await self.read(n):
            yield data

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Yield the pieces."""
        while data := await self.readany():
            yield data

    async def _all(self) -> bytes:
        return self._cut(self._rest + b"".join([data async for data in self._pieces]), -1)

    def _cut(self, data: bytes, n: int) -> bytes:
        cut = len(data) if n < 0 else n
        self._rest = data[cut:]
        return data[:cut]
