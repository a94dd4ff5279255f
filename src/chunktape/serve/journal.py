"""`Journal`: what was asked and how it went, for the page, the log, and whoever asks in a test."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Course", "Entry", "Journal", "Outcome"]

Outcome = Literal["played", "recorded", "missed", "refused"]
Course = Literal["running", "whole", "left", "broken"]

KEPT = 1_000

_log = logging.getLogger("chunktape.serve")


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and what became of it.

    `recording` is the name of what was played, `course` how far it has come: ``running``, ``whole``,
    ``left`` by the client, or ``broken``: as it was recorded, as a fault wants it, or because the server
    stopped. `seconds` and `sent` (bytes of the body) are those so far.
    """

    number: int
    at: str
    method: str
    path: str
    session: str
    outcome: Outcome
    status: int | None = None
    model: str | None = None
    recording: str | None = None
    fault: str | None = None
    message: str | None = None
    course: Course = "running"
    sent: int = 0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


class Journal:
    """The last entries, sums over all of them, and who wants to hear of each as it is written."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {"played": 0, "recorded": 0, "missed": 0, "refused": 0, "running": 0}
        self.counts: dict[str, int] = {}
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        # Beside the last entries, which a long stream outlasts.
        self._running: dict[int, tuple[Entry, float]] = {}
        self._listeners: list[Callable[[Entry], None]] = []
        self._number = 0
        self._lock = Lock()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The last of them, the newest at the end."""
        with self._lock:
            return tuple(self._entries.values())

    def begin(self, method: str, path: str, session: str, outcome: Outcome, **facts: Any) -> int:
        """Note a request, and return its number."""
        self._number += 1
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = Entry(self._number, now, method, path, session, outcome, **facts)
        self._running[entry.number] = (entry, time.perf_counter())
        self.totals[outcome] += 1
        self.totals["running"] += 1
        if entry.recording is not None:
            self.counts[entry.recording] = self.counts.get(entry.recording, 0) + 1
        with self._lock:
            self._entries[entry.number] = entry
            if len(self._entries) > KEPT:
                self._entries.popitem(last=False)
        self._tell(entry)
        return entry.number

    def end(self, number: int, course: Course, sent: int, status: int | None) -> None:
        """Note how it went; `status` is what was sent, None where nothing was."""
        self.totals["running"] -= 1
        begun, since = self._running.pop(number)
        seconds = round(time.perf_counter() - since, 6)
        entry = replace(begun, course=course, sent=sent, seconds=seconds, status=status)
        with self._lock:
            if number in self._entries:
                self._entries[number] = entry
        self._tell(entry)

    def listen(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call somebody with each entry, when it begins and when it has ended; returns what ends that.

        One that raises is not called again.
        """
        self._listeners.append(listener)

        def stop() -> None:
            # One that has raised is gone already.
            with suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    def _tell(self, entry: Entry) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(entry)
            except BaseException as error:  # noqa: BLE001 - whoever has asked is in the middle of an answer
                _log.error("A listener failed, and hears no more: %r", listener, exc_info=error)
                with suppress(ValueError):
                    self._listeners.remove(listener)
