"""The doors to the network, watched while a cassette is open that cannot record.

Which functions lead outside, and nothing else: `verdict` decides who may pass. The doors are
`connect`, `send` (a pooled connection is past `connect` already) and name look-up; those of event
loops are in `loop_doors`.
"""

from __future__ import annotations

import socket
import ssl
import sys
from functools import partial, wraps
from threading import RLock
from typing import TYPE_CHECKING, Any

from chunktape.adapters.loop_doors import (
    watch_aiohttp,
    watch_anyio,
    watch_anyio_stream,
    watch_asyncio,
    watch_trio,
    watch_uvloop,
)
from chunktape.adapters.patch import Patches
from chunktape.adapters.peer import check_address, check_peer
from chunktape.adapters.scope import passing
from chunktape.adapters.verdict import check_look_up, forget_names, remember_name

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "install",
    "install_aiohttp",
    "install_anyio",
    "install_anyio_stream",
    "install_trio",
    "install_uvloop",
    "is_installed",
    "uninstall",
]

_lock = RLock()
_patches: Patches | None = None
_watched: set[str] = set()


def is_installed() -> bool:
    """Return whether the doors are watched."""
    return _patches is not None


def install() -> None:
    """Watch the doors; does nothing where they are watched already."""
    global _patches  # noqa: PLW0603 - what is patched is the interpreter's, so there is one of it
    with _lock:
        if _patches is not None:
            return
        _patches = Patches()
        _watch_sockets(_patches)
        _watch_names(_patches)
        _patches.replace(socket, "socketpair", _socketpair)
        watch_asyncio(_patches)
        install_uvloop(sys.modules.get("uvloop"))
        install_aiohttp(sys.modules.get("aiohttp"))
        install_anyio(sys.modules.get("anyio"))
        install_anyio_stream(sys.modules.get("anyio._backends._asyncio"))
        install_trio(sys.modules.get("trio"))


def uninstall() -> None:
    """Leave the doors as they were before `install`."""
    global _patches  # noqa: PLW0603 - see install
    with _lock:
        if _patches is not None:
            _patches.undo()
            forget_names()
        _patches = None
        _watched.clear()


def install_uvloop(module: Any) -> None:
    """Watch uvloop, when it is imported after `install`; does nothing before, or for half a module."""
    _watch_late(module, "Loop", watch_uvloop)


def install_aiohttp(module: Any) -> None:
    """Watch aiohttp, when it is imported after `install`; does nothing before, or for half a module."""
    _watch_late(module, "TCPConnector", watch_aiohttp)


def install_anyio(module: Any) -> None:
    """Watch anyio, when it is imported after `install`; does nothing before, or for half a module."""
    _watch_late(module, "connect_tcp", watch_anyio)


def install_anyio_stream(module: Any) -> None:
    """Watch anyio's backend for asyncio, when it is imported after `install`; does nothing before."""
    _watch_late(module, "SocketStream", watch_anyio_stream)


def install_trio(module: Any) -> None:
    """Watch trio, when it is imported after `install`; does nothing before, or for half a module."""
    _watch_late(module, "open_tcp_stream", _watch_trio)


def _watch_late(module: Any, needed: str, watch: Callable[[Patches, Any], None]) -> None:
    with _lock:
        if _patches is not None and needed not in _watched and hasattr(module, needed):
            _watched.add(needed)
            watch(_patches, module)


def _watch_sockets(patches: Patches) -> None:
    # A library may have put a subclass in the place of socket.socket; ssl's derives from the original.
    plain = next((one for one in ssl.SSLSocket.__mro__ if one.__module__ == "socket"), socket.socket)
    for name in ("connect", "connect_ex"):
        patches.replace(plain, name, _connect)
    for name in ("sendall", "sendfile"):
        patches.replace(plain, name, _send)
    _watch_sends(patches, plain)
    # These write to OpenSSL without coming to the methods above.
    for name in ("send", "sendall", "write"):
        patches.replace(ssl.SSLSocket, name, _send)


