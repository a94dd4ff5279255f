"""`joined`: the pieces of a text as one, with the halves of a character put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["joined", "paired"]


def joined(pieces: Iterable[str]) -> str:
    """Return the pieces as one text.

    JSON may write a character beyond U+FFFF as two halves, and a host that counts in UTF-16 may send
    them in two events: without streaming they are one character.
    """
    return paired("".join(pieces))


def paired(text: str) -> str:
    """Return a text that can be encoded: half characters are paired, a single one becomes U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
