"""`Sieve`: which interactions a command is about, and the options that say so (`sieve_options`).

Different options must all fit, one of several values of an option is enough. ``-`` stands for what is
not known, as in the tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from chunktape.cli.measure import AGE, SIZE
from chunktape.errors import did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from chunktape.cli.card import Card

__all__ = ["Sieve", "Sifting", "sieve_options"]

UNKNOWN = "-"
_KEPT_VALUES = 1000
_SHOWN_VALUES = 12


@dataclass(frozen=True, slots=True)
class Sieve:
    """What an interaction has to be to pass; one of nothing lets all of them pass.

    `tests` and `models` are parts of names, or globs (``*``, ``?``) for the whole of one; the other
    words are whole names or globs. A finish reason may be the provider's word or the common one, a
    status ``4xx``. An age, a cost or a size that is not known is neither more nor less than a limit.
    """

    tests: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    finishes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    older: timedelta | None = None
    newer: timedelta | None = None
    larger: int | None = None
    cost_over: float | None = None
    trouble: bool = False

    def passes(self, card: Card) -> bool:
        """Return whether an interaction is one of those that are asked for."""
        return Sifting(self).passes(card)


class Sifting:
    """One use of a sieve, which remembers what it saw: `complaints` are the words that fitted nothing."""

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve
        self._words = [
            (facet, word, _pattern(facet, word)) for facet in _FACETS for word in getattr(sieve, facet.name)
        ]
        self._facets = [facet for facet in _FACETS if getattr(sieve, facet.name)]
        self._fitted: set[tuple[str, str]] = set()
        self._values: dict[str, dict[str, None]] = {facet.name: {} for facet in self._facets}
        self.seen = 0
        self.passed = 0
        self.undated = 0
        """How many were left out because nobody knows their age."""

    def passes(self, card: Card) -> bool:
        """Return whether an interaction is one of those that are asked for; what is dear is asked last."""
        self.seen += 1
        sieve = self._sieve
        passed = (
            (sieve.larger is None or card.size > sieve.larger)
            and self._is_of_age(card)
            and all(self._fits(facet, card) for facet in self._facets)
            and (not sieve.trouble or card.trouble is not None)
            and (sieve.cost_over is None or (card.cost is not None and card.cost.usd > sieve.cost_over))
        )
        self.passed += passed
        return passed

    def complaints(self) -> Iterator[str]:
        """Yield what to say about each word that fitted nothing: the values that there are."""
        for facet, word, _ in self._words:
            values = self._values[facet.name]
            if (facet.name, word) in self._fitted or not values:
                continue
            shown = ", ".join([shorten(one) for one in values][:_SHOWN_VALUES])
            more = f" and {len(values) - _SHOWN_VALUES} more" if len(values) > _SHOWN_VALUES else ""
            known = [one for one in values if one != UNKNOWN]
            yield (
                f"{facet.option} {word} fits no interaction{did_you_mean(word, known)}\n"
                f"  {facet.plural} there: {shown}{more}"
            )

    def _is_of_age(self, card: Card) -> bool:
        older, newer = self._sieve.older, self._sieve.newer
        if older is None and newer is None:
            return True
        age = card.age
        if age is None:
            self.undated += 1
            return False
        return (older is None or age > older) and (newer is None or age <= newer)

    def _fits(self, facet: _Facet, card: Card) -> bool:
        values = facet.values(card) or (UNKNOWN,)
        kept = self._values[facet.name]
        for value in facet.shown(card) or (UNKNOWN,):
            if len(kept) < _KEPT_VALUES:
                kept[value] = None
        fits = False
        for one, word, pattern in self._words:
            if one is facet and any(pattern.fullmatch(value) for value in values):
                self._fitted.add((facet.name, word))
                fits = True
        return fits


@dataclass(frozen=True, slots=True)
class _Facet:
    """A fact that has words: the name in `Sieve`, the option, and how to read it of a card."""

    name: str
    option: str
    plural: str
    shown: Callable[[Card], tuple[str, ...]]
    values: Callable[[Card], tuple[str, ...]]
    by_part: bool = False


def _one(value: object) -> tuple[str, ...]:
    return () if value is None else (str(value),)


def _facet(name: str, option: str, plural: str, read: Callable[[Card], object]) -> _Facet:
    def values(card: Card) -> tuple[str, ...]:
        return _one(read(card))

    return _Facet(name, option, plural, values, values, name in {"tests", "models"})


# From cheap to dear: the last two need the answer, decoded.
_FACETS = (
    _facet("endings", "--ending", "endings", lambda card: card.ending),
    _facet("statuses", "--status", "statuses", lambda card: card.status),
    _facet("tests", "--test", "tests", lambda card: card.test),
    _Facet(
        "providers",
        "--provider",
        "providers",
        lambda card: _one(card.provider or card.host),
        lambda card: (*_one(card.provider), *_one(card.host)),
    ),
    _facet("models", "--model", "models", lambda card: card.model),
    _Facet(
        "finishes",
        "--finish",
        "finish reasons",
        lambda card: card.finish_reasons,
        lambda card: card.finish_reasons + card.common_reasons,
    ),
)


def _pattern(facet: _Facet, word: str) -> re.Pattern[str]:
    """Return what a word stands for; brackets are those of a test's parameters."""
    if facet.name == "statuses":
        word = word.lower().replace("x", "?")
    text = re.escape(word).replace(r"\*", ".*").replace(r"\?", ".")
    if facet.by_part and word != UNKNOWN and not {"*", "?"} & set(word):
        text = f".*{text}.*"
    return re.compile(text, re.IGNORECASE | re.DOTALL)


_OPTIONS = (
    click.option("--test", "tests", metavar="PATTERN", multiple=True, help="Part of a test's id, or a glob."),
    click.option("--provider", "providers", metavar="NAME", multiple=True, help="A provider, or a host."),
    click.option("--model", "models", metavar="PATTERN", multiple=True, help="Part of a model's name."),
    click.option("--finish", "finishes", metavar="REASON", multiple=True, help="Why the model stopped."),
    click.option("--status", "statuses", metavar="CODE", multiple=True, help="429, or 4xx."),
    click.option("--ending", "endings", metavar="KIND", multiple=True, help="eof, closed, cancelled, error…"),
    click.option("--older", type=AGE, metavar="AGE", help="Recorded longer ago: 12h, 30d, 8w."),
    click.option("--newer", type=AGE, metavar="AGE", help="Recorded since then."),
    click.option("--larger", type=SIZE, metavar="SIZE", help="Replies of more bytes: 1MB."),
    click.option("--cost-over", type=click.FloatRange(min=0), metavar="USD", help="What cost more."),
    click.option("--trouble", is_flag=True, help="What was cut, failed, or is an error."),
)


def sieve_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose interactions to a command, which gets them as `sieve`."""
    names = [one.name for one in fields(Sieve)]

    @wraps(command)
    def with_sieve(*args: Any, **given: Any) -> Any:
        chosen = {name: given.pop(name) for name in names}
        return command(*args, sieve=Sieve(**chosen), **given)

    for option in reversed(_OPTIONS):
        option(with_sieve)
    return with_sieve
