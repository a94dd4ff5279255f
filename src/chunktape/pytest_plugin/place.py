"""Where the cassette of a test lives, and how places are written for whoever started pytest."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FOLDER",
    "REJECTED",
    "cassette_path",
    "folder_of",
    "from_here",
    "named_path",
    "own_path",
    "parameters_of",
    "rejected_path",
    "shown",
    "under_root",
    "without_fault",
]

FOLDER = "cassettes"
REJECTED = ".rejected.yaml"
"""How the name of a recording ends whose test has failed."""

LONGEST_NAME = 180  # in bytes; file systems take 255, and a digest and suffixes follow


def cassette_path(
    item: pytest.Item, name: object = None, *, folder: str = FOLDER, said: str = "@pytest.mark.tape"
) -> Path:
    """Return where the cassette of a test lives: ``cassettes/<module>/<test>.yaml`` beside its module.

    A name may have folders, as ``tape("billing/refund")``.
    """
    place = folder_of(item.path, item.config, folder)
    if name is None:
        return own_path(place, item)
    return named_path(place, name, config=item.config, said=said, where=item.nodeid)


def own_path(place: Path, test: pytest.Item | str) -> Path:
    """Return the path of the cassette of a test that nobody named, below its place.

    A test that is there no more is given as ``Class.test[parameters]``.
    """
    if not isinstance(test, str):
        classes = [node.name for node in test.listchain() if isinstance(node, pytest.Class)]
        test = ".".join([*classes, without_fault(test, test.name)])
    return place / f"{_file_name(test)}.yaml"


def parameters_of(test: pytest.Item) -> Mapping[str, Any]:
    """Return the parameters of a test; of one that has none, and of unittest's, nothing."""
    found: Mapping[str, Any] = getattr(getattr(test, "callspec", None), "params", {})
    return found


def without_fault(test: pytest.Item, name: str) -> str:
    """Return the name or node id of a test without its parameter `tape_fault`, which changes no recording."""
    parameters = parameters_of(test)
    if "tape_fault" not in parameters:
        return name
    # Objects that are no text are called by their number.
    said = rf"(?:{re.escape(str(parameters['tape_fault']))}|tape_fault\d+)"
    start, bracket, inside = name.rpartition("[") if "[" in name else (name, "", "")
    inside = re.sub(rf"(?:^|-){said}(?=[-\]])", "", inside, count=1).removeprefix("-")
    return start + bracket + inside if inside not in {"", "]"} else start


def named_path(place: Path, name: object, *, config: pytest.Config, said: str, where: str) -> Path:
    """Return the path of a cassette that somebody named, below its place; `said` is how it was named."""
    parts = str(name).removesuffix(".yaml").split("/")
    if not isinstance(name, str) or not all(part.strip(". ") for part in parts):
        from chunktape.errors import ConfigurationError, shorten

        raise ConfigurationError(
            f"{said}: {shorten(repr(name))} is no name for a cassette\n"
            f"  where: {from_here(config, where)}\n"
            f'  a name is a text such as "chat" or "billing/refund", below {shown(place, config)}'
        )
    return place.joinpath(*map(_file_name, parts[:-1]), f"{_file_name(parts[-1])}.yaml")


def folder_of(path: Path, config: pytest.Config, folder: str = FOLDER) -> Path:
    """Return the folder for the cassettes of a test module, or of all that is below a folder.

    `folder` is a name, which then stands beside each module, or a path, from the root on, below
    which the tree of the tests stands again.
    """
    own, beside = ((), path) if path.is_dir() else ((path.stem,), path.parent)
    if "/" not in folder.replace(os.sep, "/"):
        return beside.joinpath(folder, *own)
    root = config.rootpath
    # Tests outside of the root stand below it all the same, each module in a place of its own.
    below = ["up" if part == ".." else part for part in Path(os.path.relpath(beside, root)).parts]
    return root.joinpath(folder, *below, *own)


def rejected_path(path: Path) -> Path:
    """Return where a recording is kept whose test has failed: beside the cassette."""
    return path.with_name(f"{path.stem}{REJECTED}")


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


def under_root(path: Path, config: pytest.Config) -> str:
    """Return a path from the root on, wherever pytest was started; one outside of it in full."""
    return path.relative_to(config.rootpath).as_posix() if path.is_relative_to(config.rootpath) else str(path)
