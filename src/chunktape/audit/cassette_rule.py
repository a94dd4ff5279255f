"""`CassetteRule`: a promise that only several interactions of one cassette can keep or break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from random import Random

    from chunktape.audit.exchange import Exchange
    from chunktape.audit.finding import Hit, Severity
    from chunktape.tape.interaction import Interaction

__all__ = ["CassetteCheck", "CassetteMutator", "CassetteRule"]

CassetteCheck: TypeAlias = "Callable[[Sequence[Exchange]], Iterable[tuple[Exchange, Hit]]]"
CassetteMutator: TypeAlias = "Callable[[Sequence[Interaction], Random], Sequence[Interaction] | None]"


@dataclass(frozen=True, slots=True)
class CassetteRule:
    """One promise, with the fields of a `Rule`.

    `check` takes all exchanges of a cassette, in the order of their requests, and yields each place with
    the exchange that it is to be told of, whose host decides the severity. `mutate` breaks the promise
    in a cassette that keeps it, and returns None for one that has nothing to break.
    """

    id: str
    title: str
    strict: Severity
    compat: Severity
    source: str
    example: str
    way_out: str
    check: CassetteCheck
    mutate: CassetteMutator
    since: str = "0.1.0"
