"""Numbers of interactions as people write them: ``3``, ``1,3-5``, ``4-``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import click

from chunktape.errors import shorten

__all__ = ["Numbers", "only_option", "split_name"]

_SPAN = re.compile(r"\s*([0-9]{1,9})(?:(-)([0-9]{0,9}))?\s*")


class Numbers(NamedTuple):
    """Numbers, counted from 1, as spans of the first and the last; a last of None is the end."""

    spans: tuple[tuple[int, int | None], ...]

    @classmethod
    def of(cls, text: str) -> Numbers | None:
        """Return what a text says, or None where it says none."""
        spans: list[tuple[int, int | None]] = []
        for piece in text.split(","):
            found = _SPAN.fullmatch(piece)
            if found is None:
                return None
            first, dash, last = found.groups()
            spans.append((int(first), int(last) if last else None if dash else int(first)))
        backwards = any(last is not None and last < first for first, last in spans)
        return None if backwards or any(first < 1 for first, _ in spans) else cls(tuple(spans))

    def holds(self, number: int) -> bool:
        """Return whether a number is one of them."""
        return any(first <= number and (last is None or number <= last) for first, last in self.spans)

    def missing(self, most: int) -> list[int]:
        """Return the numbers by name that are above the highest that there is."""
        return [last or first for first, last in self.spans if (last or first) > most]


class _NumberList(click.ParamType[Numbers]):
    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Numbers:
        """Return the numbers."""
        found = value if isinstance(value, Numbers) else Numbers.of(str(value))
        if found is None:
            self.fail(
                f"{shorten(repr(value))} names no interactions: write 3, 1,3-5 or 4-, counted from 1.",
                param,
                ctx,
            )
        return found


only_option = click.option(
    "-n",
    "--only",
    type=_NumberList(),
    metavar="NUMBERS",
    help="Of each cassette only these interactions: 3, 1,3-5 or 4-.",
)
"""``--only``, which a command gets as `Numbers`, or None for all."""


def split_name(given: str) -> tuple[str, Numbers | None]:
    """Return a path and the numbers behind its last ``#``; a file that is called so is meant itself."""
    path, mark, numbers = given.rpartition("#")
    found = Numbers.of(numbers) if mark and path and not Path(given).exists() else None
    return (given, None) if found is None else (path, found)
