"""What a call cost: the door of everything about prices.

A cost that the API itself reported wins. Else it is calculated from the tokens, by the prices of the
day of the call, and of the model that *answered* (at Azure a deployment has any name). What is not
known is None, never 0: the model, a tier that no price is listed for, or a count.

What stands in no usage (hosted tools of the Responses API, storage) is in no cost either.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chunktape.calls.cost_consumption import consumption_of, consumption_of_metadata
from chunktape.calls.cost_genai import GenaiPrices
from chunktape.calls.cost_metadata import CostMetadata, cost_metadata_of
from chunktape.calls.cost_provider import PROVIDERS, provider_of
from chunktape.calls.price import Cost, current_prices
from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chunktape.calls.cost_consumption import Consumption
    from chunktape.calls.price import Prices
    from chunktape.dialects.answer import Answer

__all__ = ["Cost", "calculate_cost", "cost_of_answer", "costs_of_answer", "price", "provider_of"]

# September 2001 and the year 2096: hosts that do not know the time send 0, others milliseconds.
_EARLIEST, _LATEST = 1_000_000_000, 4_000_000_000


def calculate_cost(
    provider: str,
    model: str,
    metadata: CostMetadata | None = None,
    *,
    at: datetime | None = None,
    prices: Prices | None = None,
) -> float | None:
    """Return what a call cost in USD, or None where that is not known.

    `at` is the time of the call (now), `prices` are those of `use_prices`, else those of genai-prices.
    Raises `ConfigurationError` for an unknown provider, and where genai-prices is needed but missing.
    """
    known = prices or current_prices()
    told = metadata or CostMetadata()
    if isinstance(known, GenaiPrices) and told.cost is None:
        _check(provider, known)
    found = price(provider, model, told, at=at, prices=known)
    return None if found is None else found.usd


def price(
    provider: str | None,
    model: str | None,
    metadata: CostMetadata,
    *,
    at: datetime | None = None,
    prices: Prices | None = None,
) -> Cost | None:
    """Return what a call cost with the source of the price, or None where that is not known.

    Without the package genai-prices (``pip install "chunktape[cost]"``) only reported costs and
    injected prices are known; no error is raised for it.
    """
    used = consumption_of_metadata(provider, metadata)
    return _price(provider, model, used, reported=metadata.cost, at=at, prices=prices)


def cost_of_answer(
    provider: str | None,
    answer: Answer,
    request: Mapping[str, Any] | None = None,
    *,
    streamed: bool,
    at: datetime | None = None,
    url: str | None = None,
    prices: Prices | None = None,
) -> tuple[CostMetadata, Cost | None]:
    """Return what an answer and its request tell about the price, and the cost where that is known.

    `request` is the JSON body of the request. The host of `url`, where it is a known one, tells better
    than `provider` who is paid: any SDK may be pointed anywhere. Without `at`, the time that the
    provider wrote into its answer counts, else now. This sees what `CostMetadata` has no field for,
    such as searches.
    """
    metadata, (cost,) = costs_of_answer(
        provider, answer, request, streamed=streamed, times=(at,), url=url, prices=prices
    )
    return metadata, cost


def costs_of_answer(
    provider: str | None,
    answer: Answer,
    request: Mapping[str, Any] | None = None,
    *,
    streamed: bool,
    times: Sequence[datetime | None],
    url: str | None = None,
    prices: Prices | None = None,
) -> tuple[CostMetadata, list[Cost | None]]:
    """Return the same as `cost_of_answer` for several times of which the prices are asked."""
    metadata = cost_metadata_of(answer, request=request, streamed=streamed)
    paid = (provider_of(url) if url else None) or provider
    used = consumption_of(answer, metadata)
    found = (
        _price(
            paid, answer.model, used, reported=metadata.cost, at=at or _created(answer.body), prices=prices
        )
        for at in times
    )
    return metadata, list(found)


def _price(
    provider: str | None,
    model: str | None,
    used: Consumption | None,
    *,
    reported: float | None,
    at: datetime | None,
    prices: Prices | None,
) -> Cost | None:
    if reported is not None:
        return Cost(reported, "provider")
    if model is None or used is None:
        return None
    return (prices or current_prices()).cost(provider, model, used, at=at)


def _created(body: dict[str, Any]) -> datetime | None:
    for name in ("created", "created_at"):
        value = body.get(name)
        if isinstance(value, int | float) and _EARLIEST < value < _LATEST:
            return datetime.fromtimestamp(value, UTC)
    return None


def _check(provider: str, prices: GenaiPrices) -> None:
    if not prices.installed:
        raise ConfigurationError(
            "Costs need the package genai-prices, which is not installed. "
            'Run `pip install "chunktape[cost]"`, or give prices of your own: '
            "calculate_cost(…, prices=PriceTable({…}))."
        )
    if provider not in PROVIDERS and not prices.knows(provider):
        raise ConfigurationError(
            f"There is no provider {shorten(repr(provider))}{did_you_mean(provider, PROVIDERS) or '.'} "
            f"Known are {', '.join(sorted(PROVIDERS))}, and those of genai-prices."
        )
