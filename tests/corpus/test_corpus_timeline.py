"""Over recordings of the wild, the timeline tells what is known of the history of the protocols."""

from __future__ import annotations

import pytest
from audit_evidence import ROWS, exchange, kept

from chunktape.audit.timeline import SchemaTimeline

CHUNK = ("chat_completions", "chat.completion.chunk")
FIRST = [
    ("choices[].delta.tool_calls[].function.arguments", "2024-07-01"),
    ("usage", "2024-09-26"),
    ("choices[].delta.refusal", "2024-09-26"),
    ("usage.completion_tokens_details", "2024-09-26"),
    ("obfuscation", "2026-01-22"),
    ("service_tier", "2026-02-10"),
]

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


def timeline(*providers):
    """Return what is seen in the recordings of some providers, of all where none is named."""
    found = SchemaTimeline()
    for name, row in ROWS.items():
        if not providers or row["provider"] in providers:
            found.add(exchange(kept(name)))
    return found


@pytest.mark.parametrize(("path", "day"), FIRST)
def test_when_openai_began_to_send_a_field(path, day):
    """Fields of chunks are first seen when OpenAI and Azure had begun to send them."""
    rows = {row[:3]: row for row in timeline("openai", "azure-openai").section.rows}

    assert day == rows[(*CHUNK, path)][3]


def test_padding_is_not_older_than_it_is():
    """OpenAI's padding, announced in August 2025, is in no recording that is older, of whatever API."""
    days = [row[3] for row in timeline().section.rows if row[2] == "obfuscation"]

    assert len(days) == 5
    assert min(days) == "2025-09-11"


def test_only_what_nobody_dates_is_unknown():
    """All fields have a time, but for errors and for messages whose recordings lost theirs."""
    rows = timeline().section.rows

    assert {"messages"} == {row[0] for row in rows if row[3] is None and row[1] != "error"}


def test_paths_stay_few():
    """No tool's arguments and no schema of a caller's make fields of the protocol."""
    rows = timeline().section.rows

    assert 1011 == len(rows)
    assert {"input", "input_schema", "parameters"} == {
        row[2].split(".")[-2] for row in rows if row[2].endswith("{}")
    }
