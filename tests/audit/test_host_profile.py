"""Profiles say how serious a rule is at a host, as data that people write, too."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from audit_evidence import exchange
from auditing import clean

from chunktape.audit.catalogue import catalogue
from chunktape.audit.host_profile import COMPAT, STRICT, HostProfile, packaged, parse_profiles, profile_for
from chunktape.errors import ConfigurationError

MINE = """
name = "mine"
hosts = ["LLM.example.com", "*.llm.example.com"]
versions = ["2024-*"]
severities = "strict"

[rules]
OAI-9 = "off"
OAI-1 = { expected = true, share = 0.5, seen = "5 of 10 streams" }
OAI-11 = { severity = "warning", expected = true }
"""


def at(url, *headers):
    """Return an exchange with a host."""
    one = clean()
    return exchange(replace(one, request=replace(one.request, url=url, headers=headers)))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1/chat/completions", "openai"),
        ("https://eu.api.openai.com/v1/chat/completions", "openai"),
        ("https://one.openai.azure.com/openai/deployments/d/chat/completions", "azure"),
        ("https://openrouter.ai/api/v1/chat/completions", "openrouter"),
        ("https://a.b.snowflakecomputing.com/chat/completions", "snowflake"),
        ("https://llm.example.com/v1/chat/completions", "compat"),
        ("http://[::1]:8080/v1/chat/completions", "compat"),
        (None, "compat"),
    ],
)
def test_the_host_chooses_the_profile(url, name):
    """A host that no profile names has the severities for everyone who speaks the protocol."""
    assert name == profile_for(at(url), packaged()).name


def test_a_profile_of_a_user_comes_first():
    """Globs, in any case, and the version of the API choose it."""
    profiles = parse_profiles(MINE, name="mine.toml") + packaged()
    url = "https://eu.llm.example.com/v1/chat/completions?api-version="

    assert ["mine", "compat"] == [
        profile_for(at(url + one), profiles).name for one in ("2024-10-21", "2025-01-01")
    ]
    assert "mine" == profile_for(at(url, ("api-version", "2024-06-01")), profiles).name


def test_severities_are_those_of_the_profile():
    """What is expected informs, unless the profile says more; `off` is not looked at."""
    (mine,) = parse_profiles(MINE, name="mine.toml")

    assert ("off", "info", "warning", "error") == tuple(
        mine.severity(rule, "error", "warning") for rule in ("OAI-9", "OAI-1", "OAI-11", "OAI-2")
    )
    assert ("error", "warning") == tuple(
        one.severity("OAI-2", "error", "warning") for one in (STRICT, COMPAT)
    )
    assert "off" == HostProfile("x", habits={"OAI-14": mine.habits["OAI-1"]}).severity(
        "OAI-14", "info", "off"
    )


def test_every_packaged_profile_speaks_of_rules_that_there_are():
    """A habit of a rule that nobody knows would never be seen."""
    told = {rule for one in packaged() for rule in one.habits}

    assert set() == told - set(catalogue())
    assert len(packaged()) == len({one.name for one in packaged()})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 1", 'it has no name; write name = "mine"'),
        ('name = "x"', 'it names no hosts; write hosts = ["llm.example.com"]'),
        ('name = "x"\nhosts = "h"', 'hosts is no list of texts; write hosts = ["llm.example.com"]'),
        ('name = "x"\nhosts = ["h"]\nhost = 1', "A profile has no 'host'; did you mean 'hosts'?"),
        ('name = "x"\nhosts = ["h"]\nseverities = "soft"', "severities = 'soft'; they are strict or compat"),
        ('name = "x"\nhosts = ["h"]\n[rules]\noai = "info"', "'oai' is no id of a rule, such as OAI-9"),
        ('name = "x"\nhosts = ["h"]\n[rules]\nOAI = "off"', "'OAI' is no id of a rule, such as OAI-9"),
        (
            'name = "x"\nhosts = ["h"]\n[rules]\nOAI-9 = {expected = "yes"}',
            "OAI-9 has expected = 'yes'; it is true or false",
        ),
        (
            'name = "x"\nhosts = ["h"]\n[rules]\nOAI-9 = "warn"',
            "OAI-9 has the severity 'warn'; did you mean 'warning'?",
        ),
        ('name = "x"\nhosts = ["h"]\n[rules]\nOAI-9 = 1', 'OAI-9 has 1; write OAI-9 = "info"'),
        (
            'name = "x"\nhosts = ["h"]\n[rules]\nOAI-9 = { share = 2 }',
            "OAI-9 has the share 2; it is above 0 and at most 1",
        ),
        (
            'name = "x"\nhosts = ["h"]\n[rules]\nOAI-9 = { expect = true }',
            "OAI-9 of a profile has no 'expect'; did you mean 'expected'?",
        ),
    ],
)
def test_a_slip_is_said(text, message):
    """A profile that means nothing is an error that names the file and the slip."""
    with pytest.raises(
        ConfigurationError, match=f"^{re.escape(f'Profile not read: {message}')}\n  where: p.toml$"
    ):
        parse_profiles(text, name="p.toml")
