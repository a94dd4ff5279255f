"""`Provider`: the scripted provider's public face, and the thread in which it runs."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from chunktape.errors import ConfigurationError
from chunktape.loopback.connection import Connection
from chunktape.loopback.default import HEALTHY, default_reply

if TYPE_CHECKING:
    from types import TracebackType

    from chunktape.loopback.reply import Reply
    from chunktape.wire.message import Request

__all__ = ["Provider"]

HOST = "127.0.0.1"
BACKLOG = 128


class Provider:
    """A scripted LLM provider on 127.0.0.1, from `start` (or ``with``) to `stop`.

    Answers requests with the replies given to `play`, in the order in which the requests arrive,
    and with a default answer of the right format where none is queued. It runs in a thread with
    an event loop of its own, so it serves blocking and asynchronous clients of the same process.
    `port` pins the port, for recordings whose URLs must not change; 0 takes a free one.
    """

    def __init__(self, *, port: int = 0) -> None:
        self._port = port
        self._desk = _Desk()
        self._server: _Server | None = None
        self._url: str | None = None

    def start(self) -> Self:
        """Open the port and return the provider; raises `ConfigurationError` if the port is taken."""
        if self._server is not None:
            raise ConfigurationError(f"The provider already runs at {self.url}. Call stop() first.")
        self._server = _Server(self._port, self._desk)
        self._url = self._server.url
        self._server.start()
        return self

    def stop(self) -> None:
        """Close all connections and end the thread; raises what broke the provider, if anything did."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The origin, ``http://127.0.0.1:PORT``; it stays readable after `stop`."""
        if self._url is None:
            raise ConfigurationError(
                "The provider has no URL before it runs. Call start(), or use it in a with statement."
            )
        return self._url

    @property
    def openai_url(self) -> str:
        """For ``OpenAI(base_url=…)``."""
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """For ``Anthropic(base_url=…)``."""
        return self.url

    @property
    def azure_url(self) -> str:
        """For azure-ai-inference's ``ChatCompletionsClient(endpoint=…)``."""
        return f"{self.url}/models"

    @property
    def azure_openai_url(self) -> str:
        """For ``AzureOpenAI(azure_endpoint=…)``."""
        return self.url

    def play(self, *replies: Reply) -> None:
        """Queue replies for the requests to come."""
        self._desk.queue(replies)

    @property
    def requests(self) -> list[Request]:
        """The requests seen so far, in order of arrival; health checks are left out."""
        return self._desk.seen()

    @property
    def connections(self) -> int:
        """How many TCP connections were accepted so far."""
        return self._desk.connections


class _Desk:
    """What both threads share: the queued replies and the requests seen."""

    def __init__(self) -> None:
        self.connections = 0
        self._lock = threading.Lock()
        self._replies: deque[Reply] = deque()
        self._requests: list[Request] = []

    def queue(self, replies: tuple[Reply, ...]) -> None:
        with self._lock:
            self._replies.extend(replies)

    def seen(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    def answer(self, request: Request) -> Reply:
        """Return the reply to a request, and remember the request."""
        if request.method == "GET" and urlsplit(request.url).path == "/healthz":
            return HEALTHY
        with self._lock:
            self._requests.append(request)
            return self._replies.popleft() if self._replies else default_reply(request)


class _Server:
    """One run of the provider: a listening socket, a thread, an event loop, and the connections."""

    def __init__(self, port: int, desk: _Desk) -> None:
        self._desk = desk
        self._listener = _listen(port)
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}"
        # Named, because the loop of the process may be one (uvloop) that brings its own sockets.
        self._loop = asyncio.SelectorEventLoop()
        self._stopping = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], socket.socket] = {}
        self._failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="chunktape-loopback", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        if self._failures:
            raise self._failures[0]

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop.add_reader(self._listener, self._accept)
        await self._stopping.wait()
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self) -> None:
        try:
            accepted, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # the client left before its turn came
            return
        accepted.settimeout(0)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._desk.connections += 1
        task = self._loop.create_task(Connection(accepted, self.url, self._desk.answer).serve())
        self._tasks[task] = accepted
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        # Here and not in the task: one that is cancelled before it began would never close it.
        self._tasks.pop(task).close()
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            self._failures.append(failure)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"The provider cannot listen on {HOST}:{port}: {error.strerror}. "
            "Leave `port` out to get a free one."
        ) from error
    listener.settimeout(0)
    return listener
