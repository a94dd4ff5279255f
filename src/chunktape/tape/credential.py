"""The credentials of one exchange: what its request authenticates with, known letter by letter.

The rest of the exchange may repeat it: an error message, an echo, a URL.
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from chunktape.tape.header_list import kept_in_request, tells_no_secret
from chunktape.tape.secret import SHORTEST, Literal, is_words, literal
from chunktape.tape.secret_field import is_secret_parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.wire.message import Headers, Request

__all__ = ["credentials", "own_cookies"]

SHORTEST_PASSWORD = 8
"""A password that is no word counts from here on, as nobody but its owner would write it."""
SHORTEST_DROPPED = 12
"""The value of any other header that is not kept counts from here on."""

_CREDENTIAL_HEADERS = frozenset({
    "authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key", "x-auth-token",
    "ocp-apim-subscription-key",
})  # fmt: skip  # read as a table
# Signs that are structure nowhere: neither in JSON nor in an event stream.
_DROPPED = re.compile(rf"[A-Za-z0-9._~+/=:@$!*-]{{{SHORTEST_DROPPED},}}")
# Models and dates beside words: gpt-4o-mini, claude-3-5-sonnet-20241022.
_MODEL = re.compile(r"\d{1,4}[a-z]{1,3}|20\d{6}")
_RESPONSE = re.compile(r'\bresponse="?([0-9A-Fa-f]{16,})')
_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]+)@")


def credentials(request: Request) -> tuple[Literal, ...]:
    """Return the secrets that a request carries in its headers and its URL."""
    found: tuple[Literal, ...] = ()
    for name, value in request.headers:
        if _may_tell(name):
            found += _in_header(name, value)
    if request.url and found:
        # An address that a header repeats is none.
        origin = "/".join(request.url.split("/", 3)[:3])
        found = tuple(known for known in found if known.lasting or known.value not in origin)
    if request.url and ("?" in request.url or "@" in request.url):
        found += _in_url(request.url)
    return found


def own_cookies(headers: Headers) -> tuple[Literal, ...]:
    """Return the secrets that a reply sets as cookies."""
    values = [
        value.partition(";")[0].partition("=")[2].strip()
        for name, value in headers
        if name.lower() == "set-cookie"
    ]
    return tuple(
        literal("the credential in set-cookie", value, lasting=False)
        for value in values
        if len(value) >= SHORTEST and _is_dropped_secret(value)
    )


@lru_cache(maxsize=1024)
def _may_tell(name: str) -> bool:
    """Return whether a header of that name may hold a secret; most hold none, whatever their value."""
    lowered = name.lower()
    known = lowered == "cookie" or lowered in _CREDENTIAL_HEADERS
    return not kept_in_request(name) and (known or not tells_no_secret(lowered))


@lru_cache(maxsize=1024)
def _in_header(name: str, value: str) -> tuple[Literal, ...]:
    lowered = name.lower()
    if lowered == "cookie":
        pairs = [pair.partition("=")[2].strip() for pair in value.split(";")]
        return (*_long(lowered, *pairs), *_dropped(lowered, *pairs))
    if lowered in _CREDENTIAL_HEADERS:
        return tuple(_in_credential(lowered, value))
    return _dropped(lowered, value.strip(), value.rpartition(" ")[2])


def _in_credential(name: str, value: str) -> Iterator[Literal]:
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() == "digest":
        # All else of it is the server's own, or the address.
        yield from _long(name, *_RESPONSE.findall(rest))
        return
    last = value.rpartition(" ")[2]
    yield from _long(name, last)
    yield from _dropped(name, last)
    if scheme.lower() == "basic":
        yield from _password(name, _decode(rest.strip()))


@lru_cache(maxsize=1024)
def _in_url(url: str) -> tuple[Literal, ...]:
    query = parse_qsl(url.partition("#")[0].partition("?")[2])
    # What redaction left of a value is no secret any more.
    secret = [(name, value) for name, value in query if is_secret_parameter(name) and "redacted" not in value]
    found = [one for name, value in secret for one in _long(name, value)]
    if match := _USERINFO.match(url):
        found += _password("the URL", unquote(match[1]))
    return tuple(found)


def _long(name: str, *values: str) -> tuple[Literal, ...]:
    return tuple(literal(f"the credential in {name}", value) for value in values if len(value) >= SHORTEST)


def _dropped(name: str, *values: str) -> tuple[Literal, ...]:
    return tuple(
        literal(f"the value of {name}", value, lasting=False)
        for value in dict.fromkeys(values)
        if _is_dropped_secret(value)
    )


def _is_dropped_secret(value: str) -> bool:
    if _DROPPED.fullmatch(value) is None:
        return False
    parts = re.split(r"[^A-Za-z0-9]+", value)
    return not is_words(" ".join(part for part in parts if not _MODEL.fullmatch(part)))


def _password(name: str, pair: str) -> Iterator[Literal]:
    password = pair.partition(":")[2]
    for value in (pair, password):
        if len(value) >= SHORTEST or (len(value) >= SHORTEST_PASSWORD and not is_words(value)):
            yield literal(f"the credential in {name}", value)


def _decode(text: str) -> str:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return ""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
