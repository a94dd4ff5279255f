"""Recordings that are too old: which, and when that fails a test.

Brings along what reads recordings, so it is imported with the first tape.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chunktape.calls.exchange_answer import asked_at
from chunktape.pytest_plugin.failure import failure
from chunktape.pytest_plugin.hygiene_told import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.pytest_plugin.use import Use
    from chunktape.tape.interaction import Interaction

__all__ = ["judge_age", "oldest_of"]


def oldest_of(recordings: Iterable[Interaction]) -> datetime | None:
    """Return when the first of some recordings was made; what has no time is not old."""
    times = (asked_at(one) for one in recordings)
    return min((time for time in times if time is not None), default=None)


def judge_age(use: Use) -> None:
    """Fail a passing test that has played what is too old; once."""
    settings = use.tape.settings
    if settings.over_age != "fail" or settings.max_age is None or use.aged or not use.session.played:
        return
    use.aged = True
    oldest = oldest_of(use.session.interactions)
    age = None if oldest is None else datetime.now(UTC) - oldest
    if oldest is None or age is None or age <= settings.max_age:
        return
    raise failure(
        f"Its recordings are {in_words(age, settings.max_age)} old\n"
        f"  cassette: {use.tape.shown}, recorded {oldest:%Y-%m-%d %H:%M} UTC\n"
        f"  allowed: {in_words(settings.max_age, settings.max_age)} (max_age)\n"
        f"  to record them again: {use.tape.way_out('expired')}"
    )
