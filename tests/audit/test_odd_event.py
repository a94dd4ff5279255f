"""A rule never raises, whatever stands in the place of what belongs there."""

from __future__ import annotations

import json
from dataclasses import replace

import audited_cassettes
import audited_chat
import audited_messages
import audited_responses
import pytest
from audit_evidence import exchange, seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_shape import asked_oddly, oddly

from chunktape.audit.message_mutation import changed, pieces_of
from chunktape.audit.metrics import metrics_of
from chunktape.audit.rules import all_rules
from chunktape.audit.rules.xch import CASSETTE_RULES

RULES = {rule.id: rule for rule in all_rules()}
STREAMS = {
    "messages": [*audited_messages.scripted().values(), *audited_messages.of_the_corpus().values()],
    "responses": [*audited_responses.scripted().values(), *audited_responses.of_the_corpus().values()],
    "chat_completions": audited_chat.CLEAN,
}
ONE_EACH = [
    audited_messages.scripted()["tools 1 1"],
    audited_responses.scripted()["text 1 calls 2"],
    audited_cassettes.scripted()["chat talk 0"][0],
]
TALKS = [audited_cassettes.scripted()[f"{kind} talk 0"] for kind in ("messages", "chat")]


def rewritten_oddly(data, one):
    """Return a recording that has another part somewhere in one of its events."""
    pieces = [piece for piece in pieces_of(one) if piece.value is not None]
    if not pieces:
        return one
    piece = data.draw(st.sampled_from(pieces))
    name = data.draw(st.sampled_from([piece.kind, "", "error"]))
    lead = f"event: {name}\n" if name else ""
    # As escapes, because half of a character is no UTF-8.
    sent = f"{lead}data: {json.dumps(oddly(data, piece.value))}\n\n"
    return changed(one, {piece.place: sent.encode(errors="replace")})


def assert_told(hits, frames):
    """Whatever is said can be written down, and is of an event that there is."""
    for hit in hits:
        assert all(isinstance(said, str) for said in (hit.message, hit.subject, hit.evidence))
        assert (hit.message + hit.subject).encode()
        assert len(hit.message) + len(hit.subject) < MOST
        assert hit.event is None or 1 <= hit.event <= frames


MOST = 2000


@pytest.mark.parametrize("dialect", STREAMS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_odd_events_never_raise(dialect, data):
    """Up to three parts of events, and one of the request, are something else: each rule has an answer."""
    one = data.draw(st.sampled_from(STREAMS[dialect]))
    if data.draw(st.booleans()):
        rule = RULES[data.draw(st.sampled_from(sorted(RULES)))]
        one = rule.mutate(one, seeded(data.draw(st.integers(0, 9)))) or one
    for _ in range(data.draw(st.integers(1, 3))):
        one = rewritten_oddly(data, one)
    looked = exchange(asked_oddly(data, one))

    hits = [hit for rule in RULES.values() for hit in rule.check(looked)]
    metrics_of(looked)

    assert_told(hits, len(looked.frames))


PIECES = [
    *(b"\r", b"\n", b"\n\n", b"\0", b":", b"\xef\xbb\xbf", b"\xff", b"data: ", b"event: error\n", b"[DONE]"),
    *(b"NaN", b'"', b"{", b"}", b"[" * 300),
]


@pytest.mark.parametrize("dialect", STREAMS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_odd_bytes_never_raise(dialect, data):
    """Bytes of real streams are lost, doubled or changed anywhere: each rule has an answer."""
    one = data.draw(st.sampled_from(STREAMS[dialect]))
    body = one.body
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 300)))
        way = data.draw(st.sampled_from(["lost", "doubled", "cut", *PIECES]))
        more = {"lost": b"", "doubled": body[start:end] * 2, "cut": b""}.get(way, way)
        body = body[:start] + more + (b"" if way == "cut" else body[end:])
    looked = exchange(replace(one, body=body, ends=(len(body),) if body else (), timing=None))

    hits = [hit for rule in RULES.values() if rule.applies(looked) for hit in rule.check(looked)]
    metrics_of(looked)

    assert_told(hits, len(looked.frames))


@pytest.mark.parametrize("talk", TALKS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_odd_requests_never_raise(talk, data):
    """Parts of both requests are something else; rules about cassettes have an answer all the same."""
    odd = [asked_oddly(data, one) for one in talk]
    looked = [exchange(one, number) for number, one in enumerate(odd, 1)]

    found = [pair for rule in CASSETTE_RULES for pair in rule.check(looked)]

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
    one = ONE_EACH[0]
    request = replace(one.request, url=url, body=body)
    looked = exchange(replace(one, request=request, body=body, ends=(len(body),), timing=None))

    found = [hit for rule in RULES.values() if rule.applies(looked) for hit in rule.check(looked)]
    metrics_of(looked)
    found += [hit for rule in CASSETTE_RULES for _, hit in rule.check([looked, looked])]

    assert all(isinstance(hit.subject, str) for hit in found)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_mutator_leaves_foreign_recordings_alone(rule):
    """A recording of another dialect, or of none, is broken in some way or left out, never an error."""
    for one in ONE_EACH:
        for body in (one.body, b"", b"{}", b"data: x\n\n"):
            found = rule.mutate(replace(one, body=body, ends=(len(body),), timing=None), seeded(1))

            assert found is None or isinstance(found.body, bytes)
