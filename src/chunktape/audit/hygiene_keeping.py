"""How a cassette is kept: its age, what of it is played, its size (CAS-1, CAS-3, CAS-4)."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from chunktape.audit.hygiene_rule import Remark, Unjudged
from chunktape.calls.exchange_answer import asked_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from chunktape.audit.hygiene_case import HygieneCase

__all__ = ["aged", "oversized", "unplayed"]

_MIB = 1 << 20


def aged(case: HygieneCase) -> Iterator[Remark | Unjudged]:
    """Yield one remark about the oldest recording for each that is too old."""
    limit = case.setting.max_age
    times = [(asked_at(one), number) for number, one in enumerate(case.interactions, start=1)]
    known = sorted(
        (at if at.tzinfo is not None else at.replace(tzinfo=UTC), number)
        for at, number in times
        if at is not None
    )
    if len(known) < len(times):
        yield Unjudged(
            f"{len(times) - len(known)} of {_recordings(len(times))} do not say when they were made"
        )
    old = [(at, number) for at, number in known if case.setting.now - at > limit]
    for _ in old:
        at, number = old[0]
        told = f"the oldest recording is {_days(case.setting.now - at)} old; allowed: {_days(limit)}"
        line = case.line(number, "response.stream.recorded_at")
        yield Remark(told, "age", None, line, evidence=f"interaction {number}, {at:%Y-%m-%d}")


def unplayed(case: HygieneCase) -> Iterator[Remark | Unjudged]:
    """Yield a remark for each recording that no test has played."""
    report = case.setting.unplayed
    if report is None:
        yield Unjudged("there is no report of a run; pytest --tape-report=FILE.json writes one")
        return
    said = report.get(case.place)
    if said is None or said.reason:
        yield Unjudged("no test of the report has opened it" if said is None else said.reason)
        return
    total = len(case.interactions)
    for left in said.left:
        request = case.interactions[left.place].request if left.place < total else None
        if request is None or (request.method, request.url) != (left.method, left.url):
            yield Unjudged("the report is of another recording")
            return
    numbers = [left.place + 1 for left in said.left]
    tail = _tail(numbers, total)
    for number in numbers:
        told = f"no test plays it any further than interaction {tail[0] - 1}" if number in tail else ""
        if tail[:1] == [1]:
            told = "no test plays anything of it"
        subject = "tail" if number in tail else "in between"
        message = told or f"no test plays interaction {number}, and what comes later is played"
        yield Remark(
            message, subject, None, case.line(number), evidence=f"{len(numbers)} of {_recordings(total)}"
        )


def _tail(numbers: list[int], total: int) -> list[int]:
    """Return those of some numbers that reach to the end without a gap."""
    tail: list[int] = []
    for number in sorted(numbers, reverse=True):
        if number != total - len(tail):
            break
        tail.insert(0, number)
    return tail


def oversized(case: HygieneCase) -> Iterator[Remark | Unjudged]:
    """Yield a remark for each interaction that is too big, and one for a file that is."""
    setting = case.setting
    for number, one in enumerate(case.interactions, start=1):
        size = len(one.request.body) + len(one.body)
        if size > setting.interaction_bytes:
            told = f"its bodies have {_size(size)}; allowed: {_size(setting.interaction_bytes)}"
            yield Remark(told, "interaction", number, case.line(number))
    if len(case.text) > setting.cassette_bytes:
        told = f"the file has {_size(len(case.text))}; allowed: {_size(setting.cassette_bytes)}"
        yield Remark(told, "cassette")


def _recordings(number: int) -> str:
    return "1 recording" if number == 1 else f"{number} recordings"


def _days(age: timedelta) -> str:
    return "1 day" if age.days == 1 else f"{age.days} days"


def _size(number: int) -> str:
    return f"{number / _MIB:.3g} MiB" if number >= _MIB // 10 else f"{number} bytes"
