"""Every stack with its network taken away: the same code of the stack, over chunks from memory.

The `…Live` ones end where the stack's own transport would ask its connection, so a tap sits where
it sits on a real connection. The `lean` ones are the shortest way from a list of chunks to the
stack's own response, as a mock in somebody's tests would take it.
"""

from __future__ import annotations

import http.client
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import httpcore2
import httpx2
import urllib3
from multidict import CIMultiDict, CIMultiDictProxy
from requests.adapters import HTTPAdapter

from chunktape.adapters import intercept

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    import requests

    from chunktape.tape.session import Session

URL = "http://127.0.0.1:9/v1/chat/completions"
EVENT_STREAM = [("content-type", "text/event-stream")]


@contextmanager
def opened(session: Session) -> Iterator[Session]:
    """Make a session the open one, without a file behind it."""
    opening = intercept.enter(session)
    try:
        yield session
    finally:
        intercept.leave(opening)
        session.close()


class Body:
    """A body that is handed out in chunks, cut afresh each time it is read."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.data = b"".join(pieces)
        self.ends: list[int] = []
        for piece in pieces:
            self.ends.append((self.ends[-1] if self.ends else 0) + len(piece))

    def __iter__(self) -> Iterator[bytes]:
        data, start = self.data, 0
        for end in self.ends:
            yield data[start:end]
            start = end

    def __len__(self) -> int:
        return len(self.ends)


# httpx2


class _Pieces(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    def __init__(self, body: Body) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._body:
            yield piece


class _Pool:
    """What httpx2's transports ask for a connection."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def _response(self) -> httpcore2.Response:
        return httpcore2.Response(
            200, headers=[(b"content-type", b"text/event-stream")], content=_Pieces(self._body)
        )

    def handle_request(self, _: Any) -> httpcore2.Response:
        return self._response()

    async def handle_async_request(self, _: Any) -> httpcore2.Response:
        return self._response()

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


def httpx2_live(body: Body) -> httpx2.HTTPTransport:
    """Return httpx2's own transport over a pool that has the answer already."""
    transport = httpx2.HTTPTransport(verify=False)
    transport.close()
    transport._pool = _Pool(body)  # type: ignore[assignment] # noqa: SLF001 there is no public door
    return transport


def httpx2_live_async(body: Body) -> httpx2.AsyncHTTPTransport:
    """`httpx2_live`, awaited."""
    transport = httpx2.AsyncHTTPTransport(verify=False)
    transport._pool = _Pool(body)  # type: ignore[assignment] # noqa: SLF001 there is no public door
    return transport


def httpx2_lean(body: Body, headers: Sequence[tuple[str, str]] = EVENT_STREAM) -> httpx2.MockTransport:
    """Return httpx2's mock over the body, for both kinds of clients."""
    return httpx2.MockTransport(lambda _: httpx2.Response(200, headers=list(headers), stream=_Pieces(body)))


class Switch(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """A transport that can be changed under a client that is built once."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self.inner.handle_request(request)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self.inner.handle_async_request(request)


# requests


class _Socket:
    def __init__(self, text: bytes) -> None:
        self._text = text

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self._text)


class _Connections:
    """What `HTTPAdapter` asks for a response: http.client's own over a chunked answer."""

    def __init__(self, body: Body) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        self._text = b"".join([head, *(b"%x\r\n%b\r\n" % (len(one), one) for one in body), b"0\r\n\r\n"])

    def urlopen(self, **_: Any) -> urllib3.HTTPResponse:
        answer = http.client.HTTPResponse(_Socket(self._text), method="POST")  # type: ignore[arg-type] # it only makes a file
        answer.begin()
        return urllib3.HTTPResponse(
            body=answer,
            headers=answer.msg.items(),
            status=200,
            version=11,
            reason="OK",
            preload_content=False,
            decode_content=False,
            original_response=answer,
            request_method="POST",
        )


class RequestsLive(HTTPAdapter):
    """requests' own adapter over a connection that has the answer already."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self._connections = _Connections(body)

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> Any:
        return self._connections


class RequestsLean(HTTPAdapter):
    """An adapter that answers with urllib3's response over the body, and asks nobody."""

    def __init__(self, body: Body, headers: Sequence[tuple[str, str]] = EVENT_STREAM) -> None:
        super().__init__()
        self._body = body
        self._headers = list(headers)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        raw = _LeanResponse(
            body=b"",
            headers=self._headers,
            status=200,
            version=11,
            reason="OK",
            preload_content=False,
            decode_content=False,
        )
        raw.pieces = self._body
        return self.build_response(request, raw)


class _LeanResponse(urllib3.HTTPResponse):
    pieces: Body

    def stream(self, amt: int | None = 65536, decode_content: bool | None = None) -> Any:  # noqa: ARG002, FBT001 urllib3's signature
        return iter(self.pieces)


# aiohttp, as azure-core asks it


class AiohttpSession:
    """What azure-core's aiohttp transport asks of a session: live and lean are the same here."""

    auto_decompress = False

    def __init__(self, body: Body, headers: Sequence[tuple[str, str]] = EVENT_STREAM) -> None:
        self._body = body
        self._headers = list(headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def request(self, method: str, url: str, **_: Any) -> AiohttpResponse:
        return AiohttpResponse(self._body, self._headers, method, url)


class AiohttpResponse:
    """aiohttp's response, as far as azure-core looks at it."""

    status = 200
    reason = "OK"
    version = None

    def __init__(self, body: Body, headers: list[tuple[str, str]], method: str, url: str) -> None:
        self.method = method
        self.url = url
        self.headers = CIMultiDictProxy(CIMultiDict(headers))
        self.raw_headers = tuple((name.encode(), value.encode()) for name, value in headers)
        self.content = _AiohttpContent(iter(body))
        self.close: Any = lambda: None


class _AiohttpContent:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    async def read(self, _: int = -1) -> bytes:
        return next(self._pieces, b"")
