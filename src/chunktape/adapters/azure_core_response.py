"""aiohttp's response over pieces of ours, which azure-core reads in replay."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from chunktape.adapters.azure_core_failure import rebuild

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from chunktape.tape.cursor import Cursor
    from chunktape.wire.message import Head

__all__ = ["Asked", "PlayedContent", "played", "replayed"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a response says of its request."""

    method: str
    url: str
    headers: Any


def played(pieces: AsyncIterator[bytes], head: Head, asked: Asked, exchange: Any) -> Any:
    """Return aiohttp's own response over pieces of ours, encoded as the head says."""
    return _played_class()(PlayedContent(pieces), head, asked, exchange)


def replayed(cursor: Cursor, head: Head, asked: Asked) -> Any:
    """Return aiohttp's own response over a playback."""
    return _played_class()(_ReplayedContent(cursor), head, asked, cursor)


class _Made:
    """What azure-core does not look at of a response: made when somebody does."""

    _asked: Asked
    _head: Head
    _headers: Any

    @cached_property
    def version(self) -> Any:
        return _version(self._head)

    @cached_property
    def cookies(self) -> SimpleCookie:
        return _cookies(self._headers.getall("Set-Cookie", ()))

    @cached_property
    def _real_url(self) -> Any:
        from yarl import URL

        return URL(self._asked.url, encoded=True)

    @cached_property
    def _url(self) -> Any:
        return self._real_url.with_fragment(None)

    @cached_property
    def _raw_headers(self) -> Any:
        return tuple(
            (name.encode("latin-1", "replace"), value.encode("utf-8", "surrogateescape"))
            for name, value in self._head.headers
        )

    @cached_property
    def _request_info(self) -> Any:
        from aiohttp import RequestInfo
        from multidict import CIMultiDict, CIMultiDictProxy

        sent = CIMultiDict((str(name), str(value)) for name, value in self._asked.headers.items())
        return RequestInfo(self._url, self._asked.method, CIMultiDictProxy(sent), self._real_url)


@cache
def _played_class() -> type[Any]:
    import aiohttp
    from multidict import CIMultiDict, CIMultiDictProxy

    class PlayedResponse(_Made, aiohttp.ClientResponse):  # type: ignore[override] # they are read only
        """aiohttp's response without a connection: aiohttp's own constructor asks for one."""

        def __init__(self, content: PlayedContent, head: Head, asked: Asked, exchange: Any) -> None:
            self.chunktape = exchange
            self.method = asked.method
            self.status = head.status or 200
            self.reason = head.reason or ""
            self.content: Any = content
            self._body: bytes | None = (
                None  # which releases before aiohttp 3.10 have from their constructor only
            )
            self._cache: dict[str, Any] = {}  # of the properties that aiohttp computes once
            self._headers = CIMultiDictProxy(CIMultiDict(head.headers))
            self._head = head
            self._asked = asked
            self._closed = False

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


class _ReplayedContent(PlayedContent):
    """`PlayedContent` over a playback, read without a generator that is awaited.

    Azure's SDK stops at ``[DONE]``, and asyncio closes such a generator, when it is left behind, in
    a task of its own, which costs more than the chunks before.
    """

    def __init__(self, cursor: Cursor) -> None:
        self._steps = cursor.steps(rebuild, breathe=True)
        self._rest = b""
        self._found: list[bytes] = []

    async def read(self, n: int = -1) -> bytes:
        # aiohttp knows no other event loop than asyncio's.
        while (step := self._step(n)).__class__ is float:  # noqa: ASYNC110 it waits for the clock
            await asyncio.sleep(step)
        return step  # type: ignore[return-value] # whatever is no float is bytes

    async def readany(self) -> bytes:
        return await self.read(sys.maxsize)

    def _step(self, n: int) -> bytes | float:
        """Return what is read, or the seconds to wait before asking again."""
        if n < 0:
            return self._whole()
        data = self._rest or next(self._steps, b"")
        if data.__class__ is not float:
            # Mostly it is one piece, as it came.
            data, self._rest = (data, b"") if len(data) <= n else (data[:n], data[n:])  # type: ignore[arg-type, index] # as above
        return data

    def _whole(self) -> bytes | float:
        found = self._found
        self._found = []
        for step in self._steps:
            if step.__class__ is float:
                self._found = found
                return step
            found.append(step)  # type: ignore[arg-type] # as above
        rest, self._rest = self._rest, b""
        return b"".join([rest, *found])
