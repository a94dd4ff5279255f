"""Drift never raises, whatever stands in the place of what belongs there."""

from __future__ import annotations

import json
from dataclasses import replace

import audited_messages
import audited_responses
import pytest
from audit_evidence import exchange, recorded
from audited_chat import CALLS, CLOCK, OPENAI, WEATHER, question
from drifted import structured
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_shape import ODD, places, with_other

from chunktape.audit.drift import drift_between
from chunktape.audit.message_mutation import changed, event, pieces_of
from chunktape.loopback import chat, complete_chat

ASKED = question(tools=(WEATHER, CLOCK))
CLEAN = {
    "chat": recorded(chat("One two.", tools=CALLS[1]), ASKED, url=OPENAI),
    "messages": audited_messages.scripted()["tools 1 1"],
    "responses": audited_responses.scripted()["text 1 calls 2"],
    "structured": structured('{"city": "Ur"}'),
}
DEEP = json.loads("[" * 900 + "]" * 900)
ODDER = ODD | st.sampled_from([10**400, DEEP, {"type": "text"}, {"type": 1, "index": {}}, "\ud800"])
WHOLE = recorded(complete_chat("One.", tools=CALLS[1]), ASKED | {"stream": False}, url=OPENAI)


def oddly(data, value):
    """Return a value with another part somewhere."""
    return with_other(value, data.draw(st.sampled_from(list(places(value)))), data.draw(ODDER))


def compared(one, other):
    """Compare two recordings in both directions, and return how many pairs were found."""
    drifts = [
        drift_between([exchange(before)], [exchange(after)], content=True)
        for before, after in ((one, other), (other, one))
    ]
    for drift in drifts:
        # What is said can be written down.
        json.dumps([drift.findings, drift.unchecked, drift.sections])
    return [drift.pairs for drift in drifts]


@settings(deadline=None, max_examples=100)
@given(st.data())
@pytest.mark.parametrize("name", CLEAN)
def test_odd_events(name, data):
    """An event of another shape is compared, in both directions."""
    one = CLEAN[name]
    piece = data.draw(st.sampled_from([piece for piece in pieces_of(one) if isinstance(piece.value, dict)]))
    odd = changed(one, {piece.place: event(json.dumps(oddly(data, piece.value)), piece.kind)})

    assert [1, 1] == compared(one, odd)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_odd_answers(data):
    """An answer of another shape is compared, in both directions."""
    body = json.dumps(oddly(data, json.loads(WHOLE.body))).encode()
    odd = replace(WHOLE, body=body, ends=(len(body),), timing=None, framed=False)

    assert [1, 1] == compared(WHOLE, odd)


@settings(deadline=None, max_examples=100)
@given(st.data())
@pytest.mark.parametrize("name", CLEAN)
def test_odd_requests(name, data):
    """The same odd request on both sides is compared."""
    body = json.dumps(oddly(data, json.loads(CLEAN[name].request.body))).encode()
    odd = replace(CLEAN[name], request=replace(CLEAN[name].request, body=body))
    other = replace(
        odd, body=odd.body[: len(odd.body) // 2], ends=(len(odd.body) // 2,), timing=None, framed=False
    )

    assert [1, 1] == compared(odd, other)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes(first, second):
    """Bodies of any bytes are compared, or named."""
    one, other = (
        replace(WHOLE, body=body, ends=(len(body),) if body else (), timing=None, framed=False)
        for body in (first, second)
    )

    assert compared(one, other) in ([1, 1], [0, 0])
