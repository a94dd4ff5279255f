"""What the guard asks of a socket or a transport before it asks for a verdict: who is at its other end."""

from __future__ import annotations

import socket
from typing import Any

from chunktape.adapters.verdict import check_connect, check_send, is_watched
from chunktape.errors import NetworkRefusedError

__all__ = ["check_address", "check_peer", "check_target", "check_transport"]

NETWORK = (socket.AF_INET, socket.AF_INET6)

# A TLS alert in the clear, or two encrypted bytes, which is an alert as well (RFC 8446, 5.2): the
# farewell of a connection. It carries nothing, and refusing it would fail whoever closes a client.
ALERT = b"\x15\x03"
ENCRYPTED_ALERT = b"\x17\x03\x03\x00\x13"


def check_address(sock: Any, address: Any, *, sends: bool = False) -> None:
    """Judge a call that names the address it wants to reach; other families pass."""
    if not is_watched() or sock.family not in NETWORK or not _is_origin(address):
        return
    if sends:
        check_send(address[0], address[1], connected=False)
        return
    try:
        check_connect(address[0], address[1])
    except NetworkRefusedError:
        # Most stacks close a socket that cannot connect on an OSError only, and would leak this one.
        sock.close()
        raise


def check_peer(sock: Any, data: Any) -> None:
    """Judge what is about to be sent over a connected socket."""
    if not is_watched() or sock.family not in NETWORK or _is_farewell(data):
        return
    try:
        peer = sock.getpeername()
    except OSError:
        return  # It is not connected, so it cannot send either.
    check_send(peer[0], peer[1], getattr(sock, "server_hostname", None))


def check_target(host: Any, port: Any, sock: Any) -> None:
    """Judge a connection that an event loop is asked for, by name or over a socket that is there."""
    if host is not None:
        check_connect(host, port)
    elif sock is not None:
        check_peer(sock, b"")


def check_transport(transport: Any, data: Any, address: Any = None) -> None:
    """Judge what is about to be written to an event loop's transport, or sent from it to an address."""
    if transport is None or not is_watched() or _is_farewell(data):
        return
    peer = address or transport.get_extra_info("peername")
    if _is_origin(peer):
        name = getattr(transport.get_extra_info("ssl_object"), "server_hostname", None)
        check_send(peer[0], peer[1], name, connected=address is None)


def _is_origin(address: Any) -> bool:
    return isinstance(address, tuple) and len(address) > 1 and isinstance(address[0], str | bytes | bytearray)


def _is_farewell(data: Any) -> bool:
    try:
        view = memoryview(data).cast("B")
    except (TypeError, ValueError):
        return False
    start = bytes(view[:5])
    return start.startswith(ALERT) or (start == ENCRYPTED_ALERT and len(view) == len(start) + start[-1])
