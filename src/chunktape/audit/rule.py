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
    One that `needs_request` says nothing of a reply whose request is not known.
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

    def applies(self, exchange: Exchange) -> bool:
        """Return whether the rule is about an exchange at all."""
        if self.streams and not exchange.is_stream:
            return False
        if self.needs_request and not exchange.asked:
            return False
        return not self.dialects or exchange.dialect in self.dialects
