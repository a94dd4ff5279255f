"""Every rule of drift finds what its own mutator changes, and is silent where nothing changed."""

from __future__ import annotations

import pytest
from audit_evidence import exchange, seeded
from drifted import CLEAN

from chunktape.audit.drift import DRIFT_RULES, PAIR_RULES, SAMPLE_RULES, drift_between
from chunktape.audit.drift_pair import Pair
from chunktape.audit.drift_sample import LEAST, samples_of

BY_MUTATOR = {rule.id: rule for rule in PAIR_RULES if rule.mutate is not None}
SAMPLES = {rule.id: rule for rule in SAMPLE_RULES}


@pytest.mark.parametrize("name", BY_MUTATOR)
def test_a_rule_fires_on_its_own_mutator(name):
    """Each recording that a rule's mutator changes is found by that rule, over twenty and more of them."""
    rule = BY_MUTATOR[name]
    made = {place: rule.mutate(one, seeded(place)) for place, one in enumerate(CLEAN)}
    later = {place: one for place, one in made.items() if one is not None}

    silent = [
        place
        for place, one in later.items()
        if not list(rule.check(Pair(exchange(CLEAN[place]), exchange(one), content=True)))
    ]

    assert [] == silent
    assert len(later) >= 20


@pytest.mark.parametrize("name", SAMPLES)
def test_a_rule_of_samples_fires_on_its_own_mutator(name):
    """Twenty recordings on each side, all of them changed in the same way, are found by the rule."""
    rule = SAMPLES[name]
    made = {place: rule.mutate(one, seeded(place)) for place, one in enumerate(CLEAN)}
    later = {place: one for place, one in made.items() if one is not None}

    silent = []
    for place, one in later.items():
        pair = Pair(exchange(CLEAN[place]), exchange(one))
        if not list(rule.check(samples_of([pair] * LEAST))):
            silent.append(place)

    assert [] == silent
    assert len(later) >= 20


@pytest.mark.parametrize("place", range(len(CLEAN)))
def test_nothing_changed_is_no_finding(place):
    """A recording beside itself has no finding, words included; nor have twenty, for every tenth."""
    count = 1 if place % 10 else LEAST
    before, after = ([exchange(CLEAN[place], number) for number in range(count)] for _ in range(2))

    found = drift_between(before, after, content=True)

    assert (count, (), ()) == (found.pairs, found.findings, found.unchecked)


def test_the_catalogue_is_whole():
    """All rules of drift are listed, each with the severity that is written for it at worst."""
    expected = {
        "DRF-F1": "error",
        "DRF-F2": "warning",
        "DRF-S1": "warning",
        "DRF-S2": "warning",
        "DRF-C1": "error",
        "DRF-C2": "error",
        "DRF-C3": "error",
        "DRF-C4": "info",
        "DRF-U1": "warning",
        "DRF-U2": "info",
        "DRF-M1": "warning",
        "DRF-H1": "info",
        "DRF-X1": "error",
        "DRF-L1": "warning",
        "DRF-L2": "info",
    }

    assert expected == {rule.id: rule.severity for rule in DRIFT_RULES}
    assert all(rule.title and rule.source and rule.example and rule.way_out for rule in DRIFT_RULES)
