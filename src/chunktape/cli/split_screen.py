"""`SplitScreen`: several streams side by side on a terminal, growing on one clock."""

from __future__ import annotations

from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.live import Live
from rich.table import Table
from rich.text import Text

from chunktape.audit.discreet import discreet
from chunktape.audit.printable import one_line, printable
from chunktape.cli.arrival import ended_at
from chunktape.cli.fact import trouble
from chunktape.cli.telling import STYLES

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from rich.console import Console

    from chunktape.cli.clock import Clock
    from chunktape.cli.telling import Piece, Telling
    from chunktape.tape.interaction import Interaction

__all__ = ["GAP", "SplitScreen", "Strip", "column_width", "open_table", "paragraph"]

FRAMES_PER_SECOND = 12
GAP = 3
# Lines of a terminal that are no words: the heading, its rule, the cursor.
_OTHER_LINES = 4
# A terminal shows ^C where the frame ends: on a line that it fills, that would be one line more to take away.
_ECHO = 2


def paragraph(label: str, text: str, style: str) -> Text:
    """Return a paragraph with its label in front, for a column of its own."""
    return Text.assemble((f"{one_line(label)} ▸ ", "dim"), (printable(text).strip(), style))


def column_width(console: Console, count: int, *, free: int = 0) -> int:
    """Return how wide each of so many columns is on a terminal of which some are left free."""
    return (console.width - free - GAP * (count - 1)) // count


def open_table(titles: Iterable[str]) -> Table:
    """Return a table of equal columns with their titles; an empty one makes no heading."""
    heads = [one_line(title) for title in titles]
    table = Table(
        box=SIMPLE_HEAD if any(heads) else None,
        show_header=any(heads),
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP, 0, 0),
        expand=True,
        header_style="bold",
    )
    for head in heads:
        table.add_column(Text(head, overflow="ellipsis", no_wrap=True), ratio=1, overflow="fold")
    return table


class Strip(NamedTuple):
    """An interaction with a title, and what it says."""

    title: str
    one: Interaction
    telling: Telling


class SplitScreen:
    """Strips that play beside each other."""

    def __init__(self, console: Console, streams: Sequence[Strip]) -> None:
        self._console = console
        self._streams = streams
        self._columns = [_Column() for _ in streams]

    def play(self, clock: Clock) -> None:
        """Let all of them grow in a frame as high as the terminal, which is gone afterwards.

        All requests are sent at the same moment.
        """
        moments = merge(*map(self._moments, range(len(self._streams))), key=itemgetter(0))
        clock.start()
        live = Live(
            get_renderable=self._frame,
            console=self._console,
            refresh_per_second=FRAMES_PER_SECOND,
            transient=True,
        )
        with live:
            for at, place, piece in moments:
                clock.wait_until(at)
                if piece is None:
                    self._columns[place].end(trouble(self._streams[place].one))
                else:
                    self._columns[place].add(piece)

    def _moments(self, place: int) -> Iterator[tuple[int, int, Piece | None]]:
        strip = self._streams[place]
        now = 0
        for piece in strip.telling.pieces:
            # What came is in its order, whatever times a foreign hand has written.
            now = max(now, piece.at or 0)
            yield now, place, piece
        yield max(now, ended_at(strip.one) or 0), place, None

    def _frame(self) -> Table:
        width = column_width(self._console, len(self._columns), free=_ECHO)
        height = max(3, self._console.height - _OTHER_LINES)
        table = open_table(strip.title for strip in self._streams)
        table.width = max(1, self._console.width - _ECHO)
        table.add_row(*(column.tail(self._console, width, height) for column in self._columns))
        return table


class _Column:
    def __init__(self) -> None:
        self._end = Text()
        self._said: dict[Hashable, tuple[str, str, list[str]]] = {}

    def add(self, piece: Piece) -> None:
        begun = self._said.setdefault(piece.key, (piece.label, STYLES[piece.kind], []))
        begun[2].append(piece.text)

    def end(self, problem: str | None) -> None:
        """Note that nothing more comes, and what went wrong, if anything did."""
        self._end = Text("ended", style="dim")
        if problem is not None:
            self._end = Text(printable(discreet(problem)), style="bold red")

    def tail(self, console: Console, width: int, height: int) -> Text:
        """Return what fits of the end of it."""
        most = width * height
        lines: list[Text] = []
        for label, style, texts in reversed(tuple(self._said.values())):
            whole = paragraph(label, "".join(texts)[-most:], style)
            lines[:0] = whole.wrap(console, width)
            if len(lines) >= height:
                break
        if self._end:
            lines += self._end.wrap(console, width)
        return Text("\n").join(lines[-height:])
