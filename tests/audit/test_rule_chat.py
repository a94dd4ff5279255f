"""Every rule of SSE, OAI and AZR finds what breaks it, and nothing else."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from audit_evidence import exchange, found, seeded
from audited_chat import CLEAN

from chunktape.audit.finding import Hit, collapsed
from chunktape.audit.mutation import blocks, rewritten
from chunktape.audit.rules import all_rules
from chunktape.audit.rules.azr import EXEMPTIONS

RULES = {rule.id: rule for rule in all_rules() if rule.id.startswith(("SSE", "OAI", "AZR"))}
SEEDS = 3
# Each way of severities in the catalogue, strict and compat.
SEVERITIES = {
    "EE": "SSE-1 SSE-3 OAI-11 OAI-13 OAI-T1 OAI-T3 OAI-T4 OAI-T5 OAI-T6 OAI-T11 OAI-E1",
    "EW": "SSE-2 SSE-4 SSE-10 OAI-1 OAI-2 OAI-4 OAI-5 OAI-6 OAI-7 OAI-8 OAI-9 OAI-12 OAI-U4 OAI-T2",
    "WW": "SSE-5 SSE-9 OAI-15 OAI-U1 OAI-U3 OAI-T7 OAI-T8 OAI-T10 AZR-2 AZR-4 AZR-5 AZR-6 AZR-8",
    "WI": "OAI-3 OAI-10",
    "II": "SSE-6 SSE-7 SSE-8 OAI-U2 OAI-T9 OAI-X1 AZR-7",
    "IO": "OAI-14",
}


def broken(rule):
    """Return the clean recordings that have something for a rule, each broken in some ways."""
    # Other seeds for each, or each would be broken in the same way.
    ways = [
        [rule.mutate(one, seeded(place * SEEDS + seed)) for seed in range(SEEDS)]
        for place, one in enumerate(CLEAN)
    ]
    return [[one for one in some if one is not None] for some in ways if any(some)]


def test_every_rule_of_the_catalogue_is_there():
    """The rules have the severities of the catalogue, and what is no rule is an exemption."""
    given = {rule.id: rule.strict[0].upper() + rule.compat[0].upper() for rule in RULES.values()}

    assert {name: kind for kind, names in SEVERITIES.items() for name in names.split()} == given
    assert ["AZR-1", "AZR-3"] == [one.id for one in EXEMPTIONS]
    assert {name for one in EXEMPTIONS for name in one.rules} <= RULES.keys()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_finds_what_breaks_it(rule):
    """Each rule fires wherever its own mutator broke something, in at least twenty streams."""
    cases = broken(rule)

    assert len(cases) >= 20
    assert [] == [one.body for some in cases for one in some if not found(rule, one)]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_silent_where_nothing_is_broken(rule):
    """No rule fires on a clean stream."""
    assert [] == [hit for one in CLEAN for hit in found(rule, one)]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_what_is_broken_is_still_a_recording(rule):
    """After each mutation chunks add up to the body and have times; a seed always does the same."""
    for one in CLEAN[::5]:
        again, other = (rule.mutate(one, seeded(7)) for _ in range(2))

        assert again == other
        if again is not None:
            assert len(again.body) == again.ends[-1]
            assert all(before < after for before, after in pairwise((0, *again.ends)))
            assert again.timing is None or len(again.ends) == len(again.timing.at) == len(again.timing.waited)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_hit_tells_where(rule):
    """A finding has words, and an event that there is."""
    for some in broken(rule)[:5]:
        for hit in found(rule, some[0]):
            count = len(exchange(some[0]).frames)

            assert hit.message
            assert hit.subject
            assert hit.event is None or 1 <= hit.event <= count
            assert isinstance(hit.evidence, str)


def test_a_way_of_breaking_it_may_weigh_less():
    """A role that comes again weighs less on a compatible host than one that never came."""
    rule = RULES["OAI-9"]
    hits = [Hit("the first delta has no role", "first delta", 1), Hit("again", "role again", 2, lesser=True)]
    findings = collapsed(
        hits,
        rule=rule.id,
        severity=rule.compat,
        lesser=rule.lesser[1],
        profile="compat",
        cassette="cassette.yaml",
        interaction=1,
    )

    assert ["warning", "info"] == [one.severity for one in findings]


def test_the_same_subject_counts():
    """Ids that change with each chunk are one finding, with the number of places."""
    one = CLEAN[0]
    changes = [
        (block, block.value | {"id": f"chatcmpl-{place}"})
        for place, block in enumerate(blocks(one))
        if isinstance(block.value, dict)
    ]
    hits = found(RULES["OAI-2"], rewritten(one, *changes))

    assert {"id": len(changes) - 1} == Counter(hit.subject for hit in hits)
    assert "id is 'chatcmpl-1', and was 'chatcmpl-0' at first" == hits[0].message
