"""SDKs that have moved on, findings of an audit, and what recording again costs (CAS-6 … CAS-8)."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata

import pytest
from kept_cassettes import SCRIPTED, case, owned, setting

from chunktape.audit.finding import Finding
from chunktape.audit.hygiene_cost import cost_sections, costly, failing, joined_sections, outdated
from chunktape.audit.hygiene_rule import Remark, Unjudged
from chunktape.audit.hygiene_setting import HygieneSetting

TALK = SCRIPTED["chat talk 0"]
AZURE = "azure-ai-inference 1.0.0b9"
MESSAGES = SCRIPTED["messages talk 0"]


def told(found):
    return [one.message for one in found if isinstance(one, Remark)]


def unjudged(found):
    return [one.reason for one in found if isinstance(one, Unjudged)]


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("openai/3.51.9", ["recorded with openai 3.51.9, and 3.52.0 is installed"]),
        ("openai/3.9.0", ["recorded with openai 3.9.0, and 3.52.0 is installed"]),
        ("openai/3.52.0rc1", ["recorded with openai 3.52.0rc1, and 3.52.0 is installed"]),
        ("openai/3.52", []),
        ("openai/3.52.0", []),
        ("openai/4.0.0a1", []),
        ("anthropic/2.10.0", ["recorded with anthropic 2.10.0, and 2.11.0 is installed"]),
        ("ai-inference/1.0.0b8", ["recorded with azure-ai-inference 1.0.0b8, and 1.0.0b9 is installed"]),
        ("ai-inference/1.0.0b9", []),
        ("ai-inference/1.0.0", []),
        ("openai/JS", []),
        ("python-requests/2.0.0", []),
    ],
)
def test_versions_are_compared_as_releases(tmp_path, client, expected):
    """An older release than the installed one is told of, by its numbers and what comes before a release."""
    found = case([replace(TALK[0], client=client)], tmp_path)

    assert (expected, []) == (told(outdated(found)), unjudged(outdated(found)))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"user-agent": "OpenAI/Python 1.0.0"}, ["recorded with openai 1.0.0, and 3.52.0 is installed"]),
        (
            {"user-agent": "AsyncOpenAI/Python 1.0.0", "x-stainless-package-version": "1.0.1"},
            ["recorded with openai 1.0.1, and 3.52.0 is installed"],
        ),
        (
            {
                "user-agent": "OpenAI/JS 4.0.0",
                "x-stainless-lang": "js",
                "x-stainless-package-version": "4.0.0",
            },
            [],
        ),
        (
            {"user-agent": "Anthropic/Python 2.11.0", "anthropic-version": "2023-06-01"},
            ["recorded with api-version 2023-06-01, and anthropic 2.11.0 asks for 2026-10-21"],
        ),
        ({"user-agent": "Anthropic/Python 2.11.0", "anthropic-version": "2026-10-21"}, []),
    ],
)
def test_a_foreign_recording_says_it_in_its_headers(tmp_path, headers, expected):
    """Where no client was written down, the user agent and the SDKs' own headers tell."""
    one = replace(TALK[0], client=None)
    found = case([replace(one, request=replace(one.request, headers=tuple(headers.items())))], tmp_path)

    assert expected == told(outdated(found))


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (
            "2023-05-01",
            [f"recorded with api-version 2023-05-01, and {AZURE} asks for 2024-05-01-preview"],
        ),
        ("2024-05-01-preview", []),
    ],
)
def test_azure_says_it_in_the_address(tmp_path, version, expected):
    """The api-version of a query is compared with what the SDK asks for."""
    asked = replace(TALK[0].request, url=f"https://redacted.services.ai.azure.com/x?api-version={version}")
    found = case([replace(TALK[0], client="ai-inference/1.0.0b9", request=asked)], tmp_path)

    assert expected == told(outdated(found))


def test_who_asked_may_not_be_known(tmp_path):
    """Requests without a user agent, and SDKs that are not installed, are not judged."""
    some = [replace(TALK[0], client=None), replace(TALK[0], client="anthropic/1.0.0")]
    found = case(some, tmp_path, installed={"openai": "3.52.0"})

    expected = ["1 of 2 requests do not say who sent them", "anthropic is not installed here"]
    assert ([], expected) == (told(outdated(found)), unjudged(outdated(found)))


