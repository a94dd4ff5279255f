"""``chunktape export``: cassettes in the forms of others, for people and for tools that read no cassettes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from chunktape.cli import exit_code
from chunktape.cli.number_list import only_option
from chunktape.cli.option import force_option
from chunktape.cli.page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.cli.number_list import Numbers

__all__ = ["command"]


@click.command(
    "export",
    cls=Page,
    short_help="Write cassettes as Markdown, HAR, bare streams, or plain vcrpy.",
    examples={
        "chunktape export app.yaml": "the conversation as Markdown, to standard output",
        "chunktape export --to har -o app.har app.yaml": "for a browser's network panel",
        "chunktape export --to sse --only 2 app.yaml": "the bytes of one stream",
        "chunktape export --to sse -o streams/ tests": "one file for each stream of a folder",
        "chunktape export --to vcrpy -o plain/ tests": "for a project that has only vcrpy",
    },
    exit_codes={
        exit_code.FINE: "everything was exported",
        exit_code.NO: "something could not be exported, or stands there already; the others were",
        exit_code.USAGE: "wrong usage",
        exit_code.UNREADABLE: "a file could not be read or written, or a folder holds none; the others were"
        " exported",
    },
)
@click.argument("paths", metavar="CASSETTE[#N]…", nargs=-1, required=True, type=click.Path())
@click.option(
    "--to",
    "form",
    type=click.Choice(["markdown", "har", "sse", "vcrpy"]),
    default="markdown",
    show_default=True,
    help="What to make of them.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    metavar="FILE|FOLDER/",
    help="Where to; without it to standard output.",
)
@only_option
@click.option("--any-body", is_flag=True, help="With --to sse: also bodies that are no event streams.")
@force_option
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    *,
    form: str,
    output: str | None,
    only: Numbers | None,
    any_body: bool,
    force: bool,
) -> None:
    """Write cassettes in another form.

    A CASSETTE is a file of any readable form, and a folder means all of them below it, hidden ones left out;
    CASSETTE#1,3-5 are some of its interactions. One document goes to standard output, or into the file
    that -o names; several go into a folder, each named after its cassette.

    markdown is the exchange as a person reads it. har is HTTP Archive 1.2, with chunks, times and endings in
    the field _chunktape. sse are the exact bytes of a stream, one file for each. vcrpy is a cassette as stock
    vcrpy writes it. What a form cannot keep is said on standard error.

    Secrets are taken out as when chunktape records; one that would still be written stops the writing.
    For one JSON object for each interaction there is chunktape show --format jsonl.
    """
    if any_body and form != "sse":
        raise click.UsageError("--any-body belongs to --to sse.")
    if force and output is None:
        raise click.UsageError("--force belongs to -o.")
    from chunktape.audit.printable import one_line
    from chunktape.cli.export_document import documents_of
    from chunktape.cli.export_file import place_of
    from chunktape.cli.pick import Picks
    from chunktape.errors import CassetteError

    picks = Picks(paths, only=only)
    place = place_of(output, picks.paths, force=force)
    source = picks.source
    refused = False
    lost: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
    for name, _, chosen in picks.cassettes():
        try:
            export = documents_of(name, chosen, form, any_body=any_body)
            written = place.take(name, export)
        except CassetteError as error:
            if isinstance(error.__cause__, OSError):
                source.fail(str(error))
            else:
                refused = True
                source.refuse(str(error))
            continue
        for said in export.said:
            source.warn(said)
        for loss in export.lost:
            lost.setdefault(loss.what, []).append((name, loss.numbers))
        told = [one_line(str(path)) if sys.stdout.isatty() else str(path) for path in written]
        click.echo("".join(f"{path}\n" for path in told), nl=False)
    place.finish()
    for what, places in lost.items():
        source.warn(f"{what}: {_counted(places)}")
    ctx.exit(exit_code.UNREADABLE if picks.failed else exit_code.NO if refused else exit_code.FINE)


def _counted(places: Sequence[tuple[str, tuple[int, ...]]]) -> str:
    """Return which interactions something is true of; of several cassettes, how many."""
    if len(places) > 1:
        return f"{sum(len(numbers) for _, numbers in places):,} interactions of {len(places):,} cassettes"
    ((name, numbers),) = places
    word = "interaction" if len(numbers) == 1 else "interactions"
    return f"{word} {', '.join(map(str, numbers))} of {name}"
