"""Header fields of ours as the bytes that httpx2 takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chunktape.wire.message import Headers

__all__ = ["fields"]


def fields(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return names and values as they stand on the wire."""
    # Fields are latin-1 on the wire (RFC 9110 §5.5); a foreign cassette may hold any text.
    try:
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    except UnicodeEncodeError:
        return [(name.encode("latin-1", "replace"), _field(value)) for name, value in headers]


def _field(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()
