"""`GenaiPrices`: the prices of the package genai-prices, which the extra ``cost`` brings.

It is imported when the first cost is asked for (it takes 0.1 s), and carries its prices with it:
nothing is fetched, unless the program itself starts its `UpdatePrices`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from chunktape.calls.price import Cost

if TYPE_CHECKING:
    from chunktape.calls.cost_consumption import Consumption

__all__ = ["GenaiPrices"]

_IDS = {"bedrock": "aws", "gemini": "google", "vertex": "google", "xai": "x-ai"}
"""The names of genai-prices where they differ from ours."""
_SOUND_COSTS_MORE = frozenset({"openai", "azure"})


class GenaiPrices:
    """The prices of genai-prices, by provider, model and time.

    A cost is None where part of it has no price: a tier, speed or region that the package lists no
    price for (a flex or batch call before it did, say), sound of OpenAI's at the price of text, or
    searches of the web.
    """

    name = "genai-prices"

    @property
    def installed(self) -> bool:
        """Whether the package is there."""
        return find_spec("genai_prices") is not None

    def knows(self, provider: str) -> bool:
        """Return whether there are prices of a provider."""
        from genai_prices.data_snapshot import find_provider_by_id, get_snapshot

        return find_provider_by_id(get_snapshot().providers, _IDS.get(provider, provider)) is not None

    def cost(
        self, provider: str | None, model: str, consumption: Consumption, *, at: datetime | None
    ) -> Cost | None:
        """Return the cost of a call by the prices at its time; None without the package, too."""
        if provider is None or not self.installed:
            return None
        usage = _usage(consumption)
        if usage is None:
            return None
        import genai_prices

        when = at or datetime.now(UTC)
        terms = dict(consumption.terms)
        asked = (provider, model, consumption)
        found = _latest.again(asked, when)
        if found is None:
            try:
                found = genai_prices.calc_price(
                    genai_prices.Usage(**usage),
                    model,
                    provider_id=_IDS.get(provider, provider),
                    genai_request_timestamp=when,
                    price_context=terms or None,
                )
            except (LookupError, ValueError):
                # No such model; or counts that contradict each other (more cached than there was input).
                return None
            _latest.keep(asked, found)
        if not _covers(found, usage, terms, when):
            return None
        updated = found.auto_update_timestamp
        version = genai_prices.__version__ + (f" updated {updated:%Y-%m-%d}" if updated else "")
        return Cost(float(found.total_price), self.name, version)


class _Latest:
    """The calculation before this one: then and now, the same call mostly has the same price."""

    def __init__(self) -> None:
        self._kept: tuple[object, Any] | None = None

    def keep(self, asked: object, found: Any) -> None:
        self._kept = asked, found

    def again(self, asked: object, when: datetime) -> Any:
        """Return the calculation of the same at another time at which the same prices were in force."""
        if self._kept is None or self._kept[0] != asked:
            return None
        found = self._kept[1]
        # Prices on terms are made for each calculation, so those are made anew.
        return found if found.model.get_prices(when) is found.model_price else None


_latest = _Latest()


def _usage(used: Consumption) -> dict[str, float] | None:
    """Return the counts by genai-prices' names; its sums are sums as well. None for uncounted sound."""
    heard, spoken = used.input_audio_tokens, used.output_audio_tokens
    if heard is None or spoken is None:
        return None
    return {
        "input_tokens": used.input_tokens,
        "cache_read_tokens": used.cached_tokens,
        "cache_write_tokens": used.cache_write_tokens,
        "cache_write_5m_tokens": used.cache_write_tokens - used.cache_write_1h_tokens,
        "cache_write_1h_tokens": used.cache_write_1h_tokens,
        "input_audio_tokens": heard,
        "output_tokens": used.output_tokens,
        "output_reasoning_tokens": used.reasoning_tokens,
        "output_audio_tokens": spoken,
        "web_searches": used.web_searches,
    }


def _covers(found: Any, usage: dict[str, float], terms: dict[str, str], when: datetime) -> bool:
    """Return whether a calculation has a price for all that was used, and is for these very terms."""
    prices, provider = found.model_price, found.provider
    if usage["web_searches"] and prices.web_searches_kcount is None:
        return False
    if provider.id in _SOUND_COSTS_MORE and any(
        usage[f"{direction}_audio_tokens"] and getattr(prices, f"{direction}_audio_mtok") is None
        for direction in ("input", "output")
    ):
        return False
    # A model of another provider is found, but without the terms it is offered on.
    own = any(found.model is model for model in provider.models)
    return not terms or any(
        own and variant.when == terms and (variant.constraint is None or variant.constraint.active(when))
        for variant in found.model.price_variants or ()
    )
