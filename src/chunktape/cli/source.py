"""The cassettes that a command was given: files and folders in, cassettes out, complaints to stderr."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from chunktape.cli.terminal import complain, open_console
from chunktape.errors import CassetteError, CassetteWarning
from chunktape.tape.cassette import Cassette
from chunktape.tape.folder import SUFFIXES, cassettes_below, is_something_else

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Names", "Source"]


class Names:
    """The files at some paths; a folder stands for all cassettes below it that are not hidden.

    What stands there in YAML or JSON and is none is left out, and named. `failed` tells whether a file
    could not be read, or a folder held none.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._complaints = open_console(stderr=True)
        self.failed = False

    def __iter__(self) -> Iterator[str]:
        """Yield each path, as it was given."""
        for path in self._paths:
            if not Path(path).is_dir():
                yield path
                continue
            found = False
            for name in sorted(str(Path(one.path)) for one in cassettes_below(path)):
                if _is_something_else(Path(name)):
                    self._complain(
                        "Left out", f"{name} is no cassette: it says nothing of interactions", "dim"
                    )
                else:
                    found = True
                    yield name
            if not found:
                suffixes = ", ".join(SUFFIXES)
                self.fail(
                    f"No cassette below the folder {path}\n  looked for: {suffixes}, also with .gz\n"
                    "  way out: name the folder that holds the cassettes, or a file"
                )

    def fail(self, message: str) -> None:
        """Say why something could not be read or written; the others are gone on with."""
        self.failed = True
        self.refuse(message)

    def refuse(self, message: str) -> None:
        """Say why something that could be read was not done; the others are gone on with."""
        self._complain("Error", message, "red")

    def warn(self, message: str) -> None:
        """Say what was lost of a file that could be read."""
        self._complain("Warning", message, "yellow")

    def _complain(self, word: str, message: str, style: str) -> None:
        complain(self._complaints, word, message, style)


class Source:
    """The cassettes at some paths, as `Names` finds them."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._names = Names(paths)

    @property
    def failed(self) -> bool:
        """Whether a file could not be read, or a folder held none."""
        return self._names.failed

    def refuse(self, message: str) -> None:
        """Say why something that could be read was not done; the others are gone on with."""
        self._names.refuse(message)

    def warn(self, message: str) -> None:
        """Say what was lost."""
        self._names.warn(message)

    def fail(self, message: str) -> None:
        """Say what else is wrong with a cassette; the others are gone on with."""
        self._names.fail(message)

    def __iter__(self) -> Iterator[tuple[str, Cassette]]:
        """Yield each path, as it was given, with its cassette; complain about the others and go on."""
        for name in self._names:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", CassetteWarning)
                try:
                    cassette = Cassette.load(name)
                except CassetteError as error:
                    cassette = None
                    self._names.fail(str(error))
            for warning in caught:
                if issubclass(warning.category, CassetteWarning):
                    self._names.warn(str(warning.message))
            if cassette is not None:
                yield name, cassette


def _is_something_else(path: Path) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return False
    return is_something_else(path.name, data)
