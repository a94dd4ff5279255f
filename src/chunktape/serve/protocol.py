"""The connection: uvicorn's, with a time for the head of a request, and with words for what is none."""

from __future__ import annotations

import sys
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from chunktape.serve.app import BROKEN, TRANSPORT
from chunktape.serve.arrival import CAME

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

__all__ = ["protocol_of"]

_TOO_SLOW = 408
_MEANINGS = {
    431: "The head of the request is too big, or a line between its chunks is",
    501: "The body of the request comes in an encoding for transfer that is not known here",
}


def protocol_of(head_seconds: float) -> type[H11Protocol]:  # noqa: C901 it is a class
    """Return uvicorn's protocol, which closes what has sent no whole head after so many seconds."""

    class Protocol(H11Protocol):
        """One connection.

        What cannot be read between two requests is answered here, in plain text: nobody knows whom it was
        meant for. In the body of a request, the application is told why, and answers; behind a request
        whose answer is on its way, it changes nothing, but no more is read.
        """

        _patience: asyncio.TimerHandle | None = None
        _broken: str | None = None
        _deaf = False
        _came = 0

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
            super().connection_made(transport)
            inner: Callable[..., Awaitable[None]] = self.app

            def introduced(scope: dict[str, Any], receive: Any, send: Any) -> Awaitable[None]:
                told = {TRANSPORT: transport, BROKEN: lambda: self._broken, CAME: lambda: self._came}
                return inner(scope | told, receive, send)

            self.app = introduced
            self._await_head()

        def data_received(self, data: bytes) -> None:
            if self._deaf:
                return
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._no_longer()
            elif self.cycle is None or self.cycle.response_complete:
                self._await_head()

        def handle_events(self) -> None:
            # Also called for a request that came while another one was answered, when its turn has come.
            self._came = perf_counter_ns()
            super().handle_events()

        def connection_lost(self, exc: Exception | None) -> None:
            self._no_longer()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002 uvicorn has one for all
            # Where this is called, what h11 has said is being dealt with.
            error = sys.exception()
            self._deaf = True
            cycle = self.cycle
            if cycle is None or cycle.response_complete:
                self._turn_away(*_why(error))
                return
            cycle.keep_alive = False
            if cycle.more_body:
                self._broken = _why(error)[1]
                cycle.more_body = False
                cycle.message_event.set()

        def _await_head(self) -> None:
            if self._patience is None:
                self._patience = self.loop.call_later(head_seconds, self._too_slow)

        def _no_longer(self) -> None:
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None

        def _too_slow(self) -> None:
            why = f"The head of the request did not arrive within {head_seconds:g} seconds"
            self._turn_away(_TOO_SLOW, why)

        def _turn_away(self, status: int, why: str) -> None:
            """Answer what is no request, and close the connection."""
            if self.transport.is_closing():
                return
            if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
                self.transport.close()
                return
            data = f"{why}\n".encode()
            headers = [
                ("content-type", "text/plain; charset=utf-8"),
                ("content-length", str(len(data))),
                ("connection", "close"),
            ]
            response = h11.Response(status_code=status, headers=headers, reason=STATUS_PHRASES[status])
            for event in (response, h11.Data(data=data), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
            self.transport.close()

    return Protocol


def _why(error: BaseException | None) -> tuple[int, str]:
    """Return the status and the words for what h11 does not understand."""
    status = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
    # What was sent stands behind the colon.
    words = str(error).partition(": bytearray(")[0]
    return status, _MEANINGS.get(status, f"This is no request of HTTP/1.1: {words}")
