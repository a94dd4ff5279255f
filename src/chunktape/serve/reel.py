"""`Reels`: what is recorded over HTTP, on its way to cassettes below one folder.

What is recorded has cost something, so it is written soon after it has ended, and not when the server does.
"""

from __future__ import annotations

import re
import time
from secrets import token_hex
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, NamedTuple

from chunktape.errors import CassetteError, ChunktapeError, ConfigurationError, shorten
from chunktape.tape.folder import SUFFIXES
from chunktape.tape.record_mode import MODES
from chunktape.tape.saving import NEVER, Before, save_recorded
from chunktape.tape.session import Session
from chunktape.tape.tap import Tap

if TYPE_CHECKING:
    from pathlib import Path

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.wire.message import Request

__all__ = ["Reels", "Take"]

DEFAULT_NAME = "recorded"
LONGEST_NAME = 200
# Neither hidden, nor a way up, nor what a shell or another system would read as something else.
_PART = re.compile(r"[A-Za-z0-9_][\w.\-\[\]() ]*", re.ASCII)
# Devices on Windows, in every folder and with any suffix
# (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9]|lpt[0-9]) *(?:\..*)?", re.IGNORECASE)
_SHARE = 20
"""Saving takes at most one part in so many of the time."""


class Reels:
    """Recordings by the name of their cassette, written below `place`, or into it where it is a file.

    `anew` says that an older file is replaced.
    """

    def __init__(self, place: Path, redaction: Redaction, *, anew: bool = False) -> None:
        self.place = place
        self.errors: list[ChunktapeError] = []
        self.written: dict[Path, int] = {}
        self._redaction = redaction
        self._anew = anew
        self._lock = Lock()
        self._turn = Lock()
        self._batches: dict[Path, _Batch] = {}
        self._full: list[_Batch] = []
        self._begun: set[Path] = set()
        self._news = Event()
        self._over = Event()
        self._thread = Thread(target=self._run, name="chunktape-reels", daemon=True)

    def start(self) -> None:
        """Begin to write what ends, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Write all there is, as far as it has come, and end the thread."""
        self._over.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()
        self.save(whole=True)

    @property
    def is_file(self) -> bool:
        """Whether all goes into one cassette."""
        return self.place.name.lower().removesuffix(".gz").endswith(SUFFIXES[:3])

    def path_of(self, name: str | None) -> Path:
        """Return the file of a cassette; raises `ConfigurationError` for a name that could lead elsewhere."""
        if self.is_file:
            if name is not None:
                raise ConfigurationError(
                    f"All is recorded into {self.place}, so there is no cassette {shorten(name)!r}\n"
                    "  way out: record into a folder"
                )
            return self.place
        parts = (name or DEFAULT_NAME).split("/")
        if len(name or "") > LONGEST_NAME or not all(_is_plain(part) for part in parts):
            raise ConfigurationError(
                f"{shorten(name or '')!r} is no name for a cassette\n"
                "  a name has letters, digits, - _ . and / between its parts; none begins with a dot, or is a"
                " device of Windows"
            )
        path = self.place.joinpath(*parts[:-1], f"{parts[-1].removesuffix('.yaml')}.yaml")
        if not self._is_inside(path):
            raise ConfigurationError(
                f"{shorten(name or DEFAULT_NAME)!r} leads out of {self.place}, by a link\n"
                "  what is outside of that folder is not written"
            )
        # Before anything is asked that costs something.
        folders = path.parents[: len(parts)]
        if path.is_dir() or any(one.exists() and not one.is_dir() for one in folders):
            raise ConfigurationError(
                f"{shorten(name or DEFAULT_NAME)!r} cannot be written below {self.place}\n"
                "  a folder stands where its file would be, or a file where its folder would"
            )
        return path

    def _is_inside(self, path: Path) -> bool:
        if self.is_file:
            return True
        return not path.is_symlink() and path.resolve().is_relative_to(self.place.resolve())

    def begin(self, path: Path, request: Request) -> Take | None:
        """Return the recording of a request that is about to be sent, or None for what is never kept."""
        with self._lock:
            batch = self._batches.get(path)
            if batch is None:
                batch = self._batches[path] = self._batch(path)
            tap = batch.session.answer(request)
            if not isinstance(tap, Tap):
                return None
            batch.running += 1
            return Take(tap, batch)

    def end(self, take: Take) -> None:
        """Note that a recording has ended."""
        with self._lock:
            take.batch.running -= 1
        self._news.set()

    def redacted(self, take: Take) -> Interaction:
        """Return a recording as it is written."""
        return self._redaction.interaction(take.tap.interaction)

    def save(self, *, whole: bool = False) -> None:
        """Write what has ended; `whole`: what is still running as well, as far as it has come."""
        with self._turn:
            for batch in self._due(whole=whole):
                self._write(batch)

    def _run(self) -> None:
        while not self._over.is_set():
            self._news.wait()
            self._news.clear()
            began = time.monotonic()
            self.save()
            self._over.wait(_SHARE * (time.monotonic() - began))

    def _due(self, *, whole: bool) -> list[_Batch]:
        with self._lock:
            # What begins from now on goes into another batch, so that this one comes to an end.
            for path, batch in list(self._batches.items()):
                if whole or batch.session.taps:
                    self._full.append(self._batches.pop(path))
            due = [batch for batch in self._full if whole or not batch.running]
            self._full = [batch for batch in self._full if batch not in due]
        return due

    def _batch(self, path: Path) -> _Batch:
        first = self._anew and path not in self._begun
        self._begun.add(path)
        mode = MODES["rewrite" if first else "new_episodes"]
        before = Before.of(path, anew=True) if first else Before(NEVER)
        session = Session(str(path), mode, redaction=self._redaction)
        return _Batch(path, session, before)

    def _write(self, batch: _Batch) -> None:
        batch.session.close()
        count = len(batch.session.taps)
        try:
            # Links may have come since it was asked for.
            path = batch.path if self._is_inside(batch.path) else self._instead(batch.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            save_recorded(path, batch.session, self._redaction, batch.before)
        except ChunktapeError as error:
            self.errors.append(error)
        except OSError as error:
            self.errors.append(CassetteError(f"{batch.path.parent} cannot be made: {error.strerror}"))
        else:
            self.written[path] = self.written.get(path, 0) + count

    def _instead(self, path: Path) -> Path:
        """Return where goes what has cost something and may not go where it should."""
        instead = self.place / f"{path.stem}-{token_hex(4)}.yaml"
        why = f"{path} leads out of {self.place} by now, by a link; what was recorded is in {instead}"
        self.errors.append(CassetteError(why))
        return instead


class _Batch:
    """What is written at once: the recordings of a time, of one cassette."""

    def __init__(self, path: Path, session: Session, before: Before) -> None:
        self.path = path
        self.session = session
        self.before = before
        self.running = 0


class Take(NamedTuple):
    """One recording in progress."""

    tap: Tap
    batch: _Batch


def _is_plain(part: str) -> bool:
    return bool(_PART.fullmatch(part)) and not part.endswith((".", " ")) and not _DEVICE.fullmatch(part)
