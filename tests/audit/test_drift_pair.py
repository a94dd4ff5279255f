"""Which recordings are compared with which, and what is told of those that have no partner."""

from __future__ import annotations

import json
from dataclasses import replace

from audit_evidence import recorded
from audited_chat import OPENAI, question
from drifted import swapped

from chunktape.audit.drift import drift_between
from chunktape.audit.drift_pair import paired
from chunktape.audit.exchange import Exchange
from chunktape.loopback import chat
from chunktape.wire.message import Request


def asked(text, reply="Hello."):
    """Return the recording of a question."""
    messages = [{"role": "user", "content": text}]
    return recorded(chat(reply), question() | {"messages": messages}, url=OPENAI)


def side(*recordings, cassette="a.yaml"):
    """Return the exchanges of one cassette."""
    return [Exchange(one, cassette=cassette, number=number) for number, one in enumerate(recordings, 1)]


def numbers(pairing):
    return [(one.before.cassette, one.before.number, one.after.number) for one in pairing.pairs]


def test_equal_requests_are_paired_wherever_they_stand():
    """Requests find each other by what they ask, in the order of what came after."""
    found = paired(side(asked("one"), asked("two")), side(asked("two"), asked("one"), cassette="b.yaml"))

    assert ([("a.yaml", 2, 1), ("a.yaml", 1, 2)], []) == (numbers(found), found.alone)


def test_a_body_counts_by_what_it_says():
    """The order of keys and the blanks of a request are no other request."""
    one = asked("one")
    shuffled = json.dumps(dict(reversed(json.loads(one.request.body).items())), indent=3).encode()
    other = replace(one, request=replace(one.request, body=shuffled))

    assert 1 == len(paired(side(one), side(other)).pairs)


def test_identical_requests_are_paired_in_order():
    """Several answers to one request are paired in their order; what is left over is named."""
    found = paired(side(*[asked("one")] * 3), side(*[asked("one")] * 2))

    assert [("a.yaml", 1, 1), ("a.yaml", 2, 2)] == numbers(found)
    assert [(3, f"POST {OPENAI} gpt-4o-mini was recorded before, and not after")] == [
        (one.exchange.number, one.reason) for one in found.alone
    ]


def test_the_same_cassette_goes_first():
    """A request that stands in several cassettes is paired with that of the same name."""
    before = side(asked("one")) + side(asked("one"), cassette="b.yaml")

    found = paired(before, side(asked("one"), cassette="b.yaml"))

    assert [("b.yaml", 1, 1)] == numbers(found)


def test_places_may_have_other_names():
    """`place` says which cassettes are the same, where folders differ."""
    before = side(asked("one"), cassette="old/x.yaml") + side(asked("one"), cassette="old/y.yaml")
    after = side(asked("one"), cassette="new/y.yaml")

    found = paired(before, after, place=lambda one: one.cassette.rpartition("/")[2])

    assert [("old/y.yaml", 1, 1)] == numbers(found)


def test_replies_without_a_request_are_paired_by_their_place():
    """A bare body is compared with that of the same file alone."""
    bare = replace(asked("one"), request=Request(None, None))

    same = paired(side(bare), side(bare))
    other = paired(side(bare), side(bare, cassette="b.yaml"))

    assert (1, 0) == (len(same.pairs), len(other.pairs))
    assert [
        "a request that is not known was recorded before, and not after",
        "a request that is not known was recorded after, and not before",
    ] == [one.reason for one in other.alone]


def test_what_has_no_partner_is_never_clean():
    """What was recorded on one side alone is unchecked, by all rules."""
    drift = drift_between(side(asked("one")), side(asked("two"), cassette="b.yaml"))

    assert (0, (), [("a.yaml", 1, ()), ("b.yaml", 1, ())]) == (
        drift.pairs,
        drift.findings,
        [one[:3] for one in drift.unchecked],
    )


def test_what_is_no_model_is_unchecked():
    """An exchange with something else is compared by status and headers, and told once."""
    one = asked("one")
    rest = replace(
        one, body=b'{"temperature": 21}', request=Request("GET", "https://api.example.com/weather")
    )
    rest = replace(rest, ends=(len(rest.body),), timing=None, framed=False)
    gone = replace(rest, head=replace(rest.head, status=500))

    same = drift_between(side(rest), side(rest))
    other = drift_between(side(rest), side(gone))

    assert ["it speaks no dialect of an LLM provider"] == [one.reason for one in same.unchecked]
    assert [("DRF-C1", "status: 200 → 500")] == [(one.rule, one.message) for one in other.findings]


def test_findings_are_told_of_the_later_side():
    """A finding has the cassette and the number of the recording that came after."""
    later = swapped(asked("one"), ('"finish_reason":"stop"', '"finish_reason":"length"'))

    drift = drift_between(side(asked("one")), side(asked("two"), later, cassette="b.yaml"))

    assert {("b.yaml", 2)} == {(one.cassette, one.interaction) for one in drift.findings}


def test_outcomes_of_sdks_are_asked_for_each_recording():
    """Who has replayed the streams says what came of it, and changes are errors."""
    outcomes = {"a.yaml": {"openai==1": "ok", "openai==2": "ok"}, "b.yaml": {"openai==1": "raised:KeyError"}}

    drift = drift_between(
        side(asked("one")),
        side(asked("one"), cassette="b.yaml"),
        outcomes=lambda one: outcomes[one.cassette],
    )

    assert ["openai==1: ok → raised:KeyError"] == [one.message for one in drift.findings]
