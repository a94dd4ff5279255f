"""What stands in a transcript for the bytes of an image, of sound or of a file."""

from __future__ import annotations

import re
from base64 import b64decode
from hashlib import sha256
from typing import TYPE_CHECKING, get_args

from chunktape.calls.media import MediaKind, media_type_of

if TYPE_CHECKING:
    from typing import Any

__all__ = ["media_text", "part_text"]

_LONG = 200
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_DATA_URL = re.compile(r"data:([^;,]*)(?:;[^;,]*)*;base64,(.*)", re.DOTALL)
_FIELDS = ("data", "url", "image_url", "file_data", "file_url", "file_id", "b64_json")


def media_text(text: str, declared: str | None = None, *, exact: bool) -> str | None:
    """Return ``<image/png, 12,345 bytes, sha256 ab12…>`` for base64; None where it is none.

    Without a `declared` type only long texts are taken for it.
    """
    url = _DATA_URL.fullmatch(text)
    if url is not None:
        declared, text = url[1] or declared, url[2]
    elif (declared is None and len(text) < _LONG) or not _BASE64.fullmatch(text):
        return None
    try:
        data = b64decode(text.translate({ord("-"): "+", ord("_"): "/"}) + "=" * (-len(text) % 4))
    except ValueError:
        return None
    kind = declared or "data"
    if "/" not in kind and not kind.startswith("pcm"):
        # Samples without a head may begin like anything; everything else tells better than a name does.
        kind = next(filter(None, (media_type_of(data, one) for one in get_args(MediaKind))), kind)
    digest = sha256(data).hexdigest()
    return f"<{kind}, {len(data):,} bytes, sha256 {digest if exact else digest[:8] + '…'}>"


def part_text(part: dict[str, Any], *, exact: bool) -> str | None:
    """Return what stands for an image, sound or a file in a message: its address, or its size."""
    inner: Any = part
    for name in (part.get("type"), "source", "image_url", "input_audio", "file", "audio"):
        if isinstance(name, str) and isinstance(inner.get(name), dict):
            inner = inner[name]
    declared = inner.get("media_type") or inner.get("format")
    for name in _FIELDS:
        value = inner.get(name)
        if isinstance(value, str) and value:
            kind = declared if name in {"data", "file_data"} and isinstance(declared, str) else None
            is_text = inner.get("type") == "text"
            return value if is_text else media_text(value, kind, exact=exact) or value
    return None
