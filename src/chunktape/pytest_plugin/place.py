"""Where the cassette of a test lives, and how places are written for whoever started pytest."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FOLDER", "cassette_path", "from_here", "shown"]

FOLDER = "cassettes"
LONGEST_NAME = 180  # in bytes; file systems take 255, and a digest and a suffix follow


def cassette_path(item: pytest.Item, name: object = None) -> Path:
    """Return where the cassette of a test lives: ``cassettes/<module>/<test>.yaml`` beside its module.

    A name may have folders, as ``tape("billing/refund")``.
    """
    folder = item.path.parent / FOLDER / item.path.stem
    if name is None:
        classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
        return folder / f"{_file_name('.'.join([*classes, item.name]))}.yaml"
    parts = str(name).removesuffix(".yaml").split("/")
    if not isinstance(name, str) or not all(part.strip(". ") for part in parts):
        from chunktape.errors import ConfigurationError, shorten

        raise ConfigurationError(
            f"@pytest.mark.tape: {shorten(repr(name))} is no name for a cassette\n"
            f"  where: {from_here(item.config, item.nodeid)}\n"
            f'  a name is a text such as "chat" or "billing/refund", below {shown(folder, item.config)}'
        )
    return folder.joinpath(*map(_file_name, parts[:-1]), f"{_file_name(parts[-1])}.yaml")


def _file_name(name: str) -> str:
    """Return a name that every file system takes; one that had to be changed gets a digest."""
    safe = re.sub(r"[^\w\-.\[\]+=,@ ]", "-", name).encode()[:LONGEST_NAME].decode(errors="ignore")
    return name if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def shown(path: Path, config: pytest.Config) -> str:
    """Return a path below the root as it is written where pytest was started, any other in full."""
    root = config.rootpath
    return from_here(config, path.relative_to(root).as_posix()) if path.is_relative_to(root) else str(path)


def from_here(config: pytest.Config, name: str) -> str:
    """Return a path or node id below the root as it is written where pytest was started."""
    here, root = config.invocation_params.dir, config.rootpath
    if here == root:
        return name
    path, colons, test = name.partition("::")
    return os.path.relpath(root / path, here).replace(os.sep, "/") + colons + test
