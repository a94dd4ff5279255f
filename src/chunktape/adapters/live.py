"""`LiveTransport`: the network itself behind the seam, by httpx2."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from chunktape.adapters.environment_proxy import Ways
from chunktape.adapters.httpx2 import stack_of
from chunktape.adapters.scope import current_session, passing, said_test
from chunktape.errors import ConfigurationError, TransportError
from chunktape.wire.message import Chunk, Request
from chunktape.wire.transport import AsyncReply, AsyncTransport, Reply, Transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from chunktape.adapters.httpx2 import Stack

__all__ = ["AsyncLiveTransport", "LiveTransport"]


def _stack() -> Stack:
    try:
        return stack_of(import_module("httpx2"))
    except ImportError:
        raise ConfigurationError(
            "LiveTransport needs httpx2, which is not installed\n"
            '  it comes with the SDKs: pip install "chunktape[openai]" or "chunktape[anthropic]"'
        ) from None


def _via(proxy: str | None) -> dict[str, str]:
    """Return the option for a proxy; none where there is no proxy, so that `options` may name one."""
    return {} if proxy is None else {"proxy": proxy}


class _Raising:
    """Turns the stack's exceptions into `TransportError`."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, self._stack.module.RequestError):
            raise TransportError(self._stack.describe(error)) from error


def _checked(stack: Stack, request: Request, timeout: float | None) -> Any:
    """Return the stack's request, unless the network is closed to it."""
    session = current_session()
    if session is not None and not session.can_record:
        raise session.refuse(
            f"Network refused: {request.method} {request.url}\n{said_test([session])}"
            f"  cassette: {session.name} (it cannot record)\n"
            "  a LiveTransport goes past the cassette\n"
            "  use ReplayTransport(session) instead, or a record mode that records"
        )
    waits = stack.module.Timeout(timeout).as_dict()
    return stack.module.Request(
        request.method,
        request.url,
        headers=list(request.headers),
        content=request.body,
        extensions={"timeout": waits},
    )


class _LiveReply(Reply):
    def __init__(self, stack: Stack, response: Any) -> None:
        self.head = stack.head(response)
        self._stack = stack
        self._response = response
        self._pieces = iter(response.stream)

    def __iter__(self) -> Iterator[Chunk]:
        with _Raising(self._stack):
            for data in self._pieces:
                yield Chunk(data)

    def close(self) -> None:
        self._response.stream.close()


class _AsyncLiveReply(AsyncReply):
    def __init__(self, stack: Stack, response: Any) -> None:
        self.head = stack.head(response)
        self._stack = stack
        self._response = response
        self._pieces = aiter(response.stream)

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        with _Raising(self._stack):
            async for data in self._pieces:
                yield Chunk(data)

    async def aclose(self) -> None:
        await self._response.stream.aclose()


class LiveTransport(Transport):
    """Sends over the network with httpx2; `options` are those of `httpx2.HTTPTransport`.

    `timeout` is for connecting, and for each wait for more, in seconds; without one it waits for ever.
    With `environment_proxies` it goes through the proxies that the environment names, as SDKs do.
    """

    needs_key = True

    def __init__(
        self, *, timeout: float | None = None, environment_proxies: bool = False, **options: Any
    ) -> None:
        self._stack = _stack()
        self._timeout = timeout
        build = self._stack.module.HTTPTransport
        self._ways: Ways[Any] = Ways(lambda url: build(**_via(url), **options), found=environment_proxies)

    def send(self, request: Request) -> Reply:
        """Return the reply of the network; raises `TransportError` where no head came."""
        prepared = _checked(self._stack, request, self._timeout)
        with passing(), _Raising(self._stack):
            return _LiveReply(self._stack, self._ways.to(request.url).handle_request(prepared))

    def close(self) -> None:
        """Close the connections."""
        for way in self._ways:
            way.close()


class AsyncLiveTransport(AsyncTransport):
    """`LiveTransport`, awaited; `options` are those of `httpx2.AsyncHTTPTransport`.

    `timeout` is for connecting, and for each wait for more, in seconds; without one it waits for ever.
    With `environment_proxies` it goes through the proxies that the environment names, as SDKs do.
    """

    needs_key = True

    def __init__(
        self, *, timeout: float | None = None, environment_proxies: bool = False, **options: Any
    ) -> None:
        self._stack = _stack()
        self._timeout = timeout
        build = self._stack.module.AsyncHTTPTransport
        self._ways: Ways[Any] = Ways(lambda url: build(**_via(url), **options), found=environment_proxies)

    @classmethod
    def unlimited(cls) -> Self:
        """Return one with as many connections at once as there are requests, through proxies as SDKs go."""
        limits = _stack().module.Limits(max_connections=None, max_keepalive_connections=100)
        return cls(environment_proxies=True, limits=limits)

    async def send(self, request: Request) -> AsyncReply:
        """Return the reply of the network; raises `TransportError` where no head came."""
        prepared = _checked(self._stack, request, self._timeout)
        with passing(), _Raising(self._stack):
            way = self._ways.to(request.url)
            return _AsyncLiveReply(self._stack, await way.handle_async_request(prepared))

    async def aclose(self) -> None:
        """Close the connections."""
        for way in self._ways:
            await way.aclose()
