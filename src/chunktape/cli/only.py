"""``--only 1,3-5``: which interactions of a cassette a command is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from chunktape.errors import CassetteError, shorten

if TYPE_CHECKING:
    from chunktape.tape.cassette import Cassette
    from chunktape.tape.interaction import Interaction

__all__ = ["Only", "chosen", "numbered"]

_RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{0,9}))?")
_WAY_OUT = "write numbers from 1 and ranges: 1,3-5 or 4-"


@dataclass(frozen=True, slots=True)
class Only:
    """Numbers from 1, as ranges of the first and the last; the last is None where there is no end."""

    ranges: tuple[tuple[int, int | None], ...]

    def __contains__(self, number: object) -> bool:
        """Tell whether an interaction of this number is chosen."""
        return isinstance(number, int) and any(
            first <= number and (last is None or number <= last) for first, last in self.ranges
        )

    @classmethod
    def parse(cls, text: str) -> Only:
        """Return what ``1,3-5`` says; raises `ValueError` for what says nothing."""
        ranges: list[tuple[int, int | None]] = []
        for word in text.split(","):
            found = _RANGE.fullmatch(word.strip())
            if found is None:
                raise ValueError(f"{shorten(repr(word))} is no number and no range; {_WAY_OUT}")
            first, end = int(found[1]), found[2]
            last = first if end is None else int(end) if end else None
            if first == 0:
                raise ValueError(f"interactions are counted from 1; {_WAY_OUT}")
            if last is not None and last < first:
                raise ValueError(f"{word.strip()} ends before it begins; {_WAY_OUT}")
            ranges.append((first, last))
        return cls(tuple(ranges))


def numbered(name: str, cassette: Cassette, only: Only | None) -> list[tuple[int, Interaction]]:
    """Return the chosen interactions of a cassette with their numbers, all of them where nothing is chosen.

    A number that is asked for and not there is a `CassetteError`.
    """
    found = list(enumerate(cassette, start=1))
    if only is None:
        return found
    missing = max(last or first for first, last in only.ranges)
    if missing > len(found):
        holds = "1 interaction" if len(found) == 1 else f"{len(found)} interactions"
        raise CassetteError(
            f"No interaction {missing} in {name}\n  it holds {holds}, counted from 1\n"
            "  way out: choose among these with --only, or leave it out for all of them"
        )
    return [(number, one) for number, one in found if number in only]


def chosen(ctx: click.Context, param: click.Parameter, value: str | None) -> Only | None:
    """Return what the option says: ``@click.option("--only", callback=chosen)``."""
    if value is None:
        return None
    try:
        return Only.parse(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", ctx, param) from error
