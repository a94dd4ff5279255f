"""How a test ends: what was not played fails it, and what a failed one recorded replaces nothing."""

from __future__ import annotations

import signal
import sys

import pytest

HEAD = "import pytest\nfrom asking import aask, ask\n"
CASSETTE = "tests/cassettes/test_app/test_hello.yaml"
REJECTED = "tests/cassettes/test_app/test_hello.rejected.yaml"
TEST = "tests/test_app.py::test_hello"

UNPLAYED = """\
2 of 3 recordings were not played
  cassette: tests/cassettes/test_app/test_hello.yaml
  #1: POST {url}/chat/completions
  #3: POST {url}/chat/completions
  to record what it asks now: pytest --tape=rewrite tests/test_app.py::test_hello
  where this is meant: @pytest.mark.tape(unplayed="ignore")"""


def _written(suite, source, name="tests/test_app.py"):
    suite.write(name, HEAD + source)
    return suite


def _texts(suite, path):
    text = (suite.root / path).read_text()
    return [one for one in ("one", "two", "three") if f'"content": "{one}"' in text]


@pytest.fixture
def recorded(suite):
    """Return a suite whose `test_hello` has three recordings, of which the test plays the second."""
    suite.record("one", "two", "three")
    return _written(suite, "@pytest.mark.tape\ndef test_hello():\n    assert ask('two')\n")


LATER = {
    "a method": """
class TestIt:
    def teardown_method(self):
        ask("late")

    @pytest.mark.tape
    def test_hello(self):
        ask("one")
""",
    "a function": """
def teardown_function():
    ask("late")

@pytest.mark.tape
def test_hello():
    ask("one")
""",
    "a finalizer of the test": """
@pytest.mark.tape
def test_hello(request):
    request.addfinalizer(lambda: ask("late"))
    ask("one")
""",
    "a finalizer of a fixture": """
@pytest.fixture
def late(request):
    request.addfinalizer(lambda: ask("late"))

@pytest.mark.tape
def test_hello(late):
    ask("one")
""",
}
EXITED = """
import os
import pytest
from asking import ask

@pytest.fixture(scope="module", autouse=True)
def shared(open_tape):
    with open_tape("shared"):
        yield

def test_one():
    ask("one")
    if "EXIT" in os.environ:
        pytest.exit("enough", returncode=int(os.environ["EXIT"]))

def test_two():
    ask("two")
"""


@pytest.mark.parametrize("source", LATER.values(), ids=LATER)
def test_what_is_played_after_the_test_is_played(suite, source):
    """Calls of teardown functions and finalizers are on the tape; where they stay away, that is told."""
    head = "import pytest\nfrom asking import ask\n"
    suite.write("tests/test_app.py", head + source)
    suite.run("--tape=once", passed=1)
    suite.run(passed=1)
    suite.write("tests/test_app.py", head + source.replace('ask("late")', "str()"))
    left = suite.run(passed=1, errors=1)

    left.stdout.fnmatch_lines(["*1 of 2 recordings was not played*"])
    assert 2 == suite.asked


@pytest.mark.parametrize("code", [0, 3])
def test_leaving_pytest_keeps_what_was_good(suite, monkeypatch, code):
    """Half a recording of a run that was left, whatever its exit code, replaces nothing."""
    suite.write("tests/test_app.py", EXITED)
    suite.run("--tape=once", passed=2)
    cassette = suite.root / "tests/cassettes/test_app/shared.yaml"
    good = cassette.read_bytes()
    monkeypatch.setenv("EXIT", str(code))
    suite.run("--tape=rewrite")

    assert good == cassette.read_bytes()
    assert cassette.with_name("shared.rejected.yaml").is_file()


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
def test_unplayed_recordings_fail_a_passing_test(recorded, provider, below, workers):
    """A test that passes without asking for all that was recorded fails, and says how to record anew."""
    result = recorded.run(*workers, beside=["xdist"], failed=1)

    expected = UNPLAYED.format(url=provider.openai_url)
    assert expected in result.stdout.str()
    assert workers or expected == below(result, "test_hello")
    assert "1 played, 2 unplayed" == below(result, "tape")


def test_one_unplayed_recording(suite, provider, below):
    """One is spoken of as one, and more than five are counted."""
    suite.record("one")
    _written(suite, "@pytest.mark.tape\ndef test_hello():\n    pass\n")
    one = below(suite.run(failed=1), "test_hello").splitlines()
    (suite.root / CASSETTE).unlink()
    suite.record(*map(str, range(7)))
    seven = below(suite.run(failed=1), "test_hello").splitlines()

    assert "1 of 1 recording was not played" == one[0]
    assert f"  it asked nothing; if that is right: rm {CASSETTE}" == one[3]
    assert "7 of 7 recordings were not played" == seven[0]
    assert [f"  #5: POST {provider.openai_url}/chat/completions", "  and 2 more"] == seven[6:8]


