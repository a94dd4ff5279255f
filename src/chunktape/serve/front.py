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
from chunktape.serve.sharing import preflight
from chunktape.serve.step import Body, End, Last, Pause, Start, document

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
BELOW = "/-/"
NOT_ALLOWED = 405
EVENTS = Start(200, ((b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")))
BREATH = 0.05
"""Seconds between what a listener is told, so that many requests are few events to draw."""


class Front:
    """Answers what is asked of the server itself: ``/``, ``/healthz`` and what is below ``/-/``.

    No recording answers that, no provider is asked for it, and it is no miss.
    """

    def __init__(self, desk: Desk, about: dict[str, Any]) -> None:
        self._desk = desk
        self._about = about
        self._listing = Listing(desk)
        self._hearings: set[Hearing] = set()
        self._answers: dict[str, dict[str, Callable[[Arrival], Iterable[Step] | AsyncIterator[Step]]]] = {
            "/": {"GET": self._page},
            "/favicon.ico": {"GET": self._icon},
            "/healthz": {"GET": self._health},
            "/-/state": {"GET": self._state},
            "/-/events": {"GET": self._events, "HEAD": self._no_events},
            "/-/recordings": {"GET": self._recordings},
            "/-/reset": {"POST": self._reset},
        }

    def answer(self, arrival: Arrival) -> Iterable[Step] | AsyncIterator[Step] | None:
        """Return the steps of an answer, or None for what is asked of a provider."""
        path, method = arrival.path, arrival.request.method or ""
        if path not in self._answers and not path.startswith(BELOW):
            return None
        if (steps := preflight(arrival.request)) is not None:
            return steps
        if path not in self._answers:
            return _error(404, f"Nothing of this server is called {shorten(path)!r}", self._answers)
        # The connection leaves away the body of what answers a HEAD.
        answers = self._answers[path]
        answers = answers | {"HEAD": answers.get("HEAD", answers["GET"])} if "GET" in answers else answers
        answer = answers.get(method)
        if answer is None:
            return _error(NOT_ALLOWED, f"{path} is not asked for by {method}", answers)
        return answer(arrival)

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

    def _icon(self, _: Arrival) -> Iterable[Step]:
        # Browsers ask for it by themselves; the page brings its own.
        return (Start(204, ()), Last(b""))

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
            yield EVENTS
            while not hearing.ended:
                yield Body(hearing.take())
                yield Pause(BREATH)
                await hearing.news.wait()
        yield End()

    def _no_events(self, _: Arrival) -> Iterable[Step]:
        return (EVENTS, Last(b""))


def _cautious() -> Fields:
    return (
        (b"content-security-policy", policy()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )


def _error(status: int, why: str, known: Iterable[str]) -> Iterable[Step]:
    names = ", ".join(known)
    allow = ((b"allow", names.encode()),) if status == NOT_ALLOWED else ()
    return _json(status, {"error": {"message": f"{why}\n  known: {names}"}}, allow)


def _json(status: int, value: Any, headers: Fields = ()) -> Iterable[Step]:
    return document(status, JSON, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), headers)
