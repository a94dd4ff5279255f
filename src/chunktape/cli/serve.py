"""``chunktape serve``: cassettes over HTTP, for clients in any language."""

from __future__ import annotations

import os
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import click

from chunktape.cli import exit_code
from chunktape.cli.measure import DURATION, SIZE
from chunktape.cli.option import format_option
from chunktape.cli.page import Page
from chunktape.cli.secret_option import secret_options
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from chunktape.serve import Server

__all__ = ["command"]

PORT = 8378
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")


@click.command(
    "serve",
    cls=Page,
    short_help="Serve cassettes over HTTP, to clients in any language.",
    examples={
        "chunktape serve tests/cassettes": "all cassettes below a folder, in recorded time",
        "chunktape serve --pace instant --order queue app.yaml": "at once, each recording once",
        "chunktape serve --fault reset@event:3 app.yaml": "every stream is reset after three events",
        "chunktape serve --record tapes": "ask the provider what is not known, and keep it",
    },
    exit_codes={
        exit_code.FINE: "it was stopped by Ctrl-C, SIGTERM or SIGHUP",
        exit_code.NO: "with --strict: a request had no recording",
        exit_code.USAGE: "wrong usage, the port is taken, or uvicorn is not installed",
        exit_code.UNREADABLE: "a cassette could not be read or written",
    },
)
@click.argument("paths", metavar="[CASSETTE…]", nargs=-1, type=click.Path())
@click.option(
    "--port",
    type=click.IntRange(min=0, max=65535),
    metavar="PORT",
    default=PORT,
    show_default=True,
    help="Where it listens; 0 takes a free port.",
)
@click.option(
    "--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address it listens on."
)
@click.option(
    "--pace",
    metavar="PACE",
    default="recorded",
    show_default=True,
    help="instant, recorded, or so many times as fast: 4.",
)
@click.option(
    "--order",
    type=click.Choice(["loop", "queue", "last"]),
    default="loop",
    show_default=True,
    help="What an equal request gets next: from the first again, each once, or the last one again.",
)
@click.option("--fault", metavar="FAULT", help="Alter every answer, as cut@60% does.")
@click.option("--match-on", metavar="NAMES", help="What decides.  [default: method,path,query,body]")
@click.option("--ignore", metavar="JSONPATH", multiple=True, help="Leave a field out of it.")
@click.option("--normalize", metavar="NAME", multiple=True, help="Level text: uuid, date…")
@click.option(
    "--allow-host", metavar="NAME", multiple=True, help="A name, besides loopback's, that it may be asked by."
)
@click.option(
    "--max-body",
    type=SIZE,
    metavar="SIZE",
    default="32MB",
    show_default=True,
    help="The biggest request that is read.",
)
@click.option(
    "--grace",
    type=DURATION,
    metavar="TIME",
    default="5s",
    show_default=True,
    help="How long streams may take to end, once it is stopped.",
)
@click.option(
    "--record", type=click.Path(), metavar="PLACE", help="Ask for what is not known, and keep it there."
)
@click.option("--upstream", metavar="NAME=URL", multiple=True, help="With --record: where a provider is.")
@secret_options
@click.option("--strict", is_flag=True, help="End with 1 if a request had no recording.")
@format_option
@click.pass_context
def command(
    ctx: click.Context, /, *, paths: tuple[str, ...], strict: bool, form: str, **options: Any
) -> None:
    """Serve recordings in the formats of OpenAI, Anthropic and Azure, to whatever client asks.

    A CASSETTE is a file of any readable form, and a folder means all of them below it. A request gets the
    recording that it matches, wherever that was recorded from: its chunks, at their times. One that
    matches none gets an error in its provider's format, which says what comes closest. Any key will do,
    though SDKs do not start without one.

    A client chooses by headers, or in front of the path of its base URL: x-chunktape-cassette (/@NAME)
    answers from one cassette, x-chunktape-session (/~NAME) has its own place in each queue, and
    x-chunktape-order (/+queue) an order; an answer is altered by x-chunktape-fault and x-chunktape-pace.
    The page at / shows all of it, live.

    With --record, what is not known is asked of the provider, by --upstream or where the variables of
    the SDKs lead, and kept. Keys never reach the disk.
    """
    if not paths and options["record"] is None:
        raise click.UsageError("Name cassettes or folders of them, or a place to --record into.")
    if options["upstream"] and options["record"] is None:
        raise click.UsageError("--upstream belongs to --record.")
    from chunktape.cli.serving import Log, short_turns, signals

    server = _server(paths, options)
    told: SimpleQueue[int] = SimpleQueue()

    def end(number: int) -> None:
        told.put(number)
        # Which does nothing the first time: it does not stop yet.
        server.hurry()

    with Log(form) as log:
        server.listen(log.write)
        with signals(end), short_turns():
            _start(server, options["port"])
            try:
                log.open(_headline(server), server.url, _variables(server, records=bool(options["record"])))
                _wait(told)
            finally:
                server.stop()
            log.end("Stopped", server)
    if server.record_errors:
        ctx.exit(exit_code.UNREADABLE)
    ctx.exit(exit_code.NO if strict and server.totals["missed"] else exit_code.FINE)


def _server(paths: tuple[str, ...], options: dict[str, Any]) -> Server:
    from chunktape.cli.serving import in_options
    from chunktape.serve import MATCH_ON, Limits, Server

    names = options["match_on"]
    try:
        return Server(
            *paths,
            port=options["port"],
            host=options["host"],
            pace=options["pace"],
            order=options["order"],
            faults=options["fault"],
            ignore=options["ignore"],
            normalize=options["normalize"],
            redact=options["redact"].values(),
            hosts=options["allow_host"],
            record=options["record"],
            upstream=options["upstream"],
            limits=Limits(body=options["max_body"]),
            grace=options["grace"],
            match_on=MATCH_ON if names is None else [name.strip() for name in names.split(",")],
        )
    except ConfigurationError as error:
        raise ConfigurationError(in_options(str(error))) from error


def _start(server: Server, port: int) -> None:
    try:
        server.start()
    except ConfigurationError as error:
        taken = port and "cannot listen" in str(error)
        hint = "\n  free: chunktape serve --port 0" if taken else ""
        raise ConfigurationError(f"{error}{hint}") from error.__cause__


def _headline(server: Server) -> str:
    count, cassettes = server.size
    what = f"{count:,} recording{'s' * (count != 1)} of {cassettes:,} cassette{'s' * (cassettes != 1)}"
    return f"Serving {what} at {server.url} (a page for you, too), until Ctrl-C. For SDKs to find it:"


def _variables(server: Server, *, records: bool) -> dict[str, str]:
    """Return what leads SDKs here, and a key for those that have none: without one they do not start.

    Where it records there is none, for a provider would get it.
    """
    missing = [] if records else [name for name in KEYS if not os.environ.get(name)]
    return server.variables | dict.fromkeys(missing, "any")


def _wait(told: SimpleQueue[int]) -> None:
    # In pieces, because a lock that is waited for hides signals on some systems.
    while True:
        with suppress(Empty):
            told.get(timeout=1.0)
            return
