"""Where exported documents go: to standard output, to a file, or into a folder; never over what is there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chunktape.audit.printable import printable
from chunktape.errors import CassetteError, ConfigurationError
from chunktape.tape.scratch_file import scratch_file, sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.cli.export_document import Document, Export

__all__ = ["ToFile", "ToFolder", "ToOutput", "place_of"]

_MARKS = (".yaml", ".yml", ".json", ".sse", ".txt", ".bin")


class ToOutput:
    """Standard output, which takes one document; it is held back until it is known to be the only one."""

    def __init__(self) -> None:
        self._one: bytes | None = None

    def take(self, name: str, export: Export) -> list[Path]:
        """Keep the document; raises `ConfigurationError` at a second one."""
        if self._one is not None or len(export.documents) > 1:
            held = "the first" if self._one is None else "another"
            raise ConfigurationError(
                f"Several documents do not go to standard output: {name} is {held} of them\n"
                "  way out: write them into a folder with -o FOLDER/, or choose one with --only"
            )
        self._one = export.documents[0].data
        return []

    def finish(self) -> None:
        """Write it: as it is into a pipe, and so that it steers nothing on a terminal."""
        if self._one is None:
            return
        if sys.stdout.isatty():
            click.echo(printable(self._one.decode(errors="replace")), nl=False)
        else:
            click.echo(self._one, nl=False)


class ToFile:
    """One file, which takes one document."""

    def __init__(self, path: str, *, force: bool) -> None:
        self._path = Path(path)
        self._force = force
        self._taken = False

    def take(self, name: str, export: Export) -> list[Path]:
        """Write the document and return its place; raises `ConfigurationError` at a second one."""
        if self._taken or len(export.documents) > 1:
            raise ConfigurationError(
                f"Several documents do not go into one file: {self._path}\n"
                f"  way out: write them into a folder, -o {self._path.with_suffix('')}/, "
                "or choose one with --only"
            )
        self._taken = True
        _write(self._path, export.documents[0].data, source=name, force=self._force)
        return [self._path]

    def finish(self) -> None:
        """Do nothing: it is written."""


class ToFolder:
    """A folder, in which a document is named after its cassette, below folders as that was."""

    def __init__(self, path: str, given: Sequence[str], *, force: bool) -> None:
        self._folder = Path(path)
        self._roots = [Path(one) for one in given if Path(one).is_dir()]
        self._force = force
        self._owners: dict[Path, str] = {}

    def take(self, name: str, export: Export) -> list[Path]:
        """Write the documents, none of them where one stands there already, and return their places."""
        places = [self._place(name, one) for one in export.documents]
        for place in places:
            _require_free(place, source=name, force=self._force)
        for place, one in zip(places, export.documents, strict=True):
            _write(place, one.data, source=name, force=self._force)
            self._owners[place] = name
        return places

    def finish(self) -> None:
        """Do nothing: they are written."""

    def _place(self, name: str, one: Document) -> Path:
        below = self._below(Path(name))
        # Cassettes may differ in nothing but their suffix.
        for stem in (_bare(below.name), below.name):
            place = self._folder / below.with_name(f"{stem}{one.mark}{one.suffix}")
            if place not in self._owners:
                return place
        raise CassetteError(
            f"Not exported: {self._owners[place]} was written as {place} just now\n  where: {name}\n"
            "  way out: export cassettes of the same name one by one, or name the folder above them"
        )

    def _below(self, path: Path) -> Path:
        for root in self._roots:
            if path.is_relative_to(root):
                return path.relative_to(root)
        return Path(path.name)


def place_of(output: str | None, given: Sequence[str], *, force: bool) -> ToOutput | ToFile | ToFolder:
    """Return where the documents go: a name without a suffix, or with a slash at its end, is a folder."""
    if output is None:
        return ToOutput()
    separators = tuple(filter(None, (os.sep, os.altsep)))
    if Path(output).is_dir() or output.endswith(separators) or not Path(output).suffix:
        return ToFolder(output, given, force=force)
    return ToFile(output, force=force)


def _bare(name: str) -> str:
    """Return the name of a cassette without its suffixes."""
    bare = name[:-3] if name.lower().endswith(".gz") else name
    stem, suffix = os.path.splitext(bare)  # noqa: PTH122 - a name, not a path
    return stem if suffix.lower() in _MARKS else bare


def _require_free(path: Path, *, source: str, force: bool) -> None:
    if os.path.lexists(path) and not force:
        raise CassetteError(
            f"Not exported: there is a file already\n  where: {path}\n"
            "  way out: --force writes over it; -o names another place"
        )
    if os.path.lexists(path) and os.path.realpath(path) == os.path.realpath(source):
        # A recording was paid for; what is made of it holds less.
        raise CassetteError(
            f"Not exported: that is the cassette itself\n  where: {path}\n  way out: -o names another place"
        )


def _write(path: Path, data: bytes, *, source: str, force: bool) -> None:
    """Write a file whole or not at all; a link is replaced and never followed."""
    _require_free(path, source=source, force=force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        with scratch_file(path.parent) as (beside, file):
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if sys.platform == "win32":
                file.close()
            beside.replace(path)
    except OSError as error:
        raise CassetteError(
            f"Not exported: {error.strerror or error}\n  where: {path}\n"
            "  way out: make room there and let it be written, or name another place with -o"
        ) from error
