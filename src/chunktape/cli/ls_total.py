"""`Total`: what some interactions add up to, counted as they come."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from chunktape.calls.price import Cost
    from chunktape.cli.card import Card

__all__ = ["Bill", "Total"]


class Bill:
    """A sum of costs, how many are in it, and how many more are not known."""

    def __init__(self) -> None:
        self.known = 0
        self.unknown = 0
        self.sources: dict[str, None] = {}
        self._usd = Decimal(0)

    def add(self, cost: Cost | None) -> None:
        """Add one more."""
        if cost is None:
            self.unknown += 1
            return
        self.known += 1
        # As people calculate it: ten times 0.1 is 1.
        self._usd += Decimal(repr(cost.usd))
        self.sources[" ".join(filter(None, (cost.source, cost.version)))] = None

    @property
    def usd(self) -> float | None:
        """The sum in USD; None where no cost is known."""
        return float(self._usd) if self.known else None


class Total:
    """Interactions of one `key`, summed up; their cassettes come one after the other.

    `decodes` is False where nobody asks for what takes decoding: tokens, costs and trouble. An answer
    that was charged and has no count of tokens is `uncounted`.
    """

    def __init__(self, key: tuple[str | None, ...] = (), *, decodes: bool = True) -> None:
        self.key = key
        self.interactions = self.cassettes = self.size = self.trouble = 0
        self.input_tokens = self.output_tokens = self.counted = self.uncounted = 0
        self.cost, self.cost_again = Bill(), Bill()
        self.oldest: datetime | None = None
        self.newest: datetime | None = None
        self._decodes = decodes
        self._cassette: str | None = None

    def add(self, card: Card) -> None:
        """Take one more interaction."""
        self.interactions += 1
        self.size += card.size
        if card.cassette != self._cassette:
            self._cassette = card.cassette
            self.cassettes += 1
        at = card.recorded_at
        if at is not None:
            self.oldest = at if self.oldest is None else min(at, self.oldest)
            self.newest = at if self.newest is None else max(at, self.newest)
        if self._decodes:
            self._add_decoded(card)

    def _add_decoded(self, card: Card) -> None:
        self.trouble += card.trouble is not None
        if card.reading is None:
            return
        if card.is_charged:
            self.cost.add(card.cost)
        # What was refused may be answered next time, for nobody knows how much.
        self.cost_again.add(card.cost_again)
        if card.input_tokens is None and card.output_tokens is None:
            self.uncounted += card.is_charged
            return
        self.counted += 1
        self.input_tokens += card.input_tokens or 0
        self.output_tokens += card.output_tokens or 0

    def row(self) -> dict[str, Any]:
        """Return the sums by name, for machines."""
        told: dict[str, Any] = {
            "interactions": self.interactions,
            "cassettes": self.cassettes,
            "bytes": self.size,
            "oldest": None if self.oldest is None else self.oldest.isoformat(),
            "newest": None if self.newest is None else self.newest.isoformat(),
        }
        if not self._decodes:
            return told
        return told | {
            "trouble": self.trouble,
            "input_tokens": self.input_tokens if self.counted else None,
            "output_tokens": self.output_tokens if self.counted else None,
            "tokens_unknown": self.uncounted,
            "cost": self.cost.usd,
            "cost_unknown": self.cost.unknown,
            "price_sources": sorted(self.cost.sources),
            "cost_again": self.cost_again.usd,
            "cost_again_unknown": self.cost_again.unknown,
            "price_sources_again": sorted(self.cost_again.sources),
        }
