"""uvicorn's server, which ends when it is told to, and not at the next tenth of a second."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from uvicorn import Server

if TYPE_CHECKING:
    import socket

    from uvicorn import Config

__all__ = ["PromptServer"]

GLANCE_SECONDS = 0.005


class PromptServer(Server):
    """A server for the tests that start and stop one each: `grace` are the seconds for what still runs."""

    def __init__(self, config: Config, grace: float) -> None:
        super().__init__(config)
        self._grace = grace
        self._told = asyncio.Event()

    def end(self) -> None:
        """Stop; to be called in its event loop."""
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        """Wait until it is told to stop."""
        await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and let what runs end while there is grace; the rest is cut.

        As uvicorn's own, which looks ten times a second, and waits for one of them in any case.
        """
        for server in (*self.servers, *(sockets or ())):
            server.close()
        for connection in tuple(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace):
                # Connections tell nobody when they have gone.
                while self._is_busy:  # noqa: ASYNC110 as above
                    await asyncio.sleep(GLANCE_SECONDS)
        for task in tuple(self.server_state.tasks):
            task.cancel()

    @property
    def _is_busy(self) -> bool:
        return not self.force_exit and bool(self.server_state.connections or self.server_state.tasks)
