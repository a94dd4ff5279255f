"""The marker `tape_fault`: one recording, played whole and broken, and once for each of its cuts."""

from __future__ import annotations

import json

import pytest

from chunktape.loopback import chat
from chunktape.tape import codec
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Ending, Failure, Request

STREAMING = """
import openai
import pytest
from openai import OpenAI

def story(seen, text="hi"):
    client = OpenAI(base_url={url!r}, api_key="none", max_retries=0)
    stream = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{{"role": "user", "content": text}}], stream=True
    )
    for chunk in stream:
        seen.append(chunk)
    return seen
"""
ONE = """
@pytest.mark.tape
def test_hello():
    assert story([])

@pytest.mark.tape("test_hello")
@pytest.mark.tape_fault("reset@event:2")
def test_reset():
    seen = []
    with pytest.raises(openai.APIConnectionError):
        story(seen)
    assert 2 == len(seen)

@pytest.mark.tape("test_hello")
@pytest.mark.tape_fault("split:bytes", "cut@event:3")
def test_both(tape_fault):
    assert "split:bytes, cut@event:3" == str(tape_fault)
    assert 3 == len(story([]))
"""
MANY = """
@pytest.mark.tape
@pytest.mark.parametrize("tape_fault", ["timeout", "status:429", "reset@50%"])
def test_hello(tape_fault):
    with pytest.raises(openai.APIError):
        story([])
"""
EVERY = """
@pytest.mark.tape
@pytest.mark.tape_fault("every_cut")
def test_hello(tape, tape_fault):
    seen = story([])
    print("SEEN", tape_fault, len(seen))
    assert len(seen) == tape_fault.at.number
"""
CASSETTE = "tests/cassettes/test_app/test_hello.yaml"


@pytest.fixture
def streaming(suite, provider):
    """Return what writes a suite whose tests get streams of seven events, the last of which ends them."""
    provider.play(*[chat(text=["one ", "two ", "three"]) for _ in range(8)])

    def written(source):
        suite.write("tests/test_app.py", STREAMING.format(url=provider.openai_url) + source)
        return suite

    return written


def test_one_recording_whole_and_broken(streaming):
    """What a fault does is seen by the test, and neither the recording nor its other tests know of it."""
    suite = streaming(ONE)
    suite.run("--tape=once", passed=3)
    before = (suite.root / CASSETTE).read_bytes()
    suite.run("--tape=once", passed=3)
    suite.run("-W", "error", passed=3)

    assert 1 == suite.asked
    assert before == (suite.root / CASSETTE).read_bytes()


@pytest.mark.parametrize("mode", ["once", "rewrite", "all", "new_episodes"])
def test_a_test_with_a_fault_records_all_of_the_answer(streaming, mode):
    """Also while it records, a test gets its fault, and the cassette gets what really came."""
    suite = streaming(MANY)
    suite.run(f"--tape={mode}", passed=3)
    suite.run(passed=3)

    assert [CASSETTE] == list(suite.cassettes)
    assert {"tests/test_app.py::test_hello"} == set(suite.cassettes[CASSETTE])
    text = (suite.root / CASSETTE).read_text(encoding="utf-8")
    assert text.count("- request:") == text.count("data: [DONE]") == text.count("end: eof")


def test_every_cut(streaming):
    """After it was recorded, a test runs once for each boundary, and sees as many events as that says."""
    suite = streaming(EVERY)
    suite.run("--tape=once", passed=1)
    result = suite.run("-rP", "-v", passed=7)

    seen = dict(line.split()[1:] for line in result.outlines if line.startswith("SEEN"))
    assert {f"cut@event:{number}": str(number) for number in range(7)} == seen
    assert "tests/test_app.py::test_hello[cut@event:6] PASSED" in result.stdout.str()
    assert 1 == suite.asked


def test_every_cut_with_workers_and_selected(streaming):
    """Workers collect the same cuts, and one of them can be run alone."""
    suite = streaming(EVERY)
    suite.run("--tape=once", passed=1)
    suite.run("-n2", beside=["xdist"], passed=7)
    suite.run("tests/test_app.py::test_hello[cut@event:5]", passed=1)
    suite.run("-k", "event:4", passed=1, deselected=6)


