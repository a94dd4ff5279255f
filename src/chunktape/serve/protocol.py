"""The connection: uvicorn's, with a limit on how long the head of a request may take."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from chunktape.serve.app import TRANSPORT
from chunktape.serve.arrival import CAME

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

__all__ = ["protocol_of"]


def protocol_of(head_seconds: float) -> type[H11Protocol]:  # noqa: C901 it is a class
    """Return uvicorn's protocol, which closes what has sent no whole head after so many seconds."""

    class Protocol(H11Protocol):
        """One connection."""

        _patience: asyncio.TimerHandle | None = None
        _came = 0

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
            super().connection_made(transport)
            inner: Callable[..., Awaitable[None]] = self.app

            def introduced(scope: dict[str, Any], receive: Any, send: Any) -> Awaitable[None]:
                return inner(scope | {TRANSPORT: transport, CAME: lambda: self._came}, receive, send)

            self.app = introduced
            self._await_head()

        def data_received(self, data: bytes) -> None:
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

        def _await_head(self) -> None:
            if self._patience is None:
                self._patience = self.loop.call_later(head_seconds, self._too_slow)

        def _no_longer(self) -> None:
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None

        def _too_slow(self) -> None:
            if not self.transport.is_closing():
                self.send_400_response(
                    f"The head of the request did not arrive within {head_seconds:g} seconds."
                )

    return Protocol
