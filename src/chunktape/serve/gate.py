"""Who may ask: programs on this machine, and pages that were loaded from it.

A page of any site can make a browser send requests to 127.0.0.1, and a name of its own that is made to
point there (DNS rebinding) lets it read the answers as well. The name that was asked for tells them apart.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["forbidden", "may_share"]

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]/?#@\s]+)(?::\d{1,5})?", re.IGNORECASE)


def forbidden(hosts: Collection[str], host: str | None, origin: str | None) -> str | None:
    """Return why a request is turned away, by its headers ``host`` and ``origin``; None where it is not."""
    name = _name(host)
    if name is None or not _is_known(name, hosts):
        return (
            f"This server answers to loopback addresses only, not to {shorten(host or 'no name at all')!r}\n"
            "  way out: ask for 127.0.0.1 or localhost, or start it with "
            f"--allow-host {shorten(name or 'NAME')}"
        )
    if origin is not None and not may_share(hosts, origin):
        return (
            f"This server answers pages from loopback addresses only, not one of {shorten(origin)!r}\n"
            f"  way out: start it with --allow-host {shorten(_origin_host(origin) or 'NAME')}"
        )
    return None


def may_share(hosts: Collection[str], origin: str) -> bool:
    """Return whether a page of this origin may read the answers."""
    name = _origin_host(origin)
    return name is not None and _is_known(name, hosts)


def _origin_host(origin: str) -> str | None:
    try:
        return urlsplit(origin).hostname
    except ValueError:
        return None


def _name(host: str | None) -> str | None:
    found = _HOST.fullmatch(host or "")
    return None if found is None else found["name"].strip("[]").lower().removesuffix(".")


def _is_known(name: str, hosts: Collection[str]) -> bool:
    # RFC 6761 §6.3: names below `localhost` lead to the loopback interface.
    if name == "localhost" or name.endswith(".localhost") or name in hosts:
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
