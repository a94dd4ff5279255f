"""How the JSON of a request was laid out on the wire, so that it can be stored readably.

A request is stored pretty-printed where one of the layouts that SDKs send gives back exactly the
bytes that were sent, and as it is everywhere else.
"""

from __future__ import annotations

import json
import re

__all__ = ["LAYOUTS", "lay_out", "prettify", "written"]

# OpenAI and Anthropic send compact JSON, Azure sends Python's default with spaces; each with or
# without escapes for what is not ASCII.
LAYOUTS: dict[str, tuple[tuple[str, str], bool]] = {
    "compact": ((",", ":"), False),
    "spaced": ((", ", ": "), False),
    "compact ascii": ((",", ":"), True),
    "spaced ascii": ((", ", ": "), True),
}

# What a literal block cannot hold can only stand inside of JSON strings, where it can be escaped.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def prettify(body: bytes) -> tuple[bytes, str | None]:
    """Return a body as it is stored, and the name of its layout; None where it is stored as it is."""
    if body[:1] not in (b"{", b"["):
        return body, None
    try:
        value = json.loads(body.decode())
        layout = next((name for name in LAYOUTS if written(value, name) == body), None)
        pretty = json.dumps(value, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body, None
    stored = _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", pretty).encode()
    return (body, None) if layout is None or stored == body else (stored, layout)


def lay_out(stored: bytes, layout: str) -> bytes:
    """Return the bytes that were sent. Raises `ValueError` or `RecursionError` for what is no JSON."""
    return written(json.loads(stored.decode()), layout)


def written(value: object, layout: str) -> bytes:
    """Return a value as JSON in one of the layouts."""
    separators, ascii_only = LAYOUTS[layout]
    text = json.dumps(value, separators=separators, ensure_ascii=ascii_only)
    # A lone surrogate can be sent as an escape only; the ASCII layouts are tried for it.
    return text.encode(errors="surrogatepass")
