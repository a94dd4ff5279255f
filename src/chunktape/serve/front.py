"""`Front`: what the server tells of itself: its page, its state, its health, and every entry as it comes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from chunktape.errors import shorten
from chunktape.serve.hearing import Hearing
from chunktape.serve.listing import MOST, Listing
from chunktape.serve.page import page, policy
from chunktape.serve.step import Body, End, Pause, Start, document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from chunktape.serve.arrival import Arrival
    from chunktape.serve.desk import Desk
    from chunktape.serve.journal import Entry
    from chunktape.serve.step import Fields, Step

__all__ = ["Front"]

JSON = "application/json"
_NUMBER = re.compile("[0-9]{1,9}")
LATEST = 500
BREATH = 0.05
"""Seconds between what a listener is told, so that many requests are few events to draw."""


class Front:
    """Answers what is asked of the server itself: ``/``, ``/healthz`` and what is below ``/-/``."""

    def __init__(self, desk: Desk, about: dict[str, Any]) -> None:
        self._desk = desk
        self._about = about
        self._listing = Listing(desk)
        self._hearings: set[Hearing] = set()

    def answer(self, arrival: Arrival) -> Iterable[Step] | AsyncIterator[Step] | None:
        """Return the steps of an answer, or None for what is asked of a provider."""
        answers: dict[tuple[str | None, str], Callable[[Arrival], Iterable[Step] | AsyncIterator[Step]]] = {
            ("GET", "/"): self._page,
            ("GET", "/healthz"): self._health,
            ("GET", "/-/state"): self._state,
            ("GET", "/-/events"): self._events,
            ("GET", "/-/recordings"): self._recordings,
            ("POST", "/-/reset"): self._reset,
        }
        answer = answers.get((arrival.request.method, arrival.path))
        return None if answer is None else answer(arrival)

    def state(self) -> dict[str, Any]:
        """Return what is served (the first of it, and how much it is), what was asked, and what missed."""
        journal = self._desk.journal
        return {
            "about": self._about | {"cassettes": self._about["cassettes"][:MOST]},
            "totals": dict(journal.totals),
            "recordings": self._listing.sums(),
            "sessions": [{"name": name, "asked": visit.asked} for name, visit in self._desk.visits],
            "served": self._listing.part()["served"],
            "entries": [entry.to_dict() for entry in journal.entries[-LATEST:]],
        }

    def _sums(self, entries: Sequence[Entry]) -> dict[str, Any]:
        """Return the sums after these entries, as far as they have changed any."""
        names = {entry.session for entry in entries}
        recordings = {entry.recording for entry in entries if entry.recording is not None}
        return {
            "totals": dict(self._desk.journal.totals),
            "recordings": self._listing.sums(),
            "sessions": [
                {"name": name, "asked": visit.asked} for name, visit in self._desk.visits if name in names
            ],
            "played": self._listing.played(recordings),
        }

    def close(self) -> None:
        """End the streams of those who listen."""
        for hearing in self._hearings:
            hearing.end()

    def _page(self, _: Arrival) -> Iterable[Step]:
        return document(200, "text/html; charset=utf-8", page(), _cautious())

    def _health(self, _: Arrival) -> Iterable[Step]:
        count = len(self._desk.catalogue.recordings)
        return _json(200, {"status": "ok", "recordings": count, **self._desk.journal.totals})

    def _state(self, _: Arrival) -> Iterable[Step]:
        return _json(200, self.state())

    def _recordings(self, arrival: Arrival) -> Iterable[Step]:
        asked = {name: values[0] for name, values in parse_qs(arrival.query).items()}
        numbers = [asked.get("from", "0"), asked.get("most", str(MOST))]
        wrong = [one for one in numbers if not _NUMBER.fullmatch(one)]
        if wrong or asked.get("played", "never") != "never":
            why = f"{shorten(arrival.query)!r} is not understood"
            way = "way out: /-/recordings?text=WORDS&played=never&from=0&most=100"
            return _json(400, {"error": {"message": f"{why}\n  {way}"}})
        first, most = map(int, numbers)
        return _json(
            200,
            self._listing.part(asked.get("text", ""), never_played="played" in asked, first=first, most=most),
        )

    def _reset(self, arrival: Arrival) -> Iterable[Step]:
        # A name that is empty is one that nobody has, and not all of them.
        name = parse_qs(arrival.query, keep_blank_values=True).get("session", [None])[0]
        done = {"session": name, "sessions": self._desk.visits.forget(name)}
        for hearing in self._hearings:
            hearing.tell("reset", done)
        return _json(200, {"sessions": done["sessions"]})

    async def _events(self, _: Arrival) -> AsyncIterator[Step]:
        hearing = Hearing(self._desk.journal, self.state, self._sums, self._hearings.discard)
        self._hearings.add(hearing)
        with hearing:
            yield Start(200, ((b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")))
            while not hearing.ended:
                yield Body(hearing.take())
                yield Pause(BREATH)
                await hearing.news.wait()
        yield End()


def _cautious() -> Fields:
    return (
        (b"content-security-policy", policy()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )


def _json(status: int, value: Any) -> Iterable[Step]:
    return document(status, JSON, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
