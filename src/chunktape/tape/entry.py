"""One interaction as it stands in a file: typed access, and errors that say where.

Forms are not known here, only that an entry is a mapping of mappings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.tape.damage import word

if TYPE_CHECKING:
    from chunktape.errors import CassetteError
    from chunktape.tape.damage import Source

__all__ = ["Entry"]


class Entry:
    """An interaction of a file; `number` counts from 1. Paths are written with dots.

    `line` is where the list of them stands: something that is no mapping does not know its own.
    """

    def __init__(self, value: Any, number: int, source: Source, line: int | None = None) -> None:
        self._value = value
        self._line = line
        self.source = source
        self.name = f"interaction {number}"

    def get(self, path: str) -> Any:
        """Return what stands there, None where nothing does."""
        here = self._value
        for depth, key in enumerate(path.split(".")):
            if here is None:
                return None
            if not isinstance(here, dict):
                raise self.wrong(".".join(path.split(".")[:depth]), here, "a mapping")
            here = here.get(key)
        return here

    def has(self, path: str) -> bool:
        """Return whether the key is there, with a value or without one."""
        parent, _, key = path.rpartition(".")
        table = self.get(parent) if parent else self._value
        return isinstance(table, dict) and key in table

    def mapping(self, path: str) -> dict[Any, Any]:
        """Return the mapping that must stand there."""
        found = self.get(path)
        if found is None:
            raise self.missing(path)
        if not isinstance(found, dict):
            raise self.wrong(path, found, "a mapping")
        return found

    def text(self, path: str) -> str | None:
        """Return the text that stands there, None where nothing does."""
        found = self.get(path)
        if found is None or isinstance(found, str):
            return found
        if isinstance(found, bytes):
            return found.decode("utf-8", "surrogateescape")
        raise self.wrong(path, found, "text")

    def number(self, path: str) -> float | None:
        """Return the number that stands there, None where nothing does."""
        found = self.get(path)
        if found is None or (isinstance(found, (int, float)) and not isinstance(found, bool)):
            return found
        raise self.wrong(path, found, "a number")

    def whole(self, path: str) -> int | None:
        """Return the whole number that stands there, None where nothing does."""
        found = self.number(path)
        if found is None or isinstance(found, int):
            return found
        raise self.wrong(path, found, "a whole number")

    def missing(self, path: str) -> CassetteError:
        """Return the error for a key that must be there and is not."""
        return self.damage(f"has no {path}", path)

    def wrong(self, path: str, found: object, expected: str) -> CassetteError:
        """Return the error for a value of a kind that does not belong there."""
        subject = f"has {word(found)} as {path}" if path else f"is {word(found)}"
        return self.damage(f"{subject} where {expected} belongs", path)

    def damage(self, what: str, path: str = "", **more: str) -> CassetteError:
        """Return the error that says what is wrong with this entry."""
        return self.source.damage(f"{self.name} {what}", self.line(path), **more)

    def line(self, path: str = "") -> int | None:
        """Return the line of the nearest key on the path that has one."""
        here = self._value
        line: int | None = getattr(here, "line", self._line)
        for key in path.split("."):
            line = getattr(here, "lines", {}).get(key, line)
            here = here.get(key) if isinstance(here, dict) else None
        return line
