"""What an answer cost, and who was called."""

from __future__ import annotations

from datetime import UTC, datetime

import genai_prices
import pytest

from chunktape.calls.cost import Cost, cost_of_answer, provider_of
from chunktape.calls.cost_consumption import Consumption
from chunktape.calls.price import PriceTable
from chunktape.dialects.detect import answer_for

TABLE = PriceTable(
    {
        "gpt-x": {"input": 2, "output": 10, "cached_input": 1, "cache_write": 3, "cache_write_1h": 5},
        "loud": {"input": 1, "output": 2, "input_audio": 10},
        "finder": {"input": 1, "output": 2, "web_search": 10},
    },
    name="ours",
)
DAY = datetime(2026, 11, 1, tzinfo=UTC)
MILLION = 1_000_000
SOURCE = ("genai-prices", genai_prices.__version__)


def answered(usage, *, dialect="chat_completions", model="gpt-x", **body):
    return answer_for(dialect, {"model": model, "usage": usage} | body)


@pytest.mark.parametrize(("model", "usd"), [("finder", 3.02), ("gpt-x", None)])
def test_searches_cost(model, usd):
    """Searches that Anthropic counts are in the cost of an answer, by the thousand."""
    usage = {"input_tokens": MILLION, "output_tokens": MILLION, "server_tool_use": {"web_search_requests": 2}}
    answer = answered(usage, dialect="messages", model=model)

    _, cost = cost_of_answer("anthropic", answer, streamed=False, prices=TABLE)

    assert usd == (cost and cost.usd)


USAGE = {"prompt_tokens": MILLION, "completion_tokens": 0}


def test_the_model_that_answered_is_priced():
    """At Azure the request names a deployment; the answer names the model."""
    answer = answered(USAGE, model="gpt-4o-2024-08-06")

    told, cost = cost_of_answer("azure", answer, {"model": "my-deployment"}, streamed=True, at=DAY)

    assert (Cost(2.5, *SOURCE), True) == (cost, told.streaming_mode)


@pytest.mark.parametrize(("created", "usd"), [(1749340800, 10), (1749686400, 2)])
@pytest.mark.parametrize("name", ["created", "created_at"])
def test_the_time_of_an_answer_is_its_own_where_no_other_is_known(name, created, usd):
    """An answer without a recorded time is priced as of the time its provider wrote into it."""
    answer = answered(USAGE, model="o3", **{name: created})

    assert usd == cost_of_answer("openai", answer, streamed=False)[1].usd


@pytest.mark.parametrize("created", [0, 1749340800000, "1749340800", None, True, float("nan"), float("inf")])
def test_a_time_that_is_none_is_now(created):
    """What is no time in seconds is not taken for one."""
    answer = answered(USAGE, model="o3", created=created)

    assert 2 == cost_of_answer("openai", answer, streamed=False)[1].usd


def test_a_given_time_wins():
    """The recorded time is taken before the one in the answer."""
    answer = answered(USAGE, model="o3", created=1749340800)

    assert 2 == cost_of_answer("openai", answer, streamed=False, at=DAY)[1].usd


@pytest.mark.parametrize(
    ("url", "usd"),
    [
        ("https://api.groq.com/openai/v1/chat/completions", 0.15),
        ("https://proxy.example.com/v1", None),
        (None, None),
    ],
)
def test_the_host_tells_who_is_paid(url, usd):
    """An SDK that points at another provider is priced by that one."""
    answer = answered(USAGE, model="openai/gpt-oss-120b")

    _, cost = cost_of_answer("openai", answer, streamed=False, url=url, at=DAY)

    assert usd == (cost and cost.usd)


def test_tokens_that_are_kept_for_different_times():
    """Caches of five minutes and of one hour are priced apart."""
    usage = {
        "input_tokens": 0,
        "output_tokens": 0,
        "cache_creation_input_tokens": 2 * MILLION,
        "cache_creation": {"ephemeral_5m_input_tokens": MILLION, "ephemeral_1h_input_tokens": MILLION},
    }
    answer = answered(usage, dialect="messages")

    assert 8 == cost_of_answer("anthropic", answer, streamed=False, prices=TABLE)[1].usd


