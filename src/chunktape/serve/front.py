"""`Front`: what the server tells of itself: its page, its state, its health, and every entry as it comes."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from chunktape.dialects.detect import dialect_of
from chunktape.serve.page import page
from chunktape.serve.step import Body, End, Start, document
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from chunktape.serve.arrival import Arrival
    from chunktape.serve.desk import Desk
    from chunktape.serve.journal import Entry, Journal
    from chunktape.serve.shelf import Recording
    from chunktape.serve.step import Step

__all__ = ["Front"]

JSON = "application/json"
LATEST = 200
BEHIND = 1_000
"""Entries that somebody who listens may be behind; then the oldest of them are left out."""


class Front:
    """Answers what is asked of the server itself: ``/``, ``/healthz`` and what is below ``/-/``."""

    def __init__(self, desk: Desk, about: dict[str, Any]) -> None:
        self._desk = desk
        self._about = about
        self._hearings: set[_Hearing] = set()

    def answer(self, arrival: Arrival) -> Iterable[Step] | AsyncIterator[Step] | None:
        """Return the steps of an answer, or None for what is asked of a provider."""
        answers: dict[tuple[str | None, str], Callable[[Arrival], Iterable[Step] | AsyncIterator[Step]]] = {
            ("GET", "/"): self._page,
            ("GET", "/healthz"): self._health,
            ("GET", "/-/state"): self._state,
            ("GET", "/-/events"): self._events,
            ("POST", "/-/reset"): self._reset,
        }
        answer = answers.get((arrival.request.method, arrival.path))
        return None if answer is None else answer(arrival)

    def state(self) -> dict[str, Any]:
        """Return what is served, what was asked, and what missed."""
        journal = self._desk.journal
        return {
            "about": self._about,
            "totals": dict(journal.totals),
            "sessions": [{"name": name, "asked": visit.asked} for name, visit in self._desk.visits],
            "served": [_served(one, journal) for one in self._desk.catalogue.recordings],
            "entries": [entry.to_dict() for entry in journal.entries[-LATEST:]],
        }

    def close(self) -> None:
        """End the streams of those who listen."""
        for hearing in self._hearings:
            hearing.end()

    def _page(self, _: Arrival) -> Iterable[Step]:
        return document(200, "text/html; charset=utf-8", page(), _CAUTIOUS)

    def _health(self, _: Arrival) -> Iterable[Step]:
        count = len(self._desk.catalogue.recordings)
        return _json(200, {"status": "ok", "recordings": count, **self._desk.journal.totals})

    def _state(self, _: Arrival) -> Iterable[Step]:
        return _json(200, self.state())

    def _reset(self, arrival: Arrival) -> Iterable[Step]:
        names = parse_qs(arrival.query).get("session", [None])
        return _json(200, {"sessions": self._desk.visits.forget(names[0])})

    async def _events(self, _: Arrival) -> AsyncIterator[Step]:
        hearing = _Hearing(self._desk.journal)
        self._hearings.add(hearing)
        yield Start(200, ((b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")))
        yield Body(_event("state", self.state()))
        with hearing.over(self._hearings):
            while not hearing.ended:
                await hearing.news.wait()
                for data in hearing.take():
                    yield Body(data)
        yield End()


class _Hearing:
    """What one listener has not been told yet."""

    def __init__(self, journal: Journal) -> None:
        self.news = asyncio.Event()
        self.ended = False
        self._waiting: deque[Entry] = deque(maxlen=BEHIND)
        self._stop = journal.listen(self._hear)

    def take(self) -> list[bytes]:
        self.news.clear()
        told = [_event("entry", entry.to_dict()) for entry in self._waiting]
        self._waiting.clear()
        return told

    def end(self) -> None:
        self.ended = True
        self.news.set()

    def over(self, hearings: set[_Hearing]) -> _Over:
        return _Over(self._stop, hearings, self)

    def _hear(self, entry: Entry) -> None:
        self._waiting.append(entry)
        self.news.set()


class _Over:
    """Leaving it ends a hearing, whoever went away first."""

    def __init__(self, stop: Callable[[], None], hearings: set[_Hearing], hearing: _Hearing) -> None:
        self._stop = stop
        self._hearings = hearings
        self._hearing = hearing

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._hearings.discard(self._hearing)


# The page holds all that it needs; nothing of a recording may become a program in it.
_CAUTIOUS = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
            b"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


def _served(recording: Recording, journal: Journal) -> dict[str, Any]:
    one = recording.interaction
    timing = one.timing
    asked = header(one.request.headers, "content-type") or ""
    return {
        "recording": str(recording),
        "cassette": recording.cassette,
        "number": recording.number,
        "method": one.request.method,
        "url": one.request.url,
        "model": _model(one.request.body) if "json" in asked or not asked else None,
        "dialect": dialect_of(one.body, url=one.request.url),
        "status": None if one.head is None else one.head.status,
        "chunks": len(one.ends) if one.framed else None,
        "bytes": len(one.body),
        "seconds": None if timing is None or timing.end is None else timing.end / 1e6,
        "ending": None if one.ending is None else one.ending.kind,
        "recorded_at": None if one.recorded_at is None else one.recorded_at.isoformat(),
        "recorded_by": one.recorded_by,
        "played": journal.counts.get(str(recording), 0),
    }


def _model(body: bytes) -> str | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    model = value.get("model") if isinstance(value, dict) else None
    return model if isinstance(model, str) else None


def _json(status: int, value: Any) -> Iterable[Step]:
    return document(status, JSON, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _event(name: str, value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n".encode("utf-8", "replace")
