"""``chunktape ls``: which interactions there are, what they cost, and what recording them again would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chunktape.cli import exit_code
from chunktape.cli.option import force_option, format_option, output_option
from chunktape.cli.page import Page
from chunktape.cli.sieve import sieve_options

if TYPE_CHECKING:
    from pathlib import Path

    from chunktape.cli.sieve import Sieve

__all__ = ["command"]

_BY = ("interaction", "cassette", "test", "provider", "model")


@click.command(
    "ls",
    cls=Page,
    short_help="List what was recorded, and what recording it again would cost.",
    examples={
        "chunktape ls": "all that the pytest plugin keeps",
        "chunktape ls --by model tests/cassettes": "sums for each model",
        "chunktape ls --older 30d --sort age": "what should be recorded again",
        "chunktape ls --trouble": "what was cut, failed, or is an error",
        "chunktape ls --provider anthropic --finish length": "answers that were too long",
        "chunktape ls --columns cassette,age,size": "without reading what models said",
        "chunktape ls --format jsonl -o list.jsonl": "one JSON object for each row, and the totals",
    },
    exit_codes={
        exit_code.FINE: "everything was listed",
        exit_code.NO: "an option names a test, provider … that nothing has; or -o a file, which was kept",
        exit_code.USAGE: "wrong usage",
        exit_code.UNREADABLE: "a file could not be read or written, or a folder holds none; others were done",
    },
)
@click.argument("paths", metavar="[CASSETTE…]", nargs=-1, type=click.Path())
@sieve_options
@click.option(
    "--by", type=click.Choice(_BY), default="interaction", show_default=True, help="A row for each."
)
@click.option("--columns", metavar="LIST", help="The columns, such as test,age,size.")
@click.option("--sort", metavar="COLUMN", help="Sort by a column; what is not known comes last.")
@click.option("--reverse", is_flag=True, help="The other way round.")
@format_option
@output_option
@force_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    sieve: Sieve,
    by: str,
    columns: str | None,
    sort: str | None,
    reverse: bool,
    form: str,
    output: Path | None,
    force: bool,
) -> None:
    """List recorded interactions with their age, size, tokens and cost, and add them up.

    A CASSETTE is a file of any readable form, and a folder means all of them below it, hidden ones left out.
    Without one, it is where the pytest plugin keeps cassettes.

    Of different filters all have to fit; an option may be given several times, and one of its values has
    to. A PATTERN is a part of a name, or a glob for the whole of one; a dash stands for what is not known.

    Costs are in USD: by the prices when it was recorded, and by those of today for recording it again. One
    that nobody knows is never a number, but counted. An error that a provider answered has no cost.
    """
    if reverse and not sort:
        raise click.UsageError("--reverse belongs to --sort.")
    if force and output is None:
        raise click.UsageError("--force belongs to -o.")
    from chunktape.cli.ls_run import Listing, run

    ctx.exit(run(paths, sieve, Listing(by, columns, sort, reverse, form, output, force)))
