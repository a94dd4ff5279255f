"""Recordings that are too old: they fail the test that plays them, or are named when the run ends."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from kept import keep

INI = """\
[pytest]
asyncio_default_fixture_loop_scope = function
"""
APP = """
import httpx2, pytest

URL = "http://127.0.0.1:9/v1/chat/completions"

def ask(number=0):
    with httpx2.Client() as client:
        return client.post(URL, content=str(number).encode())

@pytest.fixture(scope="module")
def story(open_tape):
    with open_tape("story"):
        return ask()
"""
HELLO = "\n@pytest.mark.tape\ndef test_hello():\n    ask()\n"
OTHER = {
    "in a block": "\ndef test_hello(open_tape):\n    with open_tape('test_hello'):\n        ask()\n",
    "of a class": "\n@pytest.mark.tape('test_hello')\nclass TestOne:\n"
    "    def test_hello(self):\n        ask()\n",
    "by a fixture": "\n@pytest.fixture\ndef late():\n    yield\n    ask()\n"
    "\n@pytest.mark.tape\ndef test_hello(late):\n    pass\n",
}
CASSETTE = "tests/cassettes/test_app/{}.yaml"
ALONE_AND_TOGETHER = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
TOO_OLD = """\
Its recordings are 41 days old
  cassette: tests/cassettes/test_app/test_hello.yaml, recorded {at:%Y-%m-%d %H:%M} UTC
  allowed: 30 days (max_age)
  to record them again: pytest --tape=expired tests/test_app.py::{test}"""
SUMMARY = """\
{played} played
1 cassette is older than 30 days
  tests/cassettes/test_app/{name}.yaml: 41 days, recorded {at:%Y-%m-%d}
  to record them again: pytest --tape=expired"""


def _ago(days):
    # An hour less, so that the days are those however long the runs take.
    return (datetime.now(UTC) - timedelta(days=days, hours=-1)).replace(microsecond=0)


def _written(suite, source=HELLO, *, over_age=None, max_age="30d"):
    lines = {"max_age": max_age, "over_age": over_age, "unplayed": "ignore"}
    ini = "".join(f"tape_{name} = {value}\n" for name, value in lines.items() if value is not None)
    suite.write("pytest.ini", INI + ini)
    suite.write("tests/test_app.py", APP + source)
    return suite


def _keep(suite, *ages, name="test_hello"):
    times = [_ago(age) for age in ages]
    keep(suite.root / CASSETTE.format(name), *([f"tests/test_app.py::{name}"] * len(ages)), at=times[0])
    return times[0]


def _report(suite):
    return json.loads((suite.root / "tape.json").read_text(encoding="utf-8"))


@ALONE_AND_TOGETHER
def test_too_old_fails_the_test(suite, below, workers):
    """With ``tape_over_age = fail``, a test that plays it fails with how old it is and how to renew it."""
    at = _keep(suite, 41)
    result = _written(suite, over_age="fail").run(
        "--tape-report=tape.json", *workers, beside=["xdist"], failed=1
    )

    expected = TOO_OLD.format(at=at, test="test_hello")
    assert expected in result.stdout.str()
    assert workers or expected == below(result, "test_hello")
    assert "1 played" == below(result, "tape")
    over = [{"path": CASSETTE.format("test_hello"), "recorded_at": at.isoformat()}]
    assert over == _report(suite)["summary"]["over_age"]
    assert [at.isoformat()] == [one["recorded_at"] for one in _report(suite)["tests"][0]["tapes"]]


@pytest.mark.parametrize("source", OTHER.values(), ids=OTHER)
def test_too_old_however_it_is_opened(suite, source):
    """It fails the test also in a block, in a class, and where the teardown plays it."""
    at = _keep(suite, 41)
    result = _written(suite, source, over_age="fail").run()

    test = "TestOne::test_hello" if "TestOne" in source else "test_hello"
    assert TOO_OLD.format(at=at, test=test).splitlines() == [
        line.removeprefix("E   ").removeprefix("Failed: ").rstrip()
        for line in result.outlines
        if re.match(r"(E   )?(Failed: )?(Its recordings|  cassette:|  allowed:|  to record)", line)
    ]
    assert pytest.ExitCode.TESTS_FAILED == result.ret


def test_too_old_and_shared(suite):
    """A fixture that shares what is too old fails for each test that asks for it."""
    keep(suite.root / CASSETTE.format("story"), "tests/test_app.py", at=_ago(41))
    source = "\ndef test_a(story):\n    pass\n\ndef test_b(story):\n    pass\n"
    result = _written(suite, source, over_age="fail").run(errors=2)

    assert 2 == result.stdout.str().count("  allowed: 30 days (max_age)")


@ALONE_AND_TOGETHER
def test_too_old_is_told(suite, below, workers):
    """By default, the summary names it once, and the tests pass without a warning."""
    at = _keep(suite, 41)
    keep(suite.root / CASSETTE.format("test_young"), "tests/test_app.py::test_young", at=_ago(29))
    young = HELLO.replace("hello", "young")
    result = _written(suite, HELLO + young).run("-Werror", *workers, beside=["xdist"], passed=2)

    assert SUMMARY.format(played=2, name="test_hello", at=at) == below(result, "tape")


def test_several_that_are_too_old(suite, below):
    """They are named from the oldest on, ten of them, each once however many tests have it."""
    source = ""
    for number in range(12):
        _keep(suite, 41 + number, name=f"test_{number}")
        source += HELLO.replace("hello", f"{number}")
    source += HELLO.replace(".tape", ".tape('test_11')").replace("hello", "again")
    lines = below(_written(suite, source).run(passed=13), "tape").splitlines()

    assert ["13 played", "12 cassettes are older than 30 days"] == lines[:2]
    assert [f"{days} days" for days in range(52, 42, -1)] == [
        re.search(r": (\d+ days), recorded", line)[1] for line in lines[2:12]
    ]
    assert [
        "  and 2 more, which --tape-report=FILE.json names",
        "  to record them again: pytest --tape=expired",
    ] == lines[12:]


NOT_TOO_OLD = {
    "young": ({"at": 29}, {}),
    "without a time": ({}, {}),
    "answered lately": ({"date": 29}, {}),
    "no age": ({"at": 41}, {"max_age": None}),
    "ignored": ({"at": 41}, {"over_age": "ignore"}),
    "not played": ({"at": 41}, {"source": "\n@pytest.mark.tape\ndef test_hello():\n    pass\n"}),
}


@pytest.mark.parametrize("over_age", ["warn", "fail"])
@pytest.mark.parametrize(("kept", "written"), NOT_TOO_OLD.values(), ids=NOT_TOO_OLD)
def test_not_too_old(suite, kept, written, over_age):
    """What is young enough, does not say how old it is, or was not played, is no matter."""
    times = {"at": kept.get("at") and _ago(kept["at"])}
    times |= {"date": format_datetime(_ago(kept["date"]))} if "date" in kept else {}
    keep(suite.root / CASSETTE.format("test_hello"), "tests/test_app.py::test_hello", **times)
    if "max_age" in written:
        over_age = None
    _written(suite, **{"over_age": over_age, **written})
    result = suite.run("--tape-report=tape.json", passed=1)

    assert "older than" not in result.stdout.str()
    assert [] == _report(suite)["summary"]["over_age"]


def test_age_by_the_date_of_the_answer(suite, below):
    """A cassette of another tool is as old as the provider's answer in it."""
    at = _ago(41)
    keep(suite.root / CASSETTE.format("test_hello"), None, date=format_datetime(at))
    result = _written(suite).run(passed=1)

    assert SUMMARY.format(played=1, name="test_hello", at=at) == below(result, "tape")


