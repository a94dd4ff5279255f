"""Every recorded stream, cut at every boundary of events: told by our streams, passed over by the SDKs."""

from __future__ import annotations

import json
from functools import cache

import pytest
from doors import DOORS, Question
from recorded_streams import ROWS, STREAMS, interaction, read, stream_class

from chunktape.dialects.profile import profile_of
from chunktape.faults import every_cut
from chunktape.wire.sse import events

SDKS = {"chat.completions": ("openai", "azure"), "messages": ("anthropic",)}
# SDKs take about 20 ms a question, so they are asked at so many boundaries of a stream, evenly spread.
SAMPLED = 6
# Whose own events their SDK raises for, cut or not: an error event of Groq's, one of OpenRouter's, and what
# azure-ai-inference's parser does not take (test_corpus_replay).
RAISING = {
    ("pydantic-ai-b75f859efb", "openai"),
    ("pydantic-ai-b75f859efb", "azure"),
    ("pydantic-ai-19ec71a1c5", "openai"),
    ("pydantic-ai-19ec71a1c5", "azure"),
    ("pydantic-ai-7a80c3dd72", "azure"),
    ("pydantic-ai-251a0e9711", "azure"),
}
CASES = [
    (name, door)
    for name in STREAMS
    for door in DOORS
    if door.sdk in SDKS[ROWS[name]["api"]] and (name, door.sdk) not in RAISING
]

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@cache
def cuts_of(name):
    """Return the stream as it is after each of its cuts, with the events that are left."""
    one = interaction(name)
    return [altered for cut in every_cut(one) for altered in cut.apply(one)]


def is_over(name, body):
    """Return whether these bytes hold the end of a stream, or an error that ends it."""
    for one in events(body):
        if one.data == "[DONE]" or one.name in {"message_stop", "error"}:
            return True
        if one.data and (
            json.loads(one.data).get("error") or json.loads(one.data).get("x_groq", {}).get("error")
        ):
            return True
    assert profile_of(ROWS[name]["host"]).needs_end_marker, "no host of the corpus leaves it out"
    return False


@pytest.mark.parametrize("name", STREAMS)
def test_our_streams_are_interrupted_at_every_cut(name):
    """Wherever a stream is cut before its end, it is interrupted; a cut after its end changes nothing."""
    seen = [read(stream_class(name).from_interaction(one)).status for one in cuts_of(name)]

    assert [is_over(name, one.body) for one in cuts_of(name)] == [status != "interrupted" for status in seen]
    assert "interrupted" == seen[0]


@pytest.mark.parametrize(("name", "door"), CASES, ids=[f"{name}-{door.name}" for name, door in CASES])
def test_the_sdks_are_silent_at_every_cut(name, door):
    """No SDK raises where a stream is cut: its caller gets fewer objects, and not a word."""
    cuts = cuts_of(name)
    question = Question.of(interaction(name), ROWS[name]["api"], door.sdk)
    seen = [door.ask(question, one) for one in cuts[:: max(1, len(cuts) // SAMPLED)]]
    counts = [len(one.objects) for one in seen]

    assert {None} == {one.error for one in seen}
    assert sorted(counts) == counts
    assert 0 == counts[0]
