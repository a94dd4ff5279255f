"""Rules about the keeping of cassettes fire on what their mutators break, and on nothing else."""

from __future__ import annotations

import pickle

import pytest
from audit_evidence import seeded
from kept_cassettes import PATH, SCRIPTED, case, setting, stage, written

from chunktape.audit.hygiene import hygiene_of
from chunktape.audit.hygiene_rule import Remark
from chunktape.audit.rules import all_rules
from chunktape.audit.rules.cas import HYGIENE_RULES

RULES = {rule.id: rule for rule in HYGIENE_RULES}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Return a folder with the test that has recorded everything."""
    return stage(tmp_path_factory.mktemp("root"))


def remarks(rule, found):
    return [one for one in rule.check(found) if isinstance(one, Remark)]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_fires_on_its_own_mutator(name, root):
    """Each cassette that a rule's mutator breaks is found by that rule, over twenty and more of them."""
    rule = RULES[name]

    broken = {which: rule.mutate(case(found, root), seeded(which)) for which, found in SCRIPTED.items()}
    made = {which: found for which, found in broken.items() if found is not None}

    assert [] == [which for which, found in made.items() if not remarks(rule, found)]
    assert len(made) >= 20


@pytest.mark.parametrize("name", RULES)
def test_a_mutator_is_its_seed(name, root):
    """The same seed breaks the same cassette in the same way."""
    rule = RULES[name]

    once, again = (
        remarks(rule, found)
        for found in (rule.mutate(case(SCRIPTED["chat talk 0"], root), seeded(7)) for _ in range(2))
    )

    assert once == again


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_silent_on_what_is_kept_well(name, root):
    """No rule says anything of scripted cassettes."""
    found = {which: remarks(RULES[name], case(one, root)) for which, one in SCRIPTED.items()}

    assert {} == {which: one for which, one in found.items() if one}


def test_the_family_is_whole():
    """Ten rules, with the severities that docs/hygiene.md gives; none is about a single exchange."""
    expected = {
        "CAS-1": "warning",
        "CAS-2": "warning",
        "CAS-3": "warning",
        "CAS-4": "warning",
        "CAS-5": "error",
        "CAS-6": "info",
        "CAS-7": "info",
        "CAS-8": "info",
        "CAS-9": "warning",
        "CAS-10": "warning",
    }

    assert expected == {rule.id: rule.severity for rule in HYGIENE_RULES}
    assert expected == {rule.id: rule.strict for rule in HYGIENE_RULES}
    assert expected == {rule.id: rule.compat for rule in HYGIENE_RULES}
    assert not [rule for rule in all_rules() if rule.id.startswith("CAS")]


def test_a_result_goes_to_another_process_and_back(root):
    """Setting, interactions and result survive pickling, and the result is the same every time."""
    one = SCRIPTED["chat talk 0"]
    judged_by = pickle.loads(pickle.dumps(setting(root)))  # noqa: S301 our own

    found = hygiene_of(PATH, one, text=written(one), setting=judged_by)

    assert found == pickle.loads(pickle.dumps(found))  # noqa: S301 as above
    assert found == hygiene_of(PATH, one, text=written(one), setting=setting(root))
    assert ((), ["CAS-7"]) == (found.findings, [rule for one in found.unchecked for rule in one.rules])


def test_only_the_rules_that_were_asked_for_speak(root):
    """A choice of rules leaves the others out, also among what was not checked."""
    one = SCRIPTED["chat talk 0"]

    found = hygiene_of(
        PATH, one, text=written(one), setting=setting(root, unplayed=None), rules=[RULES["CAS-3"]]
    )

    assert ["CAS-3"] == [rule for one in found.unchecked for rule in one.rules]
