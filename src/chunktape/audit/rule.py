"""`Rule`: one promise of a protocol, who made it, and how it looks when it is broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from chunktape.audit.exchange import Exchange
    from chunktape.audit.finding import Hit, Severity
    from chunktape.dialects.detect import Dialect
    from chunktape.tape.interaction import Interaction

__all__ = ["Check", "Mutator", "Rule"]

Check: TypeAlias = "Callable[[Exchange], Iterable[Hit]]"
Mutator: TypeAlias = "Callable[[Interaction, Random], Interaction | None]"


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise.

    `strict` is its severity at who wrote the protocol, `compat` at every other host that speaks it.
    `dialects` are those that it is about, empty for all; `streams` says that it is about streams alone.
    `check` yields the places where it is broken. `mutate` breaks it in a recording that keeps it, and
    returns None for one that has nothing to break; its randomness is that of the seed. `lesser` are
    the severities of the hits that say so, strict and compat, where they differ from the others'.
    One that `needs_request` says nothing of a reply whose request is not known, and `lacks` says what
    else a recording does not hold that it would have to look at.
    """

    id: str
    title: str
    strict: Severity
    compat: Severity
    source: str
    example: str
    way_out: str
    check: Check
    mutate: Mutator
    since: str = "0.1.0"
    dialects: frozenset[Dialect] = frozenset()
    streams: bool = True
    lesser: tuple[Severity, Severity] | None = None
    needs_request: bool = False
    lacks: Callable[[Exchange], str | None] | None = None

    def is_about(self, dialect: Dialect | None, *, is_stream: bool) -> bool:
        """Return whether the rule is about what speaks a dialect at all."""
        return (is_stream or not self.streams) and (not self.dialects or dialect in self.dialects)

    def unchecked_because(self, exchange: Exchange) -> str | None:
        """Return why nobody can tell whether an exchange keeps the rule, None where it can be told."""
        if self.needs_request and not exchange.asked:
            return "its request is not known"
        return None if self.lacks is None else self.lacks(exchange)

    def applies(self, exchange: Exchange) -> bool:
        """Return whether the rule is about an exchange, and can be looked at there."""
        is_about = self.is_about(exchange.dialect, is_stream=exchange.is_stream)
        return is_about and self.unchecked_because(exchange) is None
