"""A table that is printed as its rows come, page by page, as wide as the terminal."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Span, Text

from chunktape.audit.discreet import discreet
from chunktape.audit.printable import one_line
from chunktape.cli.ls_column import COLUMNS, PLACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from rich.console import Console

    from chunktape.cli.ls_column import Cell, Column

    Row = dict[str, Cell]

__all__ = ["PagedTable", "safe"]

PAGE = 200
GAP = 2
# What a narrow terminal does without, the first of these first.
_DROPPED = (
    *("recorded", "status", "chunks", "first", "again", "ended", "took", "events", "cassette", "cassettes"),
    *("provider", "in", "out", "trouble", "cost", "finish", "size", "model"),
)


_LEFT = {"cassette", "test", "provider", "model", "recorded", "finish", "ended"}


@lru_cache(maxsize=4096)
def safe(text: str) -> str:
    """Return recorded text as it may be shown: in one line, and without keys."""
    return one_line(discreet(text))


class PagedTable:
    """Prints rows, a page at a time; the first page decides which columns a terminal has room for.

    `is_chosen` says that somebody named the columns, so that none of them is left out.
    """

    def __init__(self, columns: Sequence[Column], console: Console, *, is_chosen: bool = False) -> None:
        self._columns = {one.name: one for one in columns}
        self._console = console
        self._is_chosen = is_chosen
        self._shown: list[str] | None = None
        self._page: list[Row] = []
        self._read = dict(self._columns)
        if not is_chosen and self._columns.get("test") is COLUMNS["test"]:
            self._read["place"] = PLACE
        self._widths = {name: cell_len(name) for name in self._read}

    def row(self, one: Any) -> Row:
        """Return what stands in the row of an interaction or of a group, which nothing else is kept of."""
        return {name: _shown(column.cell(one)) for name, column in self._read.items()}

    def add(self, row: Row) -> None:
        """Take the next row."""
        self._page.append(row)
        if len(self._page) >= PAGE:
            self.flush()

    def flush(self) -> None:
        """Print the rows that were not printed yet."""
        if not self._page:
            return
        for name in self._widths:
            self._widths[name] = max(self._widths[name], *(cell_len(row[name].text) for row in self._page))
        if self._source("test") == "place":
            self._widths["test"] = max(self._widths["test"], self._widths["place"])
        is_first = self._shown is None
        if self._shown is None:
            self._shown = list(self._columns) if self._is_chosen else self._that_fit()
        widths = self._fitted(self._shown)
        lines = [self._line(row, widths) for row in self._page]
        if is_first:
            lines.insert(0, _joined([(name, "dim", name, width) for name, width in widths.items()]))
        self._console.print(Text("\n").join(lines), soft_wrap=True)
        self._page = []

    def _line(self, row: Row, widths: Mapping[str, int]) -> Text:
        cells = ((name, row[self._source(name)], width) for name, width in widths.items())
        return _joined(
            [
                (self._text(name, cell, width), "red" if cell.is_trouble else "", name, width)
                for name, cell, width in cells
            ]
        )

    def _source(self, name: str) -> str:
        """Return whose cells stand in a column: where cassettes are not shown, a test's place is."""
        if name != "test" or "place" not in self._read or self._shown is None:
            return name
        return name if "cassette" in self._shown else "place"

    def _text(self, name: str, cell: Cell, width: int) -> str:
        text, over = cell.text, cell_len(cell.text) - width
        if over > 0 and self._columns[name].by_end:
            text = "…" + text[over + 1 :]
        elif over > 0:
            text = set_cell_size(text, width - 1) + "…"
        return text

    def _that_fit(self) -> list[str]:
        """Return the columns that the console has room for."""
        shown = list(self._columns)
        for name in _DROPPED:
            if self._needed(shown) <= self._console.width:
                break
            if name in shown[1:] or (name in shown and "place" in self._read):
                shown.remove(name)
            if name == "cassette" and "place" in self._read:
                self._widths["test"] = max(self._widths["test"], self._widths["place"])
        return shown

    def _needed(self, shown: Sequence[str]) -> int:
        return sum(self._least(name) for name in shown) + GAP * (len(shown) - 1)

    def _least(self, name: str) -> int:
        least = self._columns[name].least
        return min(least, self._widths[name]) if least else self._widths[name]

    def _fitted(self, shown: Sequence[str]) -> dict[str, int]:
        """Return the width of each column; what is left over goes to those that were cut most."""
        widths = {name: self._least(name) for name in shown}
        left = self._console.width - self._needed(shown)
        while left > 0:
            cut = {name: self._widths[name] - width for name, width in widths.items()}
            wanting = [name for name in cut if cut[name] > 0]
            if not wanting:
                break
            share = max(1, left // len(wanting))
            for name in wanting:
                more = min(share, cut[name], left)
                widths[name] += more
                left -= more
        return widths


def _joined(cells: Sequence[tuple[str, str, str, int]]) -> Text:
    """Return a line of texts, with the style, the column and the width of each, without blanks at its end.

    It is put together as a string: a text of rich's for each cell takes five times as long.
    """
    line, spans = "", []
    for text, style, name, width in cells:
        pad = " " * (width - cell_len(text))
        begun = len(line)
        line += f"{text}{pad}" if name in _LEFT else f"{pad}{text}"
        if style:
            spans.append(Span(begun, len(line), style))
        line += " " * GAP
    whole = line.rstrip(" ")
    # Beyond the end of its text, rich takes no span.
    kept = [Span(one.start, min(one.end, len(whole)), one.style) for one in spans if one.start < len(whole)]
    return Text(whole, spans=kept)


def _shown(cell: Cell) -> Cell:
    text = safe(cell.text)
    return cell if text == cell.text else cell._replace(text=text)
