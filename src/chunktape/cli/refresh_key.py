"""Where a recorded request goes when it is sent again, and with whose key: names of variables, never values.

A key goes only to whom it is for: to the host that it is known for, over TLS, or where the caller says.
Anyone can own a resource of Azure's, so its keys go to the endpoint that the caller names alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit

from chunktape.calls.cost_provider import provider_of
from chunktape.tape.encoding import decoder
from chunktape.tape.origin import origin_of
from chunktape.tape.secret_field import is_secret_parameter
from chunktape.tape.secret_resource import without_resource
from chunktape.wire.message import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.wire.message import Headers

__all__ = ["CREDENTIALS", "LOOPBACK", "Access", "Destination"]

CREDENTIALS = frozenset({"authorization", "api-key", "x-api-key"})
"""The headers in which keys are put back."""
_MARK = re.compile(r"<redacted\.*>")
# They are those of the connection, and made anew.
_MADE_ANEW = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "keep-alive"})
_NO_HEADER = re.compile(r"[^\x20-\x7e]|^ | $")
_URL = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?(?:[/?#][\x21-\x7e]*)?")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Who is asked in the clear, and without a proxy."""
# As the providers' own SDKs and documentation call them; who is not here is named with --key.
# Of several, the first that is set counts.
_VARIABLES: dict[tuple[str, str], tuple[str, ...]] = {
    ("openai", "authorization"): ("OPENAI_API_KEY",),
    ("anthropic", "x-api-key"): ("ANTHROPIC_API_KEY",),
    # anthropic 2.12 sends keys and tokens alike in this header, and looks for them in this order.
    ("anthropic", "authorization"): ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
    ("openrouter", "authorization"): ("OPENROUTER_API_KEY",),
    ("groq", "authorization"): ("GROQ_API_KEY",),
    ("mistral", "authorization"): ("MISTRAL_API_KEY",),
    ("deepseek", "authorization"): ("DEEPSEEK_API_KEY",),
    ("together", "authorization"): ("TOGETHER_API_KEY",),
    ("xai", "authorization"): ("XAI_API_KEY",),
}
_WANTED = {"openai": "authorization", "anthropic": "x-api-key", "azure": "api-key"}
"""What a recording lacks whose headers another tool has left out."""


class Destination(NamedTuple):
    """A request as it is sent, key and all, which is not to be shown; and what may be.

    `key` names the variable whose value it takes along, `via` what told the address where the recording
    does not, and `left_out` the headers whose values redaction has taken, or that cannot be sent.
    """

    request: Request
    key: str | None
    via: str | None
    left_out: tuple[str, ...]


