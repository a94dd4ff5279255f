"""The types of options that take a length of time, an age or a size: one spelling for all commands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from chunktape.errors import ConfigurationError, shorten
from chunktape.tape.age import AGES, age_of
from chunktape.tape.duration import DURATIONS, seconds_of
from chunktape.tape.limit import SIZES, Limits

__all__ = ["AGE", "DURATION", "SIZE", "TIMEOUT"]


class _Duration(click.ParamType[float]):
    name = "time"

    def __init__(self, *, zero: bool) -> None:
        self._zero = zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        found = seconds_of(str(value))
        if found is None or not (found or self._zero):
            self.fail(f"{shorten(repr(value))} means nothing; {DURATIONS}", param, ctx)
        return found


class _Age(click.ParamType[timedelta]):
    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the age."""
        found = age_of(value)
        if found is None:
            self.fail(f"{shorten(repr(value))} means nothing; {AGES}", param, ctx)
        return found


class _Size(click.ParamType[int]):
    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return bytes."""
        try:
            return Limits.of(value).size
        except ConfigurationError:  # which speaks of its own argument
            self.fail(f"{shorten(repr(value))} means nothing; {SIZES}", param, ctx)


DURATION = _Duration(zero=True)
"""A length of time, in seconds; a number without a unit is seconds."""
TIMEOUT = _Duration(zero=False)
"""A length of time above zero."""
AGE = _Age()
"""An age, which needs its unit."""
SIZE = _Size()
"""A size in bytes."""
