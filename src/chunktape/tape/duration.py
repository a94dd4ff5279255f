"""Lengths of time as people write them: ``250ms``, ``2.5s``, ``5min``, ``12h``, ``30d``, ``8w``."""

from __future__ import annotations

import re

__all__ = ["DURATIONS", "seconds_of"]

DURATIONS = "it is a time such as 250ms, 2.5s or 5min"
"""What a message says that a length of time is."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_WRITTEN = re.compile(rf"\s*([0-9]{{1,12}}(?:\.[0-9]{{1,12}})?)\s*({'|'.join(_UNITS)})?\s*")
_LONGEST = 100 * 365.25 * _UNITS["d"]
"""What clocks and timers can hold has an end, too."""


def seconds_of(text: str, *, is_age: bool = False) -> float | None:
    """Return the seconds that a text stands for, None where it is none; a number alone is seconds.

    An age needs its unit, which is none of the short ones: nobody means seconds by the age of 30, and
    6m might be months.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None or (is_age and found[2] in {None, "m"}):
        return None
    # Divided, not multiplied by 0.001: that is exact.
    seconds = float(found[1]) / 1000 if found[2] == "ms" else float(found[1]) * _UNITS[found[2] or "s"]
    return seconds if seconds <= _LONGEST else None
