"""Annotations of GitHub Actions, read as its runner reads them."""

from __future__ import annotations

import re

from audit_result import HOSTILE, audited, finding, hostile, recorded_audit
from hypothesis import given, settings
from hypothesis import strategies as st

from chunktape.audit.catalogue import catalogue
from chunktape.audit.report.github import commands
from chunktape.audit.result import CassetteResult

ESCAPES = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}


def read(result, rules=None):
    """Return kind, properties and message of each command, taken apart as actions/runner does."""
    found = []
    for line in commands(result, catalogue() if rules is None else rules):
        kind, properties, message = re.fullmatch(r"::([a-z]+) ([^\n]*?)::([^\n]*)\n", line).groups()
        pairs = [one.split("=", 1) for one in properties.split(",")]
        found.append((kind, {name: unescaped(value) for name, value in pairs}, unescaped(message)))
    return found


def unescaped(text):
    return re.sub("%(25|0D|0A|3A|2C)", lambda found: ESCAPES[found[0]], text)


def test_a_finding():
    """A finding is an annotation of its cassette's line, with the way out below it."""
    found = read(audited([CassetteResult("a", findings=(finding(cassette="a,b:c%.yaml"),))]))

    title = catalogue()["OAI-11"].title
    where = {"file": "a,b:c%.yaml", "line": "12", "title": f"OAI-11 {title}"}
    said = "again: the choice 0 finished twice (2 times), at a,b:c%.yaml:12 #3 event 7"
    assert ("error", where, f"{said}\nWay out: {catalogue()['OAI-11'].way_out}") == found[0]
    assert ("notice", {"title": "chunktape audit: failed"}, "1 error, 0 warnings, 0 infos") == found[1]


def test_ten_of_each_kind():
    """GitHub shows ten of each kind: the first ten come, and the last notice counts the others."""
    findings = [finding(severity=severity) for severity in ("info", "warning", "error") for _ in range(12)]

    found = read(
        audited([CassetteResult("a", unreadable="no YAML"), CassetteResult("b", findings=tuple(findings))])
    )

    assert ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10 == [kind for kind, _, _ in found]
    assert ({"file": "a", "title": "Cassette cannot be read"}, "no YAML") == found[0][1:]
    assert found[-1][2].endswith("12 errors, 12 warnings, 12 infos, 1 unreadable; 8 more are not shown here")


def test_nothing_is_a_verdict_alone():
    """An audit without a finding is one notice."""
    assert [("notice", {"title": "chunktape audit: passed"}, "0 errors, 0 warnings, 0 infos")] == read(
        audited(())
    )


def test_recordings():
    """An audit of recordings is told by commands alone."""
    assert 5 + 1 + 8 + 10 == len(read(recorded_audit()))


@settings(max_examples=50)
@given(st.one_of(st.just(HOSTILE), st.text(st.characters(), max_size=40)))
def test_no_text_is_a_command(text):
    """Whatever was recorded, there are as many commands as there are to be, and no other mark of one."""
    told = "".join(commands(hostile(text), {}))

    assert ["error"] * 3 + ["warning"] * 2 + ["notice"] * 3 == [
        kind for kind, _, _ in read(hostile(text), {})
    ]
    assert told.splitlines() == told.removesuffix("\n").split("\n")
    assert "##[" not in told
    assert told.encode()
