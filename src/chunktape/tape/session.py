"""`Session`: one open cassette, and every decision about a request that meets it.

Record modes, order, the index and what was missed live here. It does no I/O: `recorder` reads and
writes the file, `adapters` carry out what it decides, sync and async alike.
"""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from chunktape.errors import NetworkRefusedError, RecordingExhaustedError, UnmatchedRequestError
from chunktape.tape.cursor import Cursor
from chunktape.tape.hook import Hooks, left_out
from chunktape.tape.matching import Matching
from chunktape.tape.miss import explain_end, explain_miss
from chunktape.tape.origin import origin_of, origins_of
from chunktape.tape.pace import Pace
from chunktape.tape.playlist import Playlist
from chunktape.tape.redaction import Redaction
from chunktape.tape.tap import Tap
from chunktape.tape.token_exchange import is_token_exchange
from chunktape.tape.watch import Watch, hosts_of, hushed, matches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from chunktape.tape.fault_plan import Faults
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.record_mode import Mode
    from chunktape.wire.message import Request

__all__ = ["Session"]


class Session:
    """One open cassette.

    `interactions` are those of the file and those recorded since, `played` and `unplayed` those of
    the file, `missed` the errors that requests without a recording got, `refused` those of calls
    that reached for the network in replay. Leaving the cassette raises the first of both again, so
    that code which swallows it cannot turn a test green; where another exception leaves it, that
    carries it as a note. ``session.missed.clear()`` and ``session.refused.clear()`` say that it was
    expected. `before_recording` sees each request that is about to be recorded, and stops it by raising.
    `faults` alter what is played, never what is kept.
    """

    def __init__(
        self,
        name: str,
        mode: Mode,
        recorded: Iterable[Interaction] = (),
        *,
        pace: Pace | None = None,
        matching: Matching | None = None,
        redaction: Redaction | None = None,
        ignore_hosts: Sequence[str] = (),
        repeats: bool = False,
        recorded_by: str | None = None,
        way_out: str = 'use_cassette(…, record_mode="new_episodes")',
        before_recording: Callable[[Session, Request], None] | None = None,
        watch: Watch = Watch(),  # noqa: B008 a tuple
        faults: Faults | None = None,
        hooks: Hooks = Hooks(),  # noqa: B008 as above
    ) -> None:
        self.name = name
        self.mode = mode
        self.closed = False
        self.watch = watch
        self.missed: list[UnmatchedRequestError] = []
        self.refused: list[NetworkRefusedError] = []
        self._old = tuple(recorded)
        self._pace = pace or Pace()
        self._matching = matching or Matching()
        self._redaction = redaction or Redaction()
        self._ignored = hosts_of(ignore_hosts)
        self._recorded_by = recorded_by
        self._way_out = way_out
        self._before_recording = before_recording
        self._hooks = hooks
        self._lock = Lock()
        self._taps: list[Tap] = []
        self._faults = faults
        self._playlist = Playlist(
            self._old,
            self._matching,
            self._sought,
            faults if mode.replays else None,
            name,
            grows=mode.records,
            # A session that records redacts each request, to know the keys that must not be written.
            by_body=not self.can_record and not self._matching.reads_headers and not hooks.sees_requests,
            repeats=repeats,
        )
        self._origins: frozenset[tuple[str, int]] | None = None

    def turn_to(self, watch: Watch, *, way_out: str) -> None:
        """Name another test, and the command that records it, in what is said from now on."""
        self.watch, self._way_out = watch, way_out

    def go_on_from(self, earlier: Session) -> None:
        """Play on where another opening of the same cassette, with the same settings, has come to."""
        self._old, self._playlist = earlier._old, earlier._playlist

    def put_last(self, played: Collection[Interaction]) -> None:
        """Play these only where nothing else is left: they were played by an opening with other settings."""
        self._playlist.put_last(played)

    # What the person who opened it sees.

    @property
    def can_record(self) -> bool:
        """Whether a request may go live; while it is False the network is refused to everybody."""
        return self.mode.records or self.mode.name == "off"

    @property
    def demands_recording(self) -> bool:
        """Whether what would go live without being recorded is refused: a test must replay as it ran."""
        return self.mode.records and self.watch.test is not None

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What the cassette holds now, in the order of the requests: replayed and recorded alike."""
        return (*self._kept(), *self.recorded)

    @property
    def recorded(self) -> tuple[Interaction, ...]:
        """What was recorded since it was opened, as it will be written: redacted."""
        found = (self._hooks.interaction(self._redaction.interaction(tap.interaction)) for tap in self.taps)
        return tuple(one for one in found if one is not None)

    @property
    def taps(self) -> tuple[Tap, ...]:
        """The recordings that were begun since it was opened, with nothing taken out of them."""
        with self._lock:
            return tuple(tap for tap in self._taps if not tap.void)

    @property
    def played(self) -> tuple[Interaction, ...]:
        """The recordings that were played, in the order in which they were first asked for."""
        return tuple(self._old[index] for index in self._playlist.asked)

    @property
    def unplayed(self) -> tuple[Interaction, ...]:
        """The recordings of the file that nobody has asked for, but for those that nobody is given."""
        asked = self._playlist.asked
        left = [one for index, one in enumerate(self._old) if index not in asked]
        return tuple(one for one in left if not is_token_exchange(one.request.url))

    # What the adapters ask.

    def answer(self, request: Request) -> Cursor | Tap | None:
        """Decide about a request: play a recording, record the live answer, or let it pass (None).

        Raises `UnmatchedRequestError` where there is no recording and none may be made.
        """
        if self.passes(request.url):
            return None
        if self._leaves_out(request):
            if not self.can_record:
                raise self.refuse(left_out(self._redaction.request(request), self.name))
            return None
        cursor = self._cursor(request)
        if cursor is not None:
            return cursor
        if (refused := hushed(self.watch.noise, request)) is not None:
            return self._playback(refused)
        if self.mode.records:
            return self._tap(request)
        raise self._miss(request)

    def passes(self, url: str | None) -> bool:
        """Return whether requests to this URL are none of the cassette's business, whatever they hold."""
        return self.mode.name == "off" or self._is_ignored(url)

    def play(self, request: Request) -> Cursor:
        """Return the recording of a request; raises `UnmatchedRequestError` where there is none left."""
        cursor = self._cursor(request)
        if cursor is None:
            raise self._miss(request)
        return cursor

    def refuse(self, message: str) -> NetworkRefusedError:
        """Note that the network was refused, and return the error that says so."""
        error = NetworkRefusedError(message)
        self.refused.append(error)
        return error

    def ignores(self, host: str, port: int | None = None) -> bool:
        """Whether a host goes live and is never recorded."""
        host = host.lower()
        return matches(host, port, self._ignored)

    @property
    def origins(self) -> frozenset[tuple[str, int]]:
        """The hosts, in lower case, and ports that the cassette holds, or has begun to record."""
        if self._origins is None:
            self._origins = origins_of(self._old)
        taps = self.taps
        return self._origins | origins_of(taps) if taps else self._origins

    # What the recorder asks.

    def close(self) -> None:
        """End it; recordings whose stream is still open are kept as far as they have come."""
        self.closed = True

    def to_write(self) -> tuple[tuple[Interaction, ...], tuple[Interaction, ...]] | None:
        """Return what is kept of the file and what was recorded, or None where it needs no change."""
        recorded = self.recorded
        return (self._kept(), recorded) if recorded else None

    def raise_missed(self) -> None:
        """Raise the first miss or refusal, which somebody may have swallowed."""
        for error in (*self.missed, *self.refused):
            raise error

    # Inside.

    def _kept(self) -> tuple[Interaction, ...]:
        """Return what stays of the file: in `all` a new recording replaces what it matches, as in vcrpy."""
        if self.mode.name in {"rewrite", "once"}:
            return ()
        if self.mode.name != "all":
            return self._old
        with self._lock:
            again = {self._key(tap.request) for tap in self._taps if not tap.void}
        return tuple(one for one in self._old if self._key(one.request) not in again)

    def _key(self, request: Request) -> bytes:
        return self._matching.key(self._sought(request))

    def _sought(self, request: Request) -> Request:
        """Return a request as it is looked up by, which nobody is shown."""
        redaction = self._redaction
        if self._hooks.sees_requests:
            return self._known(request) or redaction.request(request)
        return redaction.request(request) if self._matching.reads_headers else redaction.sought(request)

    def _leaves_out(self, request: Request) -> bool:
        seen = self._hooks.sees_requests and self._known(request) is None
        return seen or is_token_exchange(request.url)

    def _known(self, request: Request) -> Request | None:
        """Return a request as it is kept, None where its exchange is left out."""
        return self._hooks.on_request(self._redaction.request(request))

    def _is_ignored(self, url: str | None) -> bool:
        origin = origin_of(url) if self._ignored else None
        return origin is not None and self.ignores(*origin)

    def _tap(self, request: Request) -> Tap:
        if self._before_recording is not None:
            self._before_recording(self, request)
        with self._lock:  # in which it notes the time: their order is that of their times
            tap = Tap(request, recorded_by=self._recorded_by)
            self._taps.append(tap)
        if self._faults is not None:
            tap.altered = partial(self._altered, tap, self._faults)
        return tap

    def _altered(self, tap: Tap, faults: Faults) -> Cursor:
        """Return what is played instead of what was just recorded."""
        number = len(self._kept()) + self.taps.index(tap) + 1
        return self._playback(self._playlist.alter(self._key(tap.request), tap.interaction, number, faults))

    def _cursor(self, request: Request) -> Cursor | None:
        sent_again = self._faults is not None and self.mode.records
        one = self._playlist.take_altered(self._key(request)) if sent_again else None
        if one is None and self.mode.replays:
            one = self._playlist.take(request)
        return None if one is None else self._playback(one)

    def _playback(self, one: Interaction) -> Cursor:
        return self._playlist.play(Cursor(one, self._pace, self._exhausted))

    def _miss(self, request: Request) -> UnmatchedRequestError:
        # Here all of it is redacted, whatever the look-up has left out.
        known = self._known(request) or self._redaction.request(request)
        error = UnmatchedRequestError(
            explain_miss(
                known,
                self._old,
                frozenset(self._playlist.asked),
                matching=self._matching,
                cassette=self.name,
                way_out=self._way_out,
                anew=self.watch.anew,
            )
        )
        self.missed.append(error)
        return error

    def _exhausted(self, interaction: Interaction) -> RecordingExhaustedError:
        number = self._playlist.number_of(interaction)
        error = RecordingExhaustedError(explain_end(interaction, number, self.name, self._way_out))
        self.missed.append(error)
        return error
