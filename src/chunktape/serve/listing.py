"""`Listing`: what is served, told a part at a time, because there may be ten thousand of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.dialects.detect import dialect_of
from chunktape.serve.operation import model_of
from chunktape.wire.message import Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.serve.desk import Desk
    from chunktape.serve.shelf import Recording

__all__ = ["MOST", "Listing"]

MOST = 100
"""Recordings that are told at once."""


class Listing:
    """The recordings of a desk in their order, and how often each was played."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._names: list[str] = []
        self._words: list[str] = []
        self._told: dict[int, dict[str, Any]] = {}
        self._cassettes: set[str] = set()
        # Now, and not while streams are played: ten thousand take a tenth of a second.
        self._look()

    def sums(self) -> dict[str, int]:
        """Return how many recordings there are, of how many cassettes, and how many were never played."""
        self._look()
        counts = self._desk.journal.counts
        return {
            "count": len(self._names),
            "cassettes": len(self._cassettes),
            "never_played": sum(name not in counts for name in self._names),
        }

    def played(self, names: Iterable[str]) -> dict[str, int]:
        """Return how often these were played."""
        counts = self._desk.journal.counts
        return {name: counts.get(name, 0) for name in names}

    def part(
        self, text: str = "", *, never_played: bool = False, first: int = 0, most: int = MOST
    ) -> dict[str, Any]:
        """Return some of the recordings that hold a text in name, URL or model, and how many do."""
        self._look()
        sought, counts = text.lower(), self._desk.journal.counts
        found = [
            index
            for index, words in enumerate(self._words)
            if sought in words and not (never_played and self._names[index] in counts)
        ]
        shown = found[first : first + min(most, MOST)]
        return {"found": len(found), "first": first, "served": [self._row(index) for index in shown]}

    def _look(self) -> None:
        """Take note of the recordings that have come since last time."""
        for recording in self._desk.catalogue.recordings[len(self._names) :]:
            self._names.append(str(recording))
            self._words.append(_words(recording))
            self._cassettes.add(recording.cassette)

    def _row(self, index: int) -> dict[str, Any]:
        if index not in self._told:
            self._told[index] = self._facts(self._desk.catalogue.recordings[index])
        return self._told[index] | {"played": self._desk.journal.counts.get(self._names[index], 0)}

    def _facts(self, recording: Recording) -> dict[str, Any]:
        one = recording.interaction
        timing = one.timing
        # Who recorded it may have kept what is a secret here.
        bare = Request(one.request.method, one.request.url, one.request.headers)
        return {
            "recording": str(recording),
            "cassette": recording.cassette,
            "number": recording.number,
            "method": one.request.method,
            "url": self._desk.catalogue.shown(bare).url,
            "model": model_of(one.request),
            "dialect": dialect_of(one.body, url=one.request.url),
            "status": None if one.head is None else one.head.status,
            "chunks": len(one.ends) if one.framed else None,
            "bytes": len(one.body),
            "seconds": None if timing is None or timing.end is None else timing.end / 1e6,
            "ending": None if one.ending is None else one.ending.kind,
            "recorded_at": None if one.recorded_at is None else one.recorded_at.isoformat(),
            "recorded_by": one.recorded_by,
        }


def _words(recording: Recording) -> str:
    request = recording.interaction.request
    return f"{recording}\n{request.method} {request.url}\n{model_of(request) or ''}".lower()
