"""Ages as people write them: ``12h``, ``30d``, ``8w``."""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ["AGES", "age_of"]

AGES = "it is an age such as 12h, 30d or 8w"
"""What a message says that an age is."""

_AGE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([hdw])\s*")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def age_of(written: object) -> timedelta | None:
    """Return the age that a text or a timedelta stands for, None where it is none, or not above zero."""
    found = written if isinstance(written, timedelta) else None
    parts = _AGE.fullmatch(written) if isinstance(written, str) else None
    if parts is not None:
        try:
            found = timedelta(**{_UNITS[parts[2]]: float(parts[1])})
        except OverflowError:
            return None
    return found if found is not None and found > timedelta() else None
