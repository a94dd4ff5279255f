"""`Run`: sends what was planned, by one worker or several, within its costs, and writes what succeeded.

The workers only send. Whoever waits for them writes, a cassette at a time, so that Ctrl-C finds nothing
half done: what had succeeded by then is written, and what is under way is given up.
"""

from __future__ import annotations

import signal
import warnings
from collections import deque
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Lock, Thread, current_thread, main_thread
from typing import TYPE_CHECKING, NamedTuple

from chunktape.cli.card import Card
from chunktape.cli.refresh_loop import loops
from chunktape.cli.refresh_send import Sent, send
from chunktape.errors import CassetteError, CassetteWarning
from chunktape.tape.redaction import Redaction
from chunktape.tape.replacing import replace_recorded

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from chunktape.cli.refresh_plan import Planned
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.replacing import Replaced
    from chunktape.wire.transport import Transport

__all__ = ["Result", "Run"]

# What was affordable in one order of adding up is so in any other.
_ROUNDED = 1 + 1e-9


class Result(NamedTuple):
    """What became of one recording.

    `outcome` is ``refreshed``, ``failed`` (`reason` says why the older one stays), ``unwritten`` (it came,
    and could not be put in its place), ``stopped`` (it was not sent any more) or ``refused``.
    """

    planned: Planned
    outcome: str
    reason: str | None = None
    new: Interaction | None = None
    cost: float | None = None


