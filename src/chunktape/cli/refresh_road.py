"""`Roads`: the network as the environment says that it is reached, for no longer than anybody waits."""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from chunktape.adapters.live import LiveTransport
from chunktape.cli.refresh_key import LOOPBACK
from chunktape.errors import ConfigurationError, TransportError
from chunktape.tape.limit import SIZE
from chunktape.wire.message import Failure
from chunktape.wire.transport import Reply, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.wire.message import Chunk, Request

__all__ = ["Roads"]

_WAITS = 6
_MOST = SIZE


class Roads(Transport):
    """Sends directly or by the proxy that HTTPS_PROXY, ALL_PROXY and NO_PROXY name, as the SDKs do.

    `timeout` is for each wait, in seconds. A reply that goes on for six times as long is broken off, and
    so is one that no cassette could hold: who trickles is never silent.
    """

    def __init__(self, *, timeout: float) -> None:
        self._timeout = timeout
        self._lock = Lock()
        self._direct = LiveTransport(timeout=timeout)
        self._by: dict[str, LiveTransport] = {}

    def send(self, request: Request) -> Reply:
        """Return the reply; raises `TransportError` where no head came."""
        end = monotonic() + _WAITS * self._timeout
        return _Bounded(self._road(request.url or "").send(request), end)

    def close(self) -> None:
        """Close the connections."""
        for one in (self._direct, *self._by.values()):
            one.close()

    def _road(self, url: str) -> LiveTransport:
        parts = urlsplit(url)
        proxies = getproxies()
        name = next((one for one in (parts.scheme, "all") if proxies.get(one)), None)
        if name is None or parts.hostname in LOOPBACK or proxy_bypass(parts.netloc):
            return self._direct
        proxy = proxies[name] if "://" in proxies[name] else f"http://{proxies[name]}"
        with self._lock:
            if proxy not in self._by:
                self._by[proxy] = self._through(proxy, f"{name.upper()}_PROXY")
            return self._by[proxy]

    def _through(self, proxy: str, variable: str) -> LiveTransport:
        try:
            return LiveTransport(timeout=self._timeout, proxy=proxy)
        # Of what stands there, which may be a password, nothing is told.
        except ImportError:
            why = "it is one of SOCKS, for which httpx2 needs the package socksio"
        except Exception as error:  # noqa: BLE001 - ValueError, or httpx2's own for addresses
            why = f"its address is none ({type(error).__name__})"
        raise ConfigurationError(
            f"Nothing can be sent by the proxy of {variable}: {why}\n"
            f"  way out: set {variable} to http://HOST:PORT, or name the hosts to ask directly in NO_PROXY"
        )


class _Bounded(Reply):
    """A reply that does not go on for ever."""

    def __init__(self, reply: Reply, end: float) -> None:
        self.head = reply.head
        self._reply = reply
        self._end = end

    def __iter__(self) -> Iterator[Chunk]:
        left = _MOST
        for chunk in self._reply:
            left -= len(chunk.data)
            if left < 0 or monotonic() > self._end:
                why = "it is bigger than a cassette may be" if left < 0 else "it went on for too long"
                raise TransportError(Failure("other" if left < 0 else "timeout", "", why))
            yield chunk

    def close(self) -> None:
        self._reply.close()