@pytest.mark.parametrize(
    ("kind", "usd"), [("message", 12), ("compaction", 24), ("advisor_message", None), (None, None)]
)
def test_iterations_of_anthropics(kind, usd):
    """A compaction is paid beside the message; the work of another model has no known price."""
    counts = {"input_tokens": MILLION, "output_tokens": MILLION}
    usage = counts | {"iterations": [counts | {"type": kind}]}

    _, cost = cost_of_answer("anthropic", answered(usage, dialect="messages"), streamed=False, prices=TABLE)

    assert usd == (cost and cost.usd)


@pytest.mark.parametrize(("speed", "factor"), [("standard", 1), ("fast", 2)])
def test_speed_costs(speed, factor):
    """Anthropic's fast mode has its own price."""
    usage = {"input_tokens": MILLION, "output_tokens": 0, "speed": speed}
    answer = answered(usage, dialect="messages", model="claude-opus-5")

    assert 5 * factor == cost_of_answer("anthropic", answer, streamed=False, at=DAY)[1].usd


def test_sums_of_sound_are_priced_whatever_the_pieces():
    """Several pieces of sound cost what their sum does, though none has a count of its own."""
    usage = {
        "prompt_tokens": MILLION,
        "completion_tokens": 0,
        "prompt_tokens_details": {"audio_tokens": 500_000},
    }
    request = {"messages": [{"content": [{"type": "input_audio"}, {"type": "input_audio"}]}]}

    _, cost = cost_of_answer("openai", answered(usage, model="loud"), request, streamed=False, prices=TABLE)

    assert 5.5 == cost.usd


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 5}])
def test_an_answer_without_counts_costs_none(usage):
    """No usage is no cost."""
    assert cost_of_answer("openai", answered(usage), streamed=True, prices=TABLE)[1] is None


def test_an_answer_without_a_model_costs_none():
    """Without the model's name no price is guessed."""
    assert cost_of_answer("openai", answered(USAGE, model=""), streamed=True, prices=TABLE)[1] is None


def test_own_prices_are_anything_with_a_cost():
    """Any object that prices consumption can be used, and sees who was paid and when."""
    seen = []

    class Flat:
        def cost(self, provider, model, consumption, *, at):
            seen.append((provider, model, consumption, at))
            return Cost(1, "flat")

    _, cost = cost_of_answer("openai", answered(USAGE), streamed=True, prices=Flat(), at=DAY)

    assert Cost(1, "flat") == cost
    assert [("openai", "gpt-x", Consumption(MILLION, 0), DAY)] == seen


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://api.openai.com/v1/chat/completions", "openai"),
        ("https://API.OpenAI.com:443/v1/responses", "openai"),
        ("https://api.anthropic.com/v1/messages", "anthropic"),
        ("https://x.openai.azure.com/openai/deployments/d/chat/completions", "azure"),
        ("https://x.services.ai.azure.com/models/chat/completions", "azure"),
        ("https://x.cognitiveservices.azure.com/openai", "azure"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://api.mistral.ai/v1", "mistral"),
        ("https://api.deepseek.com/v1", "deepseek"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://api.x.ai/v1", "xai"),
        ("https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke", "bedrock"),
        ("https://us-central1-aiplatform.googleapis.com/v1", "vertex"),
        ("https://api.openai.com.example.com/v1/messages", None),
        ("http://127.0.0.1:8000/v1/messages", None),
        ("https://[", None),
        ("", None),
        (None, None),
    ],
)
def test_the_provider_of_a_url(url, provider):
    """The host alone tells the provider, and a host that is not known tells none."""
    assert provider == provider_of(url)


@pytest.mark.parametrize(
    ("dialect", "provider"), [("messages", "anthropic"), ("chat_completions", None), ("responses", None)]
)
def test_the_provider_without_a_url(dialect, provider):
    """A recording without a URL is Anthropic's if it speaks its protocol."""
    assert provider == provider_of(None, dialect)
