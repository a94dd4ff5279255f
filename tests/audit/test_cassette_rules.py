"""Rules about several interactions of one cassette fire on what their mutators break."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from audit_evidence import ROWS, cassette_of, exchange, seeded
from audited_cassettes import scripted

from chunktape.audit.rules.xch import CASSETTE_RULES

RULES = {rule.id: rule for rule in CASSETTE_RULES}
SCRIPTED = scripted()
OF_THE_CORPUS = {row["open_file"]: cassette_of(row["open_file"]) for row in ROWS.values()}


def hits(rule, interactions):
    return [
        (one.number, hit.subject)
        for one, hit in rule.check([exchange(one, number) for number, one in enumerate(interactions, 1)])
    ]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_fires_on_its_own_mutator(name):
    """Each cassette that a rule's mutator breaks is found by that rule, over twenty and more of them."""
    rule = RULES[name]

    broken = {which: rule.mutate(found, seeded(which)) for which, found in (SCRIPTED | OF_THE_CORPUS).items()}
    made = {which: found for which, found in broken.items() if found is not None}

    assert [] == [which for which, found in made.items() if not hits(rule, found)]
    assert len(made) >= 20


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_silent_on_clean_cassettes(name):
    """No rule says anything of scripted cassettes, nor of the corpus's."""
    found = {which: hits(RULES[name], one) for which, one in (SCRIPTED | OF_THE_CORPUS).items()}

    assert {} == {which: one for which, one in found.items() if one}


@pytest.mark.parametrize("name", RULES)
def test_one_interaction_breaks_nothing(name):
    """What needs two is silent about one, and about none."""
    one = SCRIPTED["chat talk 0"][1]

    assert ([], []) == (hits(RULES[name], [one]), hits(RULES[name], []))


def test_severities_are_those_of_the_catalogue():
    """Each rule has the severity that is written for it."""
    expected = {"XCH-1": "warning", "XCH-2": "error", "XCH-3": "warning", "XCH-4": "info"}

    assert expected == {rule.id: rule.strict for rule in CASSETTE_RULES}
    assert expected == {rule.id: rule.compat for rule in CASSETTE_RULES}


def test_a_history_is_judged_part_by_part():
    """Tools, system and messages that changed are three findings, at the later interaction."""
    first, second = SCRIPTED["messages talk 0"]
    edited = replace(
        second.request,
        body=second.request.body.replace(b'"Be brief."', b'"Be long."')
        .replace(b'"get_time", "input_schema"', b'"get_times", "input_schema"')
        .replace(b'"Hello"', b'"Hullo"'),
    )

    found = hits(RULES["XCH-1"], [first, replace(second, request=edited)])

    assert [(2, "tools"), (2, "system"), (2, "messages")] == found


def test_conversations_side_by_side_are_told_apart():
    """Two conversations that are answered by the same words go on each from its own turn."""
    first, second = SCRIPTED["chat talk 0"]
    other = replace(
        first, request=replace(first.request, body=first.request.body.replace(b"Hello", b"Hullo"))
    )

    assert [] == hits(RULES["XCH-1"], [first, other, second])
    assert [(2, "messages")] == hits(RULES["XCH-1"], [other, second])


def test_a_call_answered_twice_is_named():
    """Two results for one call are one finding."""
    first, second = SCRIPTED["chat talk 0"]
    asked = json.loads(second.request.body)
    asked["messages"].append(asked["messages"][-1])
    again = replace(second, request=replace(second.request, body=json.dumps(asked).encode()))

    assert [(2, "answered 2 times")] == hits(RULES["XCH-2"], [first, again])


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"retry-after": "3"}, []),
        ({"retry-after": "4"}, [(2, "too early")]),
        ({"retry-after-ms": "3500"}, []),
        ({"retry-after-ms": "4000"}, [(2, "too early")]),
        ({"retry-after": "Fri, 20 Nov 2026 10:00:02 GMT"}, []),
        ({"retry-after": "Fri, 20 Nov 2026 10:00:59 GMT"}, [(2, "too early")]),
        ({"retry-after": "soon"}, []),
        ({"retry-after": "nan"}, []),
        ({"retry-after": "1e400"}, []),
        ({}, []),
    ],
)
def test_a_retry_waits_as_long_as_it_was_told(told, found):
    """Seconds, milliseconds and dates count from the answer; what nobody can read is not judged."""
    first, second = SCRIPTED["retry 3"]
    headers = [pair for pair in first.head.headers if not pair[0].startswith("retry-after")]
    turned_away = replace(first, head=replace(first.head, headers=(*headers, *told.items())))

    assert found == hits(RULES["XCH-4"], [turned_away, second])
