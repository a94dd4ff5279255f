"""Audits of the corpus in all forms."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path

import pytest
from audit_evidence import ROWS, cassette_of
from audit_result import audited, judged
from jsonschema import Draft7Validator
from junitparser import JUnitXml

from chunktape.audit.finding import Finding
from chunktape.audit.report import FORMATS, write

SCHEMA = Path(__file__).parents[1] / "support" / "sarif" / "sarif-schema-2.1.0.json"
FILES = sorted({row["open_file"] for row in ROWS.values()})[::4]

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@cache
def corpus():
    """Return the audit of one in four of the corpus's files."""
    return audited([judged(file, cassette_of(file)) for file in FILES])


def told(form):
    stream = io.StringIO()
    write(corpus(), form, stream)
    return stream.getvalue()


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_can_be_written(form):
    """Whatever is in the corpus, each form holds something, in valid UTF-8."""
    assert len(told(form).encode()) > 1000


def test_json_lines_hold_every_finding():
    """All findings come back from the lines."""
    expected = [one for result in corpus().results() for one in result.findings]

    found = [one for one in map(json.loads, told("jsonl").splitlines()) if one.pop("type") == "finding"]

    assert expected
    assert expected == [Finding(**one) for one in found]


def test_sarif_is_valid():
    """The schema of the standard finds no fault, and every finding is there."""
    whole = json.loads(told("sarif"))

    assert [] == list(Draft7Validator(json.loads(SCHEMA.read_text())).iter_errors(whole))
    assert min(5000, corpus().severities.total()) == len(whole["runs"][0]["results"])


def test_junit_can_be_read():
    """A reader that others wrote finds a suite for each file, and the failures."""
    suites = list(JUnitXml.fromstring(told("junit").encode()))

    errors = {
        (one.cassette, one.interaction)
        for result in corpus().results()
        for one in result.findings
        if one.severity == "error"
    }
    assert len(FILES) == len(suites)
    assert len(errors) == sum(suite.failures for suite in suites)