def test_every_cut_without_a_recording(streaming, below):
    """Where there is none, it says how to make one."""
    result = streaming(EVERY).run(failed=1)

    assert (
        "There is no cassette at tests/cassettes/test_app/test_hello.yaml\n"
        "  nothing is recorded without being asked to\n"
        "  to record it: pytest --tape=once tests/test_app.py::test_hello"
    ) == below(result, "test_hello[cut@event:0]")


def test_every_cut_of_a_recording_that_was_not_found(streaming, below):
    """A recording that only a fixture leads to is not silently cut once instead of everywhere."""
    suite = streaming(EVERY)
    suite.write("tests/conftest.py", "import pytest\n@pytest.fixture\ndef tape_name():\n    return 'other'\n")
    suite.run("--tape=once", passed=1)
    result = suite.run(errors=1)

    assert (
        "every_cut has not found its recording when the tests were collected\n"
        "  where: tests/test_app.py::test_hello[cut@event:0]\n"
        "  cassette: tests/cassettes/test_app/other.yaml\n"
        "  by then the marker and the settings are known, but no fixture and no other parameter\n"
        '  way out: name it in the marker, as in tape("story"), and its folder in the setting dir'
    ) in below(result, "ERROR at setup of test_hello[cut@event:0]")


def test_every_cut_of_what_has_no_bytes(streaming):
    """Where the recording has nothing to cut, no test is passed over in silence."""
    suite = streaming(EVERY)
    asked = Request("POST", "https://api.openai.com/v1/chat/completions", (), b"{}")
    refused = Ending("error", 0.0, Failure("connect", "ConnectError", "Connection refused", "connect"))
    text = codec.dumps([Interaction(asked, None, ending=refused)]).decode()
    suite.write("tests/cassettes/test_app/test_hello.yaml", text)
    result = suite.run(errors=1)

    assert (
        "every_cut finds nothing to cut: no reply of the recording has a body\n"
        "  where: tests/test_app.py::test_hello\n"
        "  cassette: tests/cassettes/test_app/test_hello.yaml\n"
        "  way out: record an answer, or name another fault"
    ) in result.stdout.str().replace("\nE   ", "\n").replace("\nE     ", "\n  ")


def test_every_cut_of_several_streams(streaming):
    """Each stream of a cassette is cut everywhere while the others come whole."""
    whole = """
@pytest.mark.tape("two")
def test_whole():
    story([], "one"), story([], "two")
"""
    cut = """
@pytest.mark.tape("two")
@pytest.mark.tape_fault("every_cut")
def test_cut(tape_fault):
    first, second = story([], "one"), story([], "two")
    assert sorted([len(first), len(second)]) == [tape_fault.at.number, 6]
"""
    suite = streaming(whole)
    suite.run("--tape=once", passed=1)
    result = streaming(whole + cut).run("-v", passed=15)

    assert "test_cut[cut@event:3] PASSED" in result.stdout.str()
    assert "test_cut[#2 cut@event:3] PASSED" in result.stdout.str()


def test_interaction(streaming):
    """A fault may be for one interaction alone."""
    source = """
@pytest.mark.tape
@pytest.mark.tape_fault("cut@event:3", interaction=2)
def test_hello():
    assert [6, 3] == [len(story([], "one")), len(story([], "two"))]
"""
    suite = streaming(source)
    suite.run("--tape=once", passed=1)
    suite.run(passed=1)

    assert 2 == suite.asked


def test_recordings_that_a_fault_keeps_from_being_played(streaming):
    """Where an answer is cut, a test may ask no further: that is no failure."""
    source = """
@pytest.mark.tape
def test_hello():
    for text in ("one", "two"):
        if 6 != len(story([], text)):
            break
"""
    suite = streaming(source)
    suite.run("--tape=once", passed=1)
    fault = "@pytest.mark.tape_fault('cut@event:1', interaction=1)\n@pytest.mark.tape"
    streaming(source.replace("@pytest.mark.tape", fault)).run("--tape-report=report.json", passed=1)

    report = json.loads((suite.root / "report.json").read_text(encoding="utf-8"))
    assert (1, 0) == (report["summary"]["played"], report["summary"]["unplayed"])