def _watch_sends(patches: Patches, sockets: Any) -> None:
    patches.replace(sockets, "send", _send)
    patches.replace(sockets, "sendto", _sendto)
    if hasattr(sockets, "sendmsg"):  # Windows has none.
        patches.replace(sockets, "sendmsg", _sendmsg)


def _watch_trio(patches: Patches, module: Any) -> None:
    watch_trio(patches, module)
    # When it is imported, it takes the methods of socket.socket for its own. The name is private;
    # without it a connection from before the cassette sends unwatched.
    sockets = getattr(sys.modules.get("trio._socket"), "_SocketType", None)
    if sockets is not None:
        _watch_sends(patches, sockets)


def _watch_names(patches: Patches) -> None:
    patches.replace(socket, "getaddrinfo", _getaddrinfo)
    patches.replace(socket, "gethostbyname", partial(_gethostbyname, addresses=lambda found: [found]))
    patches.replace(socket, "gethostbyname_ex", partial(_gethostbyname, addresses=lambda found: found[2]))
    patches.replace(socket, "gethostbyaddr", _gethostbyaddr)
    patches.replace(socket, "getnameinfo", _getnameinfo)


def _socketpair(original: Any) -> Any:
    @wraps(original)
    def socketpair(*args: Any, **options: Any) -> Any:
        # Every event loop has a pair; where the system has none (Windows), it is a connection over loopback.
        with passing():
            return original(*args, **options)

    return socketpair


def _connect(original: Any) -> Any:
    @wraps(original)
    def connect(self: Any, address: Any) -> Any:
        check_address(self, address)
        return original(self, address)

    return connect


def _send(original: Any) -> Any:
    @wraps(original)
    def send(self: Any, data: Any, *args: Any, **options: Any) -> Any:
        check_peer(self, data)
        return original(self, data, *args, **options)

    return send


def _sendto(original: Any) -> Any:
    @wraps(original)
    def sendto(self: Any, data: Any, *args: Any) -> Any:
        # sendto(data, address) and sendto(data, flags, address): the address comes last.
        check_address(self, args[-1] if args else None, sends=True)
        return original(self, data, *args)

    return sendto


def _sendmsg(original: Any) -> Any:
    @wraps(original)
    def sendmsg(self: Any, buffers: Any, *args: Any) -> Any:
        address = args[2] if len(args) > 2 else None  # noqa: PLR2004 - (ancdata, flags, address)
        if address is None:
            check_peer(self, b"")
        else:
            check_address(self, address, sends=True)
        return original(self, buffers, *args)

    return sendmsg


def _getaddrinfo(original: Any) -> Any:
    @wraps(original)
    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        flags = args[3] if len(args) > 3 else options.get("flags", 0)  # noqa: PLR2004 - (family, type, proto, flags)
        if not flags & socket.AI_NUMERICHOST:
            check_look_up(host, port)
        found = original(host, port, *args, **options)
        remember_name(host, (entry[4][0] for entry in found))
        return found

    return getaddrinfo


def _gethostbyname(original: Any, *, addresses: Callable[[Any], Any]) -> Any:
    @wraps(original)
    def gethostbyname(hostname: Any) -> Any:
        check_look_up(hostname)
        found = original(hostname)
        remember_name(hostname, addresses(found))
        return found

    return gethostbyname


def _gethostbyaddr(original: Any) -> Any:
    @wraps(original)
    def gethostbyaddr(host: Any) -> Any:
        check_look_up(host, reverse=True)
        return original(host)

    return gethostbyaddr


def _getnameinfo(original: Any) -> Any:
    @wraps(original)
    def getnameinfo(address: Any, flags: Any) -> Any:
        if not flags & socket.NI_NUMERICHOST:
            check_look_up(address[0], reverse=True)
        return original(address, flags)

    return getnameinfo
