"""The stage of the demo: where the words appear as they are played.

On a terminal all streams play at the same time, each in a panel; elsewhere one after the other,
each in a line.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from time import perf_counter
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from chunktape.audit.printable import printable
from chunktape.cli.terminal import Typewriter, is_live

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from rich.console import Console

__all__ = ["NAME_WIDTH", "Stage", "open_stage", "report"]

WIDEST = 100
NAME_WIDTH = 11
FRAMES_PER_SECOND = 24
GAP = 3
STYLES = ("green", "magenta", "cyan")


class Stage(AbstractContextManager["Stage"]):
    """Lines: the names of the acts in front, their words behind."""

    at_once = 1

    def __init__(self, console: Console) -> None:
        self._typewriter = Typewriter(console, gutter=NAME_WIDTH, mark="▸ ")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._typewriter.end()

    def speak(self, name: str, word: str) -> None:
        """Put a word of an act on the stage."""
        self._typewriter.type(name, word)

    def leave(self, name: str) -> None:
        """Say that an act has ended."""
        del name
        self._typewriter.end()


class _Panels(Stage):
    """Panels, all of them alive; `texts` tells beforehand how much room each will need."""

    def __init__(self, console: Console, texts: Mapping[str, str]) -> None:
        self.at_once = len(texts)
        self._width = min(console.width, WIDEST)
        self._rooms = {name: len(Text(text).wrap(console, self._width - 4)) for name, text in texts.items()}
        self._said = dict.fromkeys(texts, "")
        self._start = perf_counter()
        self._ended: dict[str, float] = {}
        self._live = Live(get_renderable=self._frame, console=console, refresh_per_second=FRAMES_PER_SECOND)

    def __enter__(self) -> Stage:
        self._start = perf_counter()
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def speak(self, name: str, word: str) -> None:
        self._said[name] += word

    def leave(self, name: str) -> None:
        self._ended[name] = perf_counter()

    def _frame(self) -> Group:
        return Group(*(self._panel(name, style) for name, style in zip(self._said, STYLES, strict=False)))

    def _panel(self, name: str, style: str) -> Panel:
        playing = name not in self._ended
        seconds = self._ended.get(name, perf_counter()) - self._start
        said = Text(printable(self._said[name]))
        if playing:
            said.append("▌", style=style)
        return Panel(
            said,
            title=Text(name, style=f"bold {style}"),
            title_align="left",
            subtitle=Text(f"{seconds:.1f} s", style="dim"),
            subtitle_align="right",
            border_style=style if playing else "dim",
            box=box.ROUNDED,
            width=self._width,
            height=self._rooms[name] + 2,
        )


def open_stage(console: Console, texts: Mapping[str, str]) -> Stage:
    """Return the stage that suits the console; `texts` are those that will be spoken, by act."""
    return _Panels(console, texts) if is_live(console) else Stage(console)


def report(console: Console, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table and a blank line: names in the first column, a verdict in the last, numbers between.

    Where the terminal is too narrow for it, each row becomes a paragraph.
    """
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if not console.is_terminal:
        for first, *rest in lines:
            numbers = (f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True))
            console.out("  ".join([f"{first:<{widths[0]}}", *numbers]))
        console.out("")
    elif sum(widths) + GAP * len(widths) > console.width:
        typewriter = Typewriter(console, gutter=NAME_WIDTH)
        for first, *rest in rows:
            told = ", ".join(f"{title} {cell}" for title, cell in zip(header[1:], rest, strict=True))
            typewriter.type(first, told)
        typewriter.end()
        console.out("")
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
        for number, title in enumerate(header):
            table.add_column(title, justify="right" if number else "left", no_wrap=True)
        for row in rows:
            *cells, verdict = row
            table.add_row(*cells, Text(verdict, style="bold green" if verdict == "yes" else "bold red"))
        console.print(table)