PLAYED_LATER = {
    "fixture": """
@pytest.fixture
def cleaned():
    yield
    ask("one")
    ask("three")

@pytest.mark.tape
def test_hello(cleaned):
    ask("two")
""",
    "teardown_method": """
class TestHello:
    def teardown_method(self):
        ask("one")
        ask("three")

    @pytest.mark.tape("test_hello")
    def test_hello(self):
        ask("two")
""",
}


@pytest.mark.parametrize("source", PLAYED_LATER.values(), ids=PLAYED_LATER)
def test_recordings_may_be_played_by_the_teardown(recorded, source):
    """What a fixture asks for after the test is played as well."""
    _written(recorded, source).run(passed=1)


def test_unplayed_after_the_teardown_is_an_error(recorded, provider, below):
    """Where a fixture might still have asked, it is judged after that, as an error of the teardown."""
    source = """
@pytest.fixture
def cleaned():
    yield

@pytest.mark.tape
def test_hello(cleaned):
    ask("two")
"""
    result = _written(recorded, source).run(passed=1, errors=1)

    assert UNPLAYED.format(url=provider.openai_url) == below(result, "ERROR at teardown of test_hello")


LEFT_IN_PEACE = {
    "ignored": ("unplayed='ignore'", "ask('two')", {"passed": 1}),
    "repeats": ("repeats=True", "ask('two')", {"passed": 1}),
    "skipped": ("", "pytest.skip('no')", {"skipped": 1}),
    "expected to fail": ("", "pytest.xfail('no')", {"xfailed": 1}),
    "recording": ("record_mode='new_episodes'", "ask('two')", {"passed": 1}),
    "live": ("record_mode='off'", "ask('two')", {"passed": 1}),
}


@pytest.mark.parametrize(("marked", "line", "outcome"), LEFT_IN_PEACE.values(), ids=LEFT_IN_PEACE)
def test_unplayed_recordings_that_fail_nothing(recorded, marked, line, outcome):
    """Only a passing test in replay that is to play everything is judged by it."""
    source = f"@pytest.mark.tape({marked})\ndef test_hello():\n    {line}\n"
    result = _written(recorded, source).run(**outcome)

    assert "not played" not in result.stdout.str()


def test_failing_test_says_nothing_of_what_it_left(recorded):
    """A test that fails did not come to the rest."""
    result = _written(
        recorded, "@pytest.mark.tape\ndef test_hello():\n    ask('two')\n    assert False\n"
    ).run(failed=1)

    assert "not played" not in result.stdout.str()


def test_unplayed_can_be_a_warning(recorded):
    """``tape_unplayed = warn`` says it among the warnings of pytest."""
    recorded.write(
        "pytest.ini", "[pytest]\nasyncio_default_fixture_loop_scope = function\ntape_unplayed = warn\n"
    )
    result = recorded.run(passed=1, warnings=1)

    result.stdout.fnmatch_lines(["*PytestWarning: 2 of 3 recordings were not played*"])


def test_tests_that_share_a_cassette_answer_for_their_own(suite):
    """Under a name that several tests use, each has to play what it has recorded itself."""
    source = """
pytestmark = pytest.mark.tape("shared")

def test_one():
    ask("one")

def test_two():
    ask("two")
    ask("one")
"""
    _written(suite, source).run("--tape=once", passed=2)
    suite.run(passed=2)
    recorded = suite.cassettes
    suite.run("--tape=rewrite", passed=2)
    suite.write("tests/test_app.py", HEAD + source.replace('ask("two")', "pass"))
    suite.run(passed=1, failed=1)

    expected = {
        "tests/cassettes/test_app/shared.yaml": ["tests/test_app.py::test_one", "tests/test_app.py::test_two"]
    }
    assert expected == recorded == suite.cassettes
    assert 4 == suite.asked


FAILURES = {
    "in the test": "\n@pytest.mark.tape\ndef test_hello():\n    ask('two')\n    assert False\n",
    "in a fixture": """
@pytest.fixture
def broken():
    ask("two")
    raise ValueError

@pytest.mark.tape
def test_hello(broken):
    pass
""",
    "in a teardown": """
@pytest.fixture
def broken():
    yield
    raise ValueError

@pytest.mark.tape
def test_hello(broken):
    ask("two")
""",
}


