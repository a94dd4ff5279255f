"""One run of a server: a listening socket, a thread, an event loop, and uvicorn in it."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING

from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

    from chunktape.serve.app import Application
    from chunktape.serve.prompt import PromptServer
    from chunktape.serve.setting import Limits

__all__ = ["Run", "listen"]

BACKLOG = 2_048
HEAD_BYTES = 65_536
# Longer than clients keep a connection that they do not use: who closes first decides about resets.
KEEP_ALIVE = 75


class Run:
    """Answers what comes to `listener`, from `start` to `stop`.

    `farewell` is called when it is told to stop, and `last` when nothing runs any more.
    """

    def __init__(
        self,
        app: Application,
        listener: socket.socket,
        limits: Limits,
        grace: float,
        *,
        farewell: Callable[[], None],
        last: Callable[[], Awaitable[None]],
    ) -> None:
        uvicorn, protocol_of, prompt = _uvicorn()

        config = uvicorn.Config(
            app,
            http=protocol_of(limits.head_seconds),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            h11_max_incomplete_event_size=HEAD_BYTES,
        )
        self._server = prompt(config, grace)
        self._listener = listener
        self._farewell = farewell
        self._last = last
        # Named, because the loop of the process may be one (uvloop) that hides its sockets.
        self._loop = asyncio.SelectorEventLoop()
        self._up = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="chunktape-serve", daemon=True)

    def start(self) -> None:
        """Begin; raises what stops it from beginning."""
        self._thread.start()
        self._up.wait()
        self._raise()

    def stop(self) -> None:
        """End, once what still runs has ended or its grace is over; raises what broke it, if anything did."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end)
        self._thread.join()
        self._raise()

    def hurry(self) -> None:
        """Take the rest of the grace from what still runs."""
        self._server.force_exit = True

    def _end(self) -> None:
        self._farewell()
        self._server.end()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                self._loop.call_soon(self._up.set)
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - whoever stops the server is told
            self._failure = error
        finally:
            self._listener.close()
            self._up.set()

    async def _serve(self) -> None:
        await self._server.serve(sockets=[self._listener])
        await self._last()

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure


def _uvicorn() -> tuple[ModuleType, Callable[[float], type[asyncio.Protocol]], type[PromptServer]]:
    try:
        import uvicorn

        from chunktape.serve.prompt import PromptServer
        from chunktape.serve.protocol import protocol_of
    except ImportError:
        raise ConfigurationError(
            'The server needs uvicorn, which is not installed\n  way out: pip install "chunktape[serve]"'
        ) from None
    return uvicorn, protocol_of, PromptServer


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises `ConfigurationError` where it cannot be."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Named, because asyncio sends small chunks at once (TCP_NODELAY) on nothing else.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise ConfigurationError(f"The server cannot listen on {host}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"The server cannot listen on {host}:{port}: {error.strerror}\n"
            "  way out: another port; 0 takes a free one"
        ) from error
    return listener
