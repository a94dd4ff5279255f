"""`Playlist`: what a session plays, and in which order: the recordings of a file, as faults alter them."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from chunktape.tape.fault_plan import Stalls, Waiting, program_of
from chunktape.tape.recordings import Recordings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from chunktape.tape.cursor import Cursor
    from chunktape.tape.fault_plan import Faults
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.matching import Matching
    from chunktape.wire.message import Request

__all__ = ["Playlist"]


class Playlist:
    """The recordings of a file, each played once, in order.

    `sought` makes a request what it is looked up by, `name` is that of the cassette, and `grows`
    says that more is recorded, whose requests may be sent again, too. Safe between threads.
    """

    def __init__(
        self,
        recorded: tuple[Interaction, ...],
        matching: Matching,
        sought: Callable[[Request], Request],
        faults: Faults | None,
        name: str,
        *,
        grows: bool,
        by_body: bool,
        repeats: bool,
    ) -> None:
        self.recorded = recorded
        self._sought = sought
        self._lock = Lock()
        self._stalls = Stalls()
        self._waiting = Waiting(self._stalls)
        self._program = program_of(recorded, faults, name, grows=grows)
        self._recordings = Recordings(
            [one.request for one in self._program.played],
            matching,
            sought,
            by_body=by_body,
            repeats=repeats,
            lasting=None if faults is None else self._is_lasting,
        )

    def take(self, request: Request) -> Interaction | None:
        """Take what answers a request; None where there is nothing left."""
        with self._lock:
            index = self._recordings.same(request)
        if index is None:
            known = self._sought(request)
            with self._lock:
                index = self._recordings.find(known)
        return None if index is None else self._program.played[index]

    @property
    def asked(self) -> dict[int, None]:
        """The places, in the file, of what was asked for, in order."""
        with self._lock:
            return dict.fromkeys(self._program.origins[index] for index in self._recordings.played)

    def play(self, cursor: Cursor) -> Cursor:
        """Note what is being played, and return it."""
        return self._stalls.note(cursor)

    def put_last(self, played: Collection[Interaction]) -> None:
        """Play these only where nothing else is left."""
        origins = enumerate(self._program.origins)
        self._recordings.late = frozenset(index for index, place in origins if self.recorded[place] in played)

    def _is_lasting(self, index: int) -> bool:
        program = self._program
        stalled = index in program.stalling and self._stalls.struck(program.played[index])
        return stalled or index in program.lasting

    def number_of(self, one: Interaction) -> int | None:
        """Return the number, from 1, that what is played has in the file; None where it has none."""
        numbered = zip(self._program.played, self._program.origins, strict=True)
        return next((place + 1 for other, place in numbered if other == one), None)

    def alter(self, key: bytes, one: Interaction, number: int, faults: Faults) -> Interaction:
        """Return what is played of an interaction that was just recorded, and keep what comes after that."""
        answers = faults.answers(one, number)
        with self._lock:
            return self._waiting.put(key, answers)

    def take_altered(self, key: bytes) -> Interaction | None:
        """Take what is left for a request that was recorded, altered, and is sent again."""
        with self._lock:
            return self._waiting.take(key)
