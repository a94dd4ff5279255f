"""The doors of event loops, which the guard watches above their sockets.

A `BaseException` that is raised below asyncio's transports is swallowed there, its resolvers run
in threads without a context, and uvloop and Windows' proactor never come to Python's sockets.
uvloop's transports are types in C that cannot be patched, so it is who writes to them that is.
"""

from __future__ import annotations

import asyncio.base_events
import asyncio.selector_events
import asyncio.streams
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

from chunktape.adapters.peer import check_address, check_target, check_transport
from chunktape.adapters.scope import passing
from chunktape.adapters.verdict import check_connect, check_look_up, remember_name

if TYPE_CHECKING:
    from chunktape.adapters.patch import Patches

__all__ = [
    "watch_aiohttp",
    "watch_anyio",
    "watch_anyio_stream",
    "watch_asyncio",
    "watch_trio",
    "watch_uvloop",
]


def watch_asyncio(patches: Patches) -> None:
    """Watch asyncio's loops, transports and streams."""
    _watch_loop(patches, asyncio.base_events.BaseEventLoop)
    _watch_transport(patches, asyncio.streams.StreamWriter)
    # These two names are private; without them a refusal still stops the bytes, and is raised late.
    _watch_transport(patches, getattr(asyncio.selector_events, "_SelectorSocketTransport", None))
    datagram = getattr(asyncio.selector_events, "_SelectorDatagramTransport", None)
    if datagram is not None:
        patches.replace(datagram, "sendto", _sendto)
    proactor = sys.modules.get("asyncio.proactor_events")  # Only Windows loads it.
    if proactor is not None:
        patches.replace(proactor.BaseProactorEventLoop, "sock_connect", _sock_connect)
        _watch_transport(patches, getattr(proactor, "_ProactorBaseWritePipeTransport", None))


def watch_uvloop(patches: Patches, module: Any) -> None:
    """Watch uvloop's loops."""
    _watch_loop(patches, module.Loop)
    patches.replace(module.Loop, "sock_connect", _sock_connect)
    patches.replace(module.Loop, "create_datagram_endpoint", _create_datagram_endpoint)


def watch_aiohttp(patches: Patches, module: Any) -> None:
    """Watch aiohttp's connector, which knows the name behind a pooled connection on every loop."""
    patches.replace(module.TCPConnector, "connect", _aiohttp_connect)


def watch_anyio(patches: Patches, module: Any) -> None:
    """Watch anyio's way to connect, whose task group would wrap a refusal from below it."""
    patches.replace(module, "connect_tcp", _connect_tcp)


def watch_anyio_stream(patches: Patches, module: Any) -> None:
    """Watch the streams of anyio's backend for asyncio, which write to the transports of any loop."""
    patches.replace(module.SocketStream, "send", _send)


def watch_trio(patches: Patches, module: Any) -> None:
    """Watch trio's way to connect, whose nursery would wrap a refusal from below it."""
    patches.replace(module, "open_tcp_stream", _open_tcp_stream)


def _watch_loop(patches: Patches, loop: Any) -> None:
    patches.replace(loop, "getaddrinfo", _getaddrinfo)
    patches.replace(loop, "create_connection", _create_connection)


def _watch_transport(patches: Patches, transport: Any) -> None:
    for name in ("write", "writelines"):
        if name in getattr(transport, "__dict__", {}):
            patches.replace(transport, name, _write)


def _getaddrinfo(original: Any) -> Any:
    @wraps(original)
    async def getaddrinfo(self: Any, host: Any, port: Any, **options: Any) -> Any:
        check_look_up(host, port)
        found = await original(self, host, port, **options)
        remember_name(host, (entry[4][0] for entry in found))
        return found

    return getaddrinfo


def _create_connection(original: Any) -> Any:
    @wraps(original)
    async def create_connection(
        self: Any, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        check_target(host, port, options.get("sock"))
        return await original(self, protocol_factory, host, port, **options)

    return create_connection


def _create_datagram_endpoint(original: Any) -> Any:
    @wraps(original)
    async def create_datagram_endpoint(
        self: Any, protocol_factory: Any, local_addr: Any = None, remote_addr: Any = None, **options: Any
    ) -> Any:
        host, port = (remote_addr or (None, None))[:2]
        check_target(host, port, options.get("sock"))
        return await original(self, protocol_factory, local_addr, remote_addr, **options)

    return create_datagram_endpoint


def _sock_connect(original: Any) -> Any:
    @wraps(original)
    async def sock_connect(self: Any, sock: Any, address: Any) -> Any:
        check_address(sock, address)
        return await original(self, sock, address)

    return sock_connect


def _write(original: Any) -> Any:
    @wraps(original)
    def write(self: Any, data: Any) -> Any:
        check_transport(self, data)
        return original(self, data)

    return write


def _sendto(original: Any) -> Any:
    @wraps(original)
    def sendto(self: Any, data: Any, addr: Any = None) -> Any:
        check_transport(self, data, addr)
        return original(self, data, addr)

    return sendto


def _connect_tcp(original: Any) -> Any:
    @wraps(original)
    async def connect_tcp(remote_host: Any, remote_port: Any, **options: Any) -> Any:
        check_connect(remote_host, remote_port)
        return await original(remote_host, remote_port, **options)

    return connect_tcp


def _send(original: Any) -> Any:
    @wraps(original)
    async def send(self: Any, item: Any) -> None:
        # A private name; without it a refusal is raised below, where the loop's transport is watched.
        check_transport(getattr(self, "_transport", None), item)
        await original(self, item)

    return send


def _open_tcp_stream(original: Any) -> Any:
    @wraps(original)
    async def open_tcp_stream(host: Any, port: Any, **options: Any) -> Any:
        check_connect(host, port)
        return await original(host, port, **options)

    return open_tcp_stream


def _aiohttp_connect(original: Any) -> Any:
    @wraps(original)
    async def connect(self: Any, req: Any, *args: Any, **options: Any) -> Any:
        check_connect(req.url.host, req.url.port)
        with passing():
            connection = await original(self, req, *args, **options)
        remember_name(req.url.host, _addresses(connection))
        return connection

    return connect


def _addresses(connection: Any) -> list[Any]:
    transport = connection.transport
    peer = None if transport is None else transport.get_extra_info("peername")
    return [peer[0]] if isinstance(peer, tuple) else []