def test_no_orphans(streaming):
    """The cassette of a test with faults belongs to it, whatever its runs are called."""
    suite = streaming(MANY + EVERY.replace("test_hello", "test_every"))
    suite.run("--tape=once", passed=4)
    result = suite.run("-W", "error", passed=10)

    assert "no test" not in result.stdout.str()


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("'ctu@3'", "The fault 'ctu@3' means nothing; did you mean 'cut'?"),
        (
            "'cut@3', interacton=1",
            "@pytest.mark.tape_fault does not take interacton=; did you mean 'interaction'?",
        ),
        ("", "@pytest.mark.tape_fault does not take no fault at all"),
        ("'every-cut'", "@pytest.mark.tape_fault does not take 'every-cut'; did you mean 'every_cut'?"),
        (
            "'cut@3', interaction=0",
            "faults={0: …} names no interaction; they count from 1, as #1 in messages",
        ),
    ],
)
def test_misspelt_faults(streaming, marker, expected):
    """A fault that means nothing is an error of its test or its module, with what comes closest and where."""
    source = f"@pytest.mark.tape\n@pytest.mark.tape_fault({marker})\ndef test_hello():\n    pass\n"
    result = streaming(source).run(errors=1)

    shown = result.stdout.str()
    assert expected in shown
    assert "  where: tests/test_app.py::test_hello" in shown


@pytest.mark.parametrize("fault", ["cut@event:99", "garble@99"])
def test_a_place_that_is_not_there(streaming, below, fault):
    """A fault behind the end of the recording says how many events there are."""
    source = "@pytest.mark.tape\n{}def test_hello():\n    story([])\n"
    suite = streaming(source.format(""))
    suite.run("--tape=once", passed=1)
    result = streaming(source.format(f"@pytest.mark.tape_fault('{fault}')\n")).run(errors=1)

    shown = below(result, "ERROR at setup of test_hello")
    assert "7 events" in shown
    assert f"cassette: {CASSETTE}, #1" in shown


def test_open_tape_takes_faults(streaming):
    """A block takes faults as `use_cassette` does."""
    source = """
def test_hello(open_tape):
    with open_tape("story"):
        assert 6 == len(story([]))
    with open_tape("story", faults="cut@event:3"):
        assert 3 == len(story([]))
"""
    suite = streaming(source)
    suite.run("--tape=once", passed=1)
    suite.run(passed=1)

    assert 2 == suite.asked


def test_the_mark_is_for_what_a_test_opens(streaming):
    """A tape that a test opens by itself is played with the faults that the test is marked with."""
    source = """
{}def test_hello(open_tape):
    with open_tape("story"):
        assert {} == len(story([]))
"""
    suite = streaming(source.format("", 6))
    suite.run("--tape=once", passed=1)
    streaming(source.format("@pytest.mark.tape_fault('cut@event:2')\n", 2)).run(passed=1)

    assert 1 == suite.asked


def test_every_cut_of_what_a_test_opens(streaming):
    """Cuts are those of the test's own tape: where it opens another, it is told so."""
    source = """
@pytest.mark.tape_fault("every_cut")
def test_hello(open_tape):
    with open_tape("story"):
        story([])
"""
    suite = streaming(source)
    suite.run("--tape=once", passed=1)
    result = suite.run(failed=1)

    assert "every_cut has not found its recording when the tests were collected" in result.stdout.str()


def test_every_cut_of_a_unittest(streaming, below):
    """Methods of unittest classes cannot run several times, so there it is an error and not one whole run."""
    source = """
import unittest

@pytest.mark.tape
@pytest.mark.tape_fault("every_cut")
class TestHello(unittest.TestCase):
    def test_hello(self):
        story([])
"""
    result = streaming(source).run("--tape=once", errors=1)

    shown = below(result, "ERROR at setup of TestHello.test_hello")
    assert "every_cut needs a test that pytest can run several times, and this one is unittest's" in shown
