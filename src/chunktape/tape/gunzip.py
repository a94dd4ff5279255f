"""Gzipped cassettes, unpacked as far as they may be big."""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chunktape.tape.damage import Source

__all__ = ["gunzip"]


def gunzip(data: bytes, source: Source) -> bytes:
    """Return what a gzip file holds; a damaged one, and one that holds too much, is a `CassetteError`."""
    most = source.limits.size
    try:
        with gzip.GzipFile(fileobj=BytesIO(data)) as file:
            found = file.read(most + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise source.damage(f"it is no whole gzip file ({error})") from error
    if len(found) > most:
        raise source.too_big("unpacked, it has")
    return found
