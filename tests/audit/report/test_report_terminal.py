"""An audit on a terminal, narrow, wide, and where nobody looks."""

from __future__ import annotations

import io

import pytest
from audit_result import HOSTILE, audited, finding, hostile, recorded_audit
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from chunktape.audit.catalogue import catalogue
from chunktape.audit.finding import Unchecked
from chunktape.audit.report import write
from chunktape.audit.report.terminal import show
from chunktape.audit.result import CassetteResult


def shown(result, width, rules=None):
    """Return the lines on a terminal of a width."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    show(result, console, catalogue() if rules is None else rules)
    return console.file.getvalue().splitlines()


def piped(result, rules=None):
    """Return the lines where the output is no terminal."""
    stream = io.StringIO()
    write(result, "text", stream, rules=rules)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 200])
def test_it_fits(width):
    """Verdict first and last, all parts between them, and no line is wider than the terminal."""
    lines = shown(recorded_audit(), width)

    assert lines[0].startswith("FAILED: NOT EVERYTHING COULD BE READ  5 errors, 8 warnings, 33 infos, ")
    assert "FAILED: NOT EVERYTHING COULD BE READ" in "".join(lines[-2:])
    assert width >= max(map(cell_len, lines))
    titles = ["Rules", "Metrics", "Cost by test", "Unchecked", "Unreadable", "Baseline"]
    assert titles == [title for line in lines for title in titles if line.startswith(title)]


def test_a_finding():
    """A finding has its severity, rule and promise, what is wrong, where, and the evidence."""
    result = audited([CassetteResult("cassettes/a.yaml", findings=(finding(), finding(line=None, count=1)))])

    lines = piped(result)

    assert [
        "cassettes/a.yaml",
        "  error OAI-11 each choice has one finish reason that is not null; empty is not null",
        "    again: the choice 0 finished twice (2 times)",
        "    at cassettes/a.yaml:12 #3 event 7, profile strict",
        '    {"index":0,"finish_reason":"stop"}',
        "  error OAI-11 each choice has one finish reason that is not null; empty is not null",
        "    again: the choice 0 finished twice",
        "    at #3 event 7, profile strict",
        '    {"index":0,"finish_reason":"stop"}',
    ] == lines[3:12]
    assert lines[0] == lines[-1] == "FAILED  2 errors, 0 warnings, 0 infos  (fails on error)"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"line": None}, "#3 event 7"),
        ({"event": None}, "cassettes/a.yaml:12 #3"),
        ({"line": None, "event": None, "interaction": None}, "cassettes/a.yaml"),
        ({"line": None, "event": None, "interaction": None, "cassette": ""}, "all cassettes"),
    ],
)
def test_a_place(more, expected):
    """What is said of a cassette, or of many, says so."""
    lines = piped(audited([CassetteResult("a", findings=(finding(**more),))]))

    assert f"    at {expected}, profile strict" in lines


def test_the_worst_come_first():
    """Errors come before warnings before infos, wherever they are; what has no room is counted."""
    severities = ["info"] * 20 + ["warning"] * 30 + ["error"] * 15
    results = [
        CassetteResult(f"{number}.yaml", findings=(finding(severity=severity, cassette=f"{number}.yaml"),))
        for number, severity in enumerate(severities)
    ]

    lines = piped(audited(results))

    words = [line.split()[0] for line in lines if "OAI-11 each" in line and line.startswith("  ")]
    assert ["error"] * 15 + ["warning"] * 30 + ["info"] * 5 == words
    assert "… and 15 infos more; the JSON Lines report has all of them" in lines


def test_infos_are_few():
    """Infos alone do not fill the screen."""
    findings = tuple(finding(severity="info", subject=str(number)) for number in range(30))

    lines = piped(audited([CassetteResult("a", findings=findings)]))

    assert 10 == sum(line.startswith("  info OAI-11") for line in lines)
    assert "… and 20 infos more; the JSON Lines report has all of them" in lines


def test_reasons_are_counted():
    """What could not be looked at is told once for each reason, the most frequent first."""
    blanks = [Unchecked("a.yaml", number, (), "no times") for number in (1, 2)]
    blanks.insert(0, Unchecked("a.yaml", None, ("X",), "no ending"))

    lines = [
        " ".join(one.split())
        for one in piped(audited([CassetteResult("a.yaml", 2, unchecked=tuple(blanks))]))
    ]

    assert ["2 no times a.yaml #1", "1 no ending a.yaml"] == lines[-6:-4]


def test_nothing_found():
    """An audit that passes is short."""
    assert [
        "PASSED  0 errors, 0 warnings, 0 infos  (fails on error)",
        "0 cassettes, 0 interactions, 0 streams",
        "",
        "Rules",
        "",
        "Metrics  goodput unknown: none of 0 streams can be judged, with ttft ≤ 2.00 s, max_gap ≤ 5.00 s",
        "",
        "2026-11-20T10:00:00+00:00 chunktape 0.1.0, rules 1, prices genai-prices 0.2.3, openai 3.52.0",
        "$ chunktape audit cassettes",
        "PASSED  0 errors, 0 warnings, 0 infos  (fails on error)",
    ] == piped(audited(()))


@settings(max_examples=25)
@given(st.one_of(st.just(HOSTILE), st.text(st.characters(), max_size=40)), st.sampled_from([40, 80, 200]))
def test_no_text_steers_it(text, width):
    """Whatever was recorded, it fits, and nothing of it is a command, to the terminal or to a runner."""
    lines = [*shown(hostile(text), width, {}), *piped(hostile(text), {})]

    whole = "".join(lines)
    assert width >= max(map(cell_len, shown(hostile(text), width, {})))
    assert not set(whole) & {chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), 0x202E)}
    assert "##[" not in whole
    assert not [line for line in piped(hostile(text), {}) if line.lstrip().startswith("::")]
    assert whole.encode()
