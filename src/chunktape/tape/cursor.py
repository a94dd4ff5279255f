"""`Cursor`: a playback in progress.

The position belongs to the playback and not to an iteration of it, because openai's async client
iterates one response twice. When to wait, what comes next and how it ends is decided here, once,
for every stack; `play` and `aplay` only carry it out.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace
from math import inf
from threading import local
from time import perf_counter_ns
from typing import TYPE_CHECKING

from chunktape.tape.end_marker import is_last
from chunktape.tape.retry import retry_at
from chunktape.wire.message import Failure, Head, header
from chunktape.wire.sse import events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.pace import Pace

__all__ = ["Cursor", "apause", "aplay", "is_complete", "pause", "play"]

# An async replay that never waits would starve the event loop: it yields after this many chunks,
# or when no replay has yielded for this many nanoseconds, whichever comes first.
BREATH_CHUNKS = 32
BREATH_NS = 1_000_000

# A recording whose reader was cancelled leaves its reader waiting again: this many seconds longer
# than it took then, so that the same time-out strikes.
PATIENCE = 2.0

TAIL_BYTES = 65_536
TIMED_OUT = Failure("timeout", "", "The read operation timed out")


class Cursor:
    """Plays one interaction; `exhausted` makes the error for reading past where the recording stops.

    `read_timeout` is the reader's own, in seconds, where its stack tells it: it strikes in a silence
    that a fault has put there, if that is longer. `silent` is the pace at which such a silence passes,
    that of the chunks where it is None. Its time begins at `since`, on the clock of `perf_counter_ns`.
    """

    __slots__ = (
        "_exhausted",
        "_next",
        "_pace",
        "_silences",
        "_silent",
        "_start",
        "interaction",
        "read_timeout",
        "struck",
    )

    def __init__(
        self,
        interaction: Interaction,
        pace: Pace,
        exhausted: Callable[[Interaction], BaseException],
        silent: Pace | None = None,
        since: int | None = None,
    ) -> None:
        self.interaction = interaction
        self.read_timeout: float | None = None
        self._silences = {one.at: one.seconds for one in interaction.silences}
        self.struck = False
        self._pace = pace
        self._silent = silent or pace
        self._exhausted = exhausted
        self._next = 0
        self._start = perf_counter_ns() if since is None else since

    @property
    def head(self) -> Head:
        """The recorded head, with times to wait before a retry cut down to the pace."""
        head = self.interaction.head or Head(200)
        headers = retry_at(self._pace, head.status, head.headers)
        if head.status and headers is head.headers:
            return head
        return replace(head, status=head.status or 200, headers=headers)

    def opened(self, rebuild: Callable[[Failure], BaseException]) -> Head:
        """Return the head, or raise what came instead of one: `rebuild` makes a recorded failure anew."""
        if self.struck:
            raise rebuild(replace(TIMED_OUT, phase="connect"))
        if self.interaction.head is None:
            ending = self.interaction.ending
            raise (
                self._exhausted(self.interaction)
                if ending is None or ending.failure is None
                else rebuild(ending.failure)
            )
        return self.head

    def head_delay(self, *, breathe: bool = False) -> float:
        """Return the seconds to wait for the head, or for what came instead."""
        recorded = self._recorded_delay(breathe=breathe)
        return recorded + self._stall(None) if None in self._silences else recorded

    def _recorded_delay(self, *, breathe: bool) -> float:
        timing = self.interaction.timing
        if timing is None:
            return 0.0
        if self.interaction.head is None:
            return (
                self._until_cancelled() if breathe and self._was_cancelled() else self._delay(timing.end or 0)
            )
        return self._delay(timing.head or 0)

    def head_steps(self) -> Iterator[float]:
        """Yield the pause before the head, or nothing where a turn of the event loop would be nobody's."""
        delay = self.head_delay(breathe=True)
        if delay or _others_wait() or perf_counter_ns() > _turn.last + BREATH_NS:
            yield delay
            _turn.last = perf_counter_ns()

    def steps(
        self, rebuild: Callable[[Failure], BaseException], *, breathe: bool = False
    ) -> Iterator[bytes | float]:
        """Yield chunks (bytes) and the pauses before them (seconds), then end as the recording ended.

        A recorded failure is raised as what `rebuild` makes of it.
        """
        body, ends = self.interaction.body, self.interaction.ends
        timing = self.interaction.timing if self._pace.factor is not None else None
        count = len(ends)
        silences = self._silences
        breath = max(_turn.last, perf_counter_ns() - BREATH_NS) + BREATH_NS if breathe else 0
        while (index := self._next) < count:
            self._next = index + 1
            if silences and (start := ends[index - 1] if index else 0) in silences:
                yield from self._stalled(start, rebuild)
            delay = 0.0 if timing is None else self._delay(timing.at[index])
            if delay or (breathe and (not (index + 1) % BREATH_CHUNKS or perf_counter_ns() > breath)):
                yield delay
                if breathe:
                    _turn.last = perf_counter_ns()
                    breath = _turn.last + BREATH_NS
            yield body[ends[index - 1] if index else 0 : ends[index]]
        if silences and len(body) in silences:
            yield from self._stalled(len(body), rebuild)
        if breathe and self._was_cancelled():
            yield self._until_cancelled()
        elif timing is not None and timing.end is not None and self._next == count:
            yield self._delay(timing.end)
        self._next = count + 1
        ending = self.interaction.ending
        if ending is not None and ending.failure is not None:
            raise rebuild(ending.failure)
        if ending is not None and ending.kind != "eof" and not is_complete(self.interaction):
            raise self._exhausted(self.interaction)

    def _stalled(self, place: int, rebuild: Callable[[Failure], BaseException]) -> Iterator[float]:
        """Yield the pause in a silence, then raise the reader's time-out where it strikes there."""
        yield self._stall(place)
        if self.struck:
            self._next = len(self.interaction.ends) + 1
            raise rebuild(TIMED_OUT)

    def _stall(self, place: int | None) -> float:
        """Begin a silence: return its seconds at the cursor's pace, and note if they are too many."""
        seconds, limit = self._silences.pop(place), self.read_timeout
        self.struck = limit is not None and seconds > limit
        seconds = min(seconds, seconds if limit is None else limit)
        factor = self._silent.factor
        wait = 0.0 if factor is None or seconds == inf else seconds / factor
        # What comes after a silence comes that much later.
        self._start += round(wait * 1e9)
        return wait

    def _was_cancelled(self) -> bool:
        return self.interaction.ending is not None and self.interaction.ending.kind == "cancelled"

    def _until_cancelled(self) -> float:
        """Return how long a reader that gave up is waited for: its own clock runs at no pace but its own."""
        timing = self.interaction.timing
        end = timing.end if timing is not None and timing.end is not None else 0
        return end / 1e6 + PATIENCE

    def _delay(self, moment: int) -> float:
        if self._pace.factor is None:
            return 0.0
        due = moment / 1e6 / self._pace.factor
        return max(0.0, due - (perf_counter_ns() - self._start) / 1e9)


