"""`Errands`: requests that are sent on to a provider, recorded while its chunks pass."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING

from chunktape.adapters.live import AsyncLiveTransport
from chunktape.errors import TransportError
from chunktape.serve.performance import STATUSES, passed_on, torn
from chunktape.serve.refusal import refusal
from chunktape.serve.step import Body, End, Start
from chunktape.tape.limit import SIZE
from chunktape.wire.message import Failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from types import TracebackType

    from chunktape.serve.deposit import Take
    from chunktape.serve.operation import Flavor
    from chunktape.serve.reel import Reels
    from chunktape.serve.step import Fields, Step
    from chunktape.wire.message import Head, Request

__all__ = ["Errand", "Errands"]

MOST_KEPT = SIZE // 2
"""Bytes of a reply: in base64 and with its times, a cassette of any size that is read can hold them."""
CHUNK = 100
"""Bytes that a chunk costs besides its own."""


class Errand:
    """One request on its way; `kept` gets what was recorded in the end; `told` says why nothing came."""

    def __init__(
        self,
        request: Request,
        take: Take | None,
        reels: Reels,
        *,
        flavor: Flavor,
        headers: Fields,
        told: Callable[[str], str],
        kept: Callable[[Take], None],
    ) -> None:
        self.request = request
        self.headers = headers
        self._take = take
        self._reels = reels
        self._flavor = flavor
        self._told = told
        self._kept = kept
        self._room = MOST_KEPT
        self._begun = False
        self._failure: Failure | None = None
        self._whole = False

    def __enter__(self) -> Errand:  # noqa: PYI034 nobody derives from it
        if self._take is not None:
            self._take.tap.ask()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        broken = isinstance(error, TransportError)
        self._failure = error.failure if isinstance(error, TransportError) else None
        self._whole = error is None
        if self._take is not None:
            self._note(self._take, error)
        return broken

    def start(self, head: Head) -> Start:
        """Note the head, and return it as it is passed on."""
        self._begun = True
        if self._take is not None:
            self._take.tap.begin(head)
        status = head.status if head.status is not None and head.status in STATUSES else 502
        # What it promises is checked by who receives it.
        return Start(status, (*passed_on(head, lambda _: True), *self.headers))

    def pass_on(self, data: bytes) -> Body:
        """Note a chunk, and return it as it is passed on."""
        if self._take is not None:
            self._keep(self._take, data)
        return Body(data)

    def ask(self) -> None:
        """Note that the next chunk is waited for."""
        if self._take is not None:
            self._take.tap.ask()

    def end(self) -> Iterable[Step]:
        """Return how it ends for the client: as it did here, or with why nobody answered."""
        if self._whole:
            return (End(),)
        if self._begun or self._failure is None or _had_connected(self._failure):
            return (torn(self._failure),)
        why = self._told(self._failure.message or self._failure.type)
        return refusal(self._flavor, 502, why, code="no_upstream", headers=self.headers, passing=True)

    def _keep(self, take: Take, data: bytes) -> None:
        self._room -= len(data) + CHUNK
        if self._room >= 0:
            take.tap.keep(data)
            return
        # It may have no end; what has come so far goes to the disk now.
        why = f"it has more than {MOST_KEPT:,} bytes"
        take.tap.end("error", Failure("other", f"{__name__}.{type(self).__qualname__}", why))
        self._reels.cut(take, why)
        self._take = None

    def _note(self, take: Take, error: BaseException | None) -> None:
        if error is None:
            take.tap.end("eof")
        elif isinstance(error, (CancelledError, GeneratorExit)):
            # The client went away, whyever: it is the reader here.
            take.tap.end("closed")
        else:
            take.tap.fail(error, _describe)
        self._reels.end(take)
        if not take.tap.void:
            self._kept(take)


class Errands:
    """Sends requests on, over as many connections as there are clients; `answered` counts heads that came."""

    def __init__(self) -> None:
        self._live: AsyncLiveTransport | None = None
        self._close: Callable[[], Awaitable[None]] = _nothing
        self.answered = 0

    async def steps(self, errand: Errand) -> AsyncIterator[Step]:
        """Send a request, and yield the steps of its answer as its chunks come."""
        with errand:
            async with await self._transport().send(errand.request) as reply:
                self.answered += 1
                yield errand.start(reply.head)
                async for chunk in reply:
                    yield errand.pass_on(chunk.data)
                    errand.ask()
        for step in errand.end():
            yield step

    def prepare(self) -> None:
        """Build the client now: that takes a tenth of a second, for which no stream should wait."""
        # An earlier one was closed with the server.
        self._live = None
        self._transport()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._close()

    def _transport(self) -> AsyncLiveTransport:
        # Made when it is asked for: a server that only plays needs no HTTP client.
        if self._live is None:
            self._live = AsyncLiveTransport.unlimited()
            self._close = self._live.aclose
        return self._live


async def _nothing() -> None:
    """Close no connections: there were none."""


def _had_connected(failure: Failure) -> bool:
    """Return whether somebody was there, who then went away without an answer: SDKs tell that apart."""
    # The system's own time-out, or a reset, may strike while it connects.
    return failure.kind in {"protocol", "reset", "timeout"} and "Connect" not in failure.type


def _describe(error: BaseException) -> Failure:
    if isinstance(error, TransportError):
        return error.failure
    return Failure("other", f"{type(error).__module__}.{type(error).__qualname__}", str(error))
