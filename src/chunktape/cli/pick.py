"""`Picks`: the interactions that a command was asked for, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chunktape.cli.number_list import split_name
from chunktape.cli.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.cli.number_list import Numbers
    from chunktape.tape.cassette import Cassette
    from chunktape.tape.interaction import Interaction

__all__ = ["Pick", "Picked", "Picks"]


class Pick(NamedTuple):
    """An interaction: of which file, and which of how many; None for a file that holds none."""

    name: str
    number: int
    total: int
    interaction: Interaction | None


class Picked(NamedTuple):
    """A cassette, and those of its interactions that were asked for, with their numbers from 1."""

    name: str
    cassette: Cassette
    interactions: tuple[tuple[int, Interaction], ...]


class Picks:
    """The interactions at some paths: FILE is all of them, FILE#1,3-5 some; `only` goes for every FILE.

    What was named and is not there is an error of its own: `failed` tells whether there was one.
    """

    def __init__(self, paths: Sequence[str], *, only: Numbers | None) -> None:
        self._named = [split_name(path) for path in paths]
        self._only = only
        self._failed = False
        self.source = Source(())
        """Where to complain of what was picked."""

    @property
    def failed(self) -> bool:
        """Whether a file could not be read, or something that was named is not there."""
        return self._failed or self.source.failed

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths without numbers."""
        return tuple(path for path, _ in self._named)

    def __iter__(self) -> Iterator[Pick]:
        """Yield the interactions, in the order of the paths and of each cassette."""
        for name, cassette, interactions in self.cassettes():
            if not len(cassette):
                yield Pick(name, 0, 0, None)
            for number, one in interactions:
                yield Pick(name, number, len(cassette), one)

    def cassettes(self) -> Iterator[Picked]:
        """Yield the cassettes in which something was picked, and those that hold nothing at all."""
        longest = 0
        for place, own in self._named:
            source = Source((place,))
            wanted = own or self._only
            for name, cassette in source:
                longest = longest if own is not None else max(longest, len(cassette))
                found = tuple(
                    (number, one)
                    for number, one in enumerate(cassette, start=1)
                    if wanted is None or wanted.holds(number)
                )
                if found or (not len(cassette) and own is None):
                    yield Picked(name, cassette, found)
                for missing in own.missing(len(cassette)) if own is not None else ():
                    source.fail(_missing(missing, len(cassette), f"in {name}", "the file holds"))
            self._failed = self._failed or source.failed
        # A folder has shorter and longer cassettes: a number counts as missing where no file has it.
        for missing in self._only.missing(longest) if self._only is not None and longest else ():
            self.source.fail(_missing(missing, longest, "in any file", "the longest holds"))


def _missing(number: int, most: int, where: str, holder: str) -> str:
    numbers = "1" if most == 1 else f"1 to {most}"
    return f"No interaction {number} {where}\n  {holder}: {most}\n" + (
        f"  way out: take {numbers}, or leave the number out" if most else "  way out: record it first"
    )
