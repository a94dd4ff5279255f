"""What other tools write: where each keeps the request, the status, the headers and the body.

vcrpy of any age since its version 1, pytest-recording (the same), pydantic-ai (`parsed_body`),
Ruby VCR (`http_interactions`), and bare bodies. What they do not know stays None.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as Base64Error
from contextlib import suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from chunktape.tape.block_text import written_moment
from chunktape.tape.encoding import DecodingError, decoder
from chunktape.tape.event_boundary import event_ends
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Head, Request, header

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chunktape.tape.encoding import Decoder
    from chunktape.tape.entry import Entry
    from chunktape.wire.message import Headers

__all__ = ["bare", "decoded", "read_body", "read_foreign", "read_head", "read_headers", "read_request"]

_PIECE = 1 << 12


def bare(body: bytes) -> Interaction:
    """Return a body that nothing else is known about."""
    head = Head(None)
    return Interaction(Request(None, None), head, body, event_ends(head, body), framed=False)


def read_foreign(entry: Entry) -> Interaction:
    """Return the interaction of an entry without a block of ours."""
    request = read_request(entry)
    if request.method is not None and request.method.islower():
        # Ruby VCR writes methods in lower case.
        request = replace(request, method=request.method.upper())
    head, (body,), encoding = decoded(entry, read_head(entry), [read_body(entry, "response")])
    return Interaction(
        request=request,
        head=head,
        body=body,
        ends=event_ends(head, body),
        framed=False,
        recorded_at=_ruby_moment(entry),
        content_encoding=encoding,
    )


def read_request(entry: Entry) -> Request:
    """Return the request of an entry, its body as it is stored."""
    entry.mapping("request")
    for path in ("request.method", "request.uri"):
        if not entry.has(path):
            raise entry.missing(path)
    return Request(
        method=entry.text("request.method"),
        url=entry.text("request.uri"),
        headers=read_headers(entry, "request.headers"),
        body=read_body(entry, "request"),
    )


def read_head(entry: Entry) -> Head:
    """Return the head of an entry's response."""
    entry.mapping("response")
    # vcrpy before 8 wrote httpx responses with a plain status_code.
    path = next((path for path in ("response.status.code", "response.status_code") if entry.has(path)), None)
    if path is None:
        raise entry.missing("response.status.code")
    return Head(
        status=entry.whole(path),
        reason=entry.text("response.status.message") if entry.has("response.status") else None,
        headers=read_headers(entry, "response.headers"),
        http_version=entry.text("response.http_version"),
    )


def read_body(entry: Entry, side: str) -> bytes:
    """Return the body of the ``request`` or the ``response``, in whatever form it is kept."""
    body = entry.get(f"{side}.body")
    if isinstance(body, dict):
        if "base64_string" in body:
            return _from_base64(entry, f"{side}.body.base64_string")
        if "string" not in body:
            raise entry.missing(f"{side}.body.string")
        charset = entry.text(f"{side}.body.encoding")
        return _bytes(entry, f"{side}.body.string", body["string"], charset)
    if body is None and entry.has(f"{side}.parsed_body"):
        return _unparsed(entry, f"{side}.parsed_body")
    if body is None and entry.has(f"{side}.content"):
        return _bytes(entry, f"{side}.content", entry.get(f"{side}.content"))
    if body is None and side == "response":
        raise entry.missing("response.body")
    return _bytes(entry, f"{side}.body", body)


def _bytes(entry: Entry, path: str, value: Any, charset: str | None = None) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, list):
        # vcrpy keeps the pieces of an iterator.
        return b"".join(_bytes(entry, path, piece) for piece in value)
    if not isinstance(value, str):
        raise entry.wrong(path, value, "text")
    try:
        return value.encode(charset or "utf-8")
    except LookupError:
        # Ruby's names: ASCII-8BIT means bytes, and bytes that were text are stored as UTF-8.
        return value.encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        if charset is not None:
            return _bytes(entry, path, value)
        raise entry.damage(f"has text in {path} that is no Unicode", path) from error


def _from_base64(entry: Entry, path: str) -> bytes:
    try:
        return b64decode("".join((entry.text(path) or "").split()), validate=True)
    except (Base64Error, ValueError) as error:
        raise entry.damage(f"has bad base64 as {path}", path) from error


def _unparsed(entry: Entry, path: str) -> bytes:
    """Return what pydantic-ai parsed; its cassettes were made of `json.dumps` with Python's defaults."""
    try:
        return json.dumps(entry.get(path)).encode()
    except (TypeError, RecursionError, ValueError) as error:
        raise entry.damage(f"has no JSON value as {path}", path) from error


def read_headers(entry: Entry, path: str) -> Headers:
    """Return headers that stand as a mapping, each name with one value or a list of them."""
    if entry.get(path) is None:
        return ()
    headers: list[tuple[str, str]] = []
    for name, values in entry.mapping(path).items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, (list, dict)):
                raise entry.wrong(f"{path}.{name}", value, "text")
            headers.append((_text(name), _text(value)))
    return tuple(headers)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return "" if value is None else str(value)


def decoded(entry: Entry, head: Head, pieces: Sequence[bytes]) -> tuple[Head, list[bytes], str | None]:
    """Return head and body with the content encoding undone, and its name; the body may be in pieces.

    Some tools keep the body as it came, others decode it and leave the header; text is no
    compressed body, so the body tells.
    """
    encoding = header(head.headers, "content-encoding")
    found = list(pieces)
    if encoding is None:
        return head, found, None
    if not _is_text(b"".join(found)):
        stream = decoder(encoding)
        if stream is None:
            return head, found, None
        # Bytes that are no text and not in that encoding were decoded before they were kept.
        with suppress(DecodingError):
            found = _unpacked(entry, stream, found)
    size = sum(map(len, found))
    kept = tuple(
        (name, str(size) if name.lower() == "content-length" else value)
        for name, value in head.headers
        if name.lower() != "content-encoding"
    )
    return replace(head, headers=kept), found, encoding


def _unpacked(entry: Entry, stream: Decoder, packed: Sequence[bytes]) -> list[bytes]:
    """Return what the pieces of a body stand for, unless that is more than a cassette may hold."""
    unpacked: list[bytes] = []
    size = 0
    for one in packed:
        parts: list[bytes] = []
        # In pieces, none of which can become more than some megabytes before it is counted.
        for start in range(0, len(one), _PIECE):
            parts.append(stream.feed(one[start : start + _PIECE]))
            size += len(parts[-1])
            if size > entry.source.limits.size:
                line = entry.line("response.body")
                raise entry.source.too_big(f"unpacked, the body of {entry.name} has", line)
        unpacked.append(b"".join(parts))
    return unpacked


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ruby_moment(entry: Entry) -> datetime | None:
    text = entry.get("recorded_at")
    if not isinstance(text, str):
        return None
    try:
        return written_moment(parsedate_to_datetime(text))
    except (ValueError, OverflowError):  # the latter for years that no calendar has
        return None