@pytest.mark.parametrize(
    ("max_age", "age", "allowed"),
    [("12h", "983 hours", "12 hours"), ("1d", "41 days", "1 day"), ("1.5d", "983 hours", "36 hours")],
)
def test_units(suite, max_age, age, allowed):
    """Where hours are allowed, hours are told."""
    _keep(suite, 41)
    result = _written(suite, over_age="fail", max_age=max_age).run(failed=1)
    lines = result.outlines

    assert any(line == f"  allowed: {allowed} (max_age)" for line in lines)
    assert any(
        re.fullmatch(rf"Its recordings are {age.split()[0]}(\.\d)? {age.split()[1]} old", line)
        for line in lines
    )


def test_failed_test_is_no_matter_of_age(suite):
    """A test that fails by itself fails with that alone."""
    _keep(suite, 41)
    source = HELLO + "    assert not 'its own'\n"
    result = _written(suite, source, over_age="fail").run(failed=1)

    assert "Its recordings" not in result.stdout.str()


def test_renewed_is_young_again(suite, provider):
    """The command that the message names ends it."""
    _keep(suite, 41)
    _written(suite, over_age="fail")
    app = (suite.root / "tests/test_app.py").read_text()
    suite.write("tests/test_app.py", app.replace("http://127.0.0.1:9/v1", provider.openai_url))
    suite.run("--tape=expired", passed=1)
    suite.run(passed=1)

    assert 1 == suite.asked


def test_age_that_nobody_set(suite):
    """``tape_over_age = fail`` without an age stops the run: it would never fail."""
    _written(suite, over_age="fail", max_age=None)
    result = suite.run()

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert [
        "ERROR: over_age=fail fails tests whose recordings are too old, and nothing says how old that is",
        '  way out: tape_max_age = 30d in the ini file, or max_age = "30d" below [tool.chunktape]',
    ] == result.errlines[:2]
