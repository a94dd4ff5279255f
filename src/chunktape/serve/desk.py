"""`Desk`: every decision about a request that came over HTTP. It does no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chunktape.errors import ConfigurationError, FaultError, shorten
from chunktape.serve.catalogue import Catalogue, Told
from chunktape.serve.gate import forbidden
from chunktape.serve.operation import operation_of
from chunktape.serve.performance import perform
from chunktape.serve.refusal import NO_RECORDING, refusal
from chunktape.serve.sharing import preflight, shared
from chunktape.serve.shelf import unknown
from chunktape.serve.visit import Visits
from chunktape.tape.fault_plan import Faults
from chunktape.tape.pace import Pace
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from chunktape.serve.arrival import Arrival
    from chunktape.serve.catalogue import Found
    from chunktape.serve.journal import Journal
    from chunktape.serve.recorder import Recorder
    from chunktape.serve.setting import Settings
    from chunktape.serve.step import Step
    from chunktape.serve.visit import Visit
    from chunktape.tape.interaction import Interaction

__all__ = ["Answer", "Desk"]

NO_FAULT = "none"


class Answer(NamedTuple):
    """The steps of an answer, and the number of its entry in the journal."""

    steps: Iterable[Step] | AsyncIterator[Step]
    number: int


class _Choice(NamedTuple):
    """What is played, and of which recording."""

    interaction: Interaction
    place: int


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
        return self._objection(arrival) is None and not arrival.late and not arrival.too_much

    def _objection(self, arrival: Arrival) -> str | None:
        headers = arrival.request.headers
        return forbidden(self.settings.hosts, header(headers, "host"), header(headers, "origin"))

    def answer(self, arrival: Arrival) -> Answer:
        """Return what a request gets."""
        why = self._objection(arrival)
        if why is not None:
            return self._refuse(arrival, 403, why, "forbidden_host")
        if arrival.late:
            seconds = self.settings.limits.body_seconds
            return self._refuse(
                arrival, 408, f"The body of the request did not arrive within {seconds:g} seconds", "too_slow"
            )
        if arrival.too_much:
            most = f"{self.settings.limits.body:,} bytes"
            return self._refuse(
                arrival,
                413,
                f"The body of the request is bigger than {most}\n  way out: start it with --max-body 100MB",
                "too_much",
            )
        if not arrival.path.startswith("/"):
            return self._refuse(arrival, 400, f"{shorten(arrival.path)!r} is no path", "bad_path")
        if (steps := preflight(arrival.request)) is not None:
            number = self.journal.begin("OPTIONS", arrival.path, arrival.session, "played", status=204)
            return Answer(steps, number)
        return self._play(arrival)

    def _play(self, arrival: Arrival) -> Answer:
        try:
            pace = self.settings.pace if arrival.pace is None else Pace.of(arrival.pace)
            faults, text = self._faults(arrival)
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
        recording = self.catalogue.recordings[choice.place]
        one = choice.interaction
        number = self.journal.begin(
            arrival.request.method or "",
            self._shown_path(arrival),
            arrival.session,
            "played",
            status=None if one.head is None else one.head.status,
            model=arrival.model,
            recording=str(recording),
            fault=text,
        )
        extra = shared(arrival.request, str(recording))
        return Answer(perform(one, pace, extra, since=arrival.came), number)

    def _choose(self, arrival: Arrival, faults: Faults | None, text: str | None) -> _Choice | None:
        """Take what is played: what a fault has left for a request that is sent again, or the next."""
        visit = self.visits.of(arrival.session)
        visit.asked += 1
        found = self.catalogue.find(arrival.request, arrival.cassette)
        if faults is None:
            place = visit.take(found, arrival.cassette, self.settings.order)
            return None if place is None else _Choice(self.catalogue.recordings[place].interaction, place)
        return self._altered(visit, found, arrival.cassette, faults, text)

    def _altered(
        self, visit: Visit, found: Found, cassette: str | None, faults: Faults, text: str | None
    ) -> _Choice | None:
        key = (cassette, found.key, text)
        left = visit.waiting.take(key)
        if left is not None:
            return _Choice(left, visit.faulted[key])
        place = visit.take(found, cassette, self.settings.order)
        if place is None:
            return None
        visit.faulted[key] = place
        recording = self.catalogue.recordings[place]
        answers = faults.answers(recording.interaction, recording.number)
        return _Choice(visit.waiting.put(key, answers), place)

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
        number = self.journal.begin(
            arrival.request.method or "",
            self._shown_path(arrival),
            arrival.session,
            "recorded",
            model=arrival.model,
            recording=recorder.name(arrival),
        )
        return Answer(steps, number)

    def _unknown(self, cassette: str | None) -> str | None:
        return None if cassette is None else unknown(cassette, self._names)

    def _miss(self, arrival: Arrival) -> Answer:
        visit = self.visits.of(arrival.session)
        told = Told(
            self._called(arrival),
            "chunktape serve --record FOLDER, or chunktape record -- COMMAND",
            "--order loop plays it again",
        )
        played = visit.played if self.settings.order == "queue" else None
        why = self.catalogue.explain(arrival.request, played, arrival.cassette, told)
        return self._refuse(arrival, 404, why, NO_RECORDING)

    def _called(self, arrival: Arrival) -> str:
        if arrival.cassette is not None:
            return arrival.cassette
        names = list(self._names)
        return names[0] if len(names) == 1 else f"all {len(names)} that are served"

    def _refuse(self, arrival: Arrival, status: int, why: str, code: str) -> Answer:
        flavor = operation_of(arrival.path, arrival.query).flavor
        number = self.journal.begin(
            arrival.request.method or "",
            self._shown_path(arrival),
            arrival.session,
            "missed" if code == NO_RECORDING else "refused",
            status=status,
            model=arrival.model,
            message=why,
        )
        return Answer(refusal(flavor, status, why, code=code, headers=shared(arrival.request)), number)

    def _shown_path(self, arrival: Arrival) -> str:
        request = arrival.request
        bare = type(request)(request.method, request.url, request.headers)
        url = self.catalogue.shown(bare).url or ""
        return "/" + url.partition("://")[2].partition("/")[2]
