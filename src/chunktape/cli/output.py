"""The file that takes what would go to standard output."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

__all__ = ["written_to"]


@contextmanager
def written_to(path: Path) -> Iterator[TextIO]:
    """Open a file to write; it stands at its path once all is written, else nothing is changed there.

    What is no plain file (a pipe, a device) is written to as it is.
    """
    place = path.resolve()
    is_new = place.is_file() or not place.exists()
    made = place.with_name(f".{place.name}.{os.getpid()}") if is_new else place
    try:
        with made.open("w", encoding="utf-8") as file:
            yield file
        if is_new:
            made.replace(place)
    except OSError as error:
        raise ConfigurationError(
            f"Not written: {error.strerror}\n  where: {path}\n"
            "  way out: name a file in a folder that can be written"
        ) from error
    finally:
        if is_new:
            made.unlink(missing_ok=True)
