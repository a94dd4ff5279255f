"""Which rules judged: a version that changes with every file that has a say in a result."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import TYPE_CHECKING

from chunktape.audit.rules.foreign import points

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

__all__ = ["installed", "rule_set"]

# From the file to the finding and the price; what opens, sends and prints has no say.
_ROOMS = ("audit", "dialects", "wire", "tape", "calls")
_REPORTS = {"report", "runner.py", "cache.py", "executor.py"}


@cache
def rule_set() -> str:
    """Return the version of this package, of its judging code, of prices, and of foreign rules."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path, data in _sources(files("chunktape").joinpath(room), room):
            digest.update(f"{path} {len(data)}\n".encode())
            digest.update(data)
    foreign = sorted({point.dist for point in points() if point.dist}, key=str)
    told = [f"{one.name} {one.version}" for one in foreign]
    digest.update(repr((told, installed("genai-prices"), sys.version_info[:2])).encode())
    return f"{installed('chunktape') or '0'}+{digest.hexdigest()[:12]}"


def installed(name: str) -> str | None:
    """Return the version of an installed package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _sources(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for one in sorted(folder.iterdir(), key=lambda each: each.name):
        if one.name in _REPORTS:
            continue
        if one.is_dir() and one.name != "__pycache__":
            yield from _sources(one, f"{path}/{one.name}")
        elif one.name.endswith((".py", ".toml", ".json")):
            yield f"{path}/{one.name}", one.read_bytes()
