"""`Outlet`: text for a stream that perhaps nobody reads, written by a thread of its own."""

from __future__ import annotations

import select
import threading
from contextlib import suppress
from queue import Full, Queue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

__all__ = ["Outlet"]

MOST = 1_000
"""Texts that wait; what comes while so many do is left out."""
PATIENCE = 2.0
"""Seconds that the end waits for a reader."""


class Outlet:
    """Writes texts to `stream`, in order, while whoever gives them goes on.

    Each is a function, called when it is its turn. A reader that is too slow misses some, and reads in
    their place what `lost` says of their number. A stream that takes nothing more is left alone.
    """

    def __init__(self, stream: TextIO, lost: Callable[[int], str]) -> None:
        self._stream = stream
        self._lost = lost
        self._missing = 0
        self._closed = False
        self._texts: Queue[Callable[[], str] | None] = Queue(MOST)
        self._thread = threading.Thread(target=self._run, name="chunktape-outlet", daemon=True)
        self._thread.start()

    def put(self, text: Callable[[], str]) -> None:
        """Write a text, or leave it out where too many wait."""
        self._put(text, wait=None)

    def close(self, text: Callable[[], str] | None = None) -> None:
        """Write what waits, then a last text, and end the thread; who does not read is not waited for.

        A second time does nothing.
        """
        if self._closed:
            return
        self._closed = True
        if text is not None:
            self._put(text, wait=PATIENCE)
        with suppress(Full):
            self._texts.put(None, timeout=PATIENCE)
        self._thread.join(PATIENCE)

    def _put(self, text: Callable[[], str], *, wait: float | None) -> None:
        missing = self._missing
        told = (lambda: self._lost(missing) + text()) if missing else text
        try:
            self._texts.put(told, block=wait is not None, timeout=wait)
        except Full:
            self._missing += 1
        else:
            self._missing = 0

    def _run(self) -> None:
        is_read = True
        # To the end, even if nobody reads: nothing is to wait here.
        while (text := self._texts.get()) is not None:
            if is_read:
                is_read = self._write(text())

    def _write(self, text: str) -> bool:
        """Write a text, and return whether the stream takes more."""
        data = memoryview(text.encode(self._stream.encoding or "utf-8", "backslashreplace"))
        # Past the buffer: its lock would be held while nobody reads, and the program could not end.
        buffer = self._stream.buffer
        raw = getattr(buffer, "raw", buffer)
        try:
            while data:
                count = raw.write(data)
                if count is None:  # another program has made it one that does not wait
                    select.select([], [raw], [])
                data = data[count or 0 :]
        except (OSError, ValueError):
            return False
        return True
