"""One run of ``chunktape import``: sources in, cassettes out, and what to say about them."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.discreet import discreet
from chunktape.audit.printable import one_line
from chunktape.cli import exit_code
from chunktape.cli.terminal import complain, open_console
from chunktape.errors import CassetteError, ConfigurationError, SecretFoundError
from chunktape.tape import codec, store
from chunktape.tape.folder import SUFFIXES, cassettes_below
from chunktape.tape.form.reading import read_file
from chunktape.tape.form.recognition import form_of
from chunktape.tape.saving import turn
from chunktape.tape.sighting import Inspection

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chunktape.tape.form.reading import Recordings
    from chunktape.tape.interaction import Interaction

__all__ = ["Importing"]

_SUFFIXES = (*SUFFIXES, ".har", ".jsonl", ".toml")


class _Source(NamedTuple):
    path: Path
    target: Path
    named: bool


class _Done(NamedTuple):
    source: Path
    target: Path
    found: Recordings
    written: bool


class _StandingError(CassetteError):
    """Something stands where a cassette would be written, and is kept."""


class Importing:
    """The import of some sources to a place; `read` gives what a file holds."""

    def __init__(
        self,
        output: Path,
        redact: Mapping[str, str | re.Pattern[str]],
        *,
        force: bool,
        dry_run: bool,
        read: Callable[[Path, bytes], Recordings],
    ) -> None:
        self._output = output
        self._redact = redact
        self._force = force
        self._dry_run = dry_run
        self._read = read
        self._complaints = open_console(stderr=True)
        self._done: list[_Done] = []
        self._failed = False
        self._kept = False

    def run(self, sources: Sequence[str]) -> int:
        """Import the sources, each at once or not at all; return the exit code."""
        taken: dict[Path, Path] = {}
        for one in self._sources(sources):
            try:
                data = read_file(one.path)
                form = form_of(data, one.path.name)
                if not one.named and form in {None, "chunktape"}:
                    what = "it is a cassette of chunktape" if form else "it is no recording of a known form"
                    self._say("Left out", f"{one.path}: {what}", "dim")
                    continue
                if one.target in taken:
                    raise _refused(f"{taken[one.target]} is written there, too", one.target, "another folder")
                found = self._read(one.path, data)
                self._write(one.target, found.interactions)
            except _StandingError as error:
                self._kept = True
                self._say("Error", f"{error}\n  source: {one.path}", "red")
                continue
            except (CassetteError, ConfigurationError) as error:
                self._fail(f"{error}\n  source: {one.path}")
                continue
            taken[one.target] = one.path
            for told in found.told:
                self._say("Note", told, "yellow")
            self._done.append(_Done(one.path, one.target, found, not self._dry_run))
        if self._failed:
            return exit_code.UNREADABLE
        return exit_code.NO if self._kept else exit_code.FINE

    def _sources(self, sources: Sequence[str]) -> Iterator[_Source]:
        places = [Path(source) for source in sources]
        if self._output.suffix.lower() in codec.YAML_SUFFIXES and not self._output.is_dir():
            if len(places) > 1 or places[0].is_dir():
                raise ConfigurationError(
                    f"{self._output} is the name of one cassette, and there are several sources\n"
                    "  way out: -o FOLDER"
                )
            yield _Source(places[0], self._output, named=True)
            return
        files = [place for place in places if not place.is_dir()]
        targets = _targets([Path(file.name) for file in files])
        for place in places:
            if not place.is_dir():
                yield _Source(place, self._output / targets[Path(place.name)], named=True)
                continue
            below = sorted(Path(one.path) for one in cassettes_below(place, _SUFFIXES))
            if not below:
                looked = ", ".join(_SUFFIXES)
                self._fail(f"No recording below the folder {place}\n  looked for: {looked}, also with .gz")
            inside = _targets([path.relative_to(place) for path in below])
            for path in below:
                yield _Source(path, self._output / inside[path.relative_to(place)], named=False)

    def _write(self, target: Path, interactions: Sequence[Interaction]) -> None:
        inspection = Inspection(more=self._redact, environ=os.environ)
        cleaned = tuple(map(inspection.interaction, interactions))
        for what in inspection.broken:
            raise _refused(
                f"redaction would break {what}",
                target,
                "let a pattern take out the secret only, (?P<secret>…), and not what stands around it",
            )
        if not cleaned:
            raise _refused("there is no exchange to write", target, "none: the notes say what was left out")
        if self._dry_run:
            store.require_writable(target)
            self._refuse_standing(target)
            _refuse_secrets(inspection, codec.dumps(cleaned), target)
            return
        with turn(target):
            self._refuse_standing(target)
            store.write(target, cleaned, inspect=lambda text: _refuse_secrets(inspection, text, target))

    def _refuse_standing(self, target: Path) -> None:
        if store.exists(target) and not self._force:
            raise _StandingError(
                f"Cassette not written: there is a file already\n  where: {target}\n"
                "  way out: --force writes over it; -o names another place"
            )

    def _fail(self, message: str) -> None:
        self._failed = True
        self._say("Error", message, "red")

    def _say(self, word: str, message: str, style: str) -> None:
        complain(self._complaints, word, message, style)

    def json_lines(self) -> str:
        """Return a line of JSON for each source that was imported."""
        return "".join(f"{json.dumps(_row(one), ensure_ascii=False)}\n" for one in self._done)

    def show(self) -> None:
        """Print where everything went, and of how many exchanges what is known, by form."""
        from rich.table import Table

        console = open_console()
        for one in self._done:
            console.out(one_line(f"{one.target}  from {one.source} ({one.found.form})"))
        rows = list(_rows(self._done))
        if rows:
            console.out("")
            table = Table("form", "files", "exchanges", *_COLUMNS, box=None, header_style="dim")
            for row in rows:
                table.add_row(row.form, str(row.files), str(row.exchanges), *map(str, row.known))
            for column in table.columns[1:]:
                column.justify = "right"
            console.print(table)
            console.out("")
        lost = [
            name
            for place, name in enumerate(_COLUMNS)
            if any(row.known[place] < row.exchanges for row in rows)
        ]
        if lost:
            console.out(f"Not known of all exchanges, and not invented: {', '.join(lost)}.")
        count = len(self._done)
        cassettes = "1 cassette" if count == 1 else f"{count} cassettes"
        console.out(f"{cassettes} would be written: --dry-run." if self._dry_run else f"{cassettes} written.")


def _targets(paths: Sequence[Path]) -> dict[Path, Path]:
    """Return what each becomes; where several differ in their suffix alone, they keep it in the name.

    That goes by names only: what became of another source is no reason to write over its cassette.
    """
    count = Counter(_renamed(path) for path in set(paths))
    return {
        path: path.with_name(f"{path.name}.yaml")
        if count[_renamed(path)] > 1 and path != _renamed(path)
        else _renamed(path)
        for path in paths
    }


def _renamed(path: Path) -> Path:
    if path.suffix.lower() == ".gz":
        path = path.with_suffix("")
    return path.with_suffix(".yaml")


def _refuse_secrets(inspection: Inspection, text: bytes, target: Path) -> None:
    for leak in inspection.scan(text):
        raise SecretFoundError(
            f"Cassette not written: it would hold {leak.what}\n"
            f"  where: {target}, line {leak.line} of what was to be written\n"
            "  way out: --secret-env NAME, or --pattern REGEX that finds it, takes it out"
        )


def _refused(why: str, target: Path, way_out: str) -> CassetteError:
    return CassetteError(f"Cassette not written: {why}\n  where: {target}\n  way out: {way_out}")


_COLUMNS: Mapping[str, Callable[[Interaction], bool]] = {
    "requests": lambda one: one.request.url is not None,
    "chunks": lambda one: one.framed,
    "times": lambda one: one.timing is not None,
    "endings": lambda one: one.ending is not None,
    "dates": lambda one: one.recorded_at is not None,
}


def _row(done: _Done) -> dict[str, Any]:
    some = done.found.interactions
    return {
        "source": str(done.source),
        "form": done.found.form,
        "cassette": str(done.target),
        "written": done.written,
        "exchanges": len(some),
        **{name: sum(map(known, some)) for name, known in _COLUMNS.items()},
        "told": [discreet(one) for one in done.found.told],
    }


class _Sum(NamedTuple):
    form: str
    files: int
    exchanges: int
    known: tuple[int, ...]


def _rows(done: Sequence[_Done]) -> Iterator[_Sum]:
    for form in dict.fromkeys(one.found.form for one in done):
        of_it = [one.found.interactions for one in done if one.found.form == form]
        some = [one for interactions in of_it for one in interactions]
        yield _Sum(form, len(of_it), len(some), tuple(sum(map(known, some)) for known in _COLUMNS.values()))