@pytest.mark.parametrize("source", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("before", [True, False], ids=["over a good one", "new"])
def test_recording_of_a_failed_test_is_kept_beside(suite, below, source, before):
    """It was paid for, but it replaces nothing; the next good one takes it away."""
    if before:
        suite.record("one")
    good = (suite.root / CASSETTE).read_bytes() if before else None
    first = _written(suite, source).run("--tape=rewrite")
    after_first = (suite.root / CASSETTE).read_bytes() if before else None
    kept = suite.cassettes[REJECTED], _texts(suite, REJECTED)
    _written(suite, source.replace("two", "three")).run("--tape=rewrite")
    kept_later = _texts(suite, REJECTED)
    _written(suite, "@pytest.mark.tape\ndef test_hello():\n    ask('two')\n").run("--tape=rewrite", passed=1)

    assert good == after_first
    assert ([TEST], ["two"]) == kept
    assert ["three"] == kept_later
    assert f"not kept, because its test did not pass: {REJECTED}" in below(first, "tape")
    assert {CASSETTE: [TEST]} == suite.cassettes
    assert ["two"] == _texts(suite, CASSETTE)


def test_failing_replay_leaves_everything(recorded):
    """A test that fails in replay writes nothing, and takes nothing away."""
    before = (recorded.root / CASSETTE).read_bytes()
    (recorded.root / REJECTED).write_text("interactions: []\nversion: 1\n")
    _written(recorded, "@pytest.mark.tape\ndef test_hello():\n    assert False\n").run(failed=1)

    assert before == (recorded.root / CASSETTE).read_bytes()
    assert (recorded.root / REJECTED).exists()


def test_rejected_by_new_episodes_holds_all_of_it(recorded):
    """What is kept beside a cassette could take its place."""
    source = "@pytest.mark.tape\ndef test_hello():\n    ask('one')\n    ask('four')\n    assert False\n"
    _written(recorded, source).run("--tape=new_episodes", failed=1)

    assert [TEST] * 4 == recorded.cassettes[REJECTED]
    assert [TEST] * 3 == recorded.cassettes[CASSETTE]


@pytest.mark.parametrize("outcome", ["pytest.skip('no')", "pytest.xfail('no')"])
def test_recording_of_a_test_that_was_not_to_pass_is_kept(suite, outcome):
    """A test that is skipped or expected to fail has done what it should."""
    _written(suite, f"@pytest.mark.tape\ndef test_hello():\n    ask('two')\n    {outcome}\n").run(
        "--tape=once"
    )

    assert {CASSETTE: [TEST]} == suite.cassettes


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_interrupted_recording_is_kept_beside(suite):
    """Ctrl-C in the middle of a test keeps what came, but as no good recording."""
    source = f"""
import os

@pytest.mark.tape
def test_hello():
    ask("two")
    os.kill(os.getpid(), {int(signal.SIGINT)})
"""
    result = _written(suite, source).run("--tape=once")

    assert pytest.ExitCode.INTERRUPTED == result.ret
    assert {REJECTED: [TEST]} == suite.cassettes


def test_cassette_is_written_once(suite):
    """However many calls a test makes, its cassette is written after its teardown."""
    source = """
import pathlib

@pytest.fixture
def last():
    yield
    ask("three")
    assert not pathlib.Path("tests/cassettes").exists()

@pytest.mark.tape
def test_hello(last):
    ask("one")
    ask("two")
    assert not pathlib.Path("tests/cassettes").exists()
"""
    _written(suite, source).run("--tape=once", passed=1)

    assert {CASSETTE: [TEST] * 3} == suite.cassettes


def test_secret_in_a_rejected_recording(suite, below):
    """What must not be written is not written beside the cassette either."""
    source = """
import base64, httpx2, asking

KEY = "loopback-key-0123456789"

@pytest.mark.tape
def test_hello():
    text = base64.b64encode(KEY.encode()).decode()
    with httpx2.Client(headers={"authorization": f"Bearer {KEY}"}) as client:
        client.post(asking.URL, json=asking._question(text))
    assert False
"""
    result = _written(suite, source).run("--tape=once", failed=1, errors=1)
    text = below(result, "ERROR at teardown of test_hello")

    assert [
        "Cassette not written: it would hold the credential in authorization, encoded",
        f"  where: {CASSETTE}, line 9 of what was to be written, in interaction 1",
        "  way out: redact=[…] with that text, or a pattern that finds it, takes it out",
        "  not saved: 1 recording, still in session.recorded; an older file is as it was",
        "  to save what is in the session: chunktape.save(session, redact=[…])",
    ] == text.splitlines()
    assert {} == suite.cassettes


SHARED = """
import os
import pytest
from asking import ask

@pytest.mark.tape("shared")
def test_one():
    ask("one")
    assert "one" not in os.environ.get("BAD", "")

@pytest.mark.tape("shared")
def test_two():
    ask("two")
    assert "two" not in os.environ.get("BAD", "")
"""
SHARED_CASSETTE = "tests/cassettes/test_app/shared.yaml"
SHARED_REJECTED = "tests/cassettes/test_app/shared.rejected.yaml"


@pytest.fixture
def sharing(suite):
    """Return a suite whose two tests have one cassette by name, which is recorded."""
    suite.write("tests/test_app.py", SHARED)
    suite.run("--tape=once", passed=2)
    return suite


@pytest.mark.parametrize("bad", ["one", "two"])
def test_who_shares_a_name_loses_nothing(sharing, monkeypatch, bad):
    """Recording again, a test that fails keeps its good recording, and its new one beside it."""
    monkeypatch.setenv("BAD", bad)
    sharing.run("--tape=rewrite", passed=1, failed=1)
    monkeypatch.delenv("BAD")
    sharing.run(passed=2)

    assert 4 == sharing.asked
    assert {"tests/test_app.py::test_one", "tests/test_app.py::test_two"} == {
        *sharing.cassettes[SHARED_CASSETTE]
    }
    assert f"tests/test_app.py::test_{bad}" in sharing.cassettes[SHARED_REJECTED]


def test_failures_that_share_a_name_are_kept_together(suite, monkeypatch):
    """What two failed tests recorded for one cassette is kept, all of it."""
    suite.write("tests/test_app.py", SHARED)
    monkeypatch.setenv("BAD", "one two")
    suite.run("--tape=once", failed=2)

    assert ["tests/test_app.py::test_one", "tests/test_app.py::test_two"] == suite.cassettes[SHARED_REJECTED]


def test_one_of_those_that_share_a_name_is_recorded_again(sharing):
    """A test that is recorded again drops its own recordings, and nobody else's."""
    sharing.write("tests/test_app.py", SHARED.replace('ask("one")', 'ask("anew")'))
    sharing.run("--tape=rewrite", TEST.replace("hello", "one"), passed=1)
    sharing.run(passed=2)

    assert 3 == sharing.asked
    assert 2 == len(sharing.cassettes[SHARED_CASSETTE])


def test_a_rejected_recording_is_not_forgotten(suite, monkeypatch, below):
    """Where there is no cassette, but a recording whose test failed, that one is offered first."""
    suite.write("tests/test_app.py", SHARED)
    monkeypatch.setenv("BAD", "one")
    suite.run("--tape=once", "-kone", failed=1)
    monkeypatch.delenv("BAD")
    missing = suite.run("-kone", failed=1)
    (suite.root / SHARED_REJECTED).rename(suite.root / SHARED_CASSETTE)
    suite.run("-kone", passed=1)

    assert (
        f"There is no cassette at {SHARED_CASSETTE}\n"
        "  nothing is recorded without being asked to\n"
        f"  to keep what was recorded when its test failed: mv {SHARED_REJECTED} {SHARED_CASSETTE}\n"
        "  to record it: pytest --tape=once tests/test_app.py::test_one"
    ) == below(missing, "test_one")
    assert 1 == suite.asked


HALFWAY = """
import os
import pytest
from asking import ask

@pytest.mark.tape
def test_hello():
    ask("one")
    if os.environ.get("HALFWAY"):
        pytest.skip("halfway")
    ask("two")
"""


def test_a_test_that_is_skipped_on_its_way(suite, monkeypatch):
    """Half a recording is kept where there is none, and beside a longer one."""
    path = "tests/cassettes/test_app/test_hello"
    suite.write("tests/test_app.py", HALFWAY)
    monkeypatch.setenv("HALFWAY", "1")
    suite.run("--tape=rewrite", skipped=1)
    kept = {name: len(owners) for name, owners in suite.cassettes.items()}
    monkeypatch.delenv("HALFWAY")
    suite.run("--tape=rewrite", passed=1)
    monkeypatch.setenv("HALFWAY", "1")
    suite.run("--tape=rewrite", skipped=1)

    assert {f"{path}.yaml": 1} == kept
    assert {f"{path}.yaml": 2, f"{path}.rejected.yaml": 1} == {
        name: len(owners) for name, owners in suite.cassettes.items()
    }
