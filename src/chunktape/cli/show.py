"""``chunktape show``: what cassettes hold, for people and for machines."""

from __future__ import annotations

import json

import click

from chunktape.cli import exit_code
from chunktape.cli.page import Page

__all__ = ["command"]


@click.command(
    "show",
    cls=Page,
    short_help="Show what cassettes hold.",
    examples={
        "chunktape show tests/cassettes/app.yaml": "all of one cassette",
        "chunktape show tests/cassettes": "all cassettes below a folder",
        "chunktape show --live --speed 2 app.yaml": "as it came, twice as fast",
        "chunktape show --format jsonl tests/cassettes": "one JSON object for each interaction",
    },
    exit_codes={
        exit_code.FINE: "everything was shown",
        exit_code.USAGE: "wrong usage",
        exit_code.UNREADABLE: "a file could not be read, or a folder holds none; the others were shown",
    },
)
@click.argument("paths", metavar="FILE…", nargs=-1, required=True)
@click.option("--live", is_flag=True, help="Let the streams arrive as they did when they were recorded.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="With --live: so many times as fast.  [default: 1]",
)
@click.option("--format", "form", type=click.Choice(["text", "jsonl"]), default="text", show_default=True)
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[str, ...], *, live: bool, speed: float | None, form: str
) -> None:
    """Show the requests and streams of cassettes, with their times and endings.

    A FILE is a cassette of any readable form: chunktape's, vcrpy's, Ruby VCR's, or a bare body (.sse, .bin,
    .txt), each also with .gz. A folder means all of them below it, hidden ones left out.

    With --format jsonl, what is not known is null: `sha256` is that of the decoded response body, `events`
    counts the server-sent events that carry data, and is 0 where the response is no event stream.

    What a model answered, streamed or not, is in `dialect`, `id`, `model`, `choices` (`index`, `content`,
    `reasoning`, `refusal`, `tool_calls`, `finish_reason`), `blocks` (Anthropic's content blocks), `usage` and
    `stop_sequence`, in the words and numbers of the wire. `complete` is false where a stream was cut or an
    error came, which is in `error` (`code`, `message`). `cost` is in USD at the time of the recording, beside
    its `price_source` and `price_version`. Where no model was asked, all of these are null.
    """
    if speed is not None and not live:
        raise click.UsageError("--speed belongs to --live.")
    if live and form == "jsonl":
        raise click.UsageError("--live is for people, --format jsonl for machines: choose one.")
    from chunktape.cli.fact import row
    from chunktape.cli.meaning import meaning
    from chunktape.cli.source import Source
    from chunktape.tape.pace import Pace

    source = Source(paths)
    if form == "jsonl":
        for name, cassette in source:
            for index, one in enumerate(cassette):
                click.echo(json.dumps(row(name, index, one) | meaning(one)))
    else:
        from chunktape.cli.projector import Projector

        projector = Projector(pace=Pace.of(speed or 1.0) if live else Pace())
        for name, cassette in source:
            projector.show(name, cassette)
    if source.failed:
        ctx.exit(exit_code.UNREADABLE)
