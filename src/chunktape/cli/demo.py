"""``chunktape demo``: the whole idea in ten seconds, without a key and without the network."""

from __future__ import annotations

from pathlib import Path

import click

from chunktape.cli import exit_code
from chunktape.cli.page import Page

__all__ = ["command"]


@click.command(
    "demo",
    cls=Page,
    examples={
        "chunktape demo": "watch it",
        "chunktape demo --speed 4": "replay four times as fast as it was recorded",
        "chunktape demo --keep tapes": "keep the cassettes in the folder tapes",
    },
    exit_codes={
        exit_code.FINE: "what was replayed is, byte for byte, what came live",
        exit_code.NO: "it is not, or a call failed",
        exit_code.USAGE: "wrong usage, or none of the three SDKs is installed",
    },
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Replay so many times as fast.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Keep the cassettes there; without it they are deleted in the end.",
)
@click.pass_context
def command(ctx: click.Context, *, speed: float, keep: Path | None) -> None:
    """Record OpenAI, Anthropic and Azure, then replay them offline in their own time.

    Their real SDKs each make a streamed call to a scripted provider on this machine: directly, then into a
    cassette, then once more with the provider gone. No key is needed, no real provider is called.
    """
    from chunktape.cli.reel import Reel
    from chunktape.tape.pace import Pace

    Pace.of(speed)
    ctx.exit(Reel(speed=speed, keep=keep).run())
