"""Lengths of time as people write and read them: ``1s``, ``250ms``."""

from __future__ import annotations

import re
from typing import Any

import click

__all__ = ["DURATION", "in_words"]

_MILLISECOND = 1_000
_SECOND = 1_000_000
_GIVEN = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")


class _Duration(click.ParamType[int]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return microseconds."""
        if isinstance(value, int):
            return value
        found = _GIVEN.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no length of time: write 1s, 2.5s or 250ms.", param, ctx)
        return round(float(found[1]) * (_MILLISECOND if found[2] == "ms" else _SECOND))


DURATION = _Duration()
"""The type of an option that takes a length of time, and gives whole microseconds."""


def in_words(microseconds: float) -> str:
    """Return a length of time for people."""
    if microseconds < 10 * _MILLISECOND:
        return f"{round(microseconds / _MILLISECOND, 1):g} ms"
    if round(microseconds / _MILLISECOND) < _SECOND // _MILLISECOND:
        return f"{microseconds / _MILLISECOND:.0f} ms"
    return f"{microseconds / _SECOND:.2f} s"
