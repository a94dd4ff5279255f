"""Recordings of the wild, played to the SDKs of this environment: what is known of them comes out."""

from __future__ import annotations

from collections import Counter

import pytest
from audit_evidence import ROWS, exchange, kept
from sdk_streams import faulty, here

from chunktape.audit.sdk_replay import replay_through

STREAMS = [name for name, row in ROWS.items() if row["kind"] == "stream"]
RAISED = {
    # OpenRouter waits with comments; Groq's `event: error`.
    ("pydantic-ai-19ec71a1c5", "azure-ai-inference", "create"): "raised:ValueError",
    ("pydantic-ai-7a80c3dd72", "azure-ai-inference", "create"): "raised:ValueError",
    ("pydantic-ai-251a0e9711", "azure-ai-inference", "create"): "raised:ValueError",
    ("pydantic-ai-b75f859efb", "azure-ai-inference", "create"): "raised:ValueError",
    # Errors that the provider sent.
    ("pydantic-ai-19ec71a1c5", "openai", "create"): "raised:APIError",
    ("pydantic-ai-19ec71a1c5", "openai", "stream"): "raised:APIError",
    ("pydantic-ai-b75f859efb", "openai", "create"): "raised:APIError",
    ("pydantic-ai-b75f859efb", "openai", "stream"): "raised:APIError",
    # OpenRouter's annotations have no index.
    ("pydantic-ai-7a80c3dd72", "openai", "stream"): "raised:RuntimeError",
    # One token was allowed.
    ("openai-python-d98a44897f", "openai", "stream"): "raised:LengthFinishReasonError",
}

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


def played(*faults):
    """Return what the three SDKs make of all streams."""
    streams = [faulty(kept(name), *faults) if faults else kept(name) for name in STREAMS]
    found = replay_through(
        [exchange(one, number) for number, one in enumerate(streams, 1)], here(), installed=True
    )
    return found, {(STREAMS[row.interaction - 1], row.sdk, row.way): row.outcome for row in found.rows}


def test_whole_streams():
    """Nothing but what is known is not read whole by all that speak it, tool calls and all."""
    found, outcomes = played()

    assert RAISED == {place: outcome for place, outcome in outcomes.items() if outcome != "ok"}
    assert {"openai": 102, "azure-ai-inference": 34, "anthropic": 22} == Counter(
        row.sdk for row in found.rows
    )
    assert () == found.unchecked


def test_cut_streams():
    """Cut at 60 %, no stream makes any SDK raise anything that it does not raise before the cut."""
    _, outcomes = played("cut@60%")
    told = {place: outcome for place, outcome in outcomes.items() if outcome != "silent-incomplete"}

    assert {
        place: outcome
        for place, outcome in RAISED.items()
        if outcome in {"raised:ValueError", "raised:RuntimeError"} and place[0] != "pydantic-ai-b75f859efb"
    } == told
