"""`Prices`: who knows what consumption costs; `PriceTable`, one that you write yourself; `use_prices`.

The prices that come with the extra ``cost`` are in `cost_genai`.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from chunktape.calls.cost_consumption import Consumption

__all__ = ["Cost", "PriceTable", "Prices", "current_prices", "use_prices"]

_PER = {"web_search": 1_000}
_MILLION = 1_000_000
_REQUIRED = ("input", "output")
_ROW = (
    *_REQUIRED,
    "cached_input",
    "cache_write",
    "cache_write_1h",
    "reasoning",
    "input_audio",
    "output_audio",
    "web_search",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call cost, and who says so.

    `source` is ``provider`` where the API itself reported it, else the name of the prices.
    """

    usd: float
    source: str
    version: str = ""


class Prices(Protocol):
    """Anything that knows what consumption costs."""

    def cost(
        self, provider: str | None, model: str, consumption: Consumption, *, at: datetime | None
    ) -> Cost | None:
        """Return the cost of a call made at a time (None: now), or None where it is not known."""


class PriceTable:
    """Your own prices, in USD per million tokens, by model.

    A row holds ``input`` and ``output``, and may hold ``cached_input``, ``cache_write``,
    ``cache_write_1h``, ``reasoning``, ``input_audio``, ``output_audio``, and ``web_search`` (per
    thousand). Where one is left out, cached and written tokens cost what input does, reasoning what
    output does; sound and searches without a price make the whole cost None. Models may be globs: the
    exact name wins, then the longest glob. The prices hold for every tier and at all times. So, for
    example: ``PriceTable({"gpt-4o*": {"input": 2.5, "output": 10, "cached_input": 1.25}})``.
    """

    def __init__(
        self, rows: Mapping[str, Mapping[str, float]], *, name: str = "price table", version: str = ""
    ) -> None:
        self.name = name
        self.version = version
        self._rows = {model: _checked(model, row) for model, row in rows.items()}

    def cost(
        self,
        provider: str | None,  # noqa: ARG002 a table is for one's own providers
        model: str,
        consumption: Consumption,
        *,
        at: datetime | None,  # noqa: ARG002 its prices hold at all times
    ) -> Cost | None:
        """Return the cost of a call by these prices; None for a model that is not in the table."""
        row = self._row_of(model)
        parts = _parts(row, consumption) if row else None
        if parts is None or row is None or any(number < 0 for number, _ in parts):
            return None
        usd = sum((Decimal(str(number)) * price for number, price in parts), Decimal(0))
        return Cost(float(usd), self.name, self.version)

    def _row_of(self, model: str) -> dict[str, Decimal] | None:
        if model in self._rows:
            return self._rows[model]
        globs = [glob for glob in self._rows if fnmatchcase(model, glob)]
        return self._rows[max(globs, key=len)] if globs else None


def _parts(row: dict[str, Decimal], used: Consumption) -> list[tuple[float, Decimal]] | None:
    """Return the counts that do not overlap with the price of one each; None where one has no price."""
    heard, spoken = used.input_audio_tokens, used.output_audio_tokens
    if heard is None or spoken is None:
        return None
    for number, name in ((heard, "input_audio"), (spoken, "output_audio"), (used.web_searches, "web_search")):
        if number and name not in row:
            return None
    written = row.get("cache_write", row["input"])
    brief = used.cache_write_tokens - used.cache_write_1h_tokens
    # Hosts that count reasoning apart from the output (xAI) leave nothing to take it out of.
    thought = used.reasoning_tokens if "reasoning" in row else 0
    return [
        (used.input_tokens - used.cached_tokens - used.cache_write_tokens - heard, row["input"]),
        (used.cached_tokens, row.get("cached_input", row["input"])),
        (brief, written),
        (used.cache_write_1h_tokens, row.get("cache_write_1h", written)),
        (heard, row.get("input_audio", Decimal(0))),
        (used.output_tokens - thought - spoken, row["output"]),
        (thought, row.get("reasoning", row["output"])),
        (spoken, row.get("output_audio", Decimal(0))),
        (used.web_searches, row.get("web_search", Decimal(0))),
    ]


def _checked(model: str, row: Mapping[str, float]) -> dict[str, Decimal]:
    for name, price in row.items():
        if name not in _ROW:
            raise ConfigurationError(
                f"A price table has no price called {shorten(repr(name))} (model {model!r})"
                f"{did_you_mean(name, _ROW) or '.'} It takes {', '.join(_ROW)}."
            )
        if isinstance(price, bool) or not isinstance(price, int | float | Decimal) or not _is_price(price):
            raise ConfigurationError(
                f"The price {name!r} of model {model!r} is {shorten(repr(price))}. "
                "Give a number of USD per million tokens, 0 or more."
            )
    missing = [name for name in _REQUIRED if name not in row]
    if missing:
        raise ConfigurationError(
            f"The prices of model {model!r} lack {' and '.join(map(repr, missing))}. "
            "Give both, in USD per million tokens; 0 where it is free."
        )
    return {name: Decimal(str(price)) / _PER.get(name, _MILLION) for name, price in row.items()}


def _is_price(price: float | Decimal) -> bool:
    return math.isfinite(price) and price >= 0


_prices: ContextVar[Prices | None] = ContextVar("chunktape_prices", default=None)


@contextmanager
def use_prices(prices: Prices) -> Iterator[None]:
    """Price every call by these alone, until the block is left, in this context (thread, task)."""
    token = _prices.set(prices)
    try:
        yield
    finally:
        _prices.reset(token)


def current_prices() -> Prices:
    """Return the prices that `use_prices` set, else those of the extra ``cost``."""
    from chunktape.calls.cost_genai import GenaiPrices

    return _prices.get() or GenaiPrices()
