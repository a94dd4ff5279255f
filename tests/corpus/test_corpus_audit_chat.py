"""Genuine chat completions streams keep the rules, and what is known of the others is found by name."""

from __future__ import annotations

import pytest
from audit_evidence import FIRST_PARTY, ROWS, exchange, found, kept
from audited_chat import STREAMS

from chunktape.audit.rules import all_rules
from chunktape.dialects.profile import profile_of
from chunktape.faults import every_cut

RULES = {rule.id: rule for rule in all_rules() if rule.id.startswith(("SSE", "OAI", "AZR"))}
ALL = [name for name, row in ROWS.items() if row["kind"] == "stream"]
GENUINE = [name for name in ALL if ROWS[name]["provider"] in FIRST_PARTY]
# What is in these streams, by the rule that names it, with what it says and how often.
KNOWN = [
    ("pydantic-ai-b75f859efb", "OAI-E1", "tool_use_failed", 1),  # Groq, `event: error`
    ("pydantic-ai-b75f859efb", "OAI-1", "no end marker", 1),
    ("pydantic-ai-b75f859efb", "OAI-X1", "delta.reasoning", 93),
    ("pydantic-ai-e4b9c9791f", "OAI-2", "id", 225),  # Groq's compound
    ("pydantic-ai-e4b9c9791f", "OAI-3", "created", 187),
    ("pydantic-ai-e4b9c9791f", "OAI-9", "first delta", 1),
    ("pydantic-ai-e4b9c9791f", "OAI-X1", "x_groq", 1),
    ("pydantic-ai-19ec71a1c5", "OAI-E1", "400", 1),  # OpenRouter, in a chunk
    ("pydantic-ai-19ec71a1c5", "OAI-11", "again", 1),
    ("pydantic-ai-7a80c3dd72", "OAI-11", "again", 1),
    ("pydantic-ai-7a80c3dd72", "OAI-9", "role again", 18),
    ("pydantic-ai-7a80c3dd72", "OAI-U1", "usage beside choices", 1),
    ("pydantic-ai-7a80c3dd72", "OAI-X1", "provider", 19),
    ("pydantic-ai-7a80c3dd72", "SSE-7", ": OPENROUTER PROCESSING", 23),
    ("pydantic-ai-1de90e0114", "OAI-11", "none", 1),  # Snowflake
    ("pydantic-ai-1de90e0114", "OAI-10", "no key", 2),
    ("pydantic-ai-1de90e0114", "OAI-6", "id", 3),
    ("openllmetry-f47bf27f43", "OAI-U2", "usage unasked", 1),  # Mistral
    ("openllmetry-f47bf27f43", "OAI-X1", "p", 43),
    ("openllmetry-af5505b7a0", "OAI-U2", "usage unasked", 1),  # DeepSeek
    ("ruby_llm-40ca3496e5", "OAI-U4", "cached_tokens", 1),  # Azure, another maker's model
    ("ruby_llm-40ca3496e5", "OAI-10", "no key", 8),
]

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@pytest.mark.parametrize("name", GENUINE)
def test_who_wrote_the_protocol_keeps_it(name):
    """No rule fires on a stream of OpenAI's, Azure's or Anthropic's."""
    assert [] == [hit for rule in RULES.values() for hit in found(rule, kept(name))]


@pytest.mark.parametrize(("name", "rule", "subject", "count"), KNOWN)
def test_what_is_known_is_found(name, rule, subject, count):
    """Each known deviation is found by the rule that names it."""
    hits = [hit for hit in found(RULES[rule], kept(name)) if hit.subject == subject]

    assert count == len(hits)


def test_azure_says_more_than_the_protocol():
    """Azure's notes of its filter are there, and nothing finds fault with them."""
    name = "crewai-ba4aa1ebe0"

    assert b'"prompt_filter_results"' in kept(name).body
    assert [] == [hit for rule in RULES.values() for hit in found(rule, kept(name))]


@pytest.mark.parametrize("name", STREAMS)
def test_a_cut_at_any_boundary_is_found(name):
    """Wherever a stream is cut before its end marker, OAI-1 says that it is not there."""
    assert profile_of(ROWS[name]["host"]).needs_end_marker, "no host of the corpus leaves it out"
    for number, cut in enumerate(every_cut(kept(name))):
        (one,) = cut.apply(kept(name))
        looked_at = exchange(one)
        if number == 0 and not looked_at.asked:
            # Neither a request nor a byte of the answer: there is nothing that could be looked at.
            assert looked_at.dialect is None
            continue
        subjects = {hit.subject for hit in found(RULES["OAI-1"], one)}

        assert {"no end marker"} == subjects, number
