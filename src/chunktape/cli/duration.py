"""Lengths of time as people read them: ``12 ms``, ``1.25 s``."""

from __future__ import annotations

__all__ = ["in_words"]

_MILLISECOND = 1_000
_SECOND = 1_000_000


def in_words(microseconds: float) -> str:
    """Return a length of time for people."""
    if microseconds < 10 * _MILLISECOND:
        return f"{round(microseconds / _MILLISECOND, 1):g} ms"
    if round(microseconds / _MILLISECOND) < _SECOND // _MILLISECOND:
        return f"{microseconds / _MILLISECOND:.0f} ms"
    return f"{microseconds / _SECOND:.2f} s"
