"""The whole audit over the corpus: no false alarm, each known deviation by name, each cut found."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from audit_evidence import CORPUS, FIRST_PARTY, ROWS, kept
from auditing import audit

from chunktape.audit.exchange import Exchange
from chunktape.audit.host_profile import packaged, profile_for
from chunktape.audit.rules import rules_about
from chunktape.dialects.profile import profile_of
from chunktape.faults import every_cut
from chunktape.tape.cursor import is_complete

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")

STREAMS = sorted(name for name, row in ROWS.items() if row["kind"] == "stream")
# What these hosts are known for, by the rule that names it: provider, rule, subject, severity.
KNOWN = {
    ("groq", "OAI-E1", "tool_use_failed", "error"),
    ("openrouter", "OAI-E1", "400", "error"),
    ("openrouter", "OAI-11", "again", "error"),
    ("snowflake", "OAI-11", "none", "error"),
    ("mistral", "OAI-U2", "usage unasked", "info"),
    ("openrouter", "SSE-7", ": OPENROUTER PROCESSING", "info"),
    ("azure", "OAI-U4", "cached_tokens", "warning"),
}


@cache
def corpus():
    """Return the audit of all files of the corpus."""
    return audit(CORPUS / "openai", *(one for one in sorted(CORPUS.iterdir()) if one.is_dir()))


def findings():
    """Return every finding with the provider of its stream."""
    for result in corpus()[1]:
        providers = {row.interaction: row.provider or row.host for row in result.metrics}
        for one in result.findings:
            yield providers.get(one.interaction), one


def test_who_wrote_a_protocol_breaks_none_of_it():
    """No error is found on a first-party stream."""
    names = {row["open_file"]: row["provider"] for row in ROWS.values()}
    errors = [one for _, one in findings() if one.severity == "error"]

    assert errors
    assert [] == [
        one
        for one in errors
        if any(file in one.cassette and who in FIRST_PARTY for file, who in names.items())
    ]
    assert 0 == corpus()[0].unreadable


def test_what_is_known_is_found_by_name():
    """Each known deviation is found, by the rule that names it, as serious as its profile says."""
    found = {(provider, one.rule, one.subject, one.severity) for provider, one in findings()}

    assert set() == KNOWN - found


def test_every_errors_rule_is_one_of_the_known():
    """Whatever fails the audit of the corpus is known: nothing else is an error there."""
    errors = {(provider, one.rule) for provider, one in findings() if one.severity == "error"}

    assert {(provider, rule) for provider, rule, _, severity in KNOWN if severity == "error"} == errors


ENDS = {"OAI-1", "ANT-3", "RSP-3"}


@pytest.mark.parametrize("name", STREAMS)
def test_every_cut_is_found(name):
    """A stream cut at any boundary is told as incomplete, for a host that sends an end marker."""
    whole = kept(name)
    assert profile_of(ROWS[name]["host"]).needs_end_marker, "no host of the corpus leaves it out"
    lost = []
    for number, cut in enumerate(every_cut(whole)):
        (one,) = cut.apply(whole)
        # Bytes alone: how the transport ended must not be what gives it away.
        found = _told(replace(one, ending=None))
        if not found & ENDS and found != {"nothing"}:
            lost.append((number, is_complete(replace(one, ending=None))))

    # OpenRouter sends a `[DONE]` behind the end marker of responses: without it nothing is missing.
    assert [] == [number for number, is_whole in lost if not is_whole]
    assert len(lost) <= 1


def _told(one):
    """Return the rules that a recording breaks; `nothing` where it has neither bytes nor a request."""
    looked_at = Exchange(one, cassette="cut.yaml", number=1)
    if looked_at.dialect is None:
        assert not one.body
        assert not looked_at.asked
        return {"nothing"}
    profile = profile_for(looked_at, packaged())
    return {
        rule.id
        for rule in rules_about(looked_at.dialect, is_stream=looked_at.is_stream)
        if rule.applies(looked_at)
        and profile.severity(rule.id, rule.strict, rule.compat) != "off"
        and any(True for _ in rule.check(looked_at))
    }


def test_there_is_something_to_cut():
    """The cuts are many."""
    assert 1_500 < sum(len(list(every_cut(kept(name)))) for name in STREAMS)
