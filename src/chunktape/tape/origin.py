"""Where requests go: hosts and ports, as the guard knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.tap import Tap

__all__ = ["origin_of", "origins_of"]

DEFAULT_PORTS = {"http": 80, "https": 443}


def origins_of(exchanges: Iterable[Interaction | Tap]) -> frozenset[tuple[str, int]]:
    """Return the hosts, in lower case, and ports that these were asked of."""
    found = (origin_of(one.request.url) for one in exchanges)
    return frozenset(one for one in found if one is not None)


def origin_of(url: str | None) -> tuple[str, int] | None:
    """Return the host, in lower case, and the port of a URL, or None where it has none."""
    try:
        parts = urlsplit(url or "")
        return (parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme, 0)) if parts.hostname else None
    except ValueError:  # a foreign cassette may hold any text here; such a URL has no origin to guard
        return None