class Run:
    """One run over what was planned; `tell` gets each result as soon as it is certain.

    `spent` is what it has cost, in USD, as far as that is known, where what broke off counts as much as the
    recording before it; `unknown` counts answers of which nobody knows that. `interrupted` says that
    somebody pressed Ctrl-C, and `warned` what is to be said of what was written. `redact` is taken out
    of what comes, too.
    """

    def __init__(
        self,
        planned: Sequence[Planned],
        tell: Callable[[Result], None],
        *,
        now: datetime,
        max_cost: float | None = None,
        redact: Iterable[str | re.Pattern[str]] = (),
    ) -> None:
        self._planned = planned
        self._tell = tell
        self._now = now
        self._limit = max_cost
        self._waiting = deque(one for one in planned if one.destination is not None)
        # One for each cassette: what redaction breaks in one is no obstacle for another.
        self._redactions = {one.chosen.name: Redaction(extra=tuple(redact)) for one in self._waiting}
        self._came: dict[str, list[Sent]] = {name: [] for name in self._redactions}
        self._left = dict.fromkeys(self._redactions, 0)
        for one in self._waiting:
            self._left[one.chosen.name] += 1
        self._lock = Lock()
        self._stop = Event()
        self._done: SimpleQueue[Sent | BaseException | None] = SimpleQueue()
        self._broken: BaseException | None = None
        self._reserved = 0.0
        self.spent = 0.0
        self.unknown = 0
        self.interrupted = False
        self.warned: list[str] = []

    def perform(self, connect: Callable[[], Transport], *, workers: int = 1) -> list[Result]:
        """Send all of it over one transport, and return what became of each recording, in their order."""
        found = {id(one): Result(one, "refused", one.refused) for one in self._planned}
        for one in self._planned:
            if one.destination is None:
                self._tell(found[id(one)])
        if self._waiting:
            found |= self._send(connect(), workers)
        why = "stopped by Ctrl-C" if self.interrupted else "--max-cost was reached"
        for one in self._planned:
            if found[id(one)].outcome == "refused" and one.destination is not None:
                found[id(one)] = Result(one, "stopped", f"not sent, or given up: {why}")
                self._tell(found[id(one)])
        return [found[id(one)] for one in self._planned]

    def _send(self, transport: Transport, workers: int) -> dict[int, Result]:
        found: dict[int, Result] = {}
        with _on_interrupt(self._interrupt):
            crew = min(workers, len(self._waiting))
            for number in range(crew):
                # Daemons, because nobody waits for an answer that was given up.
                Thread(target=self._work, args=(transport,), name=f"refresh-{number}", daemon=True).start()
            for sent in self._arrivals(crew):
                name = sent.planned.chosen.name
                self._came[name].append(sent)
                if len(self._came[name]) == self._left[name]:
                    found |= self._settle(name)
            for name in self._came:
                found |= self._settle(name)
        if self._broken is not None:
            raise self._broken
        if not self.interrupted:
            transport.close()
        return found

    # What workers do.

    def _work(self, transport: Transport) -> None:
        try:
            while (one := self._take()) is not None:
                sent = send(one, transport, self._redactions[one.chosen.name], stopped=self._stop)
                self._count(sent)
                self._done.put(sent)
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
            self._done.put(error)
        else:
            self._done.put(None)

    def _take(self) -> Planned | None:
        """Return the next one that the limit leaves room for, and reserve what it is expected to cost."""
        with self._lock:
            while self._waiting and not self._stop.is_set():
                one = self._waiting.popleft()
                left = None if self._limit is None else self._limit - self.spent - self._reserved
                if left is None or (left > 0 and (one.cost_again or 0.0) <= left * _ROUNDED):
                    self._reserved += one.cost_again or 0.0
                    return one
            return None

    def _count(self, sent: Sent) -> None:
        card = _card_of(sent, self._now)
        charged = card is not None and card.is_charged
        estimate = sent.planned.cost_again
        cost = estimate if card is None or card.cost is None else card.cost.usd
        with self._lock:
            self._reserved -= estimate or 0.0
            if charged:
                self.spent += cost or 0.0
                self.unknown += cost is None

    # What the one who waits for them does.

    def _interrupt(self) -> None:
        self.interrupted = True
        self._stop.set()
        self._done.put(None)

    def _arrivals(self, workers: int) -> Iterator[Sent]:
        while workers and not self.interrupted:
            arrived = self._done.get()
            if isinstance(arrived, Sent):
                yield arrived
                continue
            workers -= 1
            if arrived is not None:
                # What had come until then is written first.
                self._broken = arrived
                self._stop.set()
                break
        while not self._done.empty():
            # What had come before somebody pressed Ctrl-C is kept, whoever is still under way.
            last = self._done.get()
            if isinstance(last, Sent):
                yield last

    def _settle(self, name: str) -> dict[int, Result]:
        """Write what has come for a cassette, once, and tell what became of it."""
        some, self._came[name] = self._came[name], []
        found = {id(one.planned): self._result(one, "failed", one.failed) for one in some}
        good = [one for one in some if one.interaction is not None]
        if good:
            found |= {id(one.planned): result for one, result in zip(good, self._write(good), strict=True)}
        for result in found.values():
            self._tell(result)
        return found

    def _write(self, some: Sequence[Sent]) -> list[Result]:
        chosen = some[0].planned.chosen
        new = {one.planned.place: one.interaction for one in some if one.interaction is not None}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CassetteWarning)
            try:
                done = replace_recorded(
                    chosen.path, chosen.interactions, new, self._redactions[chosen.name], barred=loops
                )
            except CassetteError as error:
                return [self._result(one, "unwritten", str(error)) for one in some]
        self.warned += [str(one.message) for one in caught if issubclass(one.category, CassetteWarning)]
        beside = "nowhere, because that failed, too" if done.beside is None else str(done.beside)
        why = f"the cassette has changed meanwhile, and what is there stays; kept beside it: {beside}"
        return [self._placed(one, done, why) for one in some]

    def _placed(self, sent: Sent, done: Replaced, why: str) -> Result:
        place = sent.planned.place
        if place in done.written:
            return self._result(sent, "refreshed", None)
        if place in done.secret:
            why = (
                f"Cassette not written: it would hold {done.secret[place]}\n"
                "  way out: --secret-env NAME, or --pattern REGEX that finds it, takes it out"
            )
        return self._result(sent, "unwritten", why)

    def _result(self, sent: Sent, outcome: str, reason: str | None) -> Result:
        card = _card_of(sent, self._now)
        cost = None if card is None or card.cost is None else card.cost.usd
        return Result(sent.planned, outcome, reason, sent.interaction, cost)


def _card_of(sent: Sent, now: datetime) -> Card | None:
    if sent.came is None:
        return None
    return Card(sent.planned.chosen.name, sent.planned.place, sent.came, now=now)


@contextmanager
def _on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Let the first Ctrl-C stop politely, and the second one as ever."""
    if current_thread() is not main_thread():
        yield
        return
    usual = signal.getsignal(signal.SIGINT)

    def first(*_: object) -> None:
        signal.signal(signal.SIGINT, usual)
        stop()

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
