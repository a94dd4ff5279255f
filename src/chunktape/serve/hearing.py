"""`Hearing`: what one listener of the server's events has not been told yet."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chunktape.serve.journal import Entry, Journal

__all__ = ["BEHIND", "Hearing"]

BEHIND = 1_000
"""Entries that a listener may be behind; one who is further behind is told the whole state anew."""


class Hearing:
    """The events of one listener, from the moment that it is made; leaving it ends them.

    `whole` gives the state of the server, `sums` what some entries have changed of its sums.
    """

    def __init__(
        self,
        journal: Journal,
        whole: Callable[[], dict[str, Any]],
        sums: Callable[[Sequence[Entry]], dict[str, Any]],
        gone: Callable[[Hearing], None],
    ) -> None:
        self.news = asyncio.Event()
        self.ended = False
        self._whole = whole
        self._sums = sums
        self._gone = gone
        self._notes: list[bytes] = []
        self._entries: list[Entry] = []
        self._is_behind = True
        self._stop = journal.listen(self._hear)

    def take(self) -> bytes:
        """Return the events that are new; the first of all is the state."""
        self.news.clear()
        notes, self._notes = self._notes, []
        entries, self._entries = self._entries, []
        if self._is_behind:
            self._is_behind = False
            return b"".join((*notes, _event("state", self._whole())))
        told = [_event("entry", entry.to_dict()) for entry in entries]
        if entries:
            told.append(_event("sums", self._sums(entries)))
        return b"".join((*notes, *told))

    def tell(self, name: str, value: dict[str, Any]) -> None:
        """Let the listener know of something that is no entry."""
        if len(self._notes) < BEHIND:
            self._notes.append(_event(name, value))
        self.news.set()

    def end(self) -> None:
        """Let the listener go."""
        self.ended = True
        self.news.set()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._gone(self)

    def _hear(self, entry: Entry) -> None:
        if self._is_behind or len(self._entries) == BEHIND:
            self._is_behind = True
            self._entries.clear()
        else:
            self._entries.append(entry)
        self.news.set()


def _event(name: str, value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n".encode("utf-8", "replace")
