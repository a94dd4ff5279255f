"""`files_of`: which files some paths mean, by which names an audit calls them, and whether they changed.

`read_file` reads one of them.
"""

from __future__ import annotations

import errno
import os
from pathlib import PurePath
from stat import S_ISREG
from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.cache import Stamp
from chunktape.errors import ConfigurationError
from chunktape.tape.folder import SUFFIXES, cassettes_below
from chunktape.tape.limit import SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["File", "blocks_of", "files_of", "read_file"]

_BLOCK = 128


class File(NamedTuple):
    """One file to audit; `stamp` is None where it is not there. `named` says that somebody named it."""

    path: str
    stamp: Stamp | None
    named: bool


def files_of(paths: Iterable[str]) -> list[File]:
    """Return the files that some paths mean, in order, each once; a folder means all cassettes below it.

    Paths in the working directory are relative to it. Raises `ConfigurationError` where there are none.
    """
    given = list(paths)
    found: dict[str, File] = {}
    for path in given:
        for file in _files(path):
            if file.named or file.path not in found:
                found[file.path] = file
    if not found:
        raise ConfigurationError(
            f"Nothing to audit: there is no cassette below {', '.join(given) or 'no folder at all'}\n"
            f"  looked for: {', '.join(SUFFIXES)}, also with .gz\n"
            "  way out: name the folder that holds the cassettes, or a file"
        )
    return [found[name] for name in sorted(found)]


def blocks_of(files: Iterable[File]) -> Iterator[list[File]]:
    """Yield files in their order, some at a time and of one folder: a new one changes few blocks."""
    block: list[File] = []
    for one in files:
        if block and (len(block) == _BLOCK or _folder(one) != _folder(block[0])):
            yield block
            block = []
        block.append(one)
    if block:
        yield block


def _folder(file: File) -> str:
    return file.path.rpartition("/")[0]


def _files(path: str) -> Iterator[File]:
    name = _short(path)
    if not os.path.isdir(path):  # noqa: PTH112 as fast as it gets: there may be a million
        yield File(name, _stamp(path), named=True)
        return
    start = len(path.rstrip("/" + os.sep)) or len(path)
    inside = "" if name == "." else name.rstrip("/")
    if not os.access(path, os.R_OK | os.X_OK):
        yield File(name, None, named=True)
        return
    for one in cassettes_below(path):
        rest = one.path[start:] if inside else one.path[start:].lstrip("/" + os.sep)
        yield File((inside + rest).replace(os.sep, "/"), _stamp(one), named=False)


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a file, one too many of one that is too big; raises OSError for what is no file.

    A pipe is none: who reads one waits until somebody writes.
    """
    stat = os.stat(path)  # noqa: PTH116 as below
    if not S_ISREG(stat.st_mode):
        raise OSError(errno.EINVAL, "it is no file", path)
    with open(path, "rb") as file:  # noqa: PTH123 a text
        return file.read(SIZE + 1)


def _short(path: str) -> str:
    absolute = os.path.abspath(path)  # noqa: PTH100 links stay as they are written
    here = os.getcwd()  # noqa: PTH109 a text
    if absolute == here:
        return "."
    inside = absolute.startswith(here.rstrip(os.sep) + os.sep)
    return PurePath(os.path.relpath(absolute, here) if inside else absolute).as_posix()


def _stamp(one: str | os.DirEntry[str]) -> Stamp | None:
    try:
        return Stamp.of(os.stat(one) if isinstance(one, str) else one.stat())  # noqa: PTH116 as above
    except OSError:
        return None