class Access:
    """The keys and endpoints of an environment, and those that a caller names.

    `keys` are names of variables by host (``HOST`` or ``HOST:PORT``), where an empty one says that none is
    needed; `endpoints` are origins by recorded host.
    """

    def __init__(
        self, environ: Mapping[str, str], *, keys: Mapping[str, str], endpoints: Mapping[str, str]
    ) -> None:
        self._environ = environ
        self._keys = keys
        self._endpoints = endpoints

    def destination(self, request: Request) -> Destination | str:
        """Return how a recorded request is sent again, or why it cannot be."""
        if origin_of(request.url) is None or _URL.fullmatch(request.url or "") is None:
            return "its address is none that can be asked"
        recorded = urlsplit(request.url or "")
        if (lost := _redacted_part(request, recorded)) is not None:
            return f"{lost} was redacted, and nobody can put it back"
        found = self._target(recorded)
        if isinstance(found, str):
            return found
        target, via = found
        headers, left_out = _kept(request)
        wanted = [name for name, _ in request.headers if name.lower() in CREDENTIALS]
        key = self._key(recorded, target, via, [one.lower() for one in wanted])
        if isinstance(key, str):
            return key
        url = target._replace(path=recorded.path, query=recorded.query, fragment="").geturl()
        put = tuple((name, _told(name, self._environ[variable])) for name, variable in key)
        names = " ".join(dict.fromkeys(variable for _, variable in key))
        sent = Request(request.method, url, (*headers, *put), request.body)
        return Destination(sent, names or None, via, left_out)

    def _target(self, recorded: SplitResult) -> tuple[SplitResult, str | None] | str:
        """Return whom to ask, and what told so where it was not the recording."""
        named = next((one for one in _names(recorded) if one in self._endpoints), None)
        if named is not None:
            return urlsplit(self._endpoints[named]), "--endpoint"
        host = recorded.hostname or ""
        if without_resource(host) == host:
            return recorded, None
        # Whoever's resource it is: a cassette may come from anyone, and the key is the caller's.
        variable = f"{_azure(recorded)}_ENDPOINT"
        endpoint = self._environ.get(variable, "")
        told = urlsplit(endpoint)
        if told.scheme in {"http", "https"} and told.hostname:
            if host.startswith("redacted.") or host == told.hostname:
                return told, variable
            return f"it was sent to another resource of Azure's than {variable} names"
        return f"whose resource it was sent to is not recorded: set {variable}, or --endpoint {host}=URL"

    def _key(
        self, recorded: SplitResult, target: SplitResult, via: str | None, wanted: list[str]
    ) -> list[tuple[str, str]] | str:
        """Return the headers with the variables whose values they take, or why there are none."""
        named = next((self._keys[one] for one in _names(recorded, target) if one in self._keys), None)
        provider = provider_of(recorded.geturl())
        if named == "" or (not wanted and named is None and provider not in _WANTED):
            return []
        if not wanted:
            wanted = [_WANTED.get(provider or "", "authorization")]
        found: list[tuple[str, str]] = []
        for header in wanted:
            variable = named or self._known(provider, header, recorded, target, via)
            if variable is None:
                place = _names(recorded)[0]
                return f"no key is known for it: --key {place}=VARIABLE, or --key {place}= for none"
            if (wrong := self._wrong_with(variable)) is not None:
                return wrong
            found.append((header, variable))
        if not named and target.scheme != "https" and target.hostname not in LOOPBACK:
            return "its key would be sent in the clear, without TLS"
        return found

    def _wrong_with(self, variable: str) -> str | None:
        """Return why the value of a variable is no key."""
        value = self._environ.get(variable, "")
        if not value:
            return f"its key is missing: set {variable}"
        unfit = _NO_HEADER.search(value) is not None
        return f"the value of {variable} has a character that no header may have" if unfit else None

    def _known(
        self, provider: str | None, header: str, recorded: SplitResult, target: SplitResult, via: str | None
    ) -> str | None:
        if provider == "azure":
            return self._of_azure(header, recorded) if via is not None else None
        moved = via is not None or target.scheme != "https" or target.port not in {None, 443}
        names = () if moved else _VARIABLES.get((provider or "", header), ())
        return next((one for one in names if self._environ.get(one)), names[0] if names else None)

    def _of_azure(self, header: str, recorded: SplitResult) -> str:
        name = _azure(recorded)
        if name == "AZURE_INFERENCE":
            return "AZURE_INFERENCE_CREDENTIAL"
        # Its v1 paths take a key like OpenAI does; elsewhere that header holds a token of Entra.
        entra = header == "authorization" and not recorded.path.startswith("/openai/v1/")
        return "AZURE_OPENAI_AD_TOKEN" if entra else "AZURE_OPENAI_API_KEY"


def _azure(recorded: SplitResult) -> str:
    return "AZURE_OPENAI" if recorded.path.startswith("/openai/") else "AZURE_INFERENCE"


def _names(*places: SplitResult) -> list[str]:
    """Return what a caller may call hosts: with their ports, and without."""
    found: list[str] = []
    for place in places:
        host, port = place.hostname or "", place.port
        found += [f"{host}:{port}", host] if port is not None else [host]
    return found


def _redacted_part(request: Request, recorded: SplitResult) -> str | None:
    """Return what of a request redaction has taken, but for its headers and its host."""
    if _MARK.search(request.body.decode("latin-1")):
        return "a part of its body"
    if "redacted" in recorded.path:
        return "a part of its address"
    secret = any(is_secret_parameter(name) for name, _ in parse_qsl(recorded.query, keep_blank_values=True))
    return "a part of its query" if secret or "redacted" in recorded.query else None


def _kept(request: Request) -> tuple[Headers, tuple[str, ...]]:
    """Return the headers that are sent as they were, and the names of those that cannot be."""
    kept: list[tuple[str, str]] = []
    left_out: list[str] = []
    for name, value in request.headers:
        lowered = name.lower()
        if lowered in _MADE_ANEW or lowered in CREDENTIALS:
            continue
        if _MARK.search(value) or _NO_HEADER.search(name + value):
            left_out.append(lowered)
        elif lowered == "accept-encoding":
            kept.append((name, _decodable(value)))
        else:
            kept.append((name, value))
    return tuple(kept), tuple(left_out)


def _decodable(accepted: str) -> str:
    """Return those of the accepted encodings that can be undone here, whoever recorded it could do."""
    words = [one.strip() for one in accepted.split(",")]
    return ", ".join(one for one in words if decoder(one.partition(";")[0]) is not None) or "identity"


def _told(header: str, value: str) -> str:
    return f"Bearer {value}" if header == "authorization" and " " not in value else value
