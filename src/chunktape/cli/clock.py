"""`Clock`: lets recorded time pass again."""

from __future__ import annotations

import time

__all__ = ["Clock"]


class Clock:
    """Runs so many times as fast as the recording; silences longer than `max_gap` are cut down to it.

    `max_gap` is in microseconds of recorded time, so that the same silences are cut at every speed.
    """

    def __init__(self, *, speed: float, max_gap: int | None = None) -> None:
        self._speed = speed
        self._max_gap = max_gap
        self.start()

    def start(self) -> None:
        """Begin again, at the moment when a request is sent."""
        self._began = time.perf_counter()
        self._now = 0
        self._passed = 0

    def wait_until(self, at: int | None) -> None:
        """Wait until a moment, in microseconds since the start; one that is past or unknown is now."""
        if at is None or at <= self._now:
            return
        gap = at - self._now
        self._now = at
        self._passed += gap if self._max_gap is None else min(gap, self._max_gap)
        time.sleep(max(0.0, self._began + self._passed / 1e6 / self._speed - time.perf_counter()))
