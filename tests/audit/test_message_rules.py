"""Each rule about messages and responses fires on what its mutator breaks, and on nothing else."""

from __future__ import annotations

import audited_cassettes
import audited_messages
import audited_responses
import pytest
from audit_evidence import FIRST_PARTY, ROWS, exchange, found, kept, seeded

from chunktape.audit.finding import SEVERITIES
from chunktape.audit.message_mutation import changed, pieces_of
from chunktape.audit.rules import ant, ant_block, ant_end, ant_tool, req, rsp, rsp_end, rsp_item

MODULES = (ant, ant_block, ant_end, ant_tool, req, rsp, rsp_end, rsp_item)
RULES = {rule.id: rule for module in MODULES for rule in module.RULES}
SCRIPTED = {
    **audited_messages.scripted(),
    **audited_responses.scripted(),
    **{
        name: found[0 if "talk" in name else 1]
        for name, found in audited_cassettes.scripted().items()
        if name.startswith(("chat talk", "retry"))
    },
}
OURS = {name for name, row in ROWS.items() if row["api"] in {"messages", "responses"}}
OF_THE_CORPUS = {name: kept(name) for name in sorted(OURS)}
# What the corpus's recordings of messages and responses break, by the rule that names it.
SEEN = {
    "ANT-6": {"pydantic-ai-f442407dc9", "pydantic-ai-f086ffe8ba", "pydantic-ai-3aa439a9e0"},
    "REQ-1": {"llm-anthropic-94b8598160", "llm-anthropic-7469b18315", "llm-anthropic-c25fd8e9bf"},
    # OpenRouter: responses without names, and the end marker of another protocol.
    "RSP-1": {"llm-openrouter-719cb12882"},
    "RSP-4": {"llm-openrouter-719cb12882"},
    # OpenAI's own: two of three listings of MCP tools are completed, and not done.
    "RSP-I2": {"pydantic-ai-ed9f54f3c1"},
}
# The severities of the catalogue, at who wrote the protocol and elsewhere.
SEVERITY = {
    "ANT-1": "EE", "ANT-2": "EE", "ANT-3": "EW", "ANT-4": "EW", "ANT-5": "EW", "ANT-6": "--", "ANT-7": "II",
    "ANT-B1": "EE", "ANT-B2": "EE", "ANT-B3": "WW", "ANT-B4": "EE", "ANT-B5": "EE", "ANT-B6": "II",
    "ANT-B7": "WI", "ANT-T1": "EE", "ANT-T2": "EW", "ANT-T3": "WW", "ANT-S1": "EE",
    "ANT-S2": "WW", "ANT-U1": "EW", "ANT-U2": "II", "ANT-E1": "EE",
    "REQ-1": "WW", "REQ-2": "II", "REQ-3": "II",
    "RSP-1": "EW", "RSP-2": "EE", "RSP-3": "EW", "RSP-4": "EW", "RSP-5": "EW", "RSP-6": "EW", "RSP-7": "II",
    "RSP-U1": "EW", "RSP-U2": "EW", "RSP-E1": "EE", "RSP-I1": "EE", "RSP-I2": "II", "RSP-I3": "EE",
    "RSP-I4": "WW",
    "RSP-T1": "EE", "RSP-T2": "EE",
}  # fmt: skip  # read as a table


def sound(one):
    """Whether the chunks and times of a recording are true to its body."""
    times = one.timing is None or len(one.timing.at) == len(one.timing.waited) == len(one.ends)
    return times and list(one.ends) == sorted(set(one.ends)) and (one.ends or (0,))[-1] == len(one.body)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_fires_on_its_own_mutator(name):
    """Each recording that a rule's mutator breaks is found by that rule, over twenty and more of them."""
    rule = RULES[name]
    clean = {
        which: one
        for which, one in (SCRIPTED | OF_THE_CORPUS).items()
        if rule.applies(exchange(one)) and not found(rule, one)
    }

    broken = {which: rule.mutate(one, seeded(f"{name} {which}")) for which, one in clean.items()}
    made = {which: one for which, one in broken.items() if one is not None}

    assert [] == [which for which, one in made.items() if not found(rule, one) or not sound(one)]
    assert len(made) >= 20


@pytest.mark.parametrize("name", RULES)
def test_the_same_seed_breaks_the_same(name):
    """What a mutator breaks depends on its seed and on nothing else."""
    rule = RULES[name]
    one = next(one for one in SCRIPTED.values() if rule.mutate(one, seeded(7)) is not None)

    assert rule.mutate(one, seeded(7)) == rule.mutate(one, seeded(7))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_silent_on_clean_recordings(name):
    """No rule says anything of what keeps its protocol."""
    assert [] == [which for which, one in SCRIPTED.items() if found(RULES[name], one)]


@pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")
@pytest.mark.parametrize("name", [name for name in RULES if not name.startswith("REQ-3")])
def test_what_the_corpus_breaks_is_found(name):
    """A rule finds the known deviations of the corpus and no other; names of models are told apart."""
    told = {which for which, one in OF_THE_CORPUS.items() if found(RULES[name], one)}

    assert SEEN.get(name, set()) == told


@pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")
def test_no_first_party_recording_breaks_an_error_rule():
    """Whoever wrote the protocol keeps it, in every recording of every dialect."""
    first = {name: kept(name) for name, row in ROWS.items() if row["provider"] in FIRST_PARTY}

    told = {
        (rule.id, name)
        for rule in RULES.values()
        if rule.strict == "error"
        for name, one in first.items()
        if found(rule, one)
    }

    assert set() == told


def test_severities_are_those_of_the_catalogue():
    """Each rule has the severity that is written for it, first party and compatible."""
    letters = dict(zip(SEVERITIES, "EWI-", strict=True))

    assert SEVERITY == {rule.id: letters[rule.strict] + letters[rule.compat] for rule in RULES.values()}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_explains_itself(name):
    """A rule has a title, a source, an example and a way out, and its id belongs to its family."""
    rule = RULES[name]
    said = (rule.title, rule.source, rule.example, rule.way_out)

    assert all(said)
    assert rule.title[0].islower()
    assert rule.title[-1] != "."
    assert rule.way_out[-1] == "."


def _prefixes(one, end):
    """Yield a stream cut at each of its event boundaries before the event that ends it."""
    pieces = pieces_of(one)
    last = next(piece.place for piece in reversed(pieces) if piece.kind == end)
    for kept_events in range(last + 1):
        yield changed(one, dict.fromkeys(range(kept_events, len(pieces)), b""))


CUT = {"messages": ("ANT-3", "message_stop"), "responses": ("RSP-3", "response.completed")}


@pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")
@pytest.mark.parametrize("name", [name for name in sorted(OURS) if ROWS[name]["kind"] == "stream"])
def test_a_cut_at_any_event_is_named(name):
    """A stream that was cut after any event is incomplete, and no rule about the rest is set off by it."""
    rule, end = CUT[ROWS[name]["api"]]

    told = [
        {one.id for one in RULES.values() if one.strict == "error" and found(one, cut)}
        for cut in _prefixes(kept(name), end)
    ]

    gateway = {"RSP-1"} if name in SEEN["RSP-1"] else set()
    assert all({rule} == ids - gateway for ids in told)
    assert len(told) > 5
