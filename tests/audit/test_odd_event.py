"""A rule never raises, whatever stands in the place of what belongs there."""

from __future__ import annotations

import json
from dataclasses import replace

import audited_cassettes
import audited_messages
import audited_responses
import pytest
from audit_evidence import exchange, seeded
from hypothesis import given, settings
from hypothesis import strategies as st

from chunktape.audit.message_mutation import changed, event, pieces_of
from chunktape.audit.metrics import metrics_of
from chunktape.audit.rules import ant, ant_block, ant_end, ant_tool, req, rsp, rsp_end, rsp_item, xch

MODULES = (ant, ant_block, ant_end, ant_tool, req, rsp, rsp_end, rsp_item)
RULES = [rule for module in MODULES for rule in module.RULES]
STREAMS = {
    "messages": audited_messages.scripted()["tools 1 1"],
    "responses": audited_responses.scripted()["text 1 calls 2"],
    "chat_completions": audited_cassettes.scripted()["chat talk 0"][0],
}
TALKS = [audited_cassettes.scripted()[f"{kind} talk 0"] for kind in ("messages", "chat")]
DEEP = json.loads("[" * 900 + "]" * 900)
ODD = st.sampled_from(
    [
        *(None, True, 0, -1, 1.5, 10**30, 10**400, DEEP, "", "x", "text", [], {}, [1], [None], [{}], [["a"]]),
        *({"type": ["a"]}, {"a": 1}, {"type": "text"}, {"type": 1, "index": {}}),
    ]
)


def places(value, place=()):
    """Yield the path of each part of a JSON value."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from places(one, (*place, name))


def with_other(value, place, other):
    """Return a JSON value with another part in one place."""
    if not place:
        return other
    found = value.copy()
    found[place[0]] = with_other(value[place[0]], place[1:], other)
    return found


def oddly(data, value):
    """Return a value with another part somewhere."""
    return with_other(value, data.draw(st.sampled_from(list(places(value)))), data.draw(ODD))


def asked_oddly(data, one):
    """Return a recording whose request has another part somewhere."""
    asked = json.dumps(oddly(data, json.loads(one.request.body))).encode()
    return replace(one, request=replace(one.request, body=asked))


@pytest.mark.parametrize("dialect", STREAMS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_odd_events_never_raise(dialect, data):
    """Up to three parts of events and one of the request are something else; every rule has an answer."""
    one = STREAMS[dialect]
    pieces = [piece for piece in pieces_of(one) if piece.value is not None]
    for _ in range(data.draw(st.integers(1, 3))):
        piece = data.draw(st.sampled_from(pieces))
        name = data.draw(st.sampled_from([piece.kind, "", "error"]))
        one = changed(one, {piece.place: event(oddly(data, piece.value), name)})
    looked = exchange(asked_oddly(data, one))

    found = [hit for rule in RULES for hit in rule.check(looked)]
    metrics_of(looked)

    assert all(isinstance(hit.message, str) and isinstance(hit.subject, str) for hit in found)
    assert all(isinstance(hit.evidence, str) for hit in found)
    assert all(hit.event is None or hit.event <= len(looked.frames) for hit in found)


@pytest.mark.parametrize("talk", TALKS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_odd_requests_never_raise(talk, data):
    """Parts of both requests are something else; rules about cassettes have an answer all the same."""
    odd = [asked_oddly(data, one) for one in talk]
    looked = [exchange(one, number) for number, one in enumerate(odd, 1)]

    found = [pair for rule in xch.CASSETTE_RULES for pair in rule.check(looked)]

    assert all(isinstance(hit.message, str) and one in looked for one, hit in found)


BODIES = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"<html>",
    b"data: \n\n",
    b"data: {}\n\n",
    b"data: []\n\n",
    b"event: error\n\n",
    b"event: error\ndata: no\n\n",
    b": comment\n\n",
    b"data: [DONE]\n\n",
    b'data: {"type":"message_stop"}',
    b"data: " + b"[" * 100_000 + b"\n\n",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:30]))
@pytest.mark.parametrize("url", [audited_messages.URL, audited_responses.URL, None, "http://["])
def test_odd_bodies_never_raise(body, url):
    """A body of any kind at any address is judged or passed over."""
    one = STREAMS["messages"]
    request = replace(one.request, url=url, body=body)
    looked = exchange(replace(one, request=request, body=body, ends=(len(body),), timing=None))

    found = [hit for rule in RULES if rule.applies(looked) for hit in rule.check(looked)]
    metrics_of(looked)
    found += [hit for rule in xch.CASSETTE_RULES for _, hit in rule.check([looked, looked])]

    assert all(isinstance(hit.subject, str) for hit in found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_mutator_leaves_foreign_recordings_alone(rule):
    """A recording of another dialect, or of none, is broken in some way or left out, never an error."""
    for one in STREAMS.values():
        for body in (one.body, b"", b"{}", b"data: x\n\n"):
            found = rule.mutate(replace(one, body=body, ends=(len(body),), timing=None), seeded(1))

            assert found is None or isinstance(found.body, bytes)
