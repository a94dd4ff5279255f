"""`Desk`: every decision about a request that came over HTTP. It does no I/O."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from chunktape.errors import ConfigurationError, FaultError, shorten
from chunktape.serve.arrival import Seen
from chunktape.serve.catalogue import Catalogue, Told
from chunktape.serve.gate import forbidden
from chunktape.serve.operation import operation_of
from chunktape.serve.performance import perform, unplayable
from chunktape.serve.refusal import NO_RECORDING, refusal
from chunktape.serve.sharing import preflight, shared
from chunktape.serve.shelf import level, unknown
from chunktape.serve.visit import Visits, order_of
from chunktape.tape.fault_plan import Faults
from chunktape.tape.pace import Pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from chunktape.serve.arrival import Arrival
    from chunktape.serve.catalogue import Found
    from chunktape.serve.journal import Journal, Outcome
    from chunktape.serve.recorder import Recorder
    from chunktape.serve.setting import Settings
    from chunktape.serve.step import Step
    from chunktape.serve.visit import Order, Visit
    from chunktape.tape.interaction import Interaction

__all__ = ["Answer", "Desk"]

BIG = 256 << 10
"""Bytes of a body for which the streams of others should not wait: about 20 ms."""
NO_FAULT = "none"
FORBIDDEN = "forbidden_host"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MOST_FIELDS = 200
"""Headers and cookies; each may be a secret, which is looked for in all of the body."""
# Characters; a thousand entries are kept, and clients choose their texts.
LONGEST = {"path": 2_000, "message": 4_000}
LONGEST_OTHER = 200


class Answer(NamedTuple):
    """The steps of an answer, and the number of its entry in the journal; None where it has none."""

    steps: Iterable[Step] | AsyncIterator[Step]
    number: int | None


class _Choice(NamedTuple):
    """What is played, and the index of its recording."""

    interaction: Interaction
    recording: int


class Desk:
    """Answers requests from a catalogue; each session has its own place in every queue."""

    def __init__(
        self,
        catalogue: Catalogue,
        settings: Settings,
        journal: Journal,
        names: Iterable[str],
        recorder: Recorder | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.settings = settings
        self.journal = journal
        self.visits = Visits()
        self._names = dict.fromkeys(names)
        self._recorder = recorder

    def admits(self, arrival: Arrival) -> bool:
        """Return whether a request may be answered at all."""
        return self._objection(arrival) is None and self._flaw(arrival) is None

    def reading(self, arrival: Arrival) -> tuple[Callable[[], Arrival], ...]:
        """Return what is to be done in another thread before `answer`: looking through a big body."""
        if len(arrival.request.body) < BIG or not self.admits(arrival):
            return ()
        return (lambda: arrival._replace(seen=Seen(self.catalogue.key(arrival.request), arrival.model)),)

    def _objection(self, arrival: Arrival) -> str | None:
        return forbidden(self.settings.hosts, arrival.request.headers)

    def answer(self, arrival: Arrival) -> Answer:
        """Return what a request gets."""
        why = self._objection(arrival)
        if why is not None:
            return self._refuse(arrival, 403, why, FORBIDDEN)
        if (flaw := self._flaw(arrival)) is not None:
            return self._refuse(arrival, *flaw)
        if (steps := preflight(arrival.request)) is not None:
            return Answer(steps, None)
        return self._play(arrival)

    def _flaw(self, arrival: Arrival) -> tuple[int, str, str] | None:
        """Return the status, the words and the code for a request that is not whole, or for nothing here."""
        limits = self.settings.limits
        method = arrival.request.method or ""
        if method not in METHODS:
            return 405, f"{shorten(method)!r} is no method that is answered here", "bad_method"
        if arrival.fields > MOST_FIELDS:
            why = f"The request has {arrival.fields:,} headers and cookies; {MOST_FIELDS} are read"
            return 431, why, "too_much"
        if arrival.too_much:
            why = f"The body of the request is bigger than {limits.body:,} bytes"
            return 413, f"{why}\n  way out: start it with --max-body 100MB", "too_much"
        if arrival.late:
            why = f"The body of the request did not arrive within {limits.body_seconds:g} seconds"
            return 408, why, "too_slow"
        path = None if arrival.path.startswith("/") else f"{shorten(arrival.path)!r} is no path"
        if (odd := arrival.broken or path) is not None:
            return 400, odd, "bad_request"
        return None if arrival.misspelt is None else (400, arrival.misspelt, "bad_option")

    def _play(self, arrival: Arrival) -> Answer:
        try:
            pace = self.settings.pace if arrival.pace is None else Pace.of(arrival.pace)
            faults, text = self._faults(arrival)
            arrival = arrival._replace(cassette=self._level(arrival.cassette))
            if self._recorder is None and (why := self._unknown(arrival.cassette)) is not None:
                return self._refuse(arrival, 404, why, "no_cassette")
            choice = self._choose(arrival, faults, text)
            if choice is None and self._recorder is not None:
                return self._record(arrival, self._recorder)
        except (ConfigurationError, FaultError) as error:
            return self._refuse(arrival, 400, str(error), "bad_option")
        if choice is None:
            return self._miss(arrival)
        return self._perform(arrival, choice, pace, text)

    def _perform(self, arrival: Arrival, choice: _Choice, pace: Pace, text: str | None) -> Answer:
        recording = self.catalogue.recordings[choice.recording]
        one = choice.interaction
        if (why := unplayable(one)) is not None:
            return self._refuse(arrival, 502, f"{why}\n  recording: {recording}", "unplayable")
        number = self._begin(
            arrival,
            "played",
            status=None if one.head is None else one.head.status,
            recording=str(recording),
            fault=text,
        )
        extra = shared(arrival.request, str(recording))
        return Answer(perform(one, pace, extra, since=arrival.came), number)

    def _choose(self, arrival: Arrival, faults: Faults | None, text: str | None) -> _Choice | None:
        """Take what is played: what a fault has left for a request that is sent again, or the next."""
        visit = self.visits.of(arrival.session)
        visit.asked += 1
        visit.shown = self.catalogue.text(arrival.session, arrival.request)
        visit.order = visit.order if arrival.order is None else order_of(arrival.order)
        seen = arrival.seen
        key = self.catalogue.key(arrival.request) if seen is None else seen.key
        found = self.catalogue.find(arrival.request, key, arrival.cassette)
        if faults is None:
            index = visit.take(found, self._order(visit))
            return None if index is None else _Choice(self.catalogue.recordings[index].interaction, index)
        return self._altered(visit, found, arrival.cassette, faults, text)

    def _order(self, visit: Visit) -> Order:
        return visit.order or self.settings.order

    def _altered(
        self, visit: Visit, found: Found, cassette: str | None, faults: Faults, text: str | None
    ) -> _Choice | None:
        key = (cassette, found.key, text)
        left = visit.left(key)
        if left is not None:
            return _Choice(*left)
        index = visit.take(found, self._order(visit))
        if index is None:
            return None
        recording = self.catalogue.recordings[index]
        answers = faults.answers(recording.interaction, recording.number)
        return _Choice(visit.put(key, index, answers), index)

    def _faults(self, arrival: Arrival) -> tuple[Faults | None, str | None]:
        """Return what the request, or else the server, wants altered, with its text."""
        if arrival.fault == NO_FAULT:
            return None, None
        if arrival.fault is not None:
            return Faults.of(arrival.fault), arrival.fault
        own = self.settings.faults
        return own, None if own is None else str(own.every)

    def _record(self, arrival: Arrival, recorder: Recorder) -> Answer:
        steps = recorder.record(arrival)
        return Answer(steps, self._begin(arrival, "recorded", recording=recorder.name(arrival)))

    def _level(self, cassette: str | None) -> str | None:
        """Return the name of a cassette as it is played and recorded, however it was asked for.

        Raises `ConfigurationError` for a name that no recording can have.
        """
        if cassette is None or cassette in self._names:
            return cassette
        name = level(cassette)
        return name if self._recorder is None or name in self._names else self._recorder.level(name)

    def _unknown(self, cassette: str | None) -> str | None:
        return None if cassette is None else unknown(cassette, self._names)

    def _miss(self, arrival: Arrival) -> Answer:
        visit = self.visits.of(arrival.session)
        told = Told(
            self._called(arrival),
            "chunktape serve --record FOLDER, or chunktape record -- COMMAND",
            "--order loop plays it again",
        )
        played = visit.played if self._order(visit) == "queue" else None
        why = self.catalogue.explain(arrival.request, played, arrival.cassette, told)
        return self._refuse(arrival, 404, why, NO_RECORDING)

    def _called(self, arrival: Arrival) -> str:
        if arrival.cassette is not None:
            return arrival.cassette
        names = list(self._names)
        return names[0] if len(names) == 1 else f"all {len(names)} that are served"

    def _refuse(self, arrival: Arrival, status: int, why: str, code: str) -> Answer:
        flavor = operation_of(arrival.path, arrival.query).flavor
        why = self.catalogue.text(why, arrival.request)
        outcome: Outcome = "missed" if code == NO_RECORDING else "refused"
        number = self._begin(arrival, outcome, status=status, message=why)
        # Whoever is turned away reads nothing here, not even why.
        headers = () if code == FORBIDDEN else shared(arrival.request)
        return Answer(refusal(flavor, status, why, code=code, headers=headers), number)

    def _begin(
        self, arrival: Arrival, outcome: Outcome, *, status: int | None = None, **texts: str | None
    ) -> int:
        """Note a request in the journal, without its secrets, and return its number."""
        request = arrival.request
        bare = replace(request, body=b"")
        url = self.catalogue.shown(bare).url or ""
        path = "/" + url.partition("://")[2].partition("/")[2]
        facts = {
            "method": request.method or "",
            "path": path,
            "session": arrival.session,
            "model": arrival.model,
            **texts,
        }

        def told(name: str, text: str) -> str:
            # Cut last: the half of a secret is not known as one.
            return shorten(self.catalogue.text(text, bare), LONGEST.get(name, LONGEST_OTHER))

        return self.journal.begin(
            outcome=outcome,
            status=status,
            **{name: told(name, text) for name, text in facts.items() if text is not None},
        )
