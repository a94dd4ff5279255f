"""`Recordings`: which recording of a cassette answers a request, and in which order.

A key leads to a queue: identical requests with different answers are common. What a key is, is
`matching`'s business.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chunktape.tape.matching import Matching
    from chunktape.wire.message import Request

__all__ = ["Recordings"]

ANYTHING = b"*"  # where the queue of the recordings stands whose request is not known


@dataclass(slots=True)
class _Queue:
    """The recordings of one key by their numbers: those to come, and those that were played."""

    fresh: deque[int] = field(default_factory=deque)
    spent: list[int] = field(default_factory=list)


class Recordings:
    """The requests of a cassette by what they are looked up by, which `sought` tells.

    `by_body` says that requests may be told by method, URL and body alone. `played` are the numbers
    of those that were asked for, in order; `repeats` says that the last one of a key is played again,
    `lasting` that one is before any other, and `late` are those that come after all others. Indexed at
    the first look-up; the caller holds the lock.
    """

    def __init__(
        self,
        requests: Sequence[Request],
        matching: Matching,
        sought: Callable[[Request], Request],
        *,
        by_body: bool,
        repeats: bool,
        lasting: Callable[[int], bool] | None = None,
    ) -> None:
        self.played: dict[int, None] = {}
        self.late: frozenset[int] = frozenset()
        self._requests = requests
        self._matching = matching
        self._sought = sought
        self._by_body = by_body
        self._repeats = repeats
        self._lasting = lasting
        self._stored: list[Request] = []
        self._by_key: dict[bytes, _Queue] | None = None
        self._same: dict[tuple[str | None, str | None, bytes], _Queue] = {}

    def same(self, request: Request) -> int | None:
        """Take the recording of a request that is the recorded one byte for byte, without making its key.

        What is equal before redaction and levelling is equal after them, so this finds what `find`
        finds. Only for JSON: of other bodies the headers tell how they are compared.
        """
        if self._by_key is None:
            self._by_key = self._index()
        queue = self._same.get((request.method, request.url, request.body))
        return None if queue is None else self._take(queue, request)

    def find(self, known: Request) -> int | None:
        """Take the recording that answers a request, as `sought` tells it; None where there is none left."""
        if self._by_key is None:
            self._by_key = self._index()
        queues = [self._by_key.get(self._matching.key(known))]
        if known.method == "POST":
            queues.append(self._by_key.get(ANYTHING))
        for queue in queues:
            found = self._take(queue, known) if queue is not None else None
            if found is not None:
                return found
        return None

    def _index(self) -> dict[bytes, _Queue]:
        by_key: defaultdict[bytes, _Queue] = defaultdict(_Queue)
        self._stored = [self._sought(request) for request in self._requests]
        for number in sorted(range(len(self._stored)), key=self.late.__contains__):
            stored, request = self._stored[number], self._requests[number]
            key = ANYTHING if self._matching.wildcard(stored) else self._matching.key(stored)
            queue = by_key[key]
            queue.fresh.append(number)
            if self._by_body and request.body.startswith(b'{"') and request.body.endswith(b"}"):
                self._same[request.method, request.url, request.body] = queue
        return dict(by_key)

    def _take(self, queue: _Queue, known: Request) -> int | None:
        if self._lasting is not None and queue.spent and self._lasting(queue.spent[-1]):
            return self._again(queue, known)
        for place, number in enumerate(queue.fresh):
            if self._matching.agrees(known, self._stored[number]):
                # Taken out, so that the same request is answered as fast the thousandth time.
                del queue.fresh[place]
                queue.spent.append(number)
                self.played[number] = None
                return number
        return self._again(queue, known) if self._repeats else None

    def _again(self, queue: _Queue, known: Request) -> int | None:
        return next(
            (one for one in reversed(queue.spent) if self._matching.agrees(known, self._stored[one])), None
        )
