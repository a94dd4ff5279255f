"""`Roads`: the network as the environment says that it is reached, for no longer than anybody waits."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from chunktape.adapters.live import LiveTransport
from chunktape.errors import TransportError
from chunktape.tape.limit import SIZE
from chunktape.wire.message import Failure
from chunktape.wire.transport import Reply, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.wire.message import Chunk, Request

__all__ = ["Roads"]

_WAITS = 6
_MOST = SIZE


class Roads(Transport):
    """Sends directly or by the proxy that HTTPS_PROXY, ALL_PROXY and NO_PROXY name, as the SDKs do.

    `timeout` is for each wait, in seconds. A reply that goes on for six times as long is broken off, and
    so is one that no cassette could hold: who trickles is never silent.
    """

    def __init__(self, *, timeout: float) -> None:
        self._timeout = timeout
        self._live = LiveTransport(timeout=timeout, environment_proxies=True)

    def send(self, request: Request) -> Reply:
        """Return the reply; raises `TransportError` where no head came."""
        end = monotonic() + _WAITS * self._timeout
        return _Bounded(self._live.send(request), end)

    def close(self) -> None:
        """Close the connections."""
        self._live.close()


class _Bounded(Reply):
    """A reply that does not go on for ever."""

    def __init__(self, reply: Reply, end: float) -> None:
        self.head = reply.head
        self._reply = reply
        self._end = end

    def __iter__(self) -> Iterator[Chunk]:
        left = _MOST
        for chunk in self._reply:
            left -= len(chunk.data)
            if left < 0 or monotonic() > self._end:
                why = "it is bigger than a cassette may be" if left < 0 else "it went on for too long"
                raise TransportError(Failure("other" if left < 0 else "timeout", "", why))
            yield chunk

    def close(self) -> None:
        self._reply.close()
