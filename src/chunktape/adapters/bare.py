"""The doors of HTTP stacks that chunktape does not record, watched above their sockets while it records.

What the adapters send comes through here too, and through the same sockets: later, from tasks and
pools that outlive the call, where nobody can tell any more whose it was. Here it can be told, because
all of it runs where the caller is. Raw sockets are not watched while recording. Noise gets the error
that its stack has for a connection that was refused.
"""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from chunktape.adapters.verdict import check_request
from chunktape.errors import NoiseRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chunktape.adapters.patch import Patches

__all__ = ["watch_aiohttp", "watch_http_client", "watch_urllib3"]


def watch_http_client(patches: Patches, module: Any) -> None:
    """Watch ``http.client``, which urllib.request and xmlrpc ask as well, and urllib3 without its pools."""
    patches.replace(module.HTTPConnection, "putrequest", _putrequest)


def watch_urllib3(patches: Patches, module: Any) -> None:
    """Watch urllib3, whose pools connect before they come to ``http.client``."""
    patches.replace(
        module.HTTPConnectionPool, "urlopen", partial(_urlopen, refused=module.NewConnectionError)
    )


def watch_aiohttp(patches: Patches, module: Any) -> None:
    """Watch aiohttp's sessions."""
    patches.replace(module.ClientSession, "_request", partial(_request, refused=module.ClientOSError))


def _putrequest(original: Any) -> Any:
    @wraps(original)
    def putrequest(self: Any, method: Any, url: Any, *args: Any, **options: Any) -> Any:
        # Through a tunnel, it is not the host that it is connected with. The name is private; without
        # it the proxy is named.
        tunnel = getattr(self, "_tunnel_host", None)
        host, port = (tunnel, getattr(self, "_tunnel_port", None)) if tunnel else (self.host, self.port)
        _check(method, url, host, port)
        return original(self, method, url, *args, **options)

    return putrequest


def _urlopen(original: Any, *, refused: Callable[..., Exception]) -> Any:
    @wraps(original)
    def urlopen(self: Any, method: Any, url: Any, *args: Any, **options: Any) -> Any:
        try:
            _check(method, url, self.host, self.port)
        except NoiseRefusedError as error:
            raise refused(self, str(error)) from error
        return original(self, method, url, *args, **options)

    return urlopen


def _request(original: Any, *, refused: Callable[..., Exception]) -> Any:
    @wraps(original)
    async def request(self: Any, method: Any, str_or_url: Any, **options: Any) -> Any:
        _check_session(self, method, str(str_or_url), refused)
        return await original(self, method, str_or_url, **options)

    return request


def _check_session(session: Any, method: Any, url: str, refused: Callable[..., Exception]) -> None:
    # Other connectors (Unix sockets, those of tests) go nowhere by the name of a host.
    if not hasattr(session.connector, "clear_dns_cache"):
        return
    try:
        # A private name; without it what is relative passes.
        _check(method, urljoin(str(getattr(session, "_base_url", None) or ""), url), None, None)
    except NoiseRefusedError as error:
        raise refused(error.errno, str(error)) from error


def _check(method: Any, url: Any, host: Any, port: Any) -> None:
    """Judge a request: what its URL says about the host goes before what it is connected with."""
    try:
        parts = urlsplit(url.decode("latin-1") if isinstance(url, bytes) else str(url))
        origin = (parts.hostname, parts.port or _PORTS.get(parts.scheme))
    except ValueError:
        return  # It is no URL to its stack either.
    if origin[0] is None:
        origin = (host, port)
    if origin[0] is not None:
        check_request(str(method).upper(), *origin, parts.path or "/")


_PORTS = {"http": 80, "https": 443}
