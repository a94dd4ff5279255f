"""``chunktape record``: run a command, in any language, and record what it asks of LLM providers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import click

from chunktape.cli import exit_code
from chunktape.cli.page import Page
from chunktape.cli.secret_option import secret_options
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.cli.secret_option import Redact
    from chunktape.serve import Server

__all__ = ["command"]

DEFAULT_PLACE = "cassettes"
_SIGNALLED = 128


@click.command(
    "record",
    cls=Page,
    short_help="Run a command, and record what it asks of providers.",
    context_settings={"allow_interspersed_args": False},
    examples={
        "chunktape record -- node app.mjs": "into cassettes/recorded.yaml",
        "chunktape record -o tests/tapes/chat.yaml -- npm test": "into this cassette",
        "chunktape record --upstream groq=https://api.groq.com/openai/v1 -- go run .": "one more provider,"
        " at GROQ_BASE_URL",
    },
    exit_codes={
        exit_code.FINE: "the command succeeded, and a provider or a recording answered something",
        exit_code.NO: "nothing was asked, or nothing was answered",
        exit_code.USAGE: "wrong usage, or there is no such command",
        exit_code.UNREADABLE: "a cassette could not be read or written",
    },
    epilog="Where the command fails, its own exit code is that of this one.",
)
@click.argument("words", metavar="[--] COMMAND…", nargs=-1, type=click.UNPROCESSED, required=True)
@click.option(
    "-o",
    "--output",
    "place",
    type=click.Path(),
    metavar="PLACE",
    default=DEFAULT_PLACE,
    show_default=True,
    help="A cassette (.yaml), or a folder in which it is recorded.yaml.",
)
@click.option("--upstream", metavar="NAME=URL", multiple=True, help="Where a provider is.")
@click.option("--rewrite", is_flag=True, help="Record all of it anew; without it, what is known is played.")
@secret_options
@click.option(
    "--port",
    type=click.IntRange(min=0, max=65535),
    metavar="PORT",
    default=0,
    show_default="a free one",
    help="Where it listens.",
)
@click.option("--verbose", "-v", is_flag=True, help="Write a line for each request.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    words: tuple[str, ...],
    place: str,
    upstream: tuple[str, ...],
    rewrite: bool,
    redact: Redact,
    port: int,
    verbose: bool,
) -> None:
    """Run COMMAND with a recording proxy between it and the providers.

    The proxy listens on this machine. OPENAI_BASE_URL, ANTHROPIC_BASE_URL, AZURE_OPENAI_ENDPOINT,
    AZURE_AI_ENDPOINT and their like lead COMMAND to it, and it to where they led before, or to --upstream.
    Every chunk goes on as it comes. What has come is written while COMMAND runs, and keys never are.

    A request that PLACE holds a recording of is played, as by chunktape serve; --rewrite records all
    anew. The file replays in tests of Python as well: its addresses are the providers'.
    """
    from chunktape.cli.serving import Log, in_options, short_turns, signals
    from chunktape.serve import Server

    try:
        server = Server(
            record=place,
            upstream=upstream,
            rewrite=rewrite,
            redact=redact.values(),
            port=port,
            pace="instant",
            order="queue",
        )
    except ConfigurationError as error:
        raise ConfigurationError(in_options(str(error))) from error
    running = _Running(server)
    with Log("text") as log:
        if verbose:
            server.listen(log.write)
        with signals(running.tell):
            with short_turns(), server:
                status = running.run(words, _environment(server, os.environ))
                if status:
                    server.reject(f"the command ended with {status}")
            why = _unanswered(server)
            log.end("chunktape", server, *why)
    code = exit_code.UNREADABLE if server.record_errors else exit_code.NO if why else exit_code.FINE
    ctx.exit(status or code)


def _unanswered(server: Server) -> tuple[str, ...]:
    """Return why nothing was answered; nothing where something was."""
    if not sum(server.totals.values()):
        names = ", ".join(server.variables)
        return (f"the command asked nobody here: does it read {names}?", "they were set for it")
    if not server.answered:
        return ("nothing was answered: providers were not reached, or all was refused; --verbose says more",)
    return ()


def _environment(server: Server, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the command: its own, with the addresses of the proxy."""
    told = dict(environ) | server.variables
    names = ("NO_PROXY", "no_proxy")
    for name in names:
        # Who reads one of them would not see the other any more.
        known = environ.get(name) or next(filter(None, map(environ.get, names)), "")
        # Only alone does a star mean all.
        told[name] = "*" if known == "*" else ",".join(filter(None, [known, "127.0.0.1", "localhost"]))
    return told


class _Running:
    """A command, and who passes signals on to it; once it has ended, they are for its server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._command: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._terminated = False

    def run(self, words: tuple[str, ...], environ: dict[str, str]) -> int:
        """Run the command to its end, and return its exit code as a shell tells it."""
        try:
            self._command = subprocess.Popen(words, env=environ)  # noqa: S603 what it is told to run
        except OSError as error:
            raise ConfigurationError(
                f"{words[0]!r} cannot be run: {error.strerror}\n"
                "  a command is written behind two dashes: chunktape record -- node app.mjs"
            ) from error
        for number in self._early:
            self._command.send_signal(number)
        status = self._command.wait()
        return status if status >= 0 else _SIGNALLED - status

    def tell(self, number: int) -> None:
        """Pass a signal on; a second one that is no Ctrl-C kills, and what has come is still written."""
        if self._command is None:
            self._early.append(number)
        elif self._command.returncode is not None:
            self._server.hurry()
        elif number == signal.SIGINT:
            # Twice is more than once: many programs give up all they do at the second.
            if not _is_typed():
                self._command.send_signal(number)
        elif self._terminated:
            self._command.kill()
        else:
            self._terminated = True
            self._command.terminate()


def _is_typed() -> bool:
    """Return whether Ctrl-C comes from the terminal, which tells the command as well."""
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