def play(cursor: Cursor, rebuild: Callable[[Failure], BaseException]) -> Iterator[bytes]:
    """Yield the chunks at the cursor's pace."""
    for step in cursor.steps(rebuild):
        if step.__class__ is float:
            time.sleep(step)
        else:
            yield step  # type: ignore[misc] # whatever is no float is bytes


async def aplay(cursor: Cursor, rebuild: Callable[[Failure], BaseException]) -> AsyncIterator[bytes]:
    """`play`, awaited."""
    sleep = _sleep()
    for step in cursor.steps(rebuild, breathe=True):
        if step.__class__ is float:
            await sleep(step)
        else:
            yield step  # type: ignore[misc] # whatever is no float is bytes


def pause(cursor: Cursor) -> None:
    """Wait as long as the recorded reply made its reader wait for the head."""
    if delay := cursor.head_delay():
        time.sleep(delay)


async def apause(cursor: Cursor) -> None:
    """`pause`, awaited."""
    for delay in cursor.head_steps():
        await _sleep()(delay)


class _Turn(local):
    """When a replay last gave the event loop of this thread a turn, in nanoseconds."""

    last = 0


_turn = _Turn()


def _others_wait() -> bool:
    """Return whether other tasks could run now, as far as the event loop lets us know."""
    if _runs_trio():
        return True
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # somebody else's loop
        return True
    # asyncio's own loops keep in it what is to run in the next turn; others do not tell.
    return bool(getattr(loop, "_ready", True))


def _sleep() -> Callable[[float], Awaitable[object]]:
    """Return the running event loop's own sleep: asyncio's, or trio's where trio runs."""
    if _runs_trio():
        sleep: Callable[[float], Awaitable[object]] = sys.modules["trio"].sleep
        return sleep
    return asyncio.sleep


def _runs_trio() -> bool:
    trio = sys.modules.get("trio")
    return trio is not None and trio.lowlevel.in_trio_run()


def is_complete(interaction: Interaction) -> bool:
    """Tell from the bytes whether a body that its reader left early is all there was.

    SDKs stop at ``[DONE]`` and close (openai sync, azure), so the way a transport ended says
    nothing about completeness.
    """
    body, head = interaction.body, interaction.head
    length = header(head.headers, "content-length") if head is not None else None
    if length is not None and length.isdigit():
        return len(body) >= int(length)
    kind = (header(head.headers, "content-type") or "") if head is not None else ""
    if "event-stream" in kind or body.lstrip().startswith((b"data:", b"event:", b":")):
        # Cutting into the middle of an event is harmless: its rest is no end marker.
        return any(is_last(event) for event in events(body[-TAIL_BYTES:]) if event.terminated)
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
