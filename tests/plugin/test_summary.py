"""What is told at the end of a run, and in the file of ``--tape-report``; by one process or by several."""

from __future__ import annotations

import json
import re
import signal
import sys
from dataclasses import replace

import pytest

from chunktape.loopback import complete_chat, error

HEAD = "import pytest\nfrom asking import aask, ask\n"
HELLO = "@pytest.mark.tape\ndef test_hello():\n    ask('{}')\n"
MANY = """
pytestmark = pytest.mark.tape

@pytest.mark.parametrize("word", ["one", "two", "three"])
def test_good(word):
    ask(word)

def test_bad():
    ask("bad")
    assert False

def test_skipped():
    pytest.skip("no")

def test_quiet():
    pass
"""
ALONE_AND_TOGETHER = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
COST = 0.0000042
USAGE = {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16, "cost": COST}


def _answers(provider, number):
    provider.play(*(complete_chat("The fox said hello.", usage=USAGE) for _ in range(number)))


def _report(suite, name="tape.json"):
    report = json.loads((suite.root / name).read_text(encoding="utf-8"))
    # When it was recorded, nobody knows here; see test_hygiene_age.py.
    for test in report["tests"]:
        for tape in test["tapes"]:
            del tape["recorded_at"]
    return report


def _tape(name, **values):
    plain = {
        "cassette": f"tests/cassettes/test_app/{name}.yaml",
        "record_mode": "none",
        "played": 0,
        "recorded": 0,
        "missed": [],
        "refused": [],
        "unplayed": [],
        "cost": None,
        "cost_unknown": 0,
        "price_sources": [],
        "verified": None,
        "rejected": None,
        "error": None,
    }
    return plain | values


def test_nothing_is_said_where_nothing_happened(suite):
    """A run without tapes, and one whose tapes were not used, ends as it always did."""
    suite.write("tests/test_app.py", HEAD + "@pytest.mark.tape\ndef test_hello():\n    pass\n")
    suite.write("tests/test_free.py", "def test_free():\n    pass\n")
    result = suite.run("-q", passed=2)

    assert "2 passed in" == result.outlines[-1][:11]
    assert "tape" not in [line.strip("- ") for line in result.outlines]


@ALONE_AND_TOGETHER
def test_lines_at_the_end(suite, provider, below, workers):
    """Recorded with its cost and whose price that is, played, missed, rejected: in a line or two."""
    suite.write("tests/test_app.py", HEAD + MANY)
    _answers(provider, 4)
    recording = suite.run("--tape=once", *workers, beside=["xdist"], passed=4, failed=1, skipped=1)
    replayed = suite.run(*workers, beside=["xdist"], passed=4, failed=1, skipped=1)
    place = "tests/cassettes/test_app/test_bad"

    assert (
        "4 recorded for $0.0000168 (provider)\n"
        f"not kept, because its test did not pass: {place}.rejected.yaml\n"
        f"to keep it: mv {place}.rejected.yaml {place}.yaml"
    ) == re.sub(r"^ +", "", below(recording, "tape"), flags=re.MULTILINE)
    assert "3 played, 1 missed" == below(replayed, "tape")


def test_costs_that_are_not_known_are_counted(suite, provider, below):
    """A model without a price costs nobody knows what; errors cost nothing."""
    provider.play(complete_chat("Hello.", model="fantasy-1"), error(429))
    suite.write("tests/asking.py", (suite.root / "tests/asking.py").read_text().replace('["choices"]', "  #"))
    suite.write("tests/test_app.py", HEAD + HELLO.format("one") + "    ask('two')\n")
    result = suite.run("--tape=once", passed=1)

    assert "2 recorded (1 of unknown cost)" == below(result, "tape")


def test_source_of_a_price_is_named(suite):
    """A cost that no provider told is that of a price list, with its version."""
    from chunktape.pytest_plugin.spending import spent_on
    from chunktape.tape.store import read

    suite.record("one")
    [one] = read(suite.root / "tests/cassettes/test_app/test_hello.yaml")
    known = replace(one, request=replace(one.request, url="https://api.openai.com/v1/chat/completions"))
    spent = spent_on([known, one])

    [source] = spent["price_sources"]
    assert 0 < spent["cost"] < 0.001
    assert ("genai-prices", True) == (source.split()[0], source.split()[1][0].isdigit())
    assert 1 == spent["cost_unknown"]


@ALONE_AND_TOGETHER
def test_report(suite, provider, workers):
    """The file holds every tape of every test, and the totals."""
    suite.write("tests/test_app.py", HEAD + MANY)
    _answers(provider, 4)
    suite.run("--tape=once", "--tape-report=tape.json", *workers, beside=["xdist"])
    recorded = _report(suite)
    suite.run("--tape-report=out/tape.json", *workers, beside=["xdist"])
    replayed = _report(suite, "out/tape.json")

    costs = {"cost": COST, "price_sources": ["provider"]}
    rejected = "tests/cassettes/test_app/test_bad.rejected.yaml"
    good = [f"test_good[{word}]" for word in ("one", "three", "two")]
    assert [
        ("test_bad", "failed", _tape("test_bad", record_mode="once", recorded=1, rejected=rejected, **costs)),
        *((name, "passed", _tape(name, record_mode="once", recorded=1, **costs)) for name in good),
        ("test_quiet", "passed", _tape("test_quiet", record_mode="once")),
        ("test_skipped", "skipped", _tape("test_skipped", record_mode="once")),
    ] == [(one["test"].partition("::")[2], one["outcome"], *one["tapes"]) for one in recorded["tests"]]
    assert (1, 1) == (recorded["version"], recorded["exit_status"])
    assert {
        "tests": 6,
        "tapes": 6,
        "played": 0,
        "recorded": 4,
        "missed": 0,
        "refused": 0,
        "unplayed": 0,
        "verified": None,
        "cost": 0.0000168,
        "cost_unknown": 0,
        "price_sources": ["provider"],
        "rejected": [rejected],
        "orphans": [],
        "over_age": [],
        "quiet": {},
    } == recorded["summary"]
    bad = replayed["tests"][0]["tapes"][0]
    assert [f"No recording left for POST {provider.openai_url}/chat/completions"] == [
        one.splitlines()[0] for one in bad["missed"]
    ]
    assert 3 == replayed["summary"]["played"]


