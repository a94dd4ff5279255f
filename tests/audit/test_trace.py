"""A trace holds every word of a stream, part by part, with the times and stalls that metrics count."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import audited_messages
import audited_responses
import pytest
from audit_evidence import ROWS, exchange, kept, recorded
from audited_cassettes import CHAT_URL, asked_chat
from audited_chat import LOOPBACK
from audited_messages import URL, asked
from html_result import paced

from chunktape.audit.metrics import metrics_of
from chunktape.audit.tick import ticks_of
from chunktape.audit.trace import Stall, TracePart, trace_of
from chunktape.loopback import Disconnect, Pause, chat, complete_chat, message, raw
from chunktape.loopback.script.stream import sse
from chunktape.wire.message import Ending, Failure

RANDOM = Random(1)  # noqa: S311 - the same times each time
CALLED = [("look", '{"a":1}')]
SCRIPTED = {
    **{f"chat {place}": one for place, one in enumerate(LOOPBACK)},
    **audited_messages.scripted(),
    **audited_responses.scripted(),
}


def told(trace):
    """Return the whole text of each part."""
    texts = [""] * len(trace.parts)
    for piece in trace.pieces:
        texts[piece.part] += piece.text
    return texts


def called(*deltas):
    """Return the trace of a chat completion with these tool calls, an event each."""
    events = [{"choices": [{"index": 0, "delta": {"tool_calls": [one]}}]} for one in deltas]
    one = recorded(raw(*map(sse, events)), asked_chat(), url=CHAT_URL)
    return trace_of(exchange(one))


def test_parts_of_a_message():
    """Reasoning, text and each call are parts of their own, in the order of the wire."""
    trace = trace_of(exchange(recorded(message("Yes", thinking="Hm", tools=CALLED), asked(), url=URL)))

    assert (TracePart("reasoning"), TracePart("text"), TracePart("tool", "look")) == trace.parts
    assert ["Hm", "Yes", '{"a":1}'] == told(trace)


def test_pieces_have_their_events_and_times():
    """Each piece has the number and the time of its event; the event that names a tool adds no text."""
    one = recorded(message(["He", "llo"], tools=CALLED), asked(), url=URL)
    pieces = trace_of(exchange(one)).pieces

    # Sent are a start, a block, a ping, two pieces, its end, a block, two pieces of JSON and the end.
    assert [(4, 240_000, 0, "He"), (5, 250_000, 0, "llo"), (7, 270_000, 1, "")] == list(pieces[:3])


def test_choices_are_parts():
    """The answers of a request for several do not run into each other."""
    trace = trace_of(exchange(recorded(chat("One.", n=2), asked_chat(n=2), url=CHAT_URL)))

    assert ["One.", "One."] == told(trace)


def test_another_name_at_the_same_index_is_another_call():
    """Hosts that number all calls 0 still make several (ollama#15457)."""
    trace = called(
        {"index": 0, "function": {"name": "look", "arguments": "{}"}},
        {"index": 0, "function": {"name": "find", "arguments": '{"a":1}'}},
    )

    assert (TracePart("tool", "look"), TracePart("tool", "find")) == trace.parts
    assert ["{}", '{"a":1}'] == told(trace)


def test_a_name_that_comes_again_is_the_same_call():
    """Hosts that repeat the name with each piece make one call (spring-ai#5973)."""
    trace = called(
        {"index": 0, "function": {"name": "look", "arguments": '{"a"'}},
        {"index": 0, "function": {"name": "look", "arguments": ":1}"}},
    )

    assert (TracePart("tool", "look"),) == trace.parts
    assert ['{"a":1}'] == told(trace)


@pytest.mark.parametrize("index", [[], {}, "0", None, 1e308])
def test_an_index_of_any_shape(index):
    """What a host calls an index is no reason to fail."""
    trace = called({"index": index, "function": {"name": "look", "arguments": "{}"}})

    assert ["{}"] == told(trace)


@pytest.mark.parametrize("name", SCRIPTED)
def test_nothing_is_lost(name):
    """Traces and metrics agree about the characters and the events of scripted streams."""
    looked_at = exchange(SCRIPTED[name])

    assert _counted(trace_of(looked_at)) == _ticked(looked_at)


@pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")
@pytest.mark.parametrize("name", ROWS)
def test_nothing_of_the_corpus_is_lost(name):
    """Traces and metrics agree about the events of genuine streams."""
    looked_at = exchange(kept(name))

    assert {tick.event for tick in ticks_of(looked_at)} == {one.event for one in trace_of(looked_at).pieces}


def _counted(trace):
    names = sum(len(part.name or "") for part in trace.parts)
    return {piece.event for piece in trace.pieces}, names + sum(len(piece.text) for piece in trace.pieces)


def _ticked(looked_at):
    ticks = ticks_of(looked_at)
    return {tick.event for tick in ticks}, sum(tick.characters for tick in ticks)


def test_stalls_are_those_of_the_metrics():
    """As many gaps are shaded as are counted, and they are as long."""
    one = recorded(chat("One two three four five six seven eight. " * 9), asked_chat(), url=CHAT_URL)
    looked_at = exchange(paced(one, RANDOM, first=0.5, gap=0.02, stalls=2))
    trace, row = trace_of(looked_at), metrics_of(looked_at)

    assert row.stalls == len(trace.stalls) > 0
    assert pytest.approx(row.max_gap) == max(one.end - one.start for one in trace.stalls) / 1e6


def test_a_stall_lies_between_two_events():
    """A gap above a second is one, from the event before it to the event behind it."""
    pieces = [sse({"choices": [{"index": 0, "delta": {"content": piece}}]}) for piece in "abcd"]
    reply = raw(*pieces)
    steps = [step for step in reply.steps if not isinstance(step, Pause)]
    steps.insert(2, Pause(1.5))
    one = recorded(type(reply)(200, reply.headers, tuple(steps)), asked_chat(), url=CHAT_URL)

    assert (Stall(220_000, 1_720_000),) == trace_of(exchange(one)).stalls


def test_head_end_and_ending():
    """A trace says when the head and the end came, and how the transport ended."""
    one = recorded(chat("Hi", end=Disconnect(), cut=2), asked_chat(), url=CHAT_URL)
    broken = Ending("error", 0.3, Failure("reset", "builtins.ConnectionResetError", "reset by peer"))
    trace = trace_of(exchange(replace(one, ending=broken)))

    assert (200_000, one.timing.end, "error: reset") == (trace.head, trace.end, trace.ending)


def test_without_times():
    """A recording without times gives all of its text, and no time."""
    one = recorded(chat("Hi there"), asked_chat(), url=CHAT_URL)
    trace = trace_of(exchange(replace(one, timing=None, ending=None)))

    assert (["Hi there"], False, None, None, None) == (
        told(trace),
        trace.is_timed,
        trace.head,
        trace.end,
        trace.ending,
    )


def test_what_is_no_stream_is_empty():
    """A reply in one piece has nothing that arrived over time."""
    trace = trace_of(exchange(recorded(complete_chat("Hi"), asked_chat(stream=False), url=CHAT_URL)))

    assert ((), ()) == (trace.parts, trace.pieces)
