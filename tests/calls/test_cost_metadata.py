"""What a call tells about its price, field by field."""

from __future__ import annotations

import json
from typing import get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.calls.cost_metadata import (
    CostMetadata,
    cost_metadata_of,
    metadata_of_usage,
)
from chunktape.dialects.answer import Answer, Usage
from chunktape.dialects.detect import answer_for

V1 = {
    *("input_tokens", "output_tokens", "cached_tokens", "streaming_mode", "cached_response"),
    *("context_length", "realtime_mode", "region", "tier", "batch_mode", "images", "videos", "audio"),
    *("audio_output", "pdf", "context_cache_tokens", "context_cache_hours", "google"),
    *("realtime_tokens", "cache_write", "tool_use_tokens", "cost"),
}


def told(usage=None, *, dialect="chat_completions", request=None, streamed=False, **body):
    """Return the fields that are set, for one body and the request it answers."""
    answer = answer_for(dialect, body | ({} if usage is None else {"usage": usage}))
    metadata = cost_metadata_of(answer, request=request, streamed=streamed)
    return metadata.model_dump(exclude_none=True, exclude={"streaming_mode"})


def test_the_fields_are_those_of_v1_and_two_more():
    """There are v1's 22 fields, and the counts of reasoning and of written cache."""
    assert V1 | {"reasoning_tokens", "cache_write_tokens"} == CostMetadata.model_fields.keys()
    assert 22 == len(V1)


def test_nothing_is_known_until_it_is_told():
    """Every field of an empty one is None."""
    assert {None} == set(CostMetadata().model_dump().values())


@pytest.mark.parametrize("streamed", [True, False])
def test_an_empty_answer_tells_only_how_it_came(streamed):
    """Without usage and request, streaming is all that is known."""
    answer = Answer("chat_completions", None, None, ())

    got = cost_metadata_of(answer, request=None, streamed=streamed)

    assert CostMetadata(streaming_mode=streamed) == got == metadata_of_usage(None, streamed=streamed)


def test_openais_counts_and_tier():
    """Tokens, cached ones, reasoning, written cache and tier of a chat completion are told."""
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 5, "audio_tokens": 0},
    }

    expected = {
        "input_tokens": 100,
        "output_tokens": 20,
        "cached_tokens": 64,
        "cache_write": False,
        "cache_write_tokens": 0,
        "reasoning_tokens": 5,
        "tier": "flex",
    }
    assert expected == told(usage, service_tier="flex", request={"service_tier": "priority"})


def test_anthropics_counts_cache_and_place():
    """Cache reads and writes, how long they are kept, tier and place of a message are told."""
    usage = {
        "input_tokens": 3,
        "output_tokens": 5,
        "cache_read_input_tokens": 1217,
        "cache_creation_input_tokens": 40,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 40},
        "service_tier": "batch",
        "inference_geo": "us",
    }

    expected = {
        "input_tokens": 3,
        "output_tokens": 5,
        "cached_tokens": 1217,
        "cache_write": True,
        "cache_write_tokens": 40,
        "context_cache_tokens": 40,
        "context_cache_hours": 1.0,
        "tier": "batch",
        "batch_mode": True,
        "region": "us",
    }
    assert expected == told(usage, dialect="messages", type="message")


@pytest.mark.parametrize(
    ("brief", "long", "hours"), [(7, 0, 5 / 60), (0, 7, 1.0), (3, 4, None), (0, 0, None)]
)
def test_how_long_a_cache_is_kept(brief, long, hours):
    """The time is told where it is one for all tokens."""
    kept = {"ephemeral_5m_input_tokens": brief, "ephemeral_1h_input_tokens": long}

    got = metadata_of_usage(Usage(raw={"cache_creation": kept}), streamed=True)

    assert (brief + long, hours) == (got.context_cache_tokens, got.context_cache_hours)


