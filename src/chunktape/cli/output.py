"""The file that takes what would go to standard output."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from chunktape.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

__all__ = ["require_other", "written_to"]


@contextmanager
def written_to(path: Path, *, force: bool) -> Iterator[TextIO]:
    """Open a file to write; it stands at its path once all is written, else nothing is changed there.

    A file that is there already is kept without `force`. What is no plain file (a pipe, a device) is
    written to as it is.
    """
    if path.is_file() and not force:
        raise click.ClickException(
            f"Not written: there is a file already\n  where: {path}\n"
            "  way out: --force writes over it; -o names another place"
        )
    place = path.resolve()
    is_new = place.is_file() or not place.exists()
    made = place.with_name(f".{place.name}.{os.getpid()}") if is_new else place
    try:
        with made.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        if is_new:
            made.replace(place)
    except OSError as error:
        raise CassetteError(
            f"Not written: {error.strerror}\n  where: {path}\n"
            "  way out: name a file in a folder that can be written"
        ) from error
    finally:
        if is_new:
            made.unlink(missing_ok=True)


def require_other(path: Path | None, name: str) -> None:
    """Refuse to write over a cassette that is read: it was paid for, and what is told of it holds less."""
    if path is not None and path.exists() and path.samefile(name):
        raise click.ClickException(
            f"Not written: that is one of the cassettes\n  where: {path}\n  way out: -o names another place"
        )
