"""Which files below a folder may be cassettes, by their names."""

from __future__ import annotations

import os
from stat import S_ISREG
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SUFFIXES", "cassettes_below", "is_something_else"]

SUFFIXES = (".yaml", ".yml", ".json", ".sse", ".bin", ".txt")
"""What cassettes are called, each also with .gz behind it."""

_SHARED = (".yaml", ".yml", ".json")


def cassettes_below(folder: str | Path, suffixes: tuple[str, ...] = SUFFIXES) -> Iterator[os.DirEntry[str]]:
    """Yield the files below a folder that are named like cassettes, in order; hidden ones are left out.

    Links to folders are not followed: a loop of them has no end. A folder that cannot be listed stands
    for what is in it, and a link that leads nowhere is yielded: who reads them learns why they cannot be.
    """
    rest = [_listed(folder)]
    while rest:
        one = next(rest[-1], None)
        if one is None:
            rest.pop()
        elif one.name.startswith("."):
            continue
        elif one.is_dir(follow_symlinks=False):
            try:
                rest.append(_listed(one.path))
            except OSError:
                yield one
        elif one.name.lower().removesuffix(".gz").endswith(suffixes) and _may_be_read(one):
            yield one


def _listed(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return iter(sorted(found, key=lambda one: one.name))


def _may_be_read(one: os.DirEntry[str]) -> bool:
    """Return whether reading it ends: a pipe has no bytes of its own."""
    try:
        return S_ISREG(one.stat().st_mode)
    except OSError:
        return True


def is_something_else(name: str, data: bytes) -> bool:
    """Return whether a file is of a format that cassettes share with others, and of those others."""
    # An empty file may be what is left of a cassette.
    return name.lower().endswith(_SHARED) and b"interactions" not in data and bool(data.strip())
