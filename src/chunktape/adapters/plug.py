"""The explicit way in: one of our transports as a client or transport of the SDKs' own stacks.

No patching, one line each::

    OpenAI(http_client=http_client(transport))
    AsyncAnthropic(http_client=async_http_client(transport))
    ChatCompletionsClient(endpoint, credential, transport=azure_transport(transport))
    aio.ChatCompletionsClient(endpoint, credential, transport=async_azure_transport(transport))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chunktape.adapters import azure_core, requests
from chunktape.adapters.azure_core_failure import rebuild
from chunktape.adapters.azure_core_response import Asked, played
from chunktape.adapters.httpx2 import stack_of
from chunktape.adapters.requests_body import SentBody
from chunktape.adapters.requests_failure import rebuild_body, rebuild_connect
from chunktape.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from chunktape.adapters.httpx2 import Stack
    from chunktape.wire.message import Failure
    from chunktape.wire.transport import AsyncReply, AsyncTransport, Reply, Transport

__all__ = ["async_azure_transport", "async_http_client", "azure_transport", "http_client"]


def http_client(transport: Transport, **options: Any) -> Any:
    """Return an `httpx2.Client` over a transport, for ``http_client=`` of ``OpenAI`` and ``Anthropic``."""
    module = import_module("httpx2")
    stack = stack_of(module)
    kind = type("TransportOverSeam", (_Plug, module.BaseTransport), {})
    return module.Client(transport=kind(stack, transport), **options)


def async_http_client(transport: AsyncTransport, **options: Any) -> Any:
    """Return an `httpx2.AsyncClient` over a transport, for ``AsyncOpenAI`` and ``AsyncAnthropic``."""
    module = import_module("httpx2")
    stack = stack_of(module)
    kind = type("AsyncTransportOverSeam", (_AsyncPlug, module.AsyncBaseTransport), {})
    return module.AsyncClient(transport=kind(stack, transport), **options)


def azure_transport(transport: Transport) -> Any:
    """Return azure-core's own requests transport over one of ours, for ``transport=`` of its sync clients."""
    library = import_module("requests")
    session = library.Session()
    kind = type("AdapterOverSeam", (_AdapterPlug, library.adapters.HTTPAdapter), {})
    adapter = kind(transport)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    module = import_module("azure.core.pipeline.transport")
    return module.RequestsTransport(session=session, session_owner=False)


def async_azure_transport(transport: AsyncTransport) -> Any:
    """Return azure-core's own aiohttp transport over one of ours, for ``transport=`` of its async clients."""
    module = import_module("azure.core.pipeline.transport")
    return module.AioHttpTransport(session=_AzureSession(transport), session_owner=False)


class _Raising:
    """Turns `TransportError` into what the stack raises."""

    def __init__(self, rebuild: Callable[[Failure], BaseException]) -> None:
        self._rebuild = rebuild

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TransportError):
            raise self._rebuild(error.failure) from error


def _pieces(reply: Reply, rebuild: Callable[[Failure], BaseException]) -> Iterator[bytes]:
    with _Raising(rebuild):
        for chunk in reply:
            yield chunk.data


async def _apieces(reply: AsyncReply, rebuild: Callable[[Failure], BaseException]) -> AsyncIterator[bytes]:
    with _Raising(rebuild):
        async for chunk in reply:
            yield chunk.data


class _Plug:
    """An httpx2 transport over one of ours."""

    def __init__(self, stack: Stack, transport: Transport) -> None:
        self._stack = stack
        self._transport = transport

    def handle_request(self, request: Any) -> Any:
        with _Raising(self._stack.rebuild):
            reply = self._transport.send(self._stack.request(request, request.read()))
        stream = self._stack.Streamed(_pieces(reply, self._stack.rebuild), reply.close)
        return self._stack.response(reply.head, stream, reply)

    def close(self) -> None:
        self._transport.close()


class _AsyncPlug:
    """`_Plug`, awaited."""

    def __init__(self, stack: Stack, transport: AsyncTransport) -> None:
        self._stack = stack
        self._transport = transport

    async def handle_async_request(self, request: Any) -> Any:
        with _Raising(self._stack.rebuild):
            reply = await self._transport.send(self._stack.request(request, await request.aread()))
        stream = self._stack.AsyncStreamed(_apieces(reply, self._stack.rebuild), reply.aclose)
        return self._stack.response(reply.head, stream, reply)

    async def aclose(self) -> None:
        await self._transport.aclose()


class _AdapterPlug:
    """A requests adapter over one of ours."""

    build_response: Callable[..., Any]

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def send(self, request: Any, *_: Any, **__: Any) -> Any:
        with _Raising(lambda failure: rebuild_connect(failure, request)):
            reply = self._transport.send(requests.request_of(request, SentBody(request).data))
        pieces = _pieces(reply, rebuild_body)
        raw = requests.played(pieces, reply.head, request, reply, close=reply.close)
        return self.build_response(request, raw)

    def close(self) -> None:
        self._transport.close()


class _AzureSession(azure_core.OverSeam):
    """What azure-core asks of an aiohttp session."""

    # What the reply's head calls encoded is encoded: azure-core decodes it, as over its own session.
    auto_decompress = False

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def __aenter__(self) -> _AzureSession:  # noqa: PYI034 nobody derives from it
        return self

    async def request(self, method: str, url: str, *, headers: Any = None, data: Any = None, **_: Any) -> Any:
        with _Raising(rebuild):
            reply = await self._transport.send(azure_core.request_of(method, url, headers or {}, data))
        pieces = _apieces(reply, rebuild)
        return played(pieces, reply.head, Asked(method, url, headers or {}), reply)

    async def close(self) -> None:
        await self._transport.aclose()
