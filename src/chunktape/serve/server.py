"""`Server`: cassettes over HTTP, in a thread of its own."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

from chunktape.errors import ConfigurationError
from chunktape.serve.app import Application
from chunktape.serve.catalogue import MATCH_ON, Catalogue
from chunktape.serve.desk import Desk
from chunktape.serve.front import Front
from chunktape.serve.journal import Journal
from chunktape.serve.place import Place
from chunktape.serve.recorder import Recorder, known_at, playable
from chunktape.serve.reel import Reels
from chunktape.serve.running import Run, listen
from chunktape.serve.setting import Limits, Settings
from chunktape.serve.shelf import Shelf
from chunktape.serve.upstream import Upstreams
from chunktape.serve.visit import order_of
from chunktape.tape.fault_plan import Faults
from chunktape.tape.matching import Matching
from chunktape.tape.pace import Pace
from chunktape.tape.redaction import Redaction

if TYPE_CHECKING:
    import os
    import re
    import socket
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    from chunktape.errors import CassetteWarning, ChunktapeError
    from chunktape.serve.journal import Entry
    from chunktape.tape.fault_plan import AnyFault

__all__ = ["Server"]

HOST = "127.0.0.1"
GRACE = 5.0


class Server:
    """Serves cassettes over HTTP on 127.0.0.1, from `start` (or ``with``) to `stop`.

    It speaks the formats of OpenAI, Anthropic and Azure: point the base URL of any client of theirs to
    `openai_url`, `anthropic_url` or `azure_url`. A request gets the recording that it matches, whatever
    the address it was recorded from, chunk for chunk and at `pace` (``"recorded"``, ``"instant"`` or a
    factor). `order` says what an equal request gets next: ``"loop"``, ``"queue"`` or ``"last"``.
    `faults`, `match_on`, `ignore`, `normalize` and `redact` are those of `use_cassette`.

    With `record`, a cassette or a folder for them, what has no recording is sent on to the provider and
    kept there; `upstream` are addresses such as ``openai=https://api.openai.com/v1``. With `rewrite` all is
    recorded anew, and takes the place of what was there when it stops, unless that is told to `reject` it.
    What was recorded whole is played when it is asked for again, unless `order` is ``"queue"``: then it is
    recorded again. `record_errors` are what could not be written, `record_warnings` what else to know of it.

    `hosts` are names other than loopback's by which it may be asked. `grace` are the seconds that streams
    have to end when it stops, `limits` what one client may cost. Raises `CassetteError` for what cannot
    be read or written, `ConfigurationError` for options that mean nothing, a port that is taken, or where
    uvicorn is not installed.
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
        record: str | os.PathLike[str] | None = None,
        upstream: Iterable[str] = (),
        rewrite: bool = False,
        limits: Limits = Limits(),  # noqa: B008 frozen
        grace: float = GRACE,
    ) -> None:
        if not paths and record is None:
            raise ConfigurationError("Server() has nothing to serve\n  name cassettes, or folders of them")
        if not math.isfinite(grace) or grace < 0:
            raise ConfigurationError(f"grace={grace!r} is no time\n  grace is a number of seconds, 0 or more")
        settings = Settings(
            pace=Pace.of(pace),
            order=order_of(order),
            faults=None if faults is None else Faults.of(faults),
            hosts=frozenset(name.lower() for name in (*hosts, _asked_by(host))),
            limits=limits,
        )
        place = None if record is None else Place.of(record).path
        known = [place] if place is not None and not rewrite and place.exists() else []
        shelf = Shelf([*paths, *known], growing=place)
        matching = Matching(match_on=match_on, ignore=ignore, normalize=normalize)
        self._journal = Journal()
        grows = not rewrite and order != "queue"
        played = shelf.recordings if place is None else playable(shelf, place, grows=grows)
        catalogue = Catalogue(played, Redaction(extra=redact), matching)
        self._recorder: Recorder | None = None
        if place is not None:
            reels = Reels(
                place,
                Redaction(extra=redact),
                anew=rewrite,
                known=known_at(shelf),
            )
            self._recorder = Recorder(Upstreams(upstream), reels, catalogue, grows=grows)
        self._desk = Desk(catalogue, settings, self._journal, shelf.cassettes, self._recorder)
        self._about: dict[str, Any] = {
            "version": version("chunktape"),
            "pace": pace if isinstance(pace, str) else float(pace),
            "order": order,
            "faults": None if settings.faults is None else str(settings.faults.every),
            "cassettes": list(shelf.cassettes),
            "records": None if place is None else str(place),
            "started": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        self._front = Front(self._desk, self._about)
        self._host, self._port, self._grace = host, port, grace
        self._running: Run | None = None
        self._stopping: Run | None = None
        self._url: str | None = None

    def start(self) -> Self:
        """Open the port and return the server; raises `ConfigurationError` if the port is taken."""
        if self._running is not None:
            raise ConfigurationError(f"The server already runs at {self.url}. Call stop() first.")
        listener = listen(self._host, self._port)
        try:
            running = self._run(listener)
        except BaseException:
            listener.close()
            raise
        self._running = running
        if self._recorder is not None:
            self._recorder.reels.start()
        running.start()
        return self

    def _run(self, listener: socket.socket) -> Run:
        if self._recorder is not None:
            self._recorder.upstreams.require_elsewhere(listener.getsockname()[1])
            self._recorder.errands.prepare()
        name = _asked_by(self._host)
        shown = f"[{name}]" if ":" in name else name
        self._url = self._about["url"] = f"http://{shown}:{listener.getsockname()[1]}"
        self._about["variables"] = self.variables
        app = Application(self._desk, self._front, lambda: self.url)
        return Run(
            app,
            listener,
            self._desk.settings.limits,
            self._grace,
            farewell=self._front.close,
            last=_nothing if self._recorder is None else self._recorder.errands.aclose,
        )

    def stop(self) -> None:
        """Let streams end for as long as there is grace, close all connections, and end the thread."""
        running = self._stopping = self._running
        self._running = None
        if running is None:
            return
        try:
            running.stop()
        finally:
            if self._recorder is not None:
                self._recorder.reels.stop()

    def reject(self, why: str) -> None:
        """Leave, with `rewrite`, what was there in its place; what was recorded is kept beside it.

        To be called before `stop`; leaving a ``with`` statement by an exception does so.
        """
        if self._recorder is not None:
            self._recorder.reels.rejected = why

    def hurry(self) -> None:
        """Take the rest of their grace from the streams for which `stop` waits in another thread, or here."""
        if (running := self._stopping) is not None:
            running.hurry()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.reject(f"{kind.__name__} was raised")
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
    def size(self) -> tuple[int, int]:
        """How many recordings it has, and of how many cassettes."""
        recordings = self._desk.catalogue.recordings
        return len(recordings), len({one.cassette for one in recordings})

    @property
    def totals(self) -> dict[str, int]:
        """How many requests were ``played``, ``recorded``, ``missed``, ``refused``, and are ``running``."""
        return dict(self._journal.totals)

    @property
    def answered(self) -> int:
        """How many requests a recording has answered, or a provider, whatever it said."""
        asked = 0 if self._recorder is None else self._recorder.errands.answered
        return self._journal.totals["played"] + asked

    @property
    def written(self) -> dict[Path, int]:
        """How many recordings were written, by their files."""
        return {} if self._recorder is None else dict(self._recorder.reels.written)

    @property
    def record_errors(self) -> tuple[ChunktapeError, ...]:
        """Why something that was recorded could not be written."""
        return () if self._recorder is None else tuple(self._recorder.reels.errors)

    @property
    def record_warnings(self) -> tuple[CassetteWarning, ...]:
        """What is to be said of what was recorded: what may be a secret, and what is not in its place."""
        return () if self._recorder is None else tuple(self._recorder.reels.warnings)

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that lead clients to it, while it records; without one of a key."""
        if self._recorder is None:
            return {
                "OPENAI_BASE_URL": self.openai_url,
                "ANTHROPIC_BASE_URL": self.anthropic_url,
                "AZURE_OPENAI_ENDPOINT": self.azure_openai_url,
                "AZURE_AI_ENDPOINT": self.azure_url,
                "AZURE_INFERENCE_ENDPOINT": self.azure_url,
            }
        return self._recorder.upstreams.variables(self.url)

    def listen(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call somebody, in the server's thread, with each entry as it begins and ends.

        Returns what ends that. One that raises is not called again, and the log of Python says why.
        """
        return self._journal.listen(listener)


async def _nothing() -> None:
    """Close no connections to providers: who only plays has none."""


def _asked_by(host: str) -> str:
    """Return the name by which a server that listens there is asked on this machine."""
    # "Here, whichever interface": nobody asks for that.
    return {"0.0.0.0": HOST, "::": "::1", "": HOST}.get(host, host)  # noqa: S104 not listened on
