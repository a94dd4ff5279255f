"""How OpenAI's streams may be cut and dressed on the wire: it changes nothing. The wire is invented."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai_wire import DONE, HEAD, PLAIN, World, call, chunk, counted, said, sse, streamed, whole

from chunktape import ProviderStreamError, StreamInterruptedError
from chunktape.openai import OpenAIStream

EVENTS = [
    {"content": "日本 🎞️ é"},
    {"content": "Grüße"},
    {"tool_calls": [call('{"title": "Œuvre"}', name="f", index=0, id="call_1")]},
]
WIRE = whole(*(chunk(one) for one in EVENTS), reason="tool_calls")


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


def f(title: str) -> str:
    """Return a title."""
    return title


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_multi_byte_characters_over_chunks(world, size):
    """A character that is cut over chunks of bytes is still itself, and the events are the same."""
    whole_one, pairs = await world.finished(WIRE, tools=[f])
    stream, cut = await world.finished(*(WIRE[at : at + size] for at in range(0, len(WIRE), size)), tools=[f])

    assert ("日本 🎞️ éGrüße", {"title": "Œuvre"}) == (stream.content, stream.tool.args)
    assert (pairs, whole_one.construct_call_response()) == (cut, stream.construct_call_response())


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, len(WIRE)), max_size=6))
def test_cuts_anywhere(cuts):
    """Wherever the bytes are cut, the loop sees the same pairs."""
    places = [0, *sorted(cuts), len(WIRE)]
    pieces = [WIRE[start:end] for start, end in pairwise(places)]
    fn, _ = PLAIN.caller(answer(pieces), stream=True, tools=[f])

    assert PAIRS == list(fn())


@settings(max_examples=40, deadline=None)
@given(end=st.integers(0, len(WIRE) - len(DONE)))
def test_cut_short_anywhere(end):
    """Wherever a stream ends early, it is interrupted, and what came is a beginning of the whole."""
    fn, _ = PLAIN.caller(answer([WIRE[:end]]), stream={"raise_interrupted": False}, tools=[f])
    stream = fn()
    came = [one for one, _ in stream if not one.repeated]

    assert "interrupted" == stream.status
    assert [one for one, _ in PAIRS][: len(came)] == came
    assert "日本 🎞️ éGrüße".startswith(stream.content)
    assert "interrupted" == stream.construct_call_response(allow_partial=True).status


def answer(pieces):
    return streamed(*(one for one in pieces if one))


PAIRS = list(OpenAIStream.from_bytes(WIRE, tools=[f]))

DRESSED = {
    "CRLF": lambda data: sse(data, line_end="\r\n"),
    "CR": lambda data: sse(data, line_end="\r"),
    "no space": lambda data: sse(data, lead="data:"),
    "comments": lambda data: b": PROCESSING\n\n: more\n" + sse(data),
    "names and ids": lambda data: b"id: 7\nretry: 100\n" + sse(data, name="message"),
    "data in several lines": lambda data: (
        sse(data) if isinstance(data, str) else sse(json.dumps(data, indent=1).replace("\n", "\ndata: "))
    ),
}


@pytest.mark.parametrize("dress", DRESSED)
async def test_dressed_lines(world, dress):
    """CRLF, comments, `data:` without a space and whatever else the protocol allows changes nothing."""
    deltas = [*EVENTS, {}]
    bodies = [
        HEAD | {"choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]}
        for delta in deltas
    ]
    wire = b"".join(DRESSED[dress](one) for one in [*bodies, "[DONE]"])
    stream, pairs = await world.finished(wire, tools=[f])
    cut, _ = await world.finished(*(wire[at : at + 1] for at in range(len(wire))), tools=[f])

    assert bodies == [one.raw for one, _ in pairs]
    assert ("日本 🎞️ éGrüße", {"title": "Œuvre"}, "complete") == (
        stream.content,
        stream.tool.args,
        stream.status,
    )
    assert stream.construct_call_response() == cut.construct_call_response()


@pytest.mark.parametrize("tail", [said("late"), sse({"error": {"message": "late"}}), b"data: {torn"])
async def test_what_follows_the_end_marker(world, tail):
    """What follows the end marker is nothing, be it in the same piece of bytes or not."""
    wire = whole(said("Hi"))
    joined, pairs = await world.finished(wire + tail)
    apart, same = await world.finished(wire, tail)

    assert ("Hi", "complete", "Hi") == (joined.content, joined.status, apart.content)
    assert pairs == same


async def test_end_marker_without_a_blank_line(world):
    """An end marker that the end of the body closes is one."""
    stream, _ = await world.finished(said("Hi") + chunk({}, "stop") + counted() + b"data: [DONE]")

    assert "complete" == stream.status


async def test_d4_events_that_are_no_json(world):
    """D4, D22: an event that is no JSON comes out as it is and stops nothing; in the end it is an error."""
    stream, pairs, error = await world.broken(ProviderStreamError, whole(sse("bad gateway"), said("Hi")))
    odd = pairs[1][0]

    assert ("bad gateway", "", {}, "Hi") == (odd.data, odd.content, odd.raw, stream.content)
    assert ("error", "an event that is no JSON: bad gateway") == (stream.status, error.message)


async def test_d4_events_that_say_nothing(world):
    """D4: an event of blanks, or of JSON without fields, comes out as it is, and nothing is wrong."""
    stream, pairs = await world.finished(whole(sse(" "), sse(None), sse([1]), said("Hi")))

    assert (["null", "[1]"], "complete") == ([one.data for one, _ in pairs[2:4]], stream.status)


async def test_a_character_in_two_halves(world):
    """A character that a host sent as two halves is one, as it would be without streaming (D14, D21)."""
    halves = "\ud83d", "\ude00", "\udc00"
    events = [HEAD | {"choices": [{"index": 0, "delta": {"content": half}}]} for half in halves]
    stream, _ = await world.finished(whole(*(sse(json.dumps(one)) for one in events)))
    response = stream.construct_call_response()
    again = type(response).model_validate_json(response.model_dump_json())

    assert ("😀\ufffd", "😀\ufffd") == (stream.content, response.content)
    assert (response, "😀\ufffd") == (again, again.content)


async def test_an_answer_without_a_byte(world):
    """A body that is empty stopped before it began."""
    _, pairs, error = await world.broken(StreamInterruptedError, b"")

    assert [] == pairs
    assert "The stream stopped before a finish reason came\n  after 0 events, 0 bytes\n" in f"{error}\n"


async def test_a_choice_that_was_left_open(world):
    """Where the end marker came, what is missing is a reason."""
    open_one = chunk({"content": "b"}, index=1)
    _, _, error = await world.broken(StreamInterruptedError, said("a"), open_one, chunk({}, "stop"), DONE)

    assert "before a finish reason came" in str(error)
