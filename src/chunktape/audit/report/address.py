"""Where a cassette is, for those who open it from a repository's root: relative paths, and URIs of them."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from urllib.parse import quote

__all__ = ["path", "uri"]


def path(cassette: str) -> str:
    """Return the path of a cassette with slashes, from the working directory where it is inside of it."""
    found = PurePath(cassette)
    if found.is_absolute():
        here = Path.cwd()
        found = found.relative_to(here) if found.is_relative_to(here) else found
    return found.as_posix()


def uri(cassette: str) -> str:
    """Return the URI of a cassette: relative, and with a scheme only where it is elsewhere."""
    name = path(cassette)
    try:
        data = os.fsencode(name)
    except UnicodeEncodeError:
        data = name.encode("utf-8", "surrogatepass")
    if not PurePath(name).is_absolute():
        return quote(data, safe="/")
    return f"file://{'' if name.startswith('/') else '/'}{quote(data, safe='/')}"
