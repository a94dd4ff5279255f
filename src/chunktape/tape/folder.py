"""Which files below a folder may be cassettes, by their names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SUFFIXES", "cassettes_below", "is_something_else"]

SUFFIXES = (".yaml", ".yml", ".json", ".sse", ".bin", ".txt")
"""What cassettes are called, each also with .gz behind it."""

_SHARED = (".yaml", ".yml", ".json")


def cassettes_below(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """Yield the files below a folder that are named like cassettes, in order; hidden ones are left out.

    Links to folders are not followed: a loop of them has no end.
    """
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda one: one.name)
    for one in entries:
        if one.name.startswith("."):
            continue
        if one.is_dir(follow_symlinks=False):
            yield from cassettes_below(one.path)
        elif one.name.lower().removesuffix(".gz").endswith(SUFFIXES) and one.is_file():
            yield one


def is_something_else(name: str, data: bytes) -> bool:
    """Return whether a file is of a format that cassettes share with others, and of those others."""
    # An empty file may be what is left of a cassette.
    return name.lower().endswith(_SHARED) and b"interactions" not in data and bool(data.strip())
