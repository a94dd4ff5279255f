"""JUnit XML, as a reader that others wrote sees it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from audit_result import HOSTILE, audited, finding, hostile, recorded_audit
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped

from chunktape.audit.catalogue import catalogue
from chunktape.audit.finding import Unchecked
from chunktape.audit.report.junit import xml
from chunktape.audit.result import CassetteResult


def read(result):
    """Return the document as junitparser reads it."""
    return JUnitXml.fromstring("".join(xml(result, catalogue())).encode())


def verdicts(result):
    """Return suite, case and what became of it."""
    return [
        (suite.name, case.name, [type(one) for one in case.result])
        for suite in read(result)
        for case in suite
    ]


@pytest.mark.parametrize(
    ("severity", "fail_on", "expected"),
    [
        ("error", "error", [Failure]),
        ("warning", "error", []),
        ("warning", "warning", [Failure]),
        ("info", "warning", []),
        ("info", "info", [Failure]),
        ("error", "off", [Failure]),
        ("warning", "off", []),
    ],
)
def test_what_fails_the_audit_is_a_failure(severity, fail_on, expected):
    """An error always is, and so is whatever else the audit was asked to fail on."""
    result = CassetteResult("a.yaml", 3, 3, findings=(finding(severity=severity),))

    found = verdicts(audited([result], fail_on=fail_on))

    assert expected == found[2][2]
    assert [("a.yaml", "interaction 1", []), ("a.yaml", "interaction 2", [])] == found[:2]


def test_what_nobody_looked_at_is_skipped():
    """What could not be checked is skipped, with the reasons; a cassette is a case of its own."""
    blanks = (Unchecked("a.yaml", 1, ("SSE-10",), "no ending"), Unchecked("a.yaml", None, (), "no times"))

    (suite,) = read(audited([CassetteResult("a.yaml", 1, unchecked=blanks)]))
    whole, first = suite

    assert [(Skipped, "all rules: no times"), (Skipped, "SSE-10: no ending")] == [
        (type(case.result[0]), case.result[0].message) for case in (whole, first)
    ]
    assert (2, 2, 0, 0) == (suite.tests, suite.skipped, suite.failures, suite.errors)


def test_what_cannot_be_read_is_an_error():
    """A file that could not be read is one case, and an error."""
    (suite,) = read(audited([CassetteResult("a.yaml", unreadable="no YAML\n  way out: none")]))
    (case,) = suite

    assert [Error] == [type(one) for one in case.result]
    assert "no YAML␤  way out: none" == case.result[0].text


def test_one_failure_tells_of_all():
    """A case has one verdict; its text holds every finding that fails, and other findings stand beside it."""
    findings = (finding(), finding(rule="X-1", message="oh"), finding(rule="SSE-7", severity="info"))
    result = CassetteResult(
        "a.yaml", 3, findings=findings, unchecked=(Unchecked("a.yaml", 3, (), "no times"),)
    )

    case = list(next(iter(read(audited([result])))))[2]

    (failure,) = case.result
    assert "OAI-11: the choice 0 finished twice (and 1 more)" == failure.message
    assert "error X-1\n  again: oh (2 times)\n  at cassettes/a.yaml:12 #3 event 7" in failure.text
    assert case.system_out.startswith("info SSE-7: ")
    assert case.system_out.endswith("unchecked: all rules: no times")


def test_counts_of_recordings():
    """The suites of an audit of recordings add up to what it says of itself."""
    suites = list(read(recorded_audit()))
    sums = [sum(getattr(one, name) for one in suites) for name in ("tests", "failures", "errors", "skipped")]

    assert [33, 5, 1, 1] == sums
    assert [0.24] == [case.time for case in suites[0]]


@settings(max_examples=30)
@given(st.one_of(st.just(HOSTILE), st.text(st.characters(), max_size=40)))
def test_no_text_breaks_it(text):
    """Whatever was recorded, the document is ASCII, it can be read, and no line of it is a command."""
    told = "".join(xml(hostile(text), {}))

    assert told.isascii()
    assert ["skipped", "failure", "error"] == [
        one.tag
        for one in ET.fromstring(told).iter()  # noqa: S314 our own
        if one.tag in {"skipped", "failure", "error"}
    ]
    assert not [line for line in told.splitlines() if line.lstrip().startswith("::")]
