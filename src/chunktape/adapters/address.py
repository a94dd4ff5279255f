"""Hosts and ports, and which of them never leave this machine.

Pure questions about text and the environment; nothing here looks a name up.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

__all__ = ["LOCAL_NAMES", "host_text", "is_local", "is_numeric", "local_ports", "local_proxies", "shown"]

PROXY_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy")
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")  # all of them are this machine
DEFAULT_PORTS = {"http": 80, "https": 443}
SOCKS_PORT = 1080


def host_text(host: Any) -> str:
    """Return a host, as any of the socket calls take it, in lower case; None is the empty host."""
    if host is None:
        return ""
    text = host if isinstance(host, str) else bytes(host).decode("utf-8", "replace")
    return text.lower().rstrip(".")


def is_numeric(host: str) -> bool:
    """Return whether a host is an address, which needs no look-up."""
    return _address(host) is not None


def is_local(host: str) -> bool:
    """Return whether a host is this machine: loopback, unspecified, ``localhost`` or its own name."""
    if host in {"", "localhost"} or host.endswith(".localhost"):
        return True
    address = _address(host)
    if address is None:
        return host == socket.gethostname().lower()
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


@lru_cache(maxsize=64)
def local_ports(origins: frozenset[tuple[str, int]]) -> frozenset[int]:
    """Return the ports of those origins that are on this machine, by whatever name it goes."""
    return frozenset(port for host, port in origins if is_local(host))


def local_proxies() -> dict[int, str]:
    """Return the ports of the environment's proxies on this machine, with the variable that names each."""
    found: dict[int, str] = {}
    for variable in PROXY_VARIABLES:
        value = os.environ.get(variable)
        origin = _proxy_origin(value) if value else None
        if origin is not None and is_local(origin[0]):
            found.setdefault(origin[1], variable)
    return found


def shown(host: str, port: Any) -> str:
    """Return ``host:port`` as a person writes it, or the host alone where no port is known."""
    name = f"[{host}]" if ":" in host else host
    number = port.decode("ascii", "replace") if isinstance(port, bytes) else port
    return name if number in {None, "", 0, "0"} else f"{name}:{number}"


@lru_cache(maxsize=256)
def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    # 127.1 and 0x7f000001 are addresses too, to everybody who connects.
    if not host[:1].isdigit() or " " in host:
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


@lru_cache(maxsize=16)
def _proxy_origin(value: str) -> tuple[str, int] | None:
    parts = urlsplit(value if "://" in value else f"http://{value}")
    try:
        port = parts.port
    except ValueError:
        return None
    return host_text(parts.hostname), port or DEFAULT_PORTS.get(parts.scheme, SOCKS_PORT)
