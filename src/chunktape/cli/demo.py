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
        "chunktape demo --serve": "a provider to record your own first test from, without a key",
    },
    exit_codes={
        exit_code.FINE: "what was replayed is, byte for byte, what came live; or Ctrl-C ended --serve",
        exit_code.NO: "it is not, or a call failed",
        exit_code.USAGE: "wrong usage, the port is taken, or none of the three SDKs is installed",
    },
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    metavar="FACTOR",
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
@click.option("--serve", is_flag=True, help="Only run the scripted provider, until Ctrl-C.")
@click.option(
    "--port",
    type=click.IntRange(min=0, max=65535),
    metavar="PORT",
    default=8377,
    show_default=True,
    help="Where --serve listens, on 127.0.0.1; 0 takes a free port.",
)
@click.pass_context
def command(ctx: click.Context, *, speed: float, keep: Path | None, serve: bool, port: int) -> None:
    """Record OpenAI, Anthropic and Azure, then replay them offline in their own time.

    Their real SDKs each make a streamed call to a scripted provider on this machine: directly, then into a
    cassette, then once more with the provider gone. No key is needed, no real provider is called.

    With --serve the provider alone runs, and the lines that it prints lead an SDK to it. It tells the same
    story to whoever asks, and cassettes are recorded from it as from any other.
    """
    if serve:
        from chunktape.cli.lodging import lodge

        lodge(port)
        ctx.exit(exit_code.FINE)
    from chunktape.cli.reel import Reel
    from chunktape.tape.pace import Pace

    Pace.of(speed)
    ctx.exit(Reel(speed=speed, keep=keep).run())