def test_report_of_what_was_left_over(suite, provider):
    """Recordings that were not played stand in it with their place in the cassette."""
    suite.record("one", "two")
    suite.write("tests/test_app.py", HEAD + HELLO.format("one"))
    suite.run("--tape-report=tape.json", failed=1)

    url = f"{provider.openai_url}/chat/completions"
    unplayed = [{"index": 1, "method": "POST", "url": url}]
    assert [_tape("test_hello", played=1, unplayed=unplayed)] == _report(suite)["tests"][0]["tapes"]


def test_report_of_a_secret(suite):
    """What could not be written is in it, as the error that it was."""
    source = """
import base64, httpx2, asking

KEY = "loopback-key-0123456789"

@pytest.mark.tape
def test_hello():
    text = base64.b64encode(KEY.encode()).decode()
    with httpx2.Client(headers={"authorization": f"Bearer {KEY}"}) as client:
        client.post(asking.URL, json=asking._question(text))
"""
    suite.write("tests/test_app.py", HEAD + source)
    suite.run("--tape=once", "--tape-report=tape.json", passed=1, errors=1)
    [test] = _report(suite)["tests"]

    assert "error" == test["outcome"]
    assert test["tapes"][0]["error"].startswith("Cassette not written: it would hold the credential")


@ALONE_AND_TOGETHER
def test_report_of_a_run_without_tapes(suite, workers):
    """It is written all the same, so that nobody reads an old one."""
    suite.write("tests/test_free.py", "def test_free():\n    pass\n")
    suite.run("--tape-report=tape.json", *workers, beside=["xdist"], passed=1)

    assert ([], 0) == (_report(suite)["tests"], _report(suite)["summary"]["tapes"])


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_report_of_an_interrupted_run(suite):
    """Ctrl-C does not lose what is known by then."""
    source = f"""
import os

@pytest.mark.tape
def test_later():
    ask("two")
    os.kill(os.getpid(), {int(signal.SIGINT)})
"""
    suite.write("tests/test_app.py", HEAD + HELLO.format("one") + source)
    result = suite.run("--tape=once", "--tape-report=tape.json")
    report = _report(suite)

    assert pytest.ExitCode.INTERRUPTED == result.ret == report["exit_status"]
    assert [("test_hello", "passed", None), ("test_later", "failed", "test_later.rejected.yaml")] == [
        (one["test"].partition("::")[2], one["outcome"], (tape["rejected"] or "").rpartition("/")[2] or None)
        for one in report["tests"]
        for tape in one["tapes"]
    ]


def test_report_that_cannot_be_written(suite, below):
    """A report that is not there fails the run: somebody waits for it."""
    suite.write("tests/test_free.py", "def test_free():\n    pass\n")
    suite.write("place", "")
    result = suite.run("--tape-report=place/tape.json", passed=1)

    path = suite.root / "place/tape.json"
    assert (
        "The report was not written: File exists\n"
        f"  where: {path}\n  way out: let it be written there, or name another place with --tape-report"
    ) == below(result, "tape")
    assert pytest.ExitCode.TESTS_FAILED == result.ret


def test_a_report_outlives_a_run_that_only_collects(suite):
    """``--collect-only`` has nothing to report, and takes no report away."""
    suite.write(
        "tests/test_app.py",
        "import pytest\nfrom asking import ask\n\n@pytest.mark.tape\ndef test_hello():\n    ask()\n",
    )
    suite.run("--tape=once", "--tape-report=report.json", passed=1)
    before = (suite.root / "report.json").read_text(encoding="utf-8")
    suite.run("--collect-only", "--tape-report=report.json")

    assert before == (suite.root / "report.json").read_text(encoding="utf-8")


SUBTESTS = """
import pytest
from asking import ask

@pytest.mark.tape
def test_hello(subtests):
    with subtests.test("one"):
        assert not ask("one")
    with subtests.test("two"):
        assert ask("two")
"""


@pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="this pytest has no subtests")
def test_a_test_fails_with_its_subtests(suite):
    """What a test records is no good recording if a part of it has failed, and the report says so."""
    suite.write("tests/test_app.py", SUBTESTS)
    suite.run("--tape=once", "--tape-report=report.json")
    report = json.loads((suite.root / "report.json").read_text(encoding="utf-8"))

    assert ["failed"] == [test["outcome"] for test in report["tests"]]
    assert ["tests/cassettes/test_app/test_hello.rejected.yaml"] == list(suite.cassettes)
