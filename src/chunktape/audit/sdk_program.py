"""`SdkProgram`: `sdk_driver` at work in an SDK's environment, asked one stream at a time.

Whatever a stream does to the SDK, the others go on: a program that dies or hangs is an answer for that
stream, and a new one takes its place.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from importlib.resources import as_file, files
from queue import Empty, SimpleQueue
from tempfile import TemporaryFile
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, Self

from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from chunktape.audit.sdk_environment import SdkEnvironment

__all__ = ["DRIVER", "SdkProgram", "lost"]

DRIVER = files("chunktape.audit") / "sdk_driver.py"
_START_SECONDS = 120.0
_END_SECONDS, _KILL_SECONDS = 1.0, 10.0
# The program's own settings of SDKs (their endpoints, logs, proxies) are none of a recording's.
_FOREIGN = ("OPENAI_", "ANTHROPIC_", "AZURE_", "PYTHON")


class SdkProgram:
    """One running driver at a time, begun when it is first asked; `seconds` bound each answer."""

    def __init__(self, environment: SdkEnvironment, *, seconds: float) -> None:
        self.environment = environment
        self._seconds = seconds
        self._running: _Running | None = None
        self._last_words = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, job: str) -> dict[str, Any]:
        """Return the driver's answer to a job (JSON), ``Crash`` or ``TimeOut`` raised where there is none."""
        if self._running is None:
            self._running = _Running(self.environment)
        try:
            answer: dict[str, Any] = self._running.ask(job, self._seconds)
        except TimeoutError:
            answer = _unanswered("TimeOut", f"no end after {self._seconds:g} seconds")
            self.close(patience=0)
        except EOFError:
            self.close()
            answer = _unanswered("Crash", self._last_words)
        except BaseException:
            self.close()
            raise
        return answer

    def close(self, *, patience: float = _END_SECONDS) -> None:
        """End the driver, which is given so many seconds to do so itself."""
        if self._running is not None:
            self._last_words = self._running.end(patience)
            self._running = None


def lost(answer: dict[str, Any]) -> bool:
    """Return whether an answer is none of the SDK's, but says that it gave none."""
    return bool(answer.get("lost"))


def _unanswered(kind: str, detail: str) -> dict[str, Any]:
    return {"events": 0, "raised": [kind, "", detail], "asked": None, "calls": [], "lost": True}


class _Running:
    """A started driver."""

    def __init__(self, environment: SdkEnvironment) -> None:
        self._errors: IO[bytes] = TemporaryFile()  # noqa: SIM115 - `end` closes it
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_FOREIGN) and not name.lower().endswith("_proxy")
        }
        with as_file(DRIVER) as script:
            # -I: neither the script's folder nor the environment's variables may show it other modules.
            self._child = subprocess.Popen(  # noqa: S603 - an interpreter of the cache, and our own script
                [str(environment.python), "-I", str(script), environment.sdk],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=environ,
                text=True,
                encoding="utf-8",
            )
            assert self._child.stdin is not None  # noqa: S101 - they are pipes
            assert self._child.stdout is not None  # noqa: S101 - as above
            self._to: IO[str] = self._child.stdin
            self._from: IO[str] = self._child.stdout
            self._reader = Thread(target=self._listen, daemon=True)
            self._reader.start()
            self._expect_version(environment)

    def _expect_version(self, environment: SdkEnvironment) -> None:
        try:
            told = self._next(_START_SECONDS)["version"]
        except (TimeoutError, EOFError):
            words = self.end()
            raise _broken(environment, f"cannot be started: {words}") from None
        if told != environment.version:
            self.end()
            raise _broken(environment, f"is {told} in its environment")

    def ask(self, job: str, seconds: float) -> dict[str, Any]:
        """Send a job and return its answer; raises `TimeoutError` or `EOFError` where none comes."""
        try:
            self._to.write(job + "\n")
            self._to.flush()
        except OSError:
            raise EOFError from None
        return self._next(seconds)

    def end(self, patience: float = _END_SECONDS) -> str:
        """End the driver, killing it where it does not listen; return how it ended and its last words."""
        with suppress(OSError):
            self._to.close()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(patience)
        self._child.kill()
        code = self._child.wait(_KILL_SECONDS)
        self._reader.join(_KILL_SECONDS)
        self._from.close()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").split("\n")
        self._errors.close()
        last = next((line.strip() for line in reversed(said) if line.strip()), "")
        return f"exit code {code}" + (f", {shorten(last)}" if last else "")

    def _next(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except Empty:
            raise TimeoutError from None
        if line is None:
            raise EOFError
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:  # it died while it spoke
            raise EOFError from None
        return answer

    def _listen(self) -> None:
        for line in self._from:
            self._lines.put(line)
        self._lines.put(None)


def _broken(environment: SdkEnvironment, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"{environment.sdk} {environment.version} {what}\n"
        f"  in {environment.home or environment.python}\n"
        "  take the folder away, and the environment is made anew"
    )
