"""The short text of faults: ``cut@60%``, ``status:429x2``, ``split:utf8, garble@7~42``.

``name:argument @place xtimes ~seed``, of which each fault takes some; several stand behind one
another with commas between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from chunktape.errors import ConfigurationError, did_you_mean, shorten
from chunktape.tape.fault import Chain, Fault, Place, Times
from chunktape.tape.fault_body import Cut, Disconnect, Duplicate, Garble, NoEnd, Reset, StreamError
from chunktape.tape.fault_boundary import CRLF, Coalesce, Split
from chunktape.tape.fault_reply import Refused, Stall, Status, Timeout

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["fault_of", "parse"]

_SHAPE = re.compile(
    r"(?P<name>[a-z-]+?)(?::(?P<argument>[a-z0-9_.]+?))?(?:@(?P<place>[a-z0-9_.:%]+?))?"
    r"(?:x(?P<times>[0-9]{1,6}))?(?:~(?P<seed>[0-9]{1,15}))?"
)
_PLACE = re.compile(
    r"(?:(?P<unit>event|byte):)?(?P<number>[0-9]{1,15})|(?P<percent>[0-9]{1,3}(?:\.[0-9]+)?)%"
)
_SECONDS = re.compile(r"([0-9]{1,9}(?:\.[0-9]+)?)(ms|s)?")
_EVENT_ONLY = re.compile(r"(?:event:)?([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What stands behind the name; whoever makes the fault takes what it needs."""

    argument: str | None
    place: str | None
    times: str | None
    seed: str | None

    def at(self) -> Place:
        found = _PLACE.fullmatch(self.place or "")
        if found is None:
            raise _Unfit("needs a place behind @: event:3, byte:100 or 60%")
        if found["percent"] is not None:
            return Place("percent", float(found["percent"]))
        return Place("byte" if found["unit"] == "byte" else "event", int(found["number"]))

    def at_or_head(self) -> Place | None:
        return None if self.place is None else self.at()

    def number(self) -> int:
        found = _EVENT_ONLY.fullmatch(self.place or "")
        if found is None:
            raise _Unfit("needs the number of an event behind @, counted from 1")
        return int(found[1])

    def seconds(self) -> float:
        found = _SECONDS.fullmatch(self.argument or "")
        if found is None:
            raise _Unfit("needs a time behind the colon, such as 5s or 250ms")
        # Divided, not multiplied by 0.001: that is exact.
        return float(found[1]) / (1000 if found[2] == "ms" else 1)

    def status(self) -> int:
        if self.argument is None or not self.argument.isdecimal():
            raise _Unfit("needs a status behind the colon, such as 429")
        return int(self.argument)

    def word(self) -> str:
        if self.argument is None:
            raise _Unfit("needs a word behind the colon")
        return self.argument


class _Unfit(Exception):  # noqa: N818 no error that anybody sees
    """What a fault lacks, or has too much of."""


@dataclass(frozen=True, slots=True)
class _Word:
    """One name: an example of it, which parts it may have, and how it is made of them."""

    example: str
    takes: frozenset[str]
    make: Callable[[_Parts], Fault]


def _word(example: str, takes: str, make: Callable[[_Parts], Fault]) -> _Word:
    return _Word(example, frozenset(takes.split()), make)


_WORDS = {
    "cut": _word("cut@60%", "place", lambda parts: Cut(parts.at())),
    "reset": _word("reset@event:3", "place", lambda parts: Reset(parts.at_or_head())),
    "disconnect": _word("disconnect@byte:100", "place", lambda parts: Disconnect(parts.at_or_head())),
    "no-end": _word("no-end", "", lambda _: NoEnd()),
    "duplicate": _word("duplicate@4", "place", lambda parts: Duplicate(parts.number())),
    "garble": _word("garble@7~42", "place seed", lambda parts: Garble(parts.number(), int(parts.seed or 0))),
    "error": _word(
        "error:overloaded@3", "argument place", lambda parts: StreamError(parts.word(), parts.at())
    ),
    "status": _word(
        "status:429x2", "argument times", lambda parts: Status(parts.status(), int(parts.times or 1))
    ),
    "timeout": _word("timeout", "", lambda _: Timeout()),
    "refused": _word("refused", "", lambda _: Refused()),
    "stall": _word(
        "stall:5s@event:2", "argument place", lambda parts: Stall(parts.seconds(), parts.at_or_head())
    ),
    "split": _word(
        "split:utf8",
        "argument seed",
        lambda parts: Split(cast("Any", parts.word()), int(parts.seed or 0)),
    ),
    "coalesce": _word("coalesce", "", lambda _: Coalesce()),
    "crlf": _word("crlf", "", lambda _: CRLF()),
}


def parse(text: str) -> Fault:
    """Return the fault that a text says; several with commas between are applied from left to right.

    Raises `ConfigurationError` for what means nothing.
    """
    faults = tuple(_one(part.strip()) for part in text.split(","))
    return faults[0] if len(faults) == 1 else Chain(faults)


def fault_of(value: str | Fault | Sequence[str | Fault]) -> Fault:
    """Return a fault, what a text says, or several from left to right as one."""
    if isinstance(value, Fault):
        return value
    if isinstance(value, str):
        return parse(value)
    if isinstance(value, Sequence) and value and not hasattr(value, "decode"):  # bytes are no list of numbers
        faults = tuple(map(fault_of, value))
        return faults[0] if len(faults) == 1 else Chain(faults)
    raise ConfigurationError(
        f"faults={shorten(repr(value))} means nothing\n"
        '  a fault is a text such as "cut@60%", one of chunktape.faults, or a list of them'
    )


def _one(text: str) -> Fault:
    found = _SHAPE.fullmatch(text)
    name = found["name"] if found is not None else re.split("[:@~]", text)[0]
    word = _WORDS.get(name)
    if word is None:
        raise ConfigurationError(
            f"The fault {shorten(text)!r} means nothing{did_you_mean(name, _WORDS)}\n"
            f"  faults: {', '.join(one.example for one in _WORDS.values())}"
        )
    try:
        return _made(word, found)
    except _Unfit as unfit:
        raise ConfigurationError(
            f"The fault {shorten(text)!r} means nothing: {name} {unfit}\n  for example: {word.example}"
        ) from None


def _made(word: _Word, found: re.Match[str] | None) -> Fault:
    if found is None:
        raise _Unfit("is written differently")
    parts = _Parts(found["argument"], found["place"], found["times"], found["seed"])
    for part, shown in (("argument", ":"), ("place", "@"), ("seed", "~")):
        if getattr(parts, part) is not None and part not in word.takes:
            raise _Unfit(f"takes nothing behind {shown}")
    fault = word.make(parts)
    return fault if parts.times is None or "times" in word.takes else Times(fault, int(parts.times))
