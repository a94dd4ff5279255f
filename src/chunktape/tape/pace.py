"""`Pace`: how fast a recording is played."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chunktape.errors import ConfigurationError, did_you_mean

__all__ = ["Pace"]

WORDS = {"instant": None, "recorded": 1.0}
MEANINGS = '  pace is "instant", "recorded" or a factor such as 2.0 (twice as fast)'


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a recording is played: `factor` times as fast as it was recorded, or at once (None)."""

    factor: float | None = None

    @classmethod
    def of(cls, value: str | float) -> Pace:
        """Return the pace for ``"instant"``, ``"recorded"`` or a factor (2.0 is twice as fast)."""
        if isinstance(value, str) and value in WORDS:
            return cls(WORDS[value])
        try:
            factor = float(value)
        except (TypeError, ValueError):
            hint = did_you_mean(str(value), WORDS)
            raise ConfigurationError(f"pace={value!r} means nothing{hint}\n{MEANINGS}") from None
        if isinstance(value, bool) or not math.isfinite(factor) or factor <= 0:
            raise ConfigurationError(f"pace={value!r} is no factor above 0\n{MEANINGS}")
        return cls(factor)
