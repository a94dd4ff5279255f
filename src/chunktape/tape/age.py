"""Ages as people write them: ``12h``, ``30d``, ``8w``."""

from __future__ import annotations

from datetime import timedelta

from chunktape.tape.duration import seconds_of

__all__ = ["AGES", "age_of"]

AGES = "it is an age such as 12h, 30d or 8w"
"""What a message says that an age is."""


def age_of(written: object) -> timedelta | None:
    """Return the age that a text or a timedelta stands for, None where it is none, or not above zero."""
    found = written if isinstance(written, timedelta) else None
    seconds = seconds_of(written, is_age=True) if isinstance(written, str) else None
    if seconds is not None:
        found = timedelta(seconds=seconds)
    return found if found is not None and found > timedelta() else None
