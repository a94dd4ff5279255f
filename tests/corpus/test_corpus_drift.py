"""Genuine recordings beside themselves are silent; beside their siblings, what changed is found."""

from __future__ import annotations

import pytest
from audit_evidence import ROWS, cassette_of, exchange, kept

from chunktape.audit.drift import drift_between, drift_of_pair
from chunktape.audit.drift_pair import Pair
from chunktape.audit.exchange import Exchange
from chunktape.cli.diff_text import conversation

FILES = sorted({row["open_file"] for row in ROWS.values()})
# Recordings of the same request, years apart, and what is known of them.
SIBLINGS = [
    # Azure's deployment was moved from gpt-35-turbo to gpt-4.1-mini, and its filter learned new kinds.
    (
        *("openllmetry-fb8b0027bc", "openllmetry-2185cf96b7"),
        {
            ("DRF-M1", "warning", "model"),
            ("DRF-F1", "info", "chunk choices[].content_filter_results.protected_material_code"),
            ("DRF-F1", "info", "prompt filter prompt_filter_results[].content_filter_results.jailbreak"),
            ("DRF-F1", "info", "chunk choices[].delta.refusal"),
            ("DRF-H1", "info", "header x-ms-is-spilled-over"),
        },
    ),
    ("openllmetry-8228a3f2f9", "openllmetry-5a40d2257e", {("DRF-M1", "warning", "model")}),
    ("openllmetry-a7c62ede02", "openllmetry-80d649be9d", {("DRF-C1", "error", "finish reason")}),
    # OpenAI began to tell the tier.
    ("openllmetry-d8fcafc17e", "openllmetry-b413fcf8d1", {("DRF-F1", "info", "chunk service_tier")}),
    # A tool of the provider's own ran, so the count of what was read is no other tokenizer.
    (
        *("pydantic-ai-20f1865942", "pydantic-ai-188c3bae89"),
        {("DRF-U1", "info", "input tokens"), ("DRF-U2", "info", "reasoning tokens")},
    ),
    ("openllmetry-2185cf96b7", "openllmetry-fe34a6caa6", set()),
    ("openllmetry-fe34a6caa6", "openllmetry-170c7e32d3", set()),
    ("openllmetry-ce4aed4aa0", "openllmetry-d6de1bf399", set()),
]

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


def everything():
    """Return all exchanges of the corpus, parsed anew."""
    return [
        Exchange(one, cassette=file, number=number)
        for file in FILES
        for number, one in enumerate(cassette_of(file), 1)
    ]


def test_nothing_changed_is_no_finding():
    """The whole corpus beside itself has a partner for each recording, and no finding, words included."""
    before, after = everything(), everything()

    drift = drift_between(before, after, content=True)

    assert (len(after), ()) == (drift.pairs, drift.findings)
    assert {"it speaks no dialect of an LLM provider"} == {one.reason for one in drift.unchecked}
    assert len(drift.unchecked) == sum(one.dialect is None for one in after)


def test_twenty_of_each_are_silent():
    """Enough of every third stream on both sides to judge speed, and nothing is found."""
    streams = [name for name, row in ROWS.items() if row["kind"] == "stream"][::3]
    before, after = ([exchange(kept(name), number) for name in streams for number in range(20)] for _ in "ab")

    drift = drift_between(before, after)

    assert (20 * len(streams), ()) == (drift.pairs, drift.findings)


@pytest.mark.parametrize(("before", "after", "expected"), SIBLINGS)
def test_siblings(before, after, expected):
    """Between two recordings of one request, what is known to have changed is found; else nothing is."""
    findings, missed = drift_of_pair(Pair(exchange(kept(before)), exchange(kept(after))))

    found = {(one.rule, one.severity, one.subject) for one in findings}
    assert (expected, []) == (expected & found, missed)
    assert bool(expected) == bool(found)


@pytest.mark.parametrize("file", FILES)
def test_every_file_reads_as_a_conversation(file):
    """With the driver, git shows each cassette of the corpus as a conversation, the same each time."""
    from audit_evidence import CORPUS

    first = conversation(str(CORPUS / file))

    assert not first.startswith("# no cassette")
    assert first == conversation(str(CORPUS / file))