@pytest.mark.parametrize(
    ("body", "request_tier", "tier"),
    [
        ("", "flex", "flex"),
        (None, "flex", "flex"),
        (None, "auto", None),
        (None, "standard_only", None),
        (None, None, None),
        ("default", "auto", "default"),
    ],
)
def test_the_tier_is_the_one_that_served(body, request_tier, tier):
    """The answer's tier counts, else the request's unless that left it open."""
    got = told(service_tier=body, request={"service_tier": request_tier})

    assert tier == got.get("tier")


@pytest.mark.parametrize("geo", ["not_available", "", None])
def test_a_place_that_is_not_told_is_none(geo):
    """What Anthropic says where it does not say the place is no place."""
    assert "region" not in told({"input_tokens": 1, "inference_geo": geo}, dialect="messages")


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        ({"cost": 4.68e-05, "is_byok": False}, 4.68e-05),
        ({"cost": 0}, 0.0),
        ({"cost": 0.5, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.25}}, 0.75),
        ({"cost": 0.5, "is_byok": True, "cost_details": {"upstream_inference_cost": None}}, None),
        ({"cost": {"total_cost": 0.006, "request_cost": 0.005}}, 0.006),
        ({"estimated_cost": 3.6e-06}, 3.6e-06),
        ({"cost_in_usd_ticks": 25_000_000}, 0.0025),
        ({"cost_in_usd_ticks": 0}, None),
        ({"cost": True}, None),
        ({"cost": "0.1"}, None),
        ({"cost": -1}, None),
        ({"cost": float("nan")}, None),
        ({"cost": 10**400}, None),
        ({}, None),
    ],
)
def test_a_cost_that_the_api_reports(usage, cost):
    """Every host's way to name dollars is read, and nothing else is taken for one."""
    assert cost == told(usage).get("cost")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "type",
                        "content",
                        "source",
                        "data",
                        "image_url",
                        "file",
                        "file_data",
                        "filename",
                        "url",
                    ),
                    *("input_audio", "format", "audio", "service_tier", "media_type", "detail", "messages"),
                    *("input", "usage", "cost", "cost_details", "cache_creation", "prompt_tokens"),
                    *(
                        "prompt_tokens_details",
                        "audio_tokens",
                        "input_tokens",
                        "is_byok",
                        "choices",
                        "message",
                    ),
                ]
            ),
            inner
            | st.sampled_from(["image", "image_url", "document", "file", "input_audio", "base64", "A==="]),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(body=JSON, request=JSON, dialect=st.sampled_from(["chat_completions", "messages", "responses"]))
def test_no_body_makes_it_fail(body, request, dialect):
    """Whatever JSON a provider or a caller sends, the metadata are made, and are JSON themselves."""
    answer = answer_for(dialect, body if isinstance(body, dict) else {"usage": body, "choices": body})
    wish = request if isinstance(request, dict) else {"messages": request, "audio": request}

    metadata = cost_metadata_of(answer, request=wish, streamed=True)

    assert metadata == CostMetadata.model_validate_json(metadata.model_dump_json())


NUMBERS = {
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(),
    bool: st.booleans(),
}


def anything(kind):
    """Return a strategy for values of a field's type."""
    if kind in NUMBERS:
        return NUMBERS[kind]
    if kind is type(None):
        return st.none()
    if get_origin(kind) is list:
        return st.lists(anything(get_args(kind)[0]), max_size=2)
    if get_args(kind):
        return st.one_of([anything(one) for one in get_args(kind)])
    fields = {name: anything(field.annotation) for name, field in kind.model_fields.items()}
    return st.builds(kind, **fields)


@given(anything(CostMetadata))
def test_dumping_and_loading_is_the_identity(metadata):
    """Through JSON and back, nothing changes (D21)."""
    assert metadata == CostMetadata.model_validate_json(metadata.model_dump_json())
    assert metadata == CostMetadata.model_validate(json.loads(json.dumps(metadata.model_dump())))
