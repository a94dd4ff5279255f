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
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Collection

    from chunktape.wire.message import Headers

__all__ = ["forbidden", "is_loopback", "may_share"]

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]/?#@\s]+)(?::\d{1,5})?", re.IGNORECASE)


def forbidden(hosts: Collection[str], headers: Headers) -> str | None:
    """Return why a request is turned away, by whom it asks for and whence it comes; None where it is not."""
    host, origin = header(headers, "host"), header(headers, "origin")
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
    if origin is None and _is_embedded_elsewhere(headers):
        return (
            "This server answers no pictures and scripts of pages from elsewhere\n"
            "  way out: let the page ask with fetch, and start the server with --allow-host NAME"
        )
    return None


def _is_embedded_elsewhere(headers: Headers) -> bool:
    # Such requests have no origin (https://www.w3.org/TR/fetch-metadata/). What a person opens is theirs.
    mode = header(headers, "sec-fetch-mode")
    return header(headers, "sec-fetch-site") == "cross-site" and mode != "navigate"


def may_share(hosts: Collection[str], origin: str) -> bool:
    """Return whether a page of this origin may read the answers."""
    name = _origin_host(origin)
    return name is not None and _is_known(name, hosts)


def _origin_host(origin: str) -> str | None:
    try:
        name = urlsplit(origin).hostname
    except ValueError:
        return None
    return None if name is None else name.removesuffix(".")


def _name(host: str | None) -> str | None:
    found = _HOST.fullmatch(host or "")
    return None if found is None else found["name"].strip("[]").lower().removesuffix(".")


def _is_known(name: str, hosts: Collection[str]) -> bool:
    return name in hosts or is_loopback(name)


def is_loopback(name: str) -> bool:
    """Return whether a name leads to this machine, and nowhere else, whoever resolves it."""
    # RFC 6761 §6.3: names below `localhost` lead to the loopback interface.
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
