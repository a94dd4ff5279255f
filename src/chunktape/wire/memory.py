"""A transport that answers from memory, for tests that need no recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chunktape.errors import TransportError
from chunktape.wire.message import Chunk, Ending, Head, Request
from chunktape.wire.transport import AsyncReply, AsyncTransport, Reply, Transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

__all__ = ["Answer", "AsyncMemoryTransport", "MemoryTransport"]

END_OF_FILE = Ending("eof")
EVENT_STREAM = Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a memory transport sends back: pieces of a body under a head, then an ending.

    An ending of kind ``error`` raises its failure after the last piece; every other kind ends
    the iteration.
    """

    pieces: tuple[bytes, ...] = ()
    head: Head = EVENT_STREAM
    ending: Ending = END_OF_FILE

    def chunks(self) -> Iterator[Chunk]:
        """Yield the pieces, then raise the failure if the ending is one."""
        for piece in self.pieces:
            yield Chunk(piece)
        if self.ending.failure is not None:
            raise TransportError(self.ending.failure)


class _MemoryReply(Reply, AsyncReply):
    """One pass over an answer, shared by every iteration."""

    def __init__(self, answer: Answer) -> None:
        self.head = answer.head
        self._chunks = answer.chunks()

    def __iter__(self) -> Iterator[Chunk]:
        return self._chunks

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        for chunk in self._chunks:
            yield chunk


class _Script:
    """The decisions of both memory transports: which answer comes next, and what was asked."""

    def __init__(self, answers: Iterable[Answer] | Callable[[Request], Answer]) -> None:
        self.requests: list[Request] = []
        self._choose = answers if callable(answers) else None
        self._queue = iter(()) if callable(answers) else iter(answers)

    def reply(self, request: Request) -> _MemoryReply:
        self.requests.append(request)
        if self._choose is not None:
            return _MemoryReply(self._choose(request))
        answer = next(self._queue, None)
        if answer is None:
            count = len(self.requests)
            raise LookupError(
                f"MemoryTransport has no answer for request {count} ({request.method} {request.url})"
            )
        return _MemoryReply(answer)


class MemoryTransport(Transport):
    """Answers from memory: a function of the request, or one answer after the other.

    `requests` lists what was asked. Running out of answers is a `LookupError`.
    """

    def __init__(self, answers: Iterable[Answer] | Callable[[Request], Answer]) -> None:
        self._script = _Script(answers)

    @property
    def requests(self) -> list[Request]:
        """The requests that were sent, in order."""
        return self._script.requests

    def send(self, request: Request) -> Reply:
        """Return the next answer."""
        return self._script.reply(request)


class AsyncMemoryTransport(AsyncTransport):
    """`MemoryTransport`, awaited."""

    def __init__(self, answers: Iterable[Answer] | Callable[[Request], Answer]) -> None:
        self._script = _Script(answers)

    @property
    def requests(self) -> list[Request]:
        """The requests that were sent, in order."""
        return self._script.requests

    async def send(self, request: Request) -> AsyncReply:
        """Return the next answer."""
        return self._script.reply(request)
