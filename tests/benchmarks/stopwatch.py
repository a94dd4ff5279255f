"""How time is taken: several rounds of all sides in turn, with the garbage collector asleep."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Side = Callable[[], float]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector out of what is timed."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def cpu(function: Callable[[], object]) -> float:
    """Return the seconds of processor time that a call takes, in all threads."""
    with undisturbed():
        started = process_time()
        function()
        return process_time() - started


def in_turn(*sides: Side, rounds: int) -> list[list[float]]:
    """Return what each side measured, round by round; every other round runs the other way around."""
    found: list[list[float]] = [[] for _ in sides]
    for turn in range(rounds):
        order = range(len(sides)) if turn % 2 == 0 else range(len(sides) - 1, -1, -1)
        for index in order:
            found[index].append(sides[index]())
    return found


def compared(
    *sides: Side,
    holds: Callable[[Sequence[float]], bool],
    of: Callable[[Sequence[float]], float] = min,
    rounds: int = 7,
    most: int = 28,
) -> list[float]:
    """Return one number for each side: the lowest of its rounds, or what `of` makes of them.

    A busy machine only ever adds time. Where the claim does not hold after `rounds` there are
    more of them for all sides, up to `most`: what is noise goes away, what is slow stays.
    """
    found: list[list[float]] = [[] for _ in sides]
    while len(found[0]) < most:
        for seen, new in zip(found, in_turn(*sides, rounds=rounds), strict=True):
            seen.extend(new)
        if holds([of(seen) for seen in found]):
            break
    return [of(seen) for seen in found]


__all__ = ["compared", "cpu", "in_turn", "median", "undisturbed"]
