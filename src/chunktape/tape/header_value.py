"""Header values that a client acts on: what they lead to and what they name stays, secrets go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chunktape.wire.message import Headers

    Clean = Callable[[str], str]

__all__ = ["clean_challenge", "clean_cookie", "clean_link", "with_length"]

_PLACEHOLDER = "<redacted>"
_TARGET = re.compile(r"<([^<>]*)>")
# These schemes answer with a token, not with parameters.
_TICKET = re.compile(r"(?i:\b(?:negotiate|ntlm|kerberos) +)([A-Za-z0-9+/=._~-]{16,})")
# Several cookies joined by commas; the one in a date is followed by a blank.
_NEXT_COOKIE = re.compile(r"(,\s*)(?=[^\s;,=]+=)")
_ATTRIBUTES = frozenset({
    "path", "domain", "expires", "max-age", "secure", "httponly", "samesite", "partitioned", "priority",
    "version", "comment",
})  # fmt: skip  # read as a table


def clean_link(value: str, clean: Clean) -> str:
    """Return a `Link` with its URLs cleaned."""
    return _TARGET.sub(lambda match: f"<{clean(match[1])}>" if match[0] != _PLACEHOLDER else match[0], value)


def clean_challenge(value: str) -> str:
    """Return a challenge with its scheme and parameters, which a client computes its answer from."""
    return _TICKET.sub(lambda match: match[0].replace(match[1], _PLACEHOLDER), value)


def clean_cookie(value: str) -> str:
    """Return a cookie with its name and attributes; its value becomes the placeholder."""
    pieces = _NEXT_COOKIE.split(value)
    return "".join(
        piece if number % 2 else _clean_one(piece, first=number == 0) for number, piece in enumerate(pieces)
    )


def _clean_one(cookie: str, *, first: bool) -> str:
    pair, *attributes = cookie.split(";")
    return ";".join((_clean_pair(pair, named=first), *map(_clean_attribute, attributes)))


def _clean_pair(pair: str, *, named: bool) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return _PLACEHOLDER if named or pair.strip() else pair
    return f"{name}={_PLACEHOLDER}" if value.strip() else pair


def _clean_attribute(attribute: str) -> str:
    name, equals, _ = attribute.partition("=")
    if name.strip().lower() in _ATTRIBUTES or not name.strip():
        return attribute
    return f"{name}={_PLACEHOLDER}" if equals else f" {_PLACEHOLDER}"


def with_length(headers: Headers, before: int | None, after: int) -> Headers:
    """Return the headers with the new length of a body; what was missing of it stays missing."""
    return tuple(
        (name, str(after if before is None else max(0, int(value) - before + after)))
        if name.lower() == "content-length" and re.fullmatch(r"[0-9]{1,18}", value)
        else (name, value)
        for name, value in headers
    )
