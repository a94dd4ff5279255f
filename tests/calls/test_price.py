"""What calls cost by your own prices, and which prices hold where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.calls.cost import Cost, calculate_cost, price
from chunktape.calls.cost_genai import GenaiPrices
from chunktape.calls.cost_metadata import AudioMetadata, CostMetadata
from chunktape.calls.price import PriceTable, current_prices, use_prices
from chunktape.errors import ConfigurationError

TABLE = PriceTable(
    {
        "gpt-x": {"input": 2, "output": 10, "cached_input": 1, "cache_write": 3, "cache_write_1h": 5},
        "gpt-x-mini*": {"input": 0.2, "output": 1},
        "gpt-*": {"input": 100, "output": 100},
        "loud": {"input": 1, "output": 2, "input_audio": 10, "output_audio": 20, "reasoning": 4},
        "finder": {"input": 1, "output": 2, "web_search": 10},
    },
    name="ours",
    version="2026-01",
)
MILLION = 1_000_000


def metadata(read=MILLION, written=MILLION, **more):
    return CostMetadata(input_tokens=read, output_tokens=written, **more)


@pytest.mark.parametrize(
    ("provider", "told", "usd"),
    [
        ("openai", metadata(), 12),
        ("openai", metadata(cached_tokens=400_000), 11.6),
        ("anthropic", metadata(cached_tokens=400_000), 12.4),
        ("openai", metadata(cached_tokens=MILLION), 11),
        ("openai", metadata(cache_write_tokens=200_000), 12.2),
        ("anthropic", metadata(cache_write_tokens=200_000), 12.6),
        ("anthropic", metadata(cache_write_tokens=200_000, context_cache_hours=1), 13),
        ("anthropic", metadata(0, 0, cached_tokens=MILLION, cache_write_tokens=MILLION), 4),
        ("openai", metadata(0, 0), 0),
        ("openai", metadata(reasoning_tokens=500_000), 12),
        ("openai", metadata(1, 1), 0.000012),
        ("openai", metadata(cached_tokens=MILLION + 1), None),
        ("openai", CostMetadata(output_tokens=1), None),
        ("openai", CostMetadata(input_tokens=1), None),
        ("openai", CostMetadata(), None),
        ("openai", None, None),
    ],
)
def test_tokens_are_split_before_they_are_priced(provider, told, usd):
    """Cached input costs its own price, be it part of the input (OpenAI) or beside it (Anthropic) (D19)."""
    assert usd == calculate_cost(provider, "gpt-x", told, prices=TABLE)


@pytest.mark.parametrize(
    ("model", "usd"), [("gpt-x", 12), ("gpt-x-mini-2026", 1.2), ("gpt-y", 200), ("claude", None), ("", None)]
)
def test_a_model_is_found_by_name_or_by_the_longest_glob(model, usd):
    """The exact name wins over globs, long globs win over short ones, and no match is no price."""
    assert usd == calculate_cost("openai", model, metadata(), prices=TABLE)


@pytest.mark.parametrize(
    ("model", "more", "usd"),
    [
        ("loud", {"audio": [AudioMetadata(tokens=500_000)]}, 7.5),
        ("loud", {"audio_output": [AudioMetadata(tokens=250_000)] * 2}, 12),
        ("loud", {"reasoning_tokens": 500_000}, 4),
        ("loud", {"audio": [AudioMetadata(tokens=1), AudioMetadata()]}, None),
        ("gpt-x", {"audio": [AudioMetadata(tokens=1)]}, None),
        ("gpt-x", {"audio": [AudioMetadata(tokens=0)]}, 12),
    ],
)
def test_sound_and_reasoning_have_their_own_prices(model, more, usd):
    """Sound is never priced as text, nor when nobody counted it."""
    assert usd == calculate_cost("openai", model, metadata(**more), prices=TABLE)


def test_a_table_stands_beside_its_costs():
    """The name and the version of a table are written beside each cost."""
    assert Cost(12, "ours", "2026-01") == price("openai", "gpt-x", metadata(), prices=TABLE)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"input": 1, "output": 2, "cached_inputs": 3},
            (
                "A price table has no price called 'cached_inputs' (model 'm'); did you mean 'cached_input'? "
                "It takes input, output, cached_input, cache_write, cache_write_1h, reasoning, "
                "input_audio, output_audio, web_search."
            ),
        ),
        (
            {"input": "1", "output": 2},
            "The price 'input' of model 'm' is '1'. Give a number of USD per million tokens, 0 or more.",
        ),
        (
            {"input": -1, "output": 2},
            "The price 'input' of model 'm' is -1. Give a number of USD per million tokens, 0 or more.",
        ),
        (
            {"input": True, "output": 2},
            "The price 'input' of model 'm' is True. Give a number of USD per million tokens, 0 or more.",
        ),
        (
            {"input": float("nan"), "output": 2},
            "The price 'input' of model 'm' is nan. Give a number of USD per million tokens, 0 or more.",
        ),
        (
            {"input": 1},
            (
                "The prices of model 'm' lack 'output'. "
                "Give both, in USD per million tokens; 0 where it is free."
            ),
        ),
    ],
)
def test_a_table_that_means_nothing_is_refused(row, message):
    """A misspelt price, one that is no number, and half a row are errors when the table is made."""
    with pytest.raises(ConfigurationError) as caught:
        PriceTable({"m": row})

    assert message == str(caught.value)


COUNTS = st.integers(0, 10**9)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_both_ways_to_count_cost_the_same(fresh, cached, kept, written):
    """The same consumption costs the same, whether its cached input is counted in or apart."""
    parts = {"cached_tokens": cached, "cache_write_tokens": kept}

    apart = calculate_cost("anthropic", "gpt-x", metadata(fresh, written, **parts), prices=TABLE)
    within = calculate_cost(
        "openai", "gpt-x", metadata(fresh + cached + kept, written, **parts), prices=TABLE
    )

    assert apart == within


def test_prices_hold_inside_of_their_block():
    """Inside of `use_prices` all calls are priced by it; after it, by what was there before."""
    other = PriceTable({"gpt-x": {"input": 0, "output": 1}})
    with use_prices(TABLE):
        with use_prices(other):
            inner = calculate_cost("openai", "gpt-x", metadata())
        outer = calculate_cost("openai", "gpt-x", metadata())

    assert (1, 12, GenaiPrices) == (inner, outer, type(current_prices()))


def test_prices_are_left_with_an_error_as_well():
    """A block that raises puts the prices back."""
    with pytest.raises(KeyError), use_prices(TABLE):
        raise KeyError

    assert isinstance(current_prices(), GenaiPrices)


def test_an_argument_wins_over_the_block():
    """Prices given to one call are the ones it is priced by."""
    other = PriceTable({"gpt-x": {"input": 0, "output": 1}})
    with use_prices(TABLE):
        assert 1 == calculate_cost("openai", "gpt-x", metadata(), prices=other)


@pytest.mark.parametrize("usd", [0.5, 0.0])
def test_a_cost_that_the_api_reported_wins(usd):
    """The provider's own word is taken before any price, and 0 is a word."""
    told = metadata(cost=usd)

    assert Cost(usd, "provider", "") == price("openrouter", "gpt-x", told, prices=TABLE)
    assert usd == calculate_cost("a new host", "gpt-x", told)
