"""What calls cost by the prices of genai-prices, and what happens without them."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import genai_prices
import pytest

from chunktape.calls.cost import Cost, calculate_cost, price
from chunktape.calls.cost_metadata import AudioMetadata, CostMetadata
from chunktape.calls.price import PriceTable
from chunktape.errors import ConfigurationError

TABLE = PriceTable({"gpt-x": {"input": 2, "output": 10}}, name="ours", version="2026-01")
DAY = datetime(2026, 11, 1, tzinfo=UTC)
MILLION = 1_000_000
SOURCE = ("genai-prices", genai_prices.__version__)


def metadata(read=MILLION, written=MILLION, **more):
    return CostMetadata(input_tokens=read, output_tokens=written, **more)


def theirs(provider, model, *, at=DAY, context=None, **usage):
    """Return what genai-prices itself calculates."""
    found = genai_prices.calc_price(
        genai_prices.Usage(**usage),
        model,
        provider_id=provider,
        genai_request_timestamp=at,
        price_context=context,
    )
    return float(found.total_price)


@pytest.mark.parametrize(
    ("provider", "model", "told", "usage"),
    [
        (
            "openai",
            "gpt-4o-2024-08-06",
            metadata(1000, 20, cached_tokens=600),
            {"input_tokens": 1000, "cache_read_tokens": 600, "output_tokens": 20},
        ),
        ("azure", "gpt-4o-mini-2024-07-18", metadata(1000, 20), {"input_tokens": 1000, "output_tokens": 20}),
        (
            "anthropic",
            "claude-sonnet-4-5-20250929",
            metadata(3, 5, cached_tokens=1217, cache_write_tokens=100),
            {
                "input_tokens": 1320,
                "cache_read_tokens": 1217,
                "cache_write_tokens": 100,
                "cache_write_5m_tokens": 100,
                "output_tokens": 5,
            },
        ),
        (
            "anthropic",
            "claude-sonnet-4-5-20250929",
            metadata(3, 5, cache_write_tokens=100, context_cache_hours=1),
            {
                "input_tokens": 103,
                "cache_write_tokens": 100,
                "cache_write_1h_tokens": 100,
                "output_tokens": 5,
            },
        ),
        ("groq", "llama-3.3-70b-versatile", metadata(10, 5), {"input_tokens": 10, "output_tokens": 5}),
        (
            "openai",
            "gpt-audio",
            metadata(100, 50, audio=[AudioMetadata(tokens=90)], audio_output=[AudioMetadata(tokens=40)]),
            {
                "input_tokens": 100,
                "input_audio_tokens": 90,
                "output_tokens": 50,
                "output_audio_tokens": 40,
            },
        ),
    ],
)
def test_the_package_calculates_the_same(provider, model, told, usage):
    """Our split of the counts gives what genai-prices says of them, with its name and version."""
    usd = theirs(provider, model, **usage)

    assert Cost(usd, *SOURCE) == price(provider, model, told, at=DAY)
    assert usd == calculate_cost(provider, model, told, at=DAY)


@pytest.mark.parametrize(("name", "theirs_name"), [("xai", "x-ai"), ("gemini", "google"), ("bedrock", "aws")])
def test_v1s_names_of_providers_are_understood(name, theirs_name):
    """A provider that genai-prices calls otherwise is priced."""
    model = {"xai": "grok-4.3", "gemini": "gemini-2.5-pro", "bedrock": "amazon.nova-pro-v1:0"}[name]

    usd = theirs(theirs_name, model, input_tokens=10, output_tokens=5)

    assert usd == calculate_cost(name, model, metadata(10, 5), at=DAY)


def test_a_price_is_that_of_the_day():
    """A call is priced as of its own time: o3 became cheaper on 2025-06-10."""
    before, after = (datetime(2025, 6, day, tzinfo=UTC) for day in (9, 11))

    assert (50, 10) == tuple(calculate_cost("openai", "o3", metadata(), at=at) for at in (before, after))


@pytest.mark.parametrize(
    ("provider", "model", "told"),
    [
        ("openai", "no-such-model", metadata()),
        ("snowflake", "gpt-4o", metadata()),
        ("openai", "gpt-4o", CostMetadata(input_tokens=1)),
        ("azure", "grok-4-1-fast-non-reasoning", metadata(7, 8, cached_tokens=161)),
        ("openai", "gpt-4o-audio-preview", metadata(audio=[AudioMetadata(tokens=5)])),
        ("openai", "gpt-audio", metadata(audio=[AudioMetadata(duration_seconds=1)])),
        ("openai", "gpt-4o", metadata(tier="scale")),
        ("azure", "o3", metadata(tier="flex")),
        ("anthropic", "claude-opus-4-6", metadata(region="us")),
    ],
)
def test_what_is_not_known_is_none(provider, model, told):
    """A model, a count, a tier or a place without a price makes the cost None, never 0."""
    assert calculate_cost(provider, model, told, at=DAY) is None


@pytest.mark.parametrize("tier", [None, "default", "standard", "on_demand"])
def test_standard_tiers_cost_the_list_price(tier):
    """The names of the ordinary tier mean the ordinary price."""
    assert 12.5 == calculate_cost("openai", "gpt-4o", metadata(tier=tier), at=DAY)


@pytest.mark.parametrize(
    ("told", "context"),
    [
        ({"tier": "flex"}, {"service_tier": "flex"}),
        ({"tier": "priority"}, {"service_tier": "priority"}),
        ({"batch_mode": True}, {"processing": "batch"}),
        ({"tier": "batch"}, {"processing": "batch"}),
    ],
)
def test_tiers_that_the_package_prices(told, context):
    """A tier with a price of its own costs that, and nothing before the package has it."""
    usd = theirs("openai", "o3", context=context, input_tokens=MILLION, output_tokens=MILLION)
    before = datetime(2026, 1, 1, tzinfo=UTC)

    assert usd == calculate_cost("openai", "o3", metadata(**told), at=DAY)
    assert usd != calculate_cost("openai", "o3", metadata(), at=DAY)
    assert calculate_cost("openai", "o3", metadata(**told), at=before) is None


def test_two_terms_are_not_priced_as_one():
    """A flex batch is neither the price of flex nor that of a batch."""
    told = metadata(tier="flex", batch_mode=True)

    assert calculate_cost("openai", "o3", told, at=DAY) is None


def test_metadata_is_not_touched():
    """Calculating leaves the metadata as they were (v1 wrote a count into them)."""
    told = metadata()

    calculate_cost("openai", "gpt-4o", told, at=DAY)

    assert metadata() == told


@pytest.fixture
def without_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "genai_prices", None)


@pytest.mark.usefixtures("without_package")
def test_without_the_package_a_direct_question_is_an_error():
    """`calculate_cost` says what is missing, and how to get it."""
    with pytest.raises(ConfigurationError) as caught:
        calculate_cost("openai", "gpt-4o", metadata())

    assert (
        "Costs need the package genai-prices, which is not installed. "
        'Run `pip install "chunktape[cost]"`, or give prices of your own: '
        "calculate_cost(…, prices=PriceTable({…}))."
    ) == str(caught.value)


@pytest.mark.usefixtures("without_package")
def test_without_the_package_a_cost_beside_something_else_is_none():
    """`price` gives None, and still knows reported costs and prices of one's own."""
    got = [
        price("openai", "gpt-4o", metadata()),
        price("openai", "gpt-4o", metadata(cost=1)),
        price("openai", "gpt-x", metadata(), prices=TABLE),
    ]

    assert [None, Cost(1, "provider"), Cost(12, "ours", "2026-01")] == got
    assert 12 == calculate_cost("openai", "gpt-x", metadata(), prices=TABLE)


def test_an_unknown_provider_is_an_error():
    """A misspelt provider is told from one without prices."""
    with pytest.raises(ConfigurationError, match=r"^There is no provider 'opnai'; did you mean 'openai'\?"):
        calculate_cost("opnai", "gpt-4o", metadata())


OFFLINE = """
import socket, sys

def refuse(*arguments, **more):
    raise AssertionError("something reached for the network")

from chunktape.calls.cost import CostMetadata, calculate_cost
early = "genai_prices" in sys.modules
socket.socket.connect = socket.getaddrinfo = refuse
usd = calculate_cost("openai", "gpt-4o", CostMetadata(input_tokens=1000000, output_tokens=0))
print(early, usd)
"""


def test_the_package_is_imported_late_and_stays_offline():
    """Prices are loaded when the first cost is asked for, and come without the network."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", OFFLINE],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ("False 2.5", "") == (done.stdout.strip(), done.stderr)
