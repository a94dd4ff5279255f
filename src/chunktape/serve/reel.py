"""`Reels`: what is recorded over HTTP, on its way to cassettes below one folder.

What is recorded has cost something, so it is written soon after it has ended, and not when the server does.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from chunktape.errors import CassetteWarning
from chunktape.serve.deposit import Deposit, Take
from chunktape.serve.place import Place
from chunktape.tape.tap import Tap
from chunktape.tape.token_exchange import is_token_exchange

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chunktape.errors import ChunktapeError
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.wire.message import Request

__all__ = ["Reels"]

_SHARE = 20
"""Saving takes at most one part in so many of the time."""
_STEP = timedelta(milliseconds=1)


class Reels:
    """Recordings by the name of their cassette, written below `place`, or into it where it is a file.

    `anew` says that an older file is replaced, once all is written, unless that is `rejected`, which
    says why. `known` are the files that there are, and how many recordings each holds.
    """

    def __init__(
        self,
        place: Path,
        redaction: Redaction,
        *,
        anew: bool = False,
        known: Mapping[Path, int] | None = None,
    ) -> None:
        self.place = place
        self.rejected: str | None = None
        self._place = Place(place)
        self._deposit = Deposit(self._place, redaction, anew=anew)
        self._redaction = redaction
        self._numbers: Counter[Path] = Counter({} if known is None else known)
        self._lock = Lock()
        self._turn = Lock()
        self._running: set[Take] = set()
        self._ended: list[Take] = []
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._news = Event()
        self._over = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to write what ends, in a thread of its own."""
        self._over.clear()
        self.rejected = None
        self._thread = Thread(target=self._run, name="chunktape-reels", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write all there is, as far as it has come, and end the thread."""
        self._over.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join()
        self.save(whole=True)
        with self._turn:
            self._deposit.close(self.rejected)

    @property
    def errors(self) -> list[ChunktapeError]:
        """Why something could not be written."""
        return self._deposit.errors

    @property
    def warnings(self) -> list[CassetteWarning]:
        """What is to be said of what was written."""
        return self._deposit.warnings

    @property
    def written(self) -> dict[Path, int]:
        """How many recordings were written, by their files."""
        return self._deposit.written

    @property
    def is_file(self) -> bool:
        """Whether all goes into one cassette."""
        return self._place.is_file

    def path_of(self, name: str | None) -> Path:
        """Return the file of a cassette; raises `ConfigurationError` for a name that could lead elsewhere."""
        return self._place.path_of(name)

    def begin(self, path: Path, request: Request) -> Take | None:
        """Return the recording of a request that is about to be sent, or None for what is never kept."""
        if is_token_exchange(request.url):
            return None
        with self._lock:
            tap = Tap(request)
            # Their order in the file is that of their times, which count in milliseconds there.
            tap.recorded_at = self._latest = max(tap.recorded_at, self._latest + _STEP)
            self._numbers[path] += 1
            take = Take(tap, path, self._numbers[path])
            self._running.add(take)
            return take

    def end(self, take: Take) -> None:
        """Note that a recording has ended."""
        with self._lock:
            # Unless it was written as far as it had come.
            if take in self._running:
                self._running.remove(take)
                self._ended.append(take)
        self._news.set()

    def cut(self, take: Take, why: str) -> None:
        """Note that no more is kept of what still runs, and say so."""
        self.end(take)
        self.warnings.append(CassetteWarning(f"A reply was not kept whole: {why}\n  where: {take.path}"))

    def redacted(self, take: Take) -> Interaction:
        """Return a recording as it is written."""
        return self._redaction.interaction(take.tap.interaction)

    def save(self, *, whole: bool = False) -> None:
        """Write what has ended; `whole`: what is still running as well, as far as it has come."""
        with self._turn:
            for path, takes in self._due(whole=whole).items():
                self._deposit.put(path, takes)

    def _run(self) -> None:
        while not self._over.is_set():
            self._news.wait()
            self._news.clear()
            began = time.monotonic()
            self.save()
            self._over.wait(_SHARE * (time.monotonic() - began))

    def _due(self, *, whole: bool) -> dict[Path, list[Take]]:
        with self._lock:
            takes, self._ended = self._ended, []
            if whole:
                takes += self._running
                self._running.clear()
        due: defaultdict[Path, list[Take]] = defaultdict(list)
        for take in takes:
            if not take.tap.void:
                due[take.path].append(take)
        return due
