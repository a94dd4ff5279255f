"""A server of raw bytes on this machine, for what no well-behaved one would say."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread
from typing import Self

__all__ = ["Listening"]


class Listening:
    """Accepts connections one after the other, and leaves each to `answer`, while it is entered."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(9)

    def answer(self, connection: socket.socket) -> None:
        """Say what is to be said on a connection, which is closed afterwards."""
        raise NotImplementedError

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(9)
                with connection, suppress(OSError):
                    self.answer(connection)
