"""Text that looks random where a secret might stand: a hint, never a reason to stop.

Ids, signatures, digests and images look random, too, so only whole values of JSON members and of
URL parameters count, and none under a name that says that it is such a thing.
"""

from __future__ import annotations

import re
from collections import Counter
from math import log2
from typing import TYPE_CHECKING

from chunktape.tape.secret import is_random

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction

__all__ = ["random_member"]

BITS = 4.0
"""For each letter; of 32 hexadecimal digits it is 3.6 on average, of 32 letters of base64 4.7."""

# Over bytes: as text, a body with one emoji in it would take four times its size.
_MEMBER = re.compile(
    rb'(?:\\*"|[?&])([A-Za-z0-9_.-]{1,60})(?:\\*"\s*:\s*\\*"|=)([A-Za-z0-9_\-+/=.~]{24,200})(?=\\*"|&|\s|$)'
)
_NO_SECRET = re.compile(
    r"(?:id|ids|name|model|version|type|index|hash|digest|sha\d*|md5|etag|checksum|fingerprint|signature|nonce"
    r"|cursor|after|before|page|data|content|text|delta|arguments|partial_json|thinking|reasoning|obfuscation"
    r"|b64_json|image|audio|file|url|uri|path|date|time|at|trace\w*|span\w*|request|response|message|media)$",
    re.IGNORECASE,
)
_HEX = re.compile(r"[0-9A-Fa-f-]+")


def random_member(one: Interaction) -> str | None:
    """Return the name of something in a redacted interaction that might be a secret, else None."""
    for data in ((one.request.url or "").encode(errors="replace"), one.request.body, one.body):
        for found in _MEMBER.finditer(data):
            name, value = found[1].decode(), found[2].decode()
            if _looks_random(value) and not _NO_SECRET.search(name) and "encrypted" not in name.lower():
                return name
    return None


def _looks_random(value: str) -> bool:
    if _HEX.fullmatch(value) or not is_random(value) or value.lower() == value or value.upper() == value:
        return False
    counts = Counter(value).values()
    return -sum(count / len(value) * log2(count / len(value)) for count in counts) >= BITS
