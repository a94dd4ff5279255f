"""``chunktape record``: run a command, in any language, and record what it asks of LLM providers."""

from __future__ import annotations

import os
import signal
import subprocess
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
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    examples={
        "chunktape record -- node app.mjs": "into cassettes/recorded.yaml",
        "chunktape record -o tests/tapes/chat.yaml -- npm test": "into this cassette",
        "chunktape record --upstream groq=https://api.groq.com/openai/v1 -- go run .": "one more provider,"
        " at GROQ_BASE_URL",
    },
    exit_codes={
        exit_code.FINE: "the command succeeded, and something was recorded or played",
        exit_code.NO: "nothing was asked",
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
    from chunktape.cli.serving import Log, short_turns, sums, written
    from chunktape.cli.terminal import open_console
    from chunktape.serve import Server

    server = Server(
        record=place,
        upstream=upstream,
        rewrite=rewrite,
        redact=redact.values(),
        port=port,
        pace="instant",
        order="queue",
        recorded_by=None,
    )
    if verbose:
        server.listen(Log("text").write)
    console = open_console(stderr=True)
    with short_turns(), server:
        status = _run(words, _environment(server, os.environ))
    console.out(f"chunktape: {sums(server)}")
    code = exit_code.FINE if written(server, console) else exit_code.UNREADABLE
    if not sum(server.totals.values()):
        names = ", ".join(server.variables)
        console.out(f"  the command asked nobody here: does it read {names}?\n  they were set for it")
        code = code or exit_code.NO
    ctx.exit(status or code)


def _environment(server: Server, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the command: its own, with the addresses of the proxy."""
    told = dict(environ) | server.variables
    for name in ("NO_PROXY", "no_proxy"):
        told[name] = ",".join(filter(None, [environ.get(name), "127.0.0.1", "localhost"]))
    return told


def _run(words: tuple[str, ...], environ: dict[str, str]) -> int:
    """Run the command to its end, and return its exit code as a shell tells it."""
    # Ctrl-C goes to the command as well, which decides what it means; what has come is written after it.
    # A function and not SIG_IGN, which the command would inherit.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        running = subprocess.Popen(words, env=environ)  # noqa: S603 what it is told to run
    except OSError as error:
        raise ConfigurationError(
            f"{words[0]!r} cannot be run: {error.strerror}\n"
            "  a command is written behind two dashes: chunktape record -- node app.mjs"
        ) from error
    else:
        # Once in kindness.
        ways = iter([running.terminate])
        terminated = signal.signal(signal.SIGTERM, lambda *_: next(ways, running.kill)())
        try:
            status = running.wait()
        finally:
            signal.signal(signal.SIGTERM, terminated)
    finally:
        signal.signal(signal.SIGINT, before)
    return status if status >= 0 else _SIGNALLED - status
