"""`Limits`: how big a cassette may be and how deep it may be nested, before anything is made of it.

A file from elsewhere may be small and stand for much: a gzip of zeros, aliases of aliases. Both
count as what they stand for.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Self

from chunktape.errors import ConfigurationError, shorten

__all__ = ["DEPTH", "SIZE", "SIZES", "Limits"]

SIZE = 256 << 20
"""Bytes; a recording of 100,000 chunks takes about 30 MB."""
DEPTH = 100
SIZES = "it is a number of bytes, or a text such as 64MB"
"""What a message says that a size is."""
SHALLOWEST = 10
"""What a cassette of ours may need."""

_SIZE = re.compile(r"([0-9]{1,15}) ?(|B|[KMG]i?B)", re.IGNORECASE)
_UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
}


class Limits(NamedTuple):
    """The most bytes of a cassette, unpacked and with its aliases in full, and the most levels of it."""

    size: int = SIZE
    depth: int = DEPTH

    @classmethod
    def of(cls, max_size: int | str | None = None, max_depth: int | None = None) -> Self:
        """Return the limits as a caller writes them: bytes or ``"64MB"``, and levels; None leaves them.

        Raises `ConfigurationError` for what means nothing.
        """
        size = SIZE if max_size is None else _size(max_size)
        if max_depth is None:
            return cls(size)
        if isinstance(max_depth, bool) or not isinstance(max_depth, int) or max_depth < SHALLOWEST:
            raise ConfigurationError(
                f"max_depth={shorten(repr(max_depth))} means nothing\n"
                f"  it is a number of levels, from {SHALLOWEST} on, which a cassette needs"
            )
        return cls(size, max_depth)


def _size(written: int | str) -> int:
    found = None if isinstance(written, bool) else _SIZE.fullmatch(str(written).strip())
    size = 0 if found is None else int(found[1]) * _UNITS[found[2].lower()]
    if size < 1:
        raise ConfigurationError(
            f"max_size={shorten(repr(written))} means nothing\n  {SIZES}",
        )
    return size
