"""`Server`: cassettes over HTTP, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from datetime import UTC, datetime
from importlib.metadata import version
from math import ceil
from typing import TYPE_CHECKING, Any, Self

from chunktape.errors import ConfigurationError
from chunktape.serve.app import Application
from chunktape.serve.catalogue import MATCH_ON, Catalogue
from chunktape.serve.desk import Desk
from chunktape.serve.front import Front
from chunktape.serve.journal import Journal
from chunktape.serve.setting import Limits, Settings
from chunktape.serve.shelf import Shelf
from chunktape.serve.visit import order_of
from chunktape.tape.fault_plan import Faults
from chunktape.tape.matching import Matching
from chunktape.tape.pace import Pace
from chunktape.tape.redaction import Redaction

if TYPE_CHECKING:
    import os
    import re
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from chunktape.serve.journal import Entry
    from chunktape.tape.fault_plan import AnyFault

__all__ = ["Server"]

HOST = "127.0.0.1"
BACKLOG = 2_048
GRACE = 5.0
HEAD_BYTES = 65_536
# Longer than clients keep a connection that they do not use: who closes first decides about resets.
KEEP_ALIVE = 75


class Server:
    """Serves cassettes over HTTP on 127.0.0.1, from `start` (or ``with``) to `stop`.

    It speaks the formats of OpenAI, Anthropic and Azure: point the base URL of any client of theirs to
    `openai_url`, `anthropic_url` or `azure_url`. A request gets the recording that it matches, whatever
    the address it was recorded from, chunk for chunk and at `pace` (``"recorded"``, ``"instant"`` or a
    factor). `order` says what an equal request gets next: ``"loop"``, ``"queue"`` or ``"last"``.
    `faults`, `match_on`, `ignore`, `normalize` and `redact` are those of `use_cassette`.

    `hosts` are names other than loopback's by which it may be asked. `grace` are the seconds that streams
    have to end when it stops, `limits` what one client may cost. Raises `CassetteError` for what cannot
    be read, `ConfigurationError` for options that mean nothing, a port that is taken, or where uvicorn
    is not installed.
    """

    def __init__(
        self,
        *paths: str | os.PathLike[str],
        port: int = 0,
        host: str = HOST,
        pace: str | float = "recorded",
        order: str = "loop",
        faults: AnyFault | None = None,
        match_on: Iterable[str] = MATCH_ON,
        ignore: Iterable[str] = (),
        normalize: Iterable[str | re.Pattern[str]] = (),
        redact: Iterable[Any] = (),
        hosts: Iterable[str] = (),
        limits: Limits = Limits(),  # noqa: B008 frozen
        grace: float = GRACE,
    ) -> None:
        if not paths:
            raise ConfigurationError("Server() has nothing to serve\n  name cassettes, or folders of them")
        settings = Settings(
            pace=Pace.of(pace),
            order=order_of(order),
            faults=None if faults is None else Faults.of(faults),
            hosts=frozenset(name.lower() for name in hosts),
            limits=limits,
        )
        shelf = Shelf(paths)
        matching = Matching(match_on=match_on, ignore=ignore, normalize=normalize)
        self._journal = Journal()
        catalogue = Catalogue(shelf.recordings, Redaction(extra=redact), matching)
        self._desk = Desk(catalogue, settings, self._journal, shelf.cassettes)
        self._about = {
            "version": version("chunktape"),
            "pace": pace if isinstance(pace, str) else float(pace),
            "order": order,
            "faults": None if settings.faults is None else str(settings.faults.every),
            "cassettes": list(shelf.cassettes),
            "started": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        self._front = Front(self._desk, self._about)
        self._host, self._port, self._grace = host, port, grace
        self._running: _Running | None = None
        self._url: str | None = None

    def start(self) -> Self:
        """Open the port and return the server; raises `ConfigurationError` if the port is taken."""
        if self._running is not None:
            raise ConfigurationError(f"The server already runs at {self.url}. Call stop() first.")
        listener = _listen(self._host, self._port)
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self._url = self._about["url"] = f"http://{shown}:{listener.getsockname()[1]}"
        app = Application(self._desk, self._front, lambda: self.url)
        self._running = _Running(app, listener, self._desk.settings.limits, self._grace, self._front.close)
        self._running.start()
        return self

    def stop(self) -> None:
        """Let streams end for as long as there is grace, close all connections, and end the thread."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The origin, ``http://127.0.0.1:PORT``, where its page is; it stays readable after `stop`."""
        if self._url is None:
            raise ConfigurationError(
                "The server has no URL before it runs. Call start(), or use it in a with statement."
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

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What was asked and how it went: the last thousand requests, the newest at the end."""
        return self._journal.entries

    @property
    def missed(self) -> tuple[Entry, ...]:
        """Those of the entries that no recording answered."""
        return tuple(entry for entry in self._journal.entries if entry.outcome == "missed")

    @property
    def totals(self) -> dict[str, int]:
        """How many requests were ``played``, ``recorded``, ``missed``, ``refused``, and are ``running``."""
        return dict(self._journal.totals)

    def listen(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call somebody, in the server's thread, with each entry as it begins and ends.

        Returns what ends that.
        """
        return self._journal.listen(listener)


class _Running:
    """One run: a listening socket, a thread, an event loop, and uvicorn in it."""

    def __init__(
        self,
        app: Application,
        listener: socket.socket,
        limits: Limits,
        grace: float,
        farewell: Callable[[], None],
    ) -> None:
        import uvicorn

        from chunktape.serve.protocol import protocol_of

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
            timeout_graceful_shutdown=ceil(grace),
            h11_max_incomplete_event_size=HEAD_BYTES,
        )
        self._server = uvicorn.Server(config)
        self._listener = listener
        self._farewell = farewell
        # Named, because the loop of the process may be one (uvloop) that hides its sockets.
        self._loop = asyncio.SelectorEventLoop()
        self._up = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="chunktape-serve", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._up.wait()
        self._raise()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end)
        self._thread.join()
        self._raise()

    def _end(self) -> None:
        self._farewell()
        self._server.should_exit = True

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                self._loop.call_soon(self._up.set)
                runner.run(self._server.serve(sockets=[self._listener]))
        except BaseException as error:  # noqa: BLE001 - whoever stops the server is told
            self._failure = error
        finally:
            self._listener.close()
            self._up.set()

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
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
