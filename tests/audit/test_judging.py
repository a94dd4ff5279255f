"""A cassette is judged from its bytes: findings with their places, and what could not be looked at."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from audited_cassettes import scripted
from auditing import GROQ, IDS, clean, cut

from chunktape.audit.finding import Unchecked
from chunktape.audit.host_profile import STRICT
from chunktape.audit.judging import judge
from chunktape.audit.result_text import decoded, encoded
from chunktape.audit.settings import Settings
from chunktape.tape import codec
from chunktape.wire.message import Ending, Failure


def judged(*interactions, name="chat.yaml", **settings):
    """Return the judgement of a cassette, and its lines."""
    data = codec.dumps(interactions)
    return judge(data, name, Settings(**settings)), data.decode().splitlines()


def test_a_clean_cassette_passes():
    """Each rule that is about it is kept; nothing is found, and nothing left unchecked."""
    result, _ = judged(clean(), clean(1))

    assert (2, 2, (), (), None) == result[1:3] + result[4:6] + (result.unreadable,)
    assert 2 == result.passed["OAI-1"]
    assert {"openai": 2} == result.profiles
    assert [(1, "openai", "gpt-4o-mini-2024-07-18"), (2, "openai", "gpt-4o-mini-2024-07-18")] == [
        (row.interaction, row.provider, row.model) for row in result.metrics
    ]


def test_a_finding_says_where():
    """The interaction, the event, and the line of the file."""
    result, lines = judged(clean(), cut(clean(2)), clean(1))
    (found,) = result.findings
    places = [number for number, line in enumerate(lines, 1) if line == "- request:"]

    assert ("OAI-1", "error", "openai", "chat.yaml", 2, "no end marker", 1) == (
        *found[:5],
        found.subject,
        found.count,
    )
    assert places[1] < found.line < places[2]
    assert lines[found.line - 1].startswith("        data: {")


def test_the_line_of_an_event_is_that_of_its_text():
    """A finding about an event points at the event's own line."""
    one = clean(3)
    body = one.body.replace(b'"object":"chat.completion.chunk"', b'"object":"chat.completion.done!"')
    result, lines = judged(clean(), replace(one, body=body))
    (found,) = [each for each in result.findings if each.rule == "OAI-5"]

    assert (2, 1) == (found.interaction, found.event)
    assert lines[found.line - 1].strip().startswith("data: {")
    assert "chat.completion.done!" in lines[found.line - 1]
    assert body.count(b"done!") == found.count


def test_the_line_of_a_bare_body_is_that_of_the_event():
    """A file that is nothing but a body has the lines of the body."""
    body = clean().body.replace(b"data: [DONE]", b"data: [DONE")
    result = judge(body, "chat.sse")
    (found,) = [one for one in result.findings if one.rule == "SSE-3"]

    assert "data: [DONE" == body.decode().splitlines()[found.line - 1]


def test_the_host_decides_how_serious_it_is():
    """What is an error at who wrote the protocol is a warning at others, unless a profile is forced."""
    one = cut(clean(url=GROQ))
    told = [
        {each.rule: each.severity for each in judged(one, **more)[0].findings}["OAI-1"]
        for more in ({}, {"forced": STRICT})
    ]

    assert ["warning", "error"] == told


def test_only_what_is_asked_for_is_looked_at():
    """Rules that were not asked for neither pass nor fail."""
    result, _ = judged(cut(clean()), rules=frozenset({"SSE-2", "OAI-1"}))

    assert ({"SSE-2": 1}, ["OAI-1"]) == (result.passed, [one.rule for one in result.findings])


def test_what_needs_the_request_is_unchecked_without_it():
    """A bare body tells nothing of what was asked; the rules that would need it say so."""
    result = judge(clean().body, "chat.sse")
    reasons = {one.reason: one.rules for one in result.unchecked}

    assert {
        "its request is not known",
        "its headers are not known",
        "how its transport ended was not recorded",
    } == set(reasons)
    assert {"OAI-15", "OAI-U2", "REQ-2"} <= set(reasons["its request is not known"])
    assert set() == set(result.passed) & {rule for rules in reasons.values() for rule in rules}


REFUSED = Ending("error", None, Failure("connect", "ConnectError", "Connection refused", "connect"))


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (
            lambda one: replace(one, head=None, body=b"", ends=(), timing=None, ending=REFUSED),
            "no reply came: connect Connection refused",
        ),
        (
            lambda one: replace(one, body=b'{"weather":"fine"}', ends=(18,), timing=None, framed=False),
            "it speaks no protocol of an LLM provider that is known",
        ),
    ],
)
def test_what_no_rule_can_look_at_is_named(made, reason):
    """Never green: an interaction that is no stream of a provider's says why it was not judged."""
    one = clean()
    one = replace(one, request=replace(one.request, url="https://weather.example.com/today"))
    result, _ = judged(made(one), clean())

    assert (Unchecked("chat.yaml", 1, (), reason),) == result.unchecked
    assert [2] == [row.interaction for row in result.metrics]


def test_a_body_that_is_too_big_is_named():
    """Rules need several times its size in memory."""
    result, _ = judged(clean(), most_bytes=100)

    assert 1 == len(result.unchecked)
    assert re.fullmatch(
        "its body has [0-9,]+ bytes, of which more than 100 are not judged", result.unchecked[0].reason
    )


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "a.yaml"),
        (b"\x00\xff\xfe", "a.yaml"),
        (b"interactions: [", "a.yaml"),
        (b"[" * 100_000, "a.json"),
        (b"a: &a [*a]", "a.yaml"),
        (b"\x1f\x8b\x08rubbish", "a.yaml.gz"),
    ],
)
def test_what_cannot_be_read_is_named(data, name):
    """A damaged file is a result like any other: unreadable, with the reason, and never a traceback."""
    result = judge(data, name)

    assert name in (result.unreadable or "")
    assert (0, (), ()) == (result.interactions, result.findings, result.metrics)


def test_rules_over_several_interactions_are_told_where_they_break():
    """A conversation whose tool call nobody answered is an error of the next request."""
    talks = [talk for name, talk in scripted().items() if name.startswith("chat talk")]
    forgotten = []
    for talk in talks:
        asked = json.loads(talk[1].request.body)
        asked["messages"] = [one for one in asked["messages"] if one.get("role") != "tool"]
        forgotten.append(
            (talk[0], replace(talk[1], request=replace(talk[1].request, body=json.dumps(asked).encode())))
        )
    found = [one for talk in forgotten for one in judged(*talk)[0].findings if one.rule == "XCH-2"]

    assert found
    assert {("error", 2)} == {(one.severity, one.interaction) for one in found}
    assert all("XCH-2" in judged(*talk)[0].passed for talk in talks)


def test_a_result_survives_its_text():
    """What a worker sends is what it found, under whatever name the cassette has then."""
    result, _ = judged(cut(clean()), clean(2), clean(4, url=GROQ))
    bare = judge(clean().body, "chat.sse")

    assert result == decoded(encoded(result), "chat.yaml")
    assert bare == decoded(encoded(bare), "chat.sse")
    assert {"other.yaml"} == {one.cassette for one in decoded(encoded(result), "other.yaml").findings}


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", "null", "[1,1,{},[1],[],[],null,{}]", '["a"]' * 2])
def test_any_other_text_is_no_result(text):
    """A cache that somebody else wrote into is no reason to fall over."""
    with pytest.raises(ValueError, match=r"^no result: "):
        decoded(text, "a.yaml")


def test_every_rule_has_a_place():
    """The catalogue names every rule once."""
    assert len(IDS) == len(set(IDS))
