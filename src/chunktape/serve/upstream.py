"""`Upstreams`: where a request goes that is to be recorded, and which variables lead clients here.

A base URL of ours says whose it is by its first part, ``/=openai``, and what follows is put behind the
upstream's own. Without that, the path and the headers tell the provider.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from chunktape.errors import ConfigurationError, did_you_mean, shorten
from chunktape.serve.gate import is_loopback
from chunktape.serve.operation import operation_of
from chunktape.wire.message import Request, header

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chunktape.serve.arrival import Arrival
    from chunktape.wire.message import Headers

__all__ = ["Upstream", "Upstreams"]

_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
# Where a variable is set, it is what the command would have asked. The openai and anthropic SDKs read
# theirs themselves; azure-ai-inference reads none, and its samples use these.
_VARIABLES = {
    "openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    "anthropic": ("ANTHROPIC_BASE_URL",),
    "azure": ("AZURE_AI_ENDPOINT", "AZURE_AI_CHAT_ENDPOINT", "AZURE_INFERENCE_ENDPOINT"),
    "azure-openai": ("AZURE_OPENAI_ENDPOINT",),
}
# openai-python `_client.py`, anthropic-sdk-python `_client.py`
_USUAL = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
_PORTS = {"http": 80, "https": 443}
# Of the connection between the client and this server (RFC 9110 §7.6.1).
_OF_THE_WAY = frozenset({"keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"})


class Upstream(NamedTuple):
    """A provider's base URL, and what it is called here."""

    name: str
    url: str


class Upstreams:
    """The providers that requests are sent on to.

    `named` are texts such as ``openai=https://api.openai.com/v1``; one without a name is where everything
    goes. Providers that are not named have the address of their variable, or their usual one. Raises
    `ConfigurationError` for what is no URL.
    """

    def __init__(self, named: Iterable[str] = (), environ: Mapping[str, str] = os.environ) -> None:
        self._all: str | None = None
        self._urls: dict[str, str] = dict(_USUAL)
        for name, variables in _VARIABLES.items():
            if (found := next((environ[one] for one in variables if environ.get(one)), None)) is not None:
                self._urls[name] = _checked(found, name)
        for text in named:
            name, is_named, url = text.partition("=")
            if not is_named or not _NAME.fullmatch(name):
                self._all = _checked(text, None)
            else:
                self._urls[name] = _checked(url, name)

    @property
    def known(self) -> tuple[Upstream, ...]:
        """The providers that can be asked."""
        if self._all is not None:
            return (Upstream("all", self._all),)
        return tuple(Upstream(name, url) for name, url in self._urls.items())

    def require_elsewhere(self, port: int) -> None:
        """Raise `ConfigurationError` where an upstream is a server on this port itself."""
        for name, url in self.known:
            parts = urlsplit(url)
            if is_loopback(parts.hostname or "") and (parts.port or _PORTS[parts.scheme]) == port:
                variables = [
                    one for one in _VARIABLES.get(name, ()) if os.environ.get(one, "").rstrip("/") == url
                ]
                source = f"\n  it stands in {variables[0]}" if variables else ""
                raise ConfigurationError(
                    f"The upstream {name} is this server itself: {_shown(url)}{source}\n"
                    f"  way out: --upstream {name}=URL, with the address of the provider"
                )

    def variables(self, origin: str, mark: str = "") -> dict[str, str]:
        """Return the variables that lead clients to this origin; `mark` goes in front of the paths."""
        told: dict[str, str] = {}
        for name in dict.fromkeys([*_VARIABLES, *self._urls]):
            if self._all is None and name not in self._urls:
                continue
            place = self._place(origin + mark, name)
            usual = (f"{name.upper().replace('-', '_')}_BASE_URL",)
            told |= dict.fromkeys(_VARIABLES.get(name, usual), place)
        return told

    def _place(self, origin: str, name: str) -> str:
        if self._all is None:
            return f"{origin}/={name}"
        # Everything goes to one address, whose path clients are told as theirs.
        return origin + urlsplit(self._all).path.rstrip("/")

    def aim(self, arrival: Arrival) -> Request:
        """Return a request as it is sent on; raises `ConfigurationError` where nobody is to be asked."""
        request, base = arrival.request, self._base(arrival)
        path = arrival.path if arrival.upstream is not None else _behind(base, arrival.path)
        url = f"{base}{path}{'?' if arrival.query else ''}{arrival.query}"
        return Request(request.method, url, _headers(request, urlsplit(url).netloc), request.body)

    def _base(self, arrival: Arrival) -> str:
        if self._all is not None:
            return self._all
        name = arrival.upstream or self._guess(arrival)
        if name not in self._urls:
            known = ", ".join(self._urls)
            raise ConfigurationError(
                f"No upstream is called {shorten(name)!r}{did_you_mean(name, self._urls)}\n  known: {known}\n"
                f"  way out: --upstream {shorten(name)}=https://…"
            )
        return self._urls[name]

    def _guess(self, arrival: Arrival) -> str:
        headers = arrival.request.headers
        operation = operation_of(arrival.path, arrival.query)
        if operation.flavor == "anthropic" or header(headers, "anthropic-version") is not None:
            return "anthropic"
        if operation.flavor != "azure":
            return "openai"
        return "azure-openai" if arrival.path.startswith("/openai/") else "azure"


def _behind(base: str, path: str) -> str:
    """Return what of a path comes behind a base URL that may end as the path begins, as in ``…/v1``."""
    ends, parts = urlsplit(base).path.split("/")[1:], path.split("/")[1:]
    shared = max((n for n in range(len(ends) + 1) if ends[len(ends) - n :] == parts[:n]), default=0)
    return "/" + "/".join(parts[shared:])


def _checked(url: str, name: str | None) -> str:
    """Return a base URL without the slash at its end."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        meant = f"{name}=URL" if name else "NAME=URL, or a URL"
        raise ConfigurationError(
            f"The upstream {shorten(_shown(url))!r} is no URL\n"
            f"  an upstream is written {meant}: --upstream {name or 'openai'}=https://api.openai.com/v1"
        )
    return url.rstrip("/")


def _shown(url: str) -> str:
    """Return a URL without what may be a password or a key."""
    return re.sub("//[^/]*@", "//", url.partition("?")[0])


def _headers(request: Request, host: str) -> Headers:
    """Return the headers as the client would have sent them to the upstream itself."""
    kept = [(name, host if name == "host" else value) for name, value in request.headers]
    kept = [one for one in kept if one[0] not in _OF_THE_WAY]
    # What most clients send, and a recording of theirs would hold.
    kept = [one for one in kept if one[0] != "connection" or one[1].lower() == "keep-alive"]
    if request.body and header(request.headers, "content-length") is None:
        kept.append(("content-length", str(len(request.body))))
    return tuple(kept)
