"""What a running server tells its terminal: where it is, each request as it ends, and the sums."""

from __future__ import annotations

import json
import re
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import click
from rich.cells import cell_len

from chunktape.audit.printable import printable
from chunktape.cli.outlet import Outlet
from chunktape.cli.terminal import complain, hanging, open_console
from chunktape.errors import shorten
from chunktape.serve.arrival import DEFAULT_SESSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from chunktape.serve import Entry, Server

__all__ = ["Log", "in_options", "short_turns", "signals"]

STYLES = {"played": "green", "recorded": "cyan", "missed": "bold red", "refused": "yellow"}
COURSES = {"whole": "", "left": "client left", "broken": "broken off", "running": ""}
GUTTER = len("12:34:56 recorded ")
KILO = 1000
# A tenth of Python's own. The thread of the server gives up its turn with each chunk, three times over.
TURN_SECONDS = 0.0005

# What messages call in Python, and how the command line says it.
_SPELT: dict[str, str | Callable[[re.Match[str]], str]] = {
    r"^pace=": "--pace ",
    r"^(match_on|normalize|ignore): ": lambda found: f"--{found[1].replace('_', '-')}: ",
    r", and functions \(request, recorded\) -> None \| str": "",
    r"is written re\.compile\(…\)": "is written (?:…)",
    r"as it stands: re\.escape\(…\)": "as it stands: a backslash before each sign",
    r"\blet redact=\[…\] take": "let --pattern take",
    r"\bredact=\[…\] with that text, or a pattern that finds it, takes": "--secret with that text, or a"
    " --pattern that finds it, takes",
    r", still in session\.recorded": "",
    r"\n  to save what is in the session: .*": "\n  way out: mend that, and record it again",
}


class Log:
    """Writes each entry once it has ended, a miss with its explanation; `form` is ``text`` or ``jsonl``.

    It never waits for who reads it: what is not read is left out, and leaving it ends it.
    """

    def __init__(self, form: str) -> None:
        self._machine = form == "jsonl"
        self._console = open_console(stderr=True)

    def __enter__(self) -> Self:
        self._said = Outlet(sys.stderr, _lost)
        self._lines = Outlet(sys.stdout, _lost_object) if self._machine else self._said
        return self

    def __exit__(self, *_: object) -> None:
        self._said.close()
        self._lines.close()

    def open(self, headline: str, url: str, variables: Mapping[str, str]) -> None:
        """Say where the server is, and how clients find it."""
        if self._machine:
            click.echo(json.dumps({"event": "serving", "url": url, "variables": dict(variables)}))
            return
        self._console.out(hanging(headline, self._console))
        self._console.out("")
        for name, value in variables.items():
            click.echo(f"export {name}={value}")
        self._console.out("")

    def write(self, entry: Entry) -> None:
        """Write an entry that has ended."""
        if entry.course == "running":
            return
        if self._machine:
            self._lines.put(lambda: json.dumps({"event": "request", **entry.to_dict()}) + "\n")
        else:
            self._lines.put(lambda: self._text(entry))

    def end(self, lead: str, server: Server, *more: str) -> None:
        """Say what was asked in all, what was written, what could not be, and what more there is."""
        if self._machine:
            self._lines.close()
        self._said.close(lambda: self._last(f"{lead}: {_sums(server)}", server, more))

    def _text(self, entry: Entry) -> str:
        console = self._console
        with console.capture() as captured:
            console.out(f"{entry.at[11:19]} ", end="", style="dim")
            console.out(f"{entry.outcome:<9}", end="", style=STYLES[entry.outcome])
            lines = _lines(map(printable, filter(None, _facts(entry))), console.width - GUTTER)
            for place, line in enumerate(lines):
                gutter = GUTTER if place else 0
                console.out(" " * gutter + hanging(line, console, at=GUTTER, below=GUTTER))
            for line in printable(entry.message or "").splitlines():
                below = 4 + len(line) - len(line.lstrip())
                style = "red" if entry.outcome == "missed" else "dim"
                console.out(hanging(f"  {line}", console, below=below), style=style)
        return captured.get()

    def _last(self, sums: str, server: Server, more: tuple[str, ...]) -> str:
        console = self._console
        with console.capture() as captured:
            console.out(hanging(sums, console))
            for path, count in server.written.items():
                console.out(printable(f"recorded {count:,} in {path}"))
            for warning in server.record_warnings:
                complain(console, "Warning", in_options(str(warning)), "yellow")
            for error in server.record_errors:
                complain(console, "Error", in_options(str(error)), "red")
            for line in more:
                console.out(hanging(f"  {line}", console, below=4))
        return captured.get()


def _facts(entry: Entry) -> list[str | None]:
    session = None if entry.session == DEFAULT_SESSION else f"session {entry.session}"
    fault = None if entry.fault is None else f"fault {entry.fault}"
    return [
        entry.recording,
        f"{entry.method} {shorten(entry.path, 100)}",
        entry.model,
        session,
        fault,
        None if entry.status is None else str(entry.status),
        COURSES[entry.course],
        _size(entry.sent),
        f"{entry.seconds:.2f} s",
    ]


def _lines(facts: Iterable[str], room: int) -> list[str]:
    """Return facts in as many lines as they need; one that is longer than a line has its own."""
    lines = [""]
    for fact in facts:
        joined = f"{lines[-1]} · {fact}" if lines[-1] else fact
        if lines[-1] and cell_len(joined) > room:
            lines.append(fact)
        else:
            lines[-1] = joined
    return lines


def _size(count: int) -> str:
    return f"{count} B" if count < KILO else f"{count / KILO:,.1f} kB"


def _sums(server: Server) -> str:
    told = [f"{count:,} {word}" for word, count in server.totals.items() if count and word != "running"]
    return ", ".join(told) or "nothing was asked"


def _lost(count: int) -> str:
    return f"({count:,} of the log left out here: nobody read it in time)\n"


def _lost_object(count: int) -> str:
    return json.dumps({"event": "dropped", "count": count}) + "\n"


def in_options(message: str) -> str:
    """Return a message about arguments of Python as one about the options that stand for them."""
    for said, spelt in _SPELT.items():
        message = re.sub(said, spelt, message)
    return message


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take turns more often: streams pass in one while another writes what was recorded."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def signals(tell: Callable[[int], None]) -> Iterator[None]:
    """Tell somebody of the signals that ask for an end, instead of ending."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # Whoever has started this with nohup wants it to outlive its terminal.
    deaf = {number for number in numbers[2:] if signal.getsignal(number) is signal.SIG_IGN}
    before = {
        number: signal.signal(number, lambda one, _: tell(one)) for number in numbers if number not in deaf
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
