"""What is secret by its name: members of JSON, parameters of URLs and forms, parts of a multipart body.

Finds only, as `secret` does. A name that has other meanings as well counts where its value looks
like a credential: ``"token"`` is also what the log probabilities of a chat completion are given for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from chunktape.tape.secret import is_random

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Span = tuple[int, int]

__all__ = [
    "find_event_members",
    "find_members",
    "find_padded",
    "find_parameters",
    "find_parts",
    "find_quoted",
    "is_secret_parameter",
]

_PARAMETERS = frozenset({
    "key", "api_key", "api-key", "apikey", "x-api-key", "token", "access_token", "refresh_token", "id_token",
    "api_token", "apitoken", "auth", "sig", "signature", "code", "password", "passwd", "secret",
    "client_secret", "client_assertion", "subscription-key", "x-amz-signature", "x-amz-security-token",
    "x-amz-credential", "x-goog-signature", "csrf", "_csrf", "csrf_token", "csrftoken",
    "csrfmiddlewaretoken", "xsrf_token", "authenticity_token",
})  # fmt: skip  # read as a table
# Where an upload goes, and what a program says.
_NO_PARTS = frozenset({"key", "code"})
_PARAMETER = re.compile(rb"(?:^|(?<=[?&;#]))([^=&;#?]*)=([^&;#]+)")
_USERINFO = re.compile(rb"^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]+)@")

_CERTAIN = (
    rb"(?:x[_-])?(?:api[_-]?key|client[_-]?secret|(?:access|refresh|id|auth|api|bearer|session|security)[_-]?token"
    rb"|(?:aws[_-])?secret[_-]?(?:access[_-]?)?key|private[_-]?key|subscription[_-]?key"
)
_MEMBER = re.compile(
    rb'"' + _CERTAIN + rb"|(?:proxy[_-])?authorization(?:[_-]?token)?|passwd|password|[cx]srf[_-]?token)"
    rb'"\s*:\s*"(?P<secret>[^"\\]*(?:\\.[^"\\]*)*)"',
    re.IGNORECASE | re.DOTALL,
)
_MEMBER_MARKERS = ('key"', 'token"', 'secret"', 'authorization"', 'passwd"', 'password"')
# Without a backslash: no escape can be half inside.
_RANDOM_VALUE = rb'"\s*:\s*"(?P<secret>[A-Za-z0-9._~+/=:-]{16,})"'
_UNCERTAIN_MEMBER = re.compile(rb'"(?:token|secret)' + _RANDOM_VALUE, re.IGNORECASE)
_EVENT_MEMBER = re.compile(rb'"' + _CERTAIN + rb")" + _RANDOM_VALUE, re.IGNORECASE)

_BOUNDARY = re.compile(rb"\A--[^\r\n]{1,70}(?=\r?\n)")
_PART = re.compile(
    rb'\r?\n(?i:content-disposition: *form-data; *name=)(?:"([^"\r\n]*)"|([^";\r\n]+))[ ]*(?=\r?\n)'
    rb"(?:\r?\n[^\r\n]+)*(?:\r\n\r\n|\n\n)"
)
_QUOTED = re.compile(rb"(?:<|%(?:25)*3[Cc])redacted\.*(?:>|%(?:25)*3[Ee])")
_PADDED = re.compile(rb"<redacted\.+>")


def find_members(data: bytes) -> Iterator[Span]:
    """Yield where the values of secret members of a JSON text stand, without their quotes."""
    if _holds_one(data.lower(), _MEMBER_MARKERS):
        for match in _MEMBER.finditer(data):
            yield match.span("secret")
        yield from _random(_UNCERTAIN_MEMBER, data)


def find_event_members(data: bytes) -> Iterator[Span]:
    """Yield where such values stand in the JSON objects of an event stream.

    Only where the name has no other meaning, the value looks like a credential, and the member
    stands whole in one line: arguments that a model writes come in strings, piece by piece, and a
    member in a string has escaped quotes.
    """
    lowered = data.lower()
    if b"data:" in lowered and _holds_one(lowered, _MEMBER_MARKERS[:3]):
        for start, end in _random(_EVENT_MEMBER, data):
            line = max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) + 1
            if data.startswith((b"data:{", b"data: {"), line):
                yield start, end


def find_parameters(data: bytes) -> Iterator[Span]:
    """Yield where user information and the values of secret parameters of a URL or a form stand."""
    if b"@" in data and (match := _USERINFO.match(data)):
        yield match.span(1)
    if b"=" in data:
        for match in _PARAMETER.finditer(data):
            pairs = parse_qsl(match[1].decode("latin-1") + "=", keep_blank_values=True)
            if pairs and is_secret_parameter(pairs[0][0]):
                yield match.span(2)


def is_secret_parameter(name: str) -> bool:
    """Return whether a parameter of that name holds a secret."""
    return name.lower() in _PARAMETERS


def find_parts(data: bytes) -> Iterator[Span]:
    """Yield where the values of secret fields of a multipart form stand; files are none."""
    boundary = _BOUNDARY.match(data)
    if boundary is None:
        return
    for match in _PART.finditer(data, boundary.end()):
        name = (match[1] or match[2] or b"").decode("latin-1").strip().lower()
        is_secret = name not in _NO_PARTS and is_secret_parameter(name)
        is_secret = is_secret or _MEMBER.fullmatch(b'"' + name.encode("latin-1") + b'":""') is not None
        if is_secret:
            end = data.find(b"\n" + boundary[0], match.end() - 1)
            end = len(data) if end < 0 else end - (data[end - 1 : end] == b"\r")
            yield match.end(), max(end, match.end())


def find_quoted(data: bytes) -> Iterator[Span]:
    """Yield where a placeholder from a body stands in a URL, quoted or not.

    A client that takes an id from a replayed body and puts it into its next URL asks for the URL
    that was recorded with the id redacted.
    """
    if b"redacted" in data:
        for match in _QUOTED.finditer(data):
            yield match.span()


def find_padded(data: bytes) -> Iterable[Span]:
    """Return where a placeholder stands that had to fill several chunks of a reply."""
    return [match.span() for match in _PADDED.finditer(data)] if b"<redacted." in data else ()


def _holds_one(data: bytes, markers: tuple[str, ...]) -> bool:
    text = data.decode("latin-1")  # in which Python looks for something twice as fast
    for marker in markers:  # noqa: SIM110 - a generator costs more than the search
        if marker in text:
            return True
    return False


def _random(member: re.Pattern[bytes], data: bytes) -> Iterator[Span]:
    for match in member.finditer(data):
        if is_random(match["secret"].decode("latin-1")):
            yield match.span("secret")
