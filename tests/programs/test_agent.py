"""An agent with tools and a history, for each provider, plain and awaited."""

from __future__ import annotations

from pathlib import Path

import pytest
from program_stage import PROVIDERS, program_for, streamed

HERE = Path(__file__).parent
CALLS = [("books_by", '{"author": "Rothfuss"}'), ("Reserve", '{"title": "The Name of the Wind"}')]
PRINTED = (
    "Let me see.[books_by {'author': 'Rothfuss'}]\n[Reserve {'title': 'The Name of the Wind'}]\n\n"
    "We have two; one is reserved.\nGood reading!\n"
)
BOOKS, RESERVED = "The Name of the Wind, The Wise Man's Fear", "The Name of the Wind is reserved"
TOOLS_EACH = [("tool", BOOKS), ("tool", RESERVED)]
TOOLS_IN_ONE = [("user", f"{BOOKS} + {RESERVED}")]


def _replies(vendor):
    return (
        streamed(vendor, "Let me see.", tools=CALLS),
        streamed(vendor, "We have two; one is reserved."),
        streamed(vendor, "Good reading!"),
    )


def _words(message):
    """Return who said something, and what in short."""
    content, words = message.get("content"), []
    for part in [{"text": content}] if isinstance(content, str) else content or ():
        inner = part["content"][0] if part.get("type") == "tool_result" else part
        words.append(inner.get("text") or inner["name"])
    words += [one["function"]["name"] for one in message.get("tool_calls", ())]
    return message["role"], " + ".join(words)


@pytest.mark.parametrize("vendor", PROVIDERS)
@pytest.mark.parametrize("name", ["agent", "async_agent"])
def test_an_agent_runs_live_recording_and_replaying(name, vendor, stage):
    """The same is printed, asked, rebuilt and shown in each of the three ways."""
    program = program_for(vendor, HERE / f"{name}.py")
    said = [
        ("user", "Have you anything by Rothfuss?"),
        ("assistant", "Let me see. + books_by + Reserve"),
        *(TOOLS_IN_ONE if vendor == "anthropic" else TOOLS_EACH),
        ("assistant", "We have two; one is reserved."),
        ("user", "Thank you!"),
    ]

    live, recorded, replayed = stage.in_three_ways(program, *_replies(vendor))

    assert [PRINTED] * 3 == [one.printed for one in (live, recorded, replayed)]
    assert live.responses == recorded.responses == replayed.responses
    assert live.snapshot == recorded.snapshot == replayed.snapshot
    assert live.names["history"] == recorded.names["history"] == replayed.names["history"]
    assert stage.asked[:3] == stage.asked[3:]
    assert said == [_words(one) for one in stage.asked[2]["messages"] if one["role"] != "system"]
    assert [PROVIDERS[vendor] + "CallResponse"] * 3 == [type(one).__name__ for one in live.responses]
