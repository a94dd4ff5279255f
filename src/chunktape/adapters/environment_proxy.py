"""The proxies of the environment: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, and ``NO_PROXY``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from chunktape.adapters.address import is_local
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Ways"]

T = TypeVar("T")


class Ways(Generic[T]):
    """The transports to go by: one to the host itself, and one through each proxy that is `found`.

    `build` makes one for a proxy, or (None) without. What is on this machine is never asked for through
    a proxy. Raises `ConfigurationError` for a proxy that cannot be used.
    """

    def __init__(self, build: Callable[[str | None], T], *, found: bool) -> None:
        self.direct = build(None)
        # As httpx2 reads them, which the SDKs send with (`_utils.py`, `get_environment_proxies`).
        named = getproxies() if found else {}
        proxies = {scheme: named[scheme] for scheme in ("http", "https", "all") if named.get(scheme)}
        self._through = {scheme: _built(build, scheme, url) for scheme, url in proxies.items()}

    def to(self, url: str | None) -> T:
        """Return the way to a URL."""
        parts = urlsplit(url or "")
        here = not self._through or is_local(parts.hostname or "")
        if here or proxy_bypass(parts.netloc.rpartition("@")[2]):
            return self.direct
        return self._through.get(parts.scheme, self._through.get("all", self.direct))

    def __iter__(self) -> Iterator[T]:
        return iter((self.direct, *self._through.values()))


def _built(build: Callable[[str | None], T], scheme: str, url: str) -> T:
    variable = f"{scheme.upper()}_PROXY"
    try:
        return build(url if "://" in url else f"http://{url}")
    # Of what stands there, which may be a password, nothing is told.
    except ImportError:
        why = "it is one of SOCKS, for which httpx2 needs the package socksio"
    except Exception as error:  # noqa: BLE001 - ValueError, or httpx2's own for addresses
        why = f"its address is none ({type(error).__name__})"
    raise ConfigurationError(
        f"Nothing can be sent by the proxy of {variable}: {why}\n"
        f"  way out: set {variable} to http://HOST:PORT, or take it out of the environment"
    )
