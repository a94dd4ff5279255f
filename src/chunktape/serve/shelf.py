"""`Shelf`: the cassettes that are served, by their names, as they were when it was filled.

Whoever asks names a cassette by what stands here, and never by a path: no name leads to a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from chunktape.errors import CassetteError, did_you_mean, shorten
from chunktape.tape import store
from chunktape.tape.folder import SUFFIXES, cassettes_below, is_something_else
from chunktape.tape.limit import Limits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from chunktape.tape.interaction import Interaction

__all__ = ["Recording", "Shelf", "name_of", "unknown"]

SHOWN_NAMES = 8
COMPARED_NAMES = 2_000


class Recording(NamedTuple):
    """One interaction of the shelf: `cassette` is the name of its cassette, `number` counts from 1 there."""

    cassette: str
    number: int
    interaction: Interaction

    def __str__(self) -> str:
        return f"{self.cassette}#{self.number}"


class Shelf:
    """The cassettes at some paths; a folder stands for those below it that are not hidden.

    A cassette of a folder is called by its path there, another by its file's name, both without suffix.
    Raises `CassetteError` for one that cannot be read, for a folder that holds none, and for a link
    that leads out of its folder. The folder that is `growing` may be empty.
    """

    def __init__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        limits: Limits = Limits(),  # noqa: B008 a tuple
        *,
        growing: Path | None = None,
    ) -> None:
        self.recordings: list[Recording] = []
        self.cassettes: dict[str, Path] = {}
        for path in paths:
            place = store.locate(path)
            found = list(_below(place, os.fsdecode(path))) if place.is_dir() else [(name_of(place), place)]
            if not found and place != growing:
                raise CassetteError(
                    f"No cassette below the folder {os.fsdecode(path)}\n"
                    f"  looked for: {', '.join(SUFFIXES)}, also with .gz\n"
                    "  way out: name the folder that holds the cassettes, or a file"
                )
            for name, file in found:
                self._add(name, file, limits)

    def _add(self, name: str, file: Path, limits: Limits) -> None:
        if name in self.cassettes:
            name = str(file)
        if name in self.cassettes:
            return
        self.cassettes[name] = file
        interactions = store.read(file, limits)
        self.recordings += [Recording(name, number, one) for number, one in enumerate(interactions, start=1)]


def unknown(name: str, names: Collection[str]) -> str | None:
    """Return why there is no cassette of this name, with what comes closest; None where there is one."""
    if name in names:
        return None
    some = list(names)[:COMPARED_NAMES]
    first = some[:SHOWN_NAMES]
    more = f" and {len(names) - len(first)} more" if len(names) > len(first) else ""
    return (
        f"No cassette is called {shorten(name)!r} here{did_you_mean(name, some)}\n"
        f"  served: {', '.join(first) or 'none'}{more}"
    )


def name_of(path: Path) -> str:
    """Return what a cassette file is called."""
    name = path.name
    for suffix in (".gz", *SUFFIXES):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            name = name[: -len(suffix)]
    return name


def _below(folder: Path, shown: str) -> Iterator[tuple[str, Path]]:
    root = folder.resolve()
    for one in cassettes_below(folder):
        path = Path(one.path)
        if not path.resolve().is_relative_to(root):
            raise CassetteError(
                f"{path} is a link that leads out of {shown}\n"
                "  what is outside of a folder that is served is not read\n"
                "  way out: name the file itself as well, or take the link away"
            )
        if _is_none(path):
            continue
        yield str(path.relative_to(folder).with_name(name_of(path))).replace(os.sep, "/"), path


def _is_none(path: Path) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return False  # reading it as a cassette says why
    return is_something_else(path.name, data)
