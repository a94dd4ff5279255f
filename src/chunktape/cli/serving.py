"""What a running server tells its terminal: where it is, each request as it ends, and the sums."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from chunktape.audit.printable import printable
from chunktape.cli.terminal import open_console
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from chunktape.serve import Entry, Server

__all__ = ["Log", "short_turns", "sums", "written"]

STYLES = {"played": "green", "recorded": "cyan", "missed": "bold red", "refused": "yellow"}
COURSES = {"whole": "", "left": "left by the client", "broken": "broken off", "running": ""}
KILO = 1000
# A tenth of Python's own. The thread of the server gives up its turn with each chunk, three times over.
TURN_SECONDS = 0.0005


class Log:
    """Writes each entry once it has ended, a miss with its explanation; `form` is ``text`` or ``jsonl``."""

    def __init__(self, form: str) -> None:
        self._machine = form == "jsonl"
        self._console: Console = open_console(stderr=True)

    def open(self, headline: str, url: str, variables: Mapping[str, str]) -> None:
        """Say where the server is, and how clients find it."""
        if self._machine:
            click.echo(json.dumps({"event": "serving", "url": url, "variables": dict(variables)}))
            return
        self._console.out(headline)
        self._console.out("")
        for name, value in variables.items():
            click.echo(f"export {name}={value}")
        self._console.out("")

    def write(self, entry: Entry) -> None:
        """Write an entry that has ended."""
        if entry.course == "running":
            return
        if self._machine:
            click.echo(json.dumps({"event": "request", **entry.to_dict()}))
            return
        self._console.out(f"{entry.at[11:19]} ", end="", style="dim")
        self._console.out(f"{entry.outcome:<9}", end="", style=STYLES[entry.outcome])
        self._console.out(printable(" · ".join(filter(None, _facts(entry)))))
        for line in (entry.message or "").splitlines():
            self._console.out(printable(f"  {line}"), style="red" if entry.outcome == "missed" else "dim")


def _facts(entry: Entry) -> list[str | None]:
    session = None if entry.session == "default" else f"session {entry.session}"
    fault = None if entry.fault is None else f"fault {entry.fault}"
    return [
        f"{entry.method} {shorten(entry.path, 100)}",
        entry.model,
        entry.recording,
        session,
        fault,
        None if entry.status is None else str(entry.status),
        COURSES[entry.course],
        _size(entry.sent),
        f"{entry.seconds:.2f} s",
    ]


def _size(count: int) -> str:
    return f"{count} B" if count < KILO else f"{count / KILO:,.1f} kB"


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take turns more often: streams pass in one while another writes what was recorded."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def sums(server: Server) -> str:
    """Return what was asked in all, in words."""
    told = [f"{count:,} {word}" for word, count in server.totals.items() if count and word != "running"]
    return ", ".join(told) or "nothing was asked"


def written(server: Server, console: Console) -> bool:
    """Say what was written, and what could not be; return whether all of it was."""
    for path, count in server.written.items():
        console.out(printable(f"recorded {count:,} in {path}"))
    for error in server.record_errors:
        console.out("Error: ", end="", style="red")
        console.out(printable(str(error)))
    return not server.record_errors
