"""JSON Lines: the whole audit, one record a line, in a documented shape."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from audit_result import HOSTILE, audited, finding, hostile, recorded_audit
from hypothesis import given, settings
from hypothesis import strategies as st

from chunktape.audit.catalogue import catalogue
from chunktape.audit.finding import Finding
from chunktape.audit.report.record import lines, records
from chunktape.audit.result import CassetteResult, Section

DOCUMENT = Path(__file__).parents[3] / "docs" / "audit-reports.md"


def read(result):
    """Return the records as a strict parser reads them."""

    def refuse(word):
        raise AssertionError(word)

    return [json.loads(line, parse_constant=refuse) for line in lines(result, catalogue())]


def documented():
    """Return the fields of each type of record, as the documentation lists them."""
    table = DOCUMENT.read_text(encoding="utf-8").partition("## JSON Lines")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z]+)` \| (.*?) \|", table, re.MULTILINE)
    return {name: re.findall(r"`([a-z_0-9]+)`", fields) for name, fields in rows}


def test_every_record_is_documented():
    """Each type has the fields that docs/audit-reports.md lists, in that order, and all types are there."""
    found = {one["type"]: [name for name in one if name != "type"] for one in read(recorded_audit())}

    assert documented() == found


def test_the_first_is_the_run_and_the_last_the_verdict():
    """A reader knows at once what judged, and by the last line that nothing is missing."""
    first, *_, last = read(recorded_audit())

    assert ("run", 1, "0.1.0") == (first["type"], first["version"], first["chunktape"])
    assert ("end", 4, 27, 1) == (last["type"], last["exit_code"], last["cassettes"], last["unreadable"])


def test_findings_are_whole():
    """What rules found can be had back from the lines, each with its cassette before it."""
    expected = [one for result in recorded_audit().results() for one in result.findings]

    found = [one for one in read(recorded_audit()) if one.pop("type") == "finding"]

    assert expected == [Finding(**one) for one in found]


def test_records_come_while_they_are_read():
    """No cassette is read before those in front of it are told, so an audit of any size has room."""
    looked_at = []

    def results(**_):
        for number in range(3):
            looked_at.append(number)
            yield CassetteResult(str(number), findings=(finding(),))

    found = records(audited((), read=results), {})

    assert ["run", "cassette"] == [next(found)["type"], next(found)["type"]]
    assert [0] == looked_at


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_null(number):
    """JSON has no word for infinity, so nobody has to read one."""
    result = audited((), sections=(Section("a", "A", ("usd",), ((number,),)),))

    assert [{"usd": None}] == [one["cells"] for one in read(result) if one["type"] == "row"]


def test_rules_without_a_text_are_told():
    """A rule that no catalogue knows has its counts, and null for the rest."""
    (told,) = (one for one in records(recorded_audit(), {}) if one.get("id") == "OAI-11")

    assert (None, 1) == (told["title"], told["failed"])


@settings(max_examples=30)
@given(st.one_of(st.just(HOSTILE), st.text(st.characters(), max_size=40)))
def test_any_text_comes_back(text):
    """Whatever was recorded, each record is one line of ASCII that holds it, but for half a surrogate."""
    told = list(lines(hostile(text), {}))

    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert all(line.isascii() and line.splitlines() == [line[:-1]] for line in told)
    assert {whole} == {one["message"] for one in map(json.loads, told) if one["type"] == "finding"}
