"""What every recorded exchange tells about its price, against genai-prices' own reading of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot

from chunktape.calls.cost import Cost, cost_of_answer, provider_of
from chunktape.calls.cost_metadata import CostMetadata, cost_metadata_of
from chunktape.calls.price import PriceTable
from chunktape.dialects.assembly import parse_json
from chunktape.dialects.detect import answer_for, dialect_of, read
from chunktape.tape.cassette import Cassette
from chunktape.wire.sse import events

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = {row["id"]: row for row in map(json.loads, INDEX.read_text().splitlines())} if INDEX.exists() else {}
PROVIDERS = {"azure-openai": "azure", "azure-inference": "azure"}
DEFAULT_FLAVOR = {"anthropic", "groq", "mistral"}
TABLE = PriceTable({"*": {"input": 1, "output": 2, "cached_input": 0.5, "web_search": 10}}, name="ours")

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@cache
def interaction(name):
    return Cassette.load(CORPUS / ROWS[name]["open_file"]).interactions[ROWS[name]["index"]]


def reading(name):
    one = interaction(name)
    return read(one.body, url=one.request.url), parse_json(one.request.body.decode(errors="replace"))


def cost_of(name, prices=None):
    """Return the metadata and the cost of an exchange, priced for the provider that the index names."""
    found, request = reading(name)
    label = ROWS[name]["provider"]
    return cost_of_answer(
        PROVIDERS.get(label, label), found.answer, request, streamed=found.streamed, prices=prices
    )


def theirs(name, body):
    """Return the cost that genai-prices calculates from its own reading of a body, or None."""
    row = ROWS[name]
    provider = PROVIDERS.get(row["provider"], row["provider"])
    flavor = "responses" if row["api"] == "responses" else "chat"
    # It knows no Responses API of DeepSeek's, which is OpenAI's.
    reader = "openai" if flavor == "responses" else provider
    created = body.get("created") or body.get("created_at")
    at = datetime.fromtimestamp(created, UTC) if created else None
    try:
        extractor = get_snapshot().find_provider(None, reader, None)
        _, usage = extractor.extract_usage(body, api_flavor="default" if reader in DEFAULT_FLAVOR else flavor)
        cost = genai_prices.calc_price(usage, body["model"], provider_id=provider, genai_request_timestamp=at)
    except (LookupError, ValueError):
        return None
    return Cost(float(cost.total_price), "genai-prices", genai_prices.__version__)


@pytest.mark.parametrize("name", ROWS)
def test_every_exchange_tells_what_it_tells(name):
    """Metadata of every body are made, tell the usage as it is, and are the same after JSON."""
    found, request = reading(name)

    got = cost_metadata_of(found.answer, request=request, streamed=found.streamed)

    usage = found.answer.usage
    assert (found.streamed, usage and usage.input_tokens, usage and usage.output_tokens) == (
        got.streaming_mode,
        got.input_tokens,
        got.output_tokens,
    )
    assert got == CostMetadata.model_validate_json(got.model_dump_json())


@pytest.mark.parametrize("name", ROWS)
def test_every_event_tells_what_it_tells(name):
    """Metadata of every single event are made."""
    body, url = interaction(name).body, interaction(name).request.url
    dialect = dialect_of(body, url=url)
    for event in events(body):
        data = parse_json(event.data or "")

        assert data is None or cost_metadata_of(
            answer_for(dialect, data), request=None, streamed=True
        ) == CostMetadata.model_validate(
            cost_metadata_of(answer_for(dialect, data), request=None, streamed=True).model_dump()
        )


@pytest.mark.parametrize("name", ROWS)
def test_genai_prices_reads_the_same(name):
    """The cost is the one reported, else what genai-prices makes of its own reading of the body."""
    metadata, cost = cost_of(name)
    reported = None if metadata.cost is None else Cost(metadata.cost, "provider")

    assert (reported or theirs(name, reading(name)[0].answer.body)) == cost


def test_openrouter_alone_reports_costs():
    """Every answer of OpenRouter's names its cost, and no other does."""
    reported = {name for name in ROWS if cost_of(name)[0].cost is not None}

    assert {name for name, row in ROWS.items() if row["provider"] == "openrouter"} == reported


def test_many_exchanges_have_a_cost():
    """Most exchanges that carry counts are priced."""
    priced = [name for name in ROWS if cost_of(name)[1] is not None]

    assert 50 < len(priced)


@pytest.mark.parametrize(
    ("name", "usd"),
    [
        # 79 read, 11 written
        ("openai-python-47994e9a77", 0.000101),
        # 1144 read, 1024 of them cached, 2 written
        ("crewai-2e6043d4b1", 0.000636),
        # 3 read and 1217 cached beside them, 4 written
        ("crewai-0a577f9e29", 0.0006195),
        # 10,423 read, 341 written, one search
        ("llm-anthropic-c25fd8e9bf", 0.021105),
        # what OpenRouter says
        ("llm-openrouter-719cb12882", 4.68e-05),
        # more cached (161) than there was (7)
        ("ruby_llm-40ca3496e5", None),
        # no usage at all
        ("openllmetry-fb8b0027bc", None),
    ],
)
def test_costs_that_were_worked_out_by_hand(name, usd):
    """A dollar for a million tokens, half for cached, two for output, a cent for a search."""
    cost = cost_of(name, TABLE)[1]

    assert usd == (cost and cost.usd)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        (
            "crewai-0a577f9e29",
            {"cached_tokens": 1217, "cache_write": False, "context_cache_tokens": 0, "tier": "standard"},
        ),
        ("pydantic-ai-89297c390a", {"region": "global"}),
        ("ruby_llm-40ca3496e5", {"cost": None, "cached_tokens": 161}),
        ("pydantic-ai-19ec71a1c5", {"cost": 0.0}),
        ("pydantic-ai-1de90e0114", {"tier": None}),
        ("pydantic-ai-eabbd6aec0", {"reasoning_tokens": 26, "cache_write_tokens": 0, "tier": "default"}),
    ],
)
def test_fields_that_were_read_by_hand(name, fields):
    """The fields are those that stand in the recording."""
    got = cost_of(name)[0].model_dump()

    assert fields == {field: got[field] for field in fields}


@pytest.mark.parametrize("name", ["llm-anthropic-7469b18315", "llm-openrouter-719cb12882"])
def test_images_that_were_sent(name):
    """The one image of these requests is told."""
    assert 1 == len(cost_of(name)[0].images)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row["host"]])
def test_the_provider_of_every_host(name):
    """The host names the provider that the index does."""
    label = ROWS[name]["provider"]

    assert PROVIDERS.get(label, label) == provider_of(f"https://{ROWS[name]['host']}/v1")
