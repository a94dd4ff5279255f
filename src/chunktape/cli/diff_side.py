"""`Sides`: the recordings that ``chunktape diff`` compares, from files, folders and revisions of git."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from chunktape.audit.discreet import discreet
from chunktape.audit.exchange import Exchange
from chunktape.audit.printable import printable
from chunktape.audit.revision import Kept, cassettes_at, cassettes_below, cassettes_in, interactions_in
from chunktape.cli.terminal import open_console
from chunktape.errors import CassetteError, CassetteWarning, ConfigurationError
from chunktape.tape import store

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Sides"]


class Sides:
    """The exchanges of both sides; `failed` tells whether a file could not be read, which is named then."""

    def __init__(self, before: str, after: str) -> None:
        self._complaints = open_console(stderr=True)
        self._places: dict[str, str] = {}
        self.failed = False
        whole = Path(before).is_file() and Path(after).is_file()
        self.before = self._read(before, self._kept(before, other=after), whole=whole)
        self.after = self._read(after, self._kept(after, other=before), whole=whole)

    def place(self, one: Exchange) -> str:
        """Return the name of a cassette below its folder, which is the same on both sides."""
        return self._places[one.cassette]

    def _kept(self, name: str, *, other: str) -> Iterable[Kept]:
        path = Path(name)
        if path.is_dir():
            return cassettes_below(path)
        if path.exists() or path.is_symlink():
            return [Kept("", b"")]
        revision, colon, inside = name.partition(":")
        if not colon and Path(other).exists():
            return cassettes_at(name, [other])
        if not colon or not revision:
            raise ConfigurationError(
                f"There is no file and no folder {name}{store.closest(path)}\n"
                "  way out: correct the path, or write REVISION:PATH for what git keeps"
            )
        found = list(cassettes_in(revision, _from_top(inside), Path.cwd()))
        if not found:
            raise ConfigurationError(
                f"The revision {revision} has no cassette at {inside or 'its top'}\n"
                "  way out: paths count from the top of the repository, ./ from here"
            )
        return found

    def _read(self, origin: str, kept: Iterable[Kept], *, whole: bool) -> list[Exchange]:
        found: list[Exchange] = []
        for name, data, lost in kept:
            if lost:
                self.failed = True
                self._complain("Error", lost, "red")
                continue
            shown = origin if not name or Path(origin).is_file() else _joined(origin, name)
            # Two files are one cassette each, whatever they are called.
            self._places[shown] = "" if whole else name or Path(origin).name
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", CassetteWarning)
                try:
                    interactions = interactions_in(data, shown) if name else store.read(Path(origin))
                except CassetteError as error:
                    self.failed = True
                    self._complain("Error", str(error), "red")
                    interactions = []
            for warning in caught:
                if issubclass(warning.category, CassetteWarning):
                    self._complain("Warning", str(warning.message), "yellow")
            found += [Exchange(one, cassette=shown, number=at) for at, one in enumerate(interactions, 1)]
        return found

    def _complain(self, word: str, message: str, style: str) -> None:
        self._complaints.out(f"{word}: ", end="", style=style)
        self._complaints.out(printable(discreet(message)))


def _joined(origin: str, name: str) -> str:
    if Path(origin).is_dir():
        return str(Path(origin) / name)
    # A revision alone, or REVISION:PATH of a folder or of the file itself.
    if ":" not in origin:
        return f"{origin}:{name}"
    return origin if origin.endswith(name) else f"{origin.rstrip('/')}/{name}"


def _from_top(inside: str) -> str:
    """Return a path of REVISION:PATH as it counts from the top, as git reads it: ``./`` counts from here."""
    if not inside.startswith(("./", "../")) and inside not in {".", ".."}:
        return inside
    here = Path.cwd()
    top = next((one for one in (here, *here.parents) if (one / ".git").exists()), here)
    return Path(os.path.relpath(here / inside, top)).as_posix()
