# ruff: noqa: INP001 - a script by itself
"""Make ``show.png``: what ``chunktape show`` prints of a stream from the scripted provider.

    python docs/images/make_show.py CHROMIUM

CHROMIUM is the browser that turns rich's picture of a terminal into pixels. The words and pauses of
the stream are invented; its bytes went over a socket and were recorded as any other.
"""

from __future__ import annotations

import re
import sys
from contextlib import closing
from dataclasses import replace
from io import StringIO
from pathlib import Path
from random import Random
from subprocess import run
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from anthropic import Anthropic, DefaultHttpxClient
from rich.console import Console

from chunktape import use_cassette
from chunktape.cli.pick import Picks
from chunktape.cli.projector import Projector
from chunktape.loopback import Pause, Provider, message

if TYPE_CHECKING:
    from chunktape.loopback import Reply

PLACE = Path(__file__).parent
COLUMNS = 104
PORT = 8765
ZOOM = 1
QUESTION = "I have an hour in Lisbon tonight. Where should I hear Fado, and do I need a coat?"
THOUGHT = (
    "They want one place, not a list, and a word on the weather. Alfama is the quarter for Fado. "
    "The forecast I do not know, so I have to ask for it."
)
TEXT = (
    "A small tavern in Alfama, before nine, when the singers still have breath. About the coat: let me look."
)
CALL = ("get_forecast", {"city": "Lisbon", "hours": [20, 21], "units": "celsius"})
TOOL = {
    "name": "get_forecast",
    "description": "The weather of the next hours.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def scripted() -> Reply:
    """Return the reply with a pause before each event, as models make them."""
    chance = Random(7)  # noqa: S311 - pauses, the same ones each time
    steps = []
    for number, step in enumerate(message(TEXT, thinking=THOUGHT, tools=[CALL]).steps):
        steps += [Pause(0.9 if number == 66 else chance.uniform(0.015, 0.09)), step]  # noqa: PLR2004 - a stall
    return replace(message(TEXT), before=(Pause(0.6),), steps=tuple(steps))


def record(folder: Path) -> Path:
    """Return the cassette of one call with Anthropic's SDK."""
    path = folder / "fado.yaml"
    with Provider(port=PORT) as provider, closing(DefaultHttpxClient(trust_env=False)) as http:
        provider.play(scripted())
        client = Anthropic(api_key="none", base_url=provider.url, http_client=http, max_retries=0)
        with use_cassette(path, record_mode="rewrite"):
            for _ in client.messages.create(
                model="claude-haiku-4-5",
                max_tokens=1024,
                messages=[{"role": "user", "content": QUESTION}],
                tools=[TOOL],
                stream=True,
            ):
                pass
    return path


def draw(path: Path) -> str:
    """Return a terminal that shows a cassette, as SVG."""
    console = Console(
        file=StringIO(), record=True, width=COLUMNS, force_terminal=True, color_system="truecolor",
        highlight=False, markup=False, emoji=False,
    )  # fmt: skip  # read as a table
    for pick in Picks([str(path)], only=None):
        Projector(console).show(pick._replace(name=path.name))
    return console.export_svg(title=f"chunktape show {path.name}")


def photograph(browser: str, svg: str, picture: Path, folder: Path) -> None:
    """Write the pixels of an SVG."""
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    # The fonts that rich names lie in the net; those of this machine are as good.
    page = folder / "show.html"
    page.write_text(
        f"<body style='margin:0'>{re.sub(r'@font-face {.*?}', '', svg, flags=re.DOTALL)}", encoding="utf-8"
    )
    size = f"--window-size={float(width):.0f},{float(height):.0f}"
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--force-device-scale-factor={ZOOM}"]
    run([browser, *options, size, f"--screenshot={picture}", page.as_uri()], check=True, timeout=60)  # noqa: S603 its own browser


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        photograph(sys.argv[1], draw(record(Path(folder))), PLACE / "show.png", Path(folder))
