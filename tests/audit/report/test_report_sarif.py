"""SARIF 2.1.0, judged by the schema of the standard."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from audit_result import HOSTILE, audited, finding, hostile, recorded_audit
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from chunktape.audit.catalogue import catalogue
from chunktape.audit.finding import Unchecked
from chunktape.audit.report.sarif import MOST_RESULTS, document
from chunktape.audit.result import Accepted, CassetteResult

SCHEMA = Path(__file__).parents[2] / "support" / "sarif" / "sarif-schema-2.1.0.json"


@cache
def validator():
    return Draft7Validator(
        json.loads(SCHEMA.read_text(encoding="utf-8")), format_checker=Draft7Validator.FORMAT_CHECKER
    )


def run_of(result, rules=None):
    """Return the run of a document that keeps the schema."""
    whole = json.loads("".join(document(result, catalogue() if rules is None else rules)))
    assert [] == [error.message for error in validator().iter_errors(whole)]
    return whole["runs"][0]


def test_recordings_keep_the_schema():
    """An audit of recordings is valid, with every rule that was asked for and help to it."""
    run = run_of(recorded_audit())
    rules = run["tool"]["driver"]["rules"]
    told = next(one for one in rules if one["id"] == "SSE-1")

    assert len(recorded_audit().rules) == len(rules)
    assert "\n\nWay out: Encode the stream as UTF-8" in told["help"]["text"]
    assert told["helpUri"].startswith(
        "https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing"
    )
    assert [one["ruleId"] for one in run["results"]] == [
        rules[one["ruleIndex"]]["id"] for one in run["results"]
    ]
    assert "2026-11-20T10:00:00.000Z" == run["invocations"][0]["endTimeUtc"]


def test_the_schema_judges():
    """A document that breaks the standard is found: the test above can fail."""
    assert validator().is_valid({"version": "2.1.0", "runs": []})
    assert not validator().is_valid({"version": "2.1.0", "runs": [{"tool": {}}]})


@pytest.mark.parametrize(
    ("severity", "level"), [("error", "error"), ("warning", "warning"), ("info", "note"), ("off", "none")]
)
def test_a_result(severity, level):
    """A finding has its level, its place and its words."""
    (told,) = run_of(audited([CassetteResult("a", findings=(finding(severity=severity),))]))["results"]

    assert (level, "OAI-11", 2) == (told["level"], told["ruleId"], told["occurrenceCount"])
    assert [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "cassettes/a.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 12},
            }
        }
    ] == told["locations"]
    assert (
        "again: the choice 0 finished twice (2 times), at cassettes/a.yaml:12 #3 event 7"
        == told["message"]["text"]
    )


@pytest.mark.parametrize(
    ("cassette", "expected"),
    [
        ("a b/ü#?.yaml", "a%20b/%C3%BC%23%3F.yaml"),
        ("./a.yaml", "a.yaml"),
        ("../a.yaml", "../a.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        (str(Path.cwd() / "tests" / "a.yaml"), "tests/a.yaml"),
        ("/elsewhere/a b.yaml", "file:///elsewhere/a%20b.yaml"),
        ("\udcff.yaml", "%FF.yaml"),
        ("\ud800.yaml", "%ED%A0%80.yaml"),
        ("", "."),
    ],
)
def test_uris(cassette, expected):
    """A cassette is told by a URI that is relative where it can be, without a line where none is known."""
    (told,) = run_of(audited([CassetteResult("a", findings=(finding(cassette=cassette, line=None),))]))[
        "results"
    ]
    place = told["locations"][0]["physicalLocation"]

    assert expected == place["artifactLocation"]["uri"]
    assert "region" not in place


def test_recorded_text_is_no_link():
    """What SARIF's viewers would show as a link is text."""
    (told,) = run_of(audited([CassetteResult("a", findings=(finding(message="[a](http://b)"),))]))["results"]

    assert told["message"]["text"].startswith("again: [a] (http://b) (2 times)")


def fingerprints(*findings):
    """Return what tells findings apart from run to run."""
    found = run_of(audited([CassetteResult("a", findings=findings)]))["results"]
    return [one["partialFingerprints"] for one in found]


def test_fingerprints_are_stable():
    """Neither line nor order, event, count, severity or wording makes another finding of it."""
    one, other = finding(), finding(subject="none")
    moved = finding(
        line=99, event=1, count=7, severity="warning", message="more", cassette="./cassettes/a.yaml"
    )

    assert fingerprints(one, other) == fingerprints(other._replace(line=1), moved)[::-1]
    assert fingerprints(one) == fingerprints(moved)


@pytest.mark.parametrize(
    "other", [{"rule": "OAI-1"}, {"subject": "none"}, {"interaction": 4}, {"cassette": "cassettes/b.yaml"}]
)
def test_fingerprints_tell_apart(other):
    """Another rule, subject, interaction or cassette is another finding."""
    (one,), (two,) = fingerprints(finding()), fingerprints(finding(**other))

    assert not set(one.values()) & set(two.values())


def test_accepted_findings_are_suppressed():
    """What the baseline accepts is there, with the reason and until when."""
    known = (Accepted(finding(), "known", "2027-01-31"), Accepted(finding(subject="b"), "known, too", None))

    found = run_of(audited([CassetteResult("a", accepted=known)]))["results"]

    assert [["known (until 2027-01-31)"], ["known, too"]] == [
        [suppression["justification"] for suppression in one["suppressions"]] for one in found
    ]


def test_the_worst_have_room():
    """Of more than 5,000 findings the worst are told, and a notification says how many are not."""
    warnings = [finding(severity="warning", interaction=number) for number in range(MOST_RESULTS)]
    results = [
        CassetteResult("a", findings=(finding(severity="info"), *warnings)),
        CassetteResult("b", findings=(finding(),), accepted=(Accepted(finding(subject="b"), "", None),)),
    ]

    run = run_of(audited(results))

    levels = [one["level"] for one in run["results"]]
    assert ["error", *["warning"] * (MOST_RESULTS - 1)] == levels
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    said = "3 findings left out, the least severe: there is room for 5,000."
    assert f"{said} The JSON Lines report has all of them." == told["message"]["text"]


def test_what_was_not_looked_at_is_notified():
    """Cassettes that cannot be read and rules that could not be checked are notifications."""
    blank = Unchecked("a", 1, ("SSE-10",), "no ending")
    results = [CassetteResult("a b", unreadable="no YAML"), CassetteResult("a", unchecked=(blank, blank))]

    invocation = run_of(audited(results, exit_code=4))["invocations"][0]

    assert [("error", "a b cannot be read: no YAML"), ("note", "2 unchecked: no ending")] == [
        (one["level"], one["message"]["text"]) for one in invocation["toolExecutionNotifications"]
    ]
    assert (False, 4) == (invocation["executionSuccessful"], invocation["exitCode"])


def test_rules_that_nobody_knows():
    """A finding of a rule without a text, and of none that was asked for, has its place all the same."""
    run = run_of(audited([CassetteResult("a", findings=(finding(rule="MY-1"),))], rules={}), {})

    assert [{"id": "MY-1", "shortDescription": {"text": "MY-1"}}] == run["tool"]["driver"]["rules"]


@settings(max_examples=20)
@given(st.one_of(st.just(HOSTILE), st.text(st.characters(), max_size=40)))
def test_no_text_breaks_it(text):
    """Whatever was recorded, the document is one line of ASCII that keeps the schema."""
    told = "".join(document(hostile(text), {}))

    assert told.isascii()
    assert 1 == told.count("\n")
    assert 7 == len(run_of(hostile(text), {})["results"])