def test_the_setting_of_here_knows_what_is_installed():
    """Versions come from the packages, and api-versions from the source of the SDKs."""
    here = HygieneSetting.here(max_usd=2.0)

    assert {name: metadata.version(name) for name in here.installed} == here.installed
    assert {"openai", "anthropic", "azure-ai-inference"} == set(here.installed)
    assert {"anthropic", "azure-ai-inference"} == set(here.api_versions)
    assert all(version[:2] == "20" for version in here.api_versions.values())
    assert 2.0 == here.max_usd


def finding(rule, severity):
    return Finding(rule, severity, "strict", "a.yaml", 2, 7, 31, "x", 1, "it is wrong", "…")


def test_errors_of_an_audit_are_errors_of_the_cassette(tmp_path):
    """Errors alone count, with their place; where no audit was, nobody knows."""
    found = case(TALK, tmp_path, findings=(finding("OAI-1", "error"), finding("OAI-3", "warning")))

    expected = Remark("breaks OAI-1: it is wrong", "OAI-1", 2, 31, 7, "…")
    assert [expected] == [*failing(found)]
    assert ["its streams were not audited"] == unjudged(failing(case(TALK, tmp_path, findings=None)))


def test_a_cassette_that_costs_more_than_it_may_is_told_of(tmp_path):
    """The limit is an argument; what is below it stands in the tables only."""
    found = case(TALK, tmp_path)
    total = sum(row.cost.usd for row in found.metrics)
    dear = case(TALK, tmp_path, max_usd=total / 2)

    assert total > 0
    assert [] == [*costly(found)]
    assert [f"recording it again costs about ${total:.2f}; allowed: ${total / 2:.2f}"] == told(costly(dear))


def test_what_has_no_price_is_not_judged(tmp_path):
    """An answer of a model that nobody knows counts as unknown, not as free."""
    unknown = replace(TALK[0], body=TALK[0].body.replace(b"gpt-4o-mini", b"house-model"))
    asked = replace(
        unknown, request=replace(unknown.request, url="https://llm.house.test/v1/chat/completions")
    )
    found = case([asked], tmp_path)

    assert ["1 of 1 answers have no price that is known"] == unjudged(costly(found))
    assert [("cassette.yaml", 1, 0, None)] == [*cost_sections(found)[0].rows]


def test_costs_are_told_by_cassette_and_by_test(tmp_path):
    """Each cassette has a row, and each test one for all of its cassettes; the most expensive come first."""
    cheap = case(owned(MESSAGES[:1], by="t.py::a"), tmp_path, path="cheap.yaml")
    dear = case((*owned(TALK, by="t.py::a"), *owned(MESSAGES * 9, by="t.py::b")), tmp_path, path="dear.yaml")
    costs = {one.path: [row.cost.usd for row in one.metrics] for one in (cheap, dear)}

    by_cassette, by_test = joined_sections([cost_sections(cheap), cost_sections(dear)])

    assert ("cassette", "answers", "priced", "usd") == by_cassette.columns
    assert ("recorded_by", "answers", "priced", "usd") == by_test.columns
    assert [
        ("dear.yaml", 20, 20, pytest.approx(sum(costs["dear.yaml"]))),
        ("cheap.yaml", 1, 1, pytest.approx(sum(costs["cheap.yaml"]))),
    ] == [*by_cassette.rows]
    of_a = sum(costs["cheap.yaml"]) + sum(costs["dear.yaml"][:2])
    assert [
        ("t.py::b", 18, 18, pytest.approx(sum(costs["dear.yaml"][2:]))),
        ("t.py::a", 3, 3, pytest.approx(of_a)),
    ] == [*by_test.rows]


def test_metrics_that_are_known_are_not_made_again(tmp_path):
    """The costs are those of the metrics that were given."""
    from chunktape.audit.hygiene import hygiene_of

    rows = [row._replace(cost=None) for row in case(TALK, tmp_path).metrics]

    found = hygiene_of("a.yaml", TALK, text=b"", setting=setting(tmp_path), metrics=rows, rules=())

    assert [("a.yaml", 2, 0, None)] == [*found.sections[0].rows]
