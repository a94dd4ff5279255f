"""The file that a cassette is written to before it takes its place, and what killed writers left of theirs.

A writer holds a lock on its scratch file, which goes with its life: one that can be locked belongs
to nobody any more, and the next who writes to the folder takes it away. Where there are no such
locks (Windows, some network drives) nobody can know that, and it stays.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["scratch_file", "sweep"]

# A name of its own length: that of the cassette may be as long as names can be.
_BEGIN, _END = ".chunktape-", ".tmp"


@contextmanager
def scratch_file(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Yield a new file of our own, open for writing; where leaving it raises, it is gone.

    Who keeps it gives it another name before.
    """
    path, file = _taken(folder)
    with file:
        try:
            yield path, file
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def sweep(folder: Path) -> None:
    """Take away what writers have left that were killed."""
    if sys.platform == "win32":
        return
    # It is no business of the cassette that is about to be written.
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_BEGIN) and entry.name.endswith(_END):
                _remove_if_dead(entry.path)


def _taken(folder: Path) -> tuple[Path, BinaryIO]:
    while True:
        path = folder / f"{_BEGIN}{token_hex(8)}{_END}"
        file = path.open("xb")
        if sys.platform == "win32":
            return path, file
        with suppress(OSError):  # some network drives know no locks; nobody is taken for dead there
            fcntl.flock(file, fcntl.LOCK_EX)
        # Between the two lines above it belonged to nobody.
        if os.fstat(file.fileno()).st_nlink:
            return path, file
        file.close()


def _remove_if_dead(path: str) -> None:
    if sys.platform == "win32":
        return
    with suppress(OSError):
        number = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)  # noqa: PTH108 as scandir gave it
        finally:
            os.close(number)
