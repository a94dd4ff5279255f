"""`Faults`: which interaction gets which fault, and what is played instead of a recording."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, TypeAlias

from chunktape.errors import ConfigurationError, FaultError
from chunktape.tape.fault_text import fault_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from chunktape.tape.cursor import Cursor
    from chunktape.tape.fault import Fault
    from chunktape.tape.interaction import Interaction

__all__ = ["Answers", "AnyFault", "Faults", "Program", "Stalls", "Waiting", "program_of"]

AnyFault: TypeAlias = "str | Fault | Sequence[str | Fault]"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the sendings of one request get; `lasting` says that further ones get the last of them again.

    That is so for what fails: SDKs send again by themselves, and a provider that does not answer goes
    on doing so. What `stalls` has failed only if somebody's time-out struck in it.
    """

    played: tuple[Interaction, ...]
    lasting: bool = False
    stalls: bool = False


@dataclass(frozen=True, slots=True)
class Faults:
    """Faults for all interactions, or for some by their number, counted from 1."""

    every: Fault | None = None
    numbered: Mapping[int, Fault] = field(default_factory=dict)

    @classmethod
    def of(cls, value: AnyFault | Mapping[int, AnyFault]) -> Faults:
        """Return what an option `faults` says; raises `ConfigurationError` for what means nothing."""
        if not isinstance(value, Mapping):
            return cls(fault_of(value))
        for number in value:
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                raise ConfigurationError(
                    f"faults={{{number!r}: …}} names no interaction; they count from 1, as #1 in messages"
                )
        return cls(None, {number: fault_of(one) for number, one in value.items()})

    def answers(self, one: Interaction, number: int) -> Answers:
        """Return what is played instead of an interaction; raises `FaultError` for a place that it lacks."""
        fault = self.numbered.get(number, self.every)
        if fault is None:
            return Answers((one,))
        played = fault.apply(one)
        last = played[-1]
        failed = last.ending is not None and last.ending.failure is not None and last.ending != one.ending
        failed = failed or any(silence.seconds == inf for silence in last.silences)
        return Answers(played, lasting=failed, stalls=bool(last.silences) and not failed)


@dataclass(frozen=True, slots=True)
class Program:
    """What a session plays, in order; `origins` are the places of what it was made from.

    `lasting` holds the places of those that are played again, `stalling` of those that are if a
    time-out has struck in them.
    """

    played: tuple[Interaction, ...]
    origins: Sequence[int]
    lasting: frozenset[int] = frozenset()
    stalling: frozenset[int] = frozenset()


def program_of(
    recorded: tuple[Interaction, ...], faults: Faults | None, name: str, *, grows: bool
) -> Program:
    """Return what is played of a cassette; raises `FaultError` for what it has no place for.

    `grows` says that more interactions may come, whose numbers are none of its own yet.
    """
    if faults is None:
        return Program(recorded, range(len(recorded)))
    missing = [number for number in faults.numbered if number > len(recorded)]
    if missing and not grows:
        raise FaultError(
            f"faults={{{missing[0]}: …}} names an interaction that is not there\n"
            f"  cassette: {name} ({len(recorded)} recorded); they count from 1"
        )
    played: list[Interaction] = []
    origins: list[int] = []
    lasting: list[int] = []
    stalling: list[int] = []
    for place, one in enumerate(recorded):
        try:
            answers = faults.answers(one, place + 1)
        except FaultError as error:
            raise FaultError(f"{error}\n  cassette: {name}, #{place + 1}") from None
        played += answers.played
        origins += [place] * len(answers.played)
        lasting += [len(played) - 1] * answers.lasting
        stalling += [len(played) - 1] * answers.stalls
    return Program(tuple(played), tuple(origins), frozenset(lasting), frozenset(stalling))


class Stalls:
    """The cursors of what stalls: they know whether a reader's time-out has struck there."""

    def __init__(self) -> None:
        self._cursors: dict[int, Cursor] = {}

    def note(self, cursor: Cursor) -> Cursor:
        """Remember a cursor, and return it."""
        if cursor.interaction.silences:
            self._cursors[id(cursor.interaction)] = cursor
        return cursor

    def struck(self, one: Interaction) -> bool:
        """Return whether a time-out has struck in what was played last of an interaction."""
        cursor = self._cursors.get(id(one))
        return cursor is not None and cursor.struck


class Waiting:
    """Answers for requests that are sent again, by whatever tells the requests; the caller locks."""

    def __init__(self, stalls: Stalls) -> None:
        self._stalls = stalls
        self._stalling: dict[Hashable, Interaction] = {}
        self._rest: dict[Hashable, deque[Interaction]] = {}
        self._lasting: dict[Hashable, Interaction] = {}

    def put(self, key: Hashable, answers: Answers) -> Interaction:
        """Return the first of the answers, and keep the others for the sendings to come."""
        first, *rest = answers.played
        self._rest.setdefault(key, deque()).extend(rest)
        if answers.lasting:
            self._lasting[key] = answers.played[-1]
        if answers.stalls:
            self._stalling[key] = answers.played[-1]
        return first

    def take(self, key: Hashable) -> Interaction | None:
        """Return the next answer, or None where there is none: then the request is a new one."""
        rest = self._rest.get(key)
        if rest:
            return rest.popleft()
        stalling = self._stalling.get(key)
        if stalling is not None and self._stalls.struck(stalling):
            return stalling
        return self._lasting.get(key)
