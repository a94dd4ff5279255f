"""`Visits`: who has heard what: each session of clients has a place of its own in every queue."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Literal, NamedTuple

from chunktape.errors import ConfigurationError, did_you_mean
from chunktape.tape.fault_plan import Stalls, Waiting

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from chunktape.serve.catalogue import Found
    from chunktape.tape.fault_plan import Answers
    from chunktape.tape.interaction import Interaction

__all__ = ["ORDERS", "Order", "Visit", "Visits", "order_of"]

Order = Literal["loop", "queue", "last"]
ORDERS: dict[Order, str] = {
    "loop": "the recordings of a request one after the other, then from the first again",
    "queue": "each recording once",
    "last": "each recording once, then the last one again and again",
}

# A name costs nobody anything; what is remembered of it does.
MOST_VISITS = 1_000
MOST_ALTERED = 100
"""Requests of one session whose altered answers are remembered."""


def order_of(word: str) -> Order:
    """Return the order of this name; raises `ConfigurationError` for a word that is none."""
    for order in ORDERS:
        if order == word:
            return order
    lines = "\n".join(f"  {order}: {meaning}" for order, meaning in ORDERS.items())
    raise ConfigurationError(f"order={word!r} means nothing{did_you_mean(word, ORDERS)}\n{lines}")


class Visit:
    """One session: what it was played, and what faults have left for requests that are sent again.

    `shown` is its name without secrets, `order` its own, where it has asked for one.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.shown = ""
        self.order: Order | None = None
        self.played: set[int] = set()
        self._altered: OrderedDict[Hashable, _Altered] = OrderedDict()
        self._taken: dict[tuple[str | None, bytes], int] = {}

    def take(self, found: Found, cassette: str | None, order: Order) -> int | None:
        """Take the next of the recordings that answer a request; None where none is left."""
        count = self._taken.get((cassette, found.key), 0)
        if not found.places or (order == "queue" and count >= len(found.places)):
            return None
        turn = min(count, len(found.places) - 1) if order == "last" else count % len(found.places)
        self._taken[cassette, found.key] = count + 1
        place = found.places[turn]
        self.played.add(place)
        return place

    def put(self, key: Hashable, place: int, answers: Answers) -> Interaction:
        """Return the first of the answers that a fault makes of a recording, and keep the others."""
        altered = self._altered[key] = _Altered(Waiting(Stalls()), place)
        self._altered.move_to_end(key)
        if len(self._altered) > MOST_ALTERED:
            self._altered.popitem(last=False)
        return altered.waiting.put(None, answers)

    def left(self, key: Hashable) -> tuple[Interaction, int] | None:
        """Return what a fault has left for a request that is sent again, and of which recording."""
        altered = self._altered.get(key)
        one = None if altered is None else altered.waiting.take(None)
        return None if altered is None or one is None else (one, altered.place)


class _Altered(NamedTuple):
    """What a fault has left of the recording at a place."""

    waiting: Waiting
    place: int


class Named(NamedTuple):
    """A session and its name."""

    name: str
    visit: Visit


class Visits:
    """The sessions by their names; the one that was quiet for longest makes room for a new one."""

    def __init__(self) -> None:
        self._visits: OrderedDict[str, Visit] = OrderedDict()

    def of(self, name: str) -> Visit:
        """Return the session of this name, which begins where it is not known."""
        visit = self._visits.setdefault(name, Visit())
        self._visits.move_to_end(name)
        if len(self._visits) > MOST_VISITS:
            self._visits.popitem(last=False)
        return visit

    def forget(self, name: str | None) -> int:
        """Let a session, or (None) all of them, begin anew; return how many that were."""
        if name is None:
            count = len(self._visits)
            self._visits.clear()
            return count
        return int(self._visits.pop(name, None) is not None)

    def __iter__(self) -> Iterator[Named]:
        return iter([Named(visit.shown, visit) for visit in self._visits.values()])
