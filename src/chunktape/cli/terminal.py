"""The terminal: one console for all commands, and text that appears as it comes."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from rich.cells import cell_len

from chunktape.audit.console import console_on
from chunktape.audit.discreet import discreet
from chunktape.audit.printable import printable
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Hashable

    from rich.console import Console

__all__ = ["Typewriter", "complain", "hanging", "is_live", "open_console"]

NARROWEST = 20

_WORD = re.compile(r"\s+|\S+")


def open_console(*, stderr: bool = False) -> Console:
    """Return the console of standard output (or error), which shows text as it is given."""
    return console_on(sys.stderr if stderr else sys.stdout)


def is_live(console: Console) -> bool:
    """Tell whether things may move: the console is a terminal with a cursor."""
    return console.is_terminal and not console.is_dumb_terminal


def hanging(text: str, console: Console, *, at: int = 0, below: int = 0) -> str:
    """Return a line that begins in the column `at`, with its words whole on a terminal.

    What does not fit stands below it, in the column `below`.
    """
    if not console.is_terminal or at + cell_len(text) <= console.width:
        return text
    below = min(below, max(0, console.width - NARROWEST))
    lines, room, used = [""], console.width - at, False
    for word in _WORD.findall(text):
        for piece in [word] if word.isspace() else _chop(word, console.width - below):
            if not piece.isspace() and used and cell_len(lines[-1] + piece) > room:
                lines.append("")
                room = console.width - below
            if lines[-1] or not piece.isspace() or not used:
                lines[-1] += piece
            used = used or not piece.isspace()
    return ("\n" + " " * below).join(line.rstrip() for line in lines)


def complain(console: Console, word: str, message: str, style: str) -> None:
    """Say what is wrong, without keys, behind a word in colour: each line stands below itself."""
    console.out(f"{word}: ", end="", style=style)
    first, *more = printable(discreet(message)).split("\n")
    console.out(hanging(first, console, at=len(f"{word}: "), below=2))
    for line in more:
        console.out(hanging(line, console, below=4))


class Typewriter:
    """Types labelled paragraphs piece by piece; each goes on until another key is typed.

    On a terminal, words that do not fit go to the next line; everywhere the lines of a paragraph
    stand below each other, right of the label. Blanks around a paragraph are left out.
    """

    def __init__(self, console: Console, *, gutter: int, mark: str = "", label_style: str = "dim") -> None:
        self._console = console
        self._gutter = gutter
        self._mark = mark
        self._label_style = label_style
        self._indent = gutter + cell_len(mark)
        self._width = max(console.width, self._indent + NARROWEST)
        self._key: Hashable = None
        self._column = 0
        self._blank = ""

    def type(self, label: str, text: str, *, style: str = "", key: Hashable = None) -> None:
        """Type a piece of the paragraph of this key (the label where there is none)."""
        key = label if key is None else key
        if key != self._key:
            self.end()
            self._key = key
        words = _WORD.findall(printable(text))
        if self._column == 0 and not all(map(str.isspace, words)):
            name = shorten(printable(label).replace("\n", " "), self._gutter - 1)
            self._console.out(f"{name:<{self._gutter}}{self._mark}", end="", style=self._label_style)
            self._column, self._blank = self._indent, ""
            words = words[words[0].isspace() :]
        self._console.out("".join(map(self._lay_out, words)), end="", style=style or None)

    def end(self) -> None:
        """End the paragraph; the next piece begins a new one."""
        if self._column:
            self._console.out("")
        self._key, self._column, self._blank = None, 0, ""

    def _lay_out(self, word: str) -> str:
        """Return what to type for a word; blanks wait until one follows them."""
        if word.isspace():
            self._blank += word
            return ""
        breaks, spaces = self._blank.count("\n"), self._blank.rpartition("\n")[2]
        fits = self._column + cell_len(spaces + word) <= self._width
        if not breaks and not fits and self._column > self._indent:
            breaks, spaces = 1, ""
        if breaks:
            self._column = self._indent
        below = "\n" + " " * self._indent
        pieces = _chop(word, self._width - self._indent)
        before = self._column + cell_len(spaces) if len(pieces) == 1 else self._indent
        self._column, self._blank = before + cell_len(pieces[-1]), ""
        return "\n" * (breaks - 1) + below * bool(breaks) + spaces + below.join(pieces)


def _chop(word: str, room: int) -> list[str]:
    """Return a word in pieces that fit."""
    if cell_len(word) <= room:
        return [word]
    pieces = [""]
    for character in word:
        if cell_len(pieces[-1] + character) > room:
            pieces.append("")
        pieces[-1] += character
    return pieces
