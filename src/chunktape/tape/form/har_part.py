"""What a HAR entry says by itself: the request, the head, the body in the pieces that were kept."""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chunktape.wire.message import Head, Request, header

if TYPE_CHECKING:
    from chunktape.tape.entry import Entry
    from chunktape.wire.message import Headers

__all__ = ["AGAIN", "head_of", "pieces_of", "request_of"]

# By https://encoding.spec.whatwg.org/#windows-1252, in which bytes without a letter stand for themselves.
_WINDOWS_1252 = {
    ord(letter): byte
    for byte in range(0x80, 0xA0)
    if (letter := bytes((byte,)).decode("cp1252", errors="ignore"))
}

AGAIN = "export it again with the bodies, or record it with chunktape"


def request_of(entry: Entry) -> Request:
    """Return the request; one without a method or an address is damage."""
    method, url = entry.text("request.method"), entry.text("request.url")
    if method is None or url is None:
        raise entry.missing("request.method" if method is None else "request.url")
    return Request(method, url, _headers(entry, "request.headers"), _asked(entry))


def head_of(entry: Entry) -> Head:
    """Return the head; its status is 0 or None where no reply came."""
    return Head(
        entry.whole("response.status"),
        entry.text("response.statusText") or None,
        _headers(entry, "response.headers"),
        _version(entry.text("response.httpVersion")),
    )


def _asked(entry: Entry) -> bytes:
    """Return the body of the request; of a form that is kept as fields only, in the usual encoding."""
    if entry.get("request.postData") is None:
        if (entry.number("request.bodySize") or 0) > 0:
            _lose_request(entry)
        return b""
    text = entry.text("request.postData.text")
    if text:
        encoded = entry.get("request.postData.encoding") == "base64"
        return _from_base64(entry, "request.postData.text", text) if encoded else _encoded(entry, text)
    fields = entry.get("request.postData.params")
    kind = entry.text("request.postData.mimeType") or ""
    if fields and kind.lower().startswith("application/x-www-form-urlencoded"):
        pairs = _pairs(entry, "request.postData.params")
        return urlencode(pairs).encode()
    if fields or (entry.number("request.bodySize") or 0) > 0:
        _lose_request(entry)
    return b""


def _lose_request(entry: Entry) -> None:
    entry.source.leave_out(
        f"the body of the request of {entry.name}, which was not kept",
        entry.line(),
        way_out=f"{AGAIN}; without it, requests must match by method and url",
    )


def pieces_of(entry: Entry, head: Head) -> list[bytes] | None:
    """Return the body in the pieces that were kept, one where none were; None where nothing was kept."""
    path = "response.content.text"
    if entry.get("response.content") is None:
        return None
    text = entry.text(path)
    if text is None:
        return [] if entry.get("response.content.size") == 0 else None
    is_hex = entry.get("response.content._isBinary") is True
    if not is_hex and entry.get("response.content.encoding") != "base64":
        return [_read_as_windows_1252(entry, text) or _encoded(entry, text)]
    if header(head.headers, "content-encoding") is not None and text.startswith("["):
        return [_binary(entry, path, one, is_hex=is_hex) for one in _listed(entry, path, text)]
    return [_binary(entry, path, text, is_hex=is_hex)]


def _listed(entry: Entry, path: str, text: str) -> list[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise entry.damage(f"has no list of pieces as {path}", path) from error
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise entry.damage(f"has no list of pieces as {path}", path)
    return found


def _binary(entry: Entry, path: str, text: str, *, is_hex: bool) -> bytes:
    if not is_hex:
        return _from_base64(entry, path, text)
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise entry.damage(f"has bad hex as {path}", path) from error


def _from_base64(entry: Entry, path: str, text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except (Base64Error, ValueError) as error:
        raise entry.damage(f"has bad base64 as {path}", path) from error


def _read_as_windows_1252(entry: Entry, text: str) -> bytes | None:
    """Return the UTF-8 of a body that a browser took for one of bytes, known by its size; else None.

    Chromium 156 exports event streams so where their content type names no charset, and the events beside
    them rightly.
    """
    if text.isascii() or entry.get("response.content.size") != len(text):
        return None
    try:
        body = text.translate(_WINDOWS_1252).encode("latin-1")
        body.decode()
    except UnicodeError:
        return None
    return body


def _encoded(entry: Entry, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise entry.damage("has text that is no Unicode") from error


def _headers(entry: Entry, path: str) -> Headers:
    # Browsers list what HTTP/2 has in place of a request line among the headers.
    return tuple((name, value) for name, value in _pairs(entry, path) if not name.startswith(":"))


def _pairs(entry: Entry, path: str) -> list[tuple[str, str]]:
    found = entry.get(path)
    if found is None:
        return []
    if not isinstance(found, list):
        raise entry.wrong(path, found, "a list")
    pairs = []
    for one in found:
        name, value = (one.get("name"), one.get("value", "")) if isinstance(one, dict) else (None, "")
        if not isinstance(name, str) or not isinstance(value, str):
            raise entry.wrong(path, one, "a name with a value")
        pairs.append((name, value))
    return pairs


def _version(text: str | None) -> str | None:
    return text if text and text.lower() != "unknown" else None
