"""``chunktape show``: what cassettes hold, for people and for machines."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from chunktape.cli import exit_code
from chunktape.cli.measure import DURATION
from chunktape.cli.number_list import only_option
from chunktape.cli.option import force_option, format_option, output_option
from chunktape.cli.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import TextIO

    from rich.console import Console

    from chunktape.cli.clock import Clock
    from chunktape.cli.number_list import Numbers
    from chunktape.cli.pick import Pick

__all__ = ["command"]

_MICRO = 1_000_000


@click.command(
    "show",
    cls=Page,
    short_help="Show what cassettes hold.",
    examples={
        "chunktape show tests/cassettes/app.yaml": "all of one cassette",
        "chunktape show app.yaml#3 app.yaml#5": "its third interaction and its fifth",
        "chunktape show --live --speed 4 --max-gap 1s app.yaml": "as it came, four times as fast",
        "chunktape show --side-by-side old.yaml#1 new.yaml#1": "two streams in columns",
        "chunktape show --events app.yaml#1": "each event: when, in which chunk, what",
        "chunktape show --format jsonl tests/cassettes": "one JSON object for each interaction",
    },
    exit_codes={
        exit_code.FINE: "everything was shown",
        exit_code.NO: "-o names a file that is there already, which was kept",
        exit_code.USAGE: "wrong usage",
        exit_code.UNREADABLE: "a file could not be read or written, or does not hold what was asked for; the"
        " others were shown",
        exit_code.STOPPED: "stopped with Ctrl-C",
    },
)
@click.argument("paths", metavar="CASSETTE[#N]…", nargs=-1, required=True, type=click.Path())
@only_option
@click.option("--live", is_flag=True, help="Let the streams arrive as they did when they were recorded.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    metavar="FACTOR",
    help="With --live: so many times as fast.  [default: 1]",
)
@click.option(
    "--max-gap",
    type=DURATION,
    metavar="TIME",
    help="With --live: cut longer silences down to this much recorded time, such as 1s or 250ms.",
)
@click.option("--side-by-side", is_flag=True, help="Show two to four interactions in columns.")
@click.option("--events", is_flag=True, help="Show each stream as a table of its events.")
@format_option
@output_option
@force_option
@click.pass_context
def command(ctx: click.Context, /, paths: tuple[str, ...], **given: Any) -> None:
    """Show the requests and streams of cassettes, with their times and endings.

    A CASSETTE is a file of any readable form: chunktape's, vcrpy's, Ruby VCR's, or a bare body (.sse, .bin,
    .txt), each also with .gz. A folder means all of them below it, hidden ones left out. CASSETTE#3 is its
    third interaction, CASSETTE#1,3-5 some of them.

    Bars show the gaps between chunks, the longest one at full height; where chunks outnumber the columns, a
    bar is the longest of several gaps. What looks like a key is not shown.

    --events numbers all events, comments too, as audits do; an event came when its last byte did. With
    --format jsonl it gives one object for each event: `event`, `name`, `at_ms`, `gap_ms`, `first_chunk`,
    `last_chunk`, `bytes`, `terminated` and what it `says` (`kind`, `choice`, `text`).

    --side-by-side needs a terminal wide enough, elsewhere the streams come one after the other. With --live,
    all of them run on one clock.

    With --format jsonl, what is not known is null: `sha256` is that of the decoded response body, `events`
    counts the server-sent events that carry data, and is 0 where the response is no event stream.

    What a model answered, streamed or not, is in `dialect`, `id`, `model`, `choices` (`index`, `content`,
    `reasoning`, `refusal`, `tool_calls`, `finish_reason`), `blocks` (Anthropic's content blocks), `usage` and
    `stop_sequence`, in the words and numbers of the wire. `complete` is false where a stream was cut or an
    error came, which is in `error` (`code`, `message`). `cost` is in USD at the time of the recording, beside
    its `price_source` and `price_version`. Where no model was asked, all of these are null.
    """
    options = _Options(**given)
    options.check()
    from chunktape.cli.pick import Picks

    picks = Picks(paths, only=options.only)
    if options.output is None:
        _show(picks, options, sys.stdout)
    else:
        from chunktape.cli.output import written_to

        with written_to(options.output, force=options.force) as file:
            _show(_apart_from(options.output, picks), options, file)
    if picks.failed:
        ctx.exit(exit_code.UNREADABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    only: Numbers | None
    live: bool
    speed: float | None
    max_gap: float | None
    side_by_side: bool
    events: bool
    form: str
    output: Path | None
    force: bool

    def check(self) -> None:
        """Refuse what does not go together."""
        for name, value in (("--speed", self.speed), ("--max-gap", self.max_gap)):
            if value is not None and not self.live:
                raise click.UsageError(f"{name} belongs to --live.")
        if self.force and self.output is None:
            raise click.UsageError("--force belongs to -o.")
        if self.live and self.form == "jsonl":
            raise click.UsageError("--live is for people, --format jsonl for machines: choose one.")
        if self.live and self.output is not None:
            raise click.UsageError("--live is for people who look on, -o for a file: choose one.")
        if self.events and (self.live or self.side_by_side):
            other = "--live" if self.live else "--side-by-side"
            raise click.UsageError(f"--events shows a table, {other} words: choose one.")
        if self.side_by_side and self.form == "jsonl":
            raise click.UsageError("--side-by-side is for people, --format jsonl for machines: choose one.")

    @property
    def clock(self) -> Clock | None:
        """The clock of --live."""
        from chunktape.cli.clock import Clock

        gap = None if self.max_gap is None else round(self.max_gap * _MICRO)
        return Clock(speed=self.speed or 1.0, max_gap=gap) if self.live else None


def _show(picks: Iterable[Pick], options: _Options, file: TextIO) -> None:
    if options.form == "jsonl":
        for line in _lines(picks, events=options.events):
            click.echo(json.dumps(line), file)
        return
    from chunktape.audit.console import console_on
    from chunktape.cli.projector import Projector

    console = console_on(file)
    if options.side_by_side:
        picks = _columns(picks, console, options.clock)
    projector = Projector(console, clock=options.clock, events=options.events)
    for pick in picks:
        projector.show(pick)


def _lines(picks: Iterable[Pick], *, events: bool) -> Iterator[dict[str, Any]]:
    from chunktape.cli.event_table import event_rows
    from chunktape.cli.fact import row
    from chunktape.cli.meaning import meaning

    for pick in picks:
        if pick.interaction is None:
            continue
        if events:
            yield from event_rows(pick.name, pick.number - 1, pick.interaction)
        else:
            yield row(pick.name, pick.number - 1, pick.interaction) | meaning(pick.interaction)


def _columns(picks: Iterable[Pick], console: Console, clock: Clock | None) -> list[Pick]:
    """Show the picks in columns; return them where that cannot be, after saying why."""
    from chunktape.cli.side_by_side import MOST, SideBySide, room_for

    chosen = list(islice((pick for pick in picks if pick.interaction is not None), MOST + 1))
    if len(chosen) > MOST:
        raise click.UsageError(
            "--side-by-side takes two to four interactions, and these are more.\n"
            "  way out: choose with CASSETTE#3, or with --only"
        )
    if len(chosen) < 2:  # noqa: PLR2004 - one has nothing beside it
        why = "there is nothing to put beside it" if chosen else ""
    elif not console.is_terminal:
        why = "standard output is no terminal"
    elif not room_for(console, len(chosen)):
        why = f"{console.width} columns are too few for {len(chosen)} streams"
    else:
        SideBySide(console, clock=clock).show(chosen)
        return []
    if why:
        click.echo(f"Note: one after the other: {why}.", err=True)
    return chosen


def _apart_from(output: Path, picks: Iterable[Pick]) -> Iterator[Pick]:
    """Yield the picks; a cassette is never written over with what it shows."""
    from chunktape.cli.output import require_other

    for pick in picks:
        require_other(output, pick.name)
        yield pick
