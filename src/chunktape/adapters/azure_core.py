"""azure-core's aiohttp transport, which the asynchronous Azure clients use: `AioHttpTransport.send`.

azure-core's own `send` runs over a view of the transport whose session is ours, so that reading,
decoding and the mapping of errors stay azure-core's code, live and in replay. (Its synchronous
transport is requests, see there.)
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from chunktape.adapters.azure_core_failure import describe, rebuild
from chunktape.adapters.azure_core_response import Asked, PlayedContent, replayed
from chunktape.adapters.prefetch import Prefetched
from chunktape.adapters.scope import current_session, is_passing, passing
from chunktape.tape.cursor import Cursor, apause
from chunktape.wire.message import Head, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from chunktape.tape.tap import Tap

__all__ = ["OverSeam", "request_of", "send"]

ERROR_STATUS = 400
BLOCK = 65_536


def send(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return what stands in for `AioHttpTransport.send`."""

    async def send_seen(transport: Any, request: Any, *args: Any, **options: Any) -> Any:
        return await real(_seen(transport, request), request, *args, **options)

    return send_seen


def _seen(transport: Any, request: Any) -> Any:
    """Return the transport as `send` shall see it: itself, or with a session that passes, plays or taps."""
    # A view comes here through what was left of an earlier patch, and has been decided about.
    decided = is_passing() or isinstance(transport, _View) or isinstance(transport.session, OverSeam)
    session = None if decided else current_session()
    if session is None:
        return transport
    content = getattr(request, "content", None)
    body = content if content is not None else request.data
    sent = request_of(request.method, request.url, request.headers, body)
    return _View(transport, sent, session.answer(sent))


def request_of(method: str, url: str, headers: Any, body: Any) -> Request:
    """Return what azure-core hands to aiohttp as a request of ours."""
    content = body.encode() if isinstance(body, str) else body
    sent = tuple((str(name), str(value)) for name, value in headers.items())
    return Request(method, str(url), sent, bytes(content) if isinstance(content, (bytes, bytearray)) else b"")


class OverSeam:
    """An aiohttp session over one of our transports, which decides for itself (see `plug`)."""


class _View:
    """A transport of azure-core as its own `send` sees it, with another session."""

    def __init__(self, transport: Any, sent: Request, decision: Cursor | Tap | None) -> None:
        self._transport = transport
        self._sent = sent
        self._decision = decision

    @cached_property
    def session(self) -> Any:
        # Not before `open`, which makes the transport's own.
        return _Session(self._transport.session, self._sent, self._decision)

    async def open(self) -> None:
        await self._transport.open()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Session:
    """The aiohttp session of one call."""

    def __init__(self, session: Any, sent: Request, decision: Cursor | Tap | None) -> None:
        self._session = session
        self.request = _call(session, sent, decision)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def _call(session: Any, sent: Request, decision: Cursor | Tap | None) -> Callable[..., Any]:
    if decision is None:
        return _PassedCall(session)
    if isinstance(decision, Cursor):
        return _PlayedCall(sent, decision)
    call = _TappedCall(session, decision)
    return call if decision.altered is None else _AlteredCall(call, sent, decision.altered)


class _PassedCall:
    def __init__(self, session: Any) -> None:
        self._session = session

    async def __call__(self, method: str, url: str, **options: Any) -> Any:
        with passing():
            return await self._session.request(method, url, **options)


class _PlayedCall:
    def __init__(self, sent: Request, cursor: Cursor) -> None:
        self._sent = sent
        self._cursor = cursor

    async def __call__(self, method: str, url: str, *, timeout: Any = None, **_: Any) -> Any:  # noqa: ASYNC109 aiohttp's
        self._cursor.read_timeout = getattr(timeout, "sock_read", None)
        await apause(self._cursor)
        head = self._cursor.opened(rebuild)
        return replayed(self._cursor, head, Asked(method, url, dict(self._sent.headers)))


class _TappedCall:
    def __init__(self, session: Any, tap: Tap) -> None:
        self._session = session
        self._tap = tap

    async def __call__(self, method: str, url: str, **options: Any) -> Any:
        # Passing, because a bare session of aiohttp's is nothing that is recorded.
        with self._tap.sending(describe), passing():
            response = await self._session.request(method, url, **options)
        self._tap.begin(_head(response), decoded=self._session.auto_decompress)
        response.content = content = _TappedContent(response.content, self._tap)
        response.close = _Closing(response.close, self._tap)
        response.chunktape = self._tap
        await content.prefetch(needed=response.status >= ERROR_STATUS)
        return response


class _AlteredCall:
    """Record the whole response first, then play to the caller what a fault has made of it."""

    def __init__(self, call: _TappedCall, sent: Request, altered: Callable[[], Cursor]) -> None:
        self._call = call
        self._sent = sent
        self._altered = altered

    async def __call__(self, method: str, url: str, **options: Any) -> Any:
        response = await self._call(method, url, **options)
        await response.content.prefetch(needed=True)
        response.close()
        return await _PlayedCall(self._sent, self._altered())(method, url, **options)


def _head(response: Any) -> Head:
    version = response.version
    return Head(
        response.status,
        response.reason,
        tuple(
            (name.decode("latin-1"), value.decode("utf-8", "surrogateescape"))
            for name, value in response.raw_headers
        ),
        f"HTTP/{version.major}.{version.minor}" if version is not None else "HTTP/1.1",
    )


class _Closing:
    """The response's `close`, which the tap hears of."""

    def __init__(self, real: Callable[[], Any], tap: Tap) -> None:
        self._real = real
        self._tap = tap

    def __call__(self) -> Any:
        self._tap.end("closed")
        return self._real()


class _TappedContent:
    """aiohttp's stream reader with a tap on it."""

    def __init__(self, inner: Any, tap: Tap) -> None:
        self._inner = inner
        self._tap = tap
        self._fetched: PlayedContent | None = None

    async def read(self, n: int = -1) -> bytes:
        return await (self._read if self._fetched is None else self._fetched.read)(n)

    async def _read(self, n: int) -> bytes:
        with _Noting(self._tap):
            data: bytes = await self._inner.read(n)
        return _noted(self._tap, data, n)

    async def prefetch(self, *, needed: bool) -> None:
        """Read the body now if needed: the retry loop never reads the body of an error."""
        fetched = Prefetched()
        unread = needed and self._fetched is None
        with fetched:
            while data := await self._read(BLOCK) if unread else b"":
                fetched.pieces.append(data)
        self._fetched = PlayedContent(aiter(fetched)) if unread else self._fetched

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Noting:
    """One read: the tap hears when it began, and of the exception it ended in."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap

    def __enter__(self) -> None:
        self._tap.ask()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self._tap.fail(error, describe)


def _noted(tap: Tap, data: bytes, n: int) -> bytes:
    if data:
        tap.keep(data)
    if not data or n < 0:
        tap.end("eof")
    return data
