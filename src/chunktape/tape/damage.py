"""What is wrong with a cassette, said in one form: what, where, and the way out.

Only words. Who finds the damage decides that it is damage.
"""

from __future__ import annotations

from typing import Any

from chunktape.errors import CassetteError, shorten
from chunktape.tape.limit import Limits

__all__ = ["RESTORE", "Source", "Table", "shown", "word"]

RESTORE = "restore it from version control, or delete it and record again"

_WORDS = {
    bool: "a truth value",
    bytes: "binary",
    dict: "a mapping",
    float: "a number",
    int: "a number",
    list: "a list",
    str: "text",
    type(None): "nothing",
}


class Table(dict[Any, Any]):
    """A mapping that knows on which line of the file it and each of its keys stand."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[Any, int] = {}


class Source:
    """Where a cassette is read from, how big it may be, and what was lost while reading it.

    `intact` counts the interactions whose body has the digest that the file says.
    """

    def __init__(self, name: str, limits: Limits = Limits()) -> None:  # noqa: B008 a tuple
        self.name = name
        self.limits = limits
        self.losses: list[str] = []
        self.intact = 0

    def place(self, line: int | None = None) -> str:
        """Return the name of the file, with the line where one is known."""
        return self.name if line is None else f"{self.name}, line {line}"

    def damage(self, what: str, line: int | None = None, *, way_out: str = RESTORE) -> CassetteError:
        """Return the error that says what is damaged; raising it is up to the caller."""
        return CassetteError(f"Damaged cassette: {what}\n  where: {self.place(line)}\n  way out: {way_out}")

    def too_deep(self, line: int | None = None) -> CassetteError:
        """Return the error for something that is nested deeper than it may be."""
        return self.damage(f"it is nested more than {self.limits.depth} levels deep", line)

    def too_big(self, what: str, line: int | None = None) -> CassetteError:
        """Return the error for something that is bigger than it may be."""
        return CassetteError(
            f"Cassette too big: {what} more than {self.limits.size} bytes\n  where: {self.place(line)}\n"
            "  way out: max_size=… (in an ini file tape_max_size) where it is meant to be that big"
        )

    def twice(self, key: object, line: int) -> CassetteError:
        """Return the error for a mapping that says something twice, as one merged by hand does."""
        shown = shorten(key if isinstance(key, str) else repr(key))
        return self.damage(f"{shown!r} stands twice in one mapping", line)

    def lose(self, what: str, line: int | None = None) -> None:
        """Note that the file can be read, but not its timing."""
        self.losses.append(
            f"Timing lost: {what}\n  where: {self.place(line)}\n"
            "  way out: record it again; until then it plays event by event, without its times"
        )

    def leave_out(self, what: str, line: int | None = None, *, way_out: str) -> None:
        """Note that something in the file is no exchange that a cassette can hold."""
        self.losses.append(f"Left out: {what}\n  where: {self.place(line)}\n  way out: {way_out}")

    def doubt(self, what: str, line: int | None = None, *, way_out: str) -> None:
        """Note that the file can be read, but is not what was recorded."""
        self.losses.append(f"Edited cassette: {what}\n  where: {self.place(line)}\n  way out: {way_out}")


def shown(value: object) -> str:
    """Return a value as messages show it: a list or a mapping, which may be endless, by its kind."""
    return word(value) if isinstance(value, (dict, list)) else shorten(repr(value))


def word(value: object) -> str:
    """Return what kind of value this is, as a reader of the file would say it."""
    if isinstance(value, dict):
        return _WORDS[dict]
    return _WORDS.get(type(value), type(value).__name__)
