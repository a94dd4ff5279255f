"""``--tape=verify`` for several tapes, shared ones, those of other tools, with faults, and by workers."""

from __future__ import annotations

import pytest

from chunktape.loopback import complete_chat

HEAD = "import pytest\nfrom asking import aask, ask\n"
PLACE = "tests/cassettes/test_app"
SEVERAL = """
@pytest.mark.tape
def test_hello(open_tape):
    with open_tape("first"):
        ask("one")
    with open_tape("second"):
        ask("two")
    with open_tape("first"):
        ask("three")
    ask("four")
"""
SHARED = """
@pytest.fixture(scope="module")
def story(open_tape):
    with open_tape("story"):
        yield lambda: ask("story")

def test_one(story):
    story()

def test_two(story):
    story()
"""
NAMED = """
@pytest.mark.tape("story")
def test_one():
    ask("story")

@pytest.mark.tape("story")
def test_two():
    ask("story")
    ask("more")
"""
FAULTY = """
import httpx2

@pytest.mark.tape
@pytest.mark.tape_fault("status:503")
def test_hello():
    with pytest.raises(KeyError):
        ask("one")
"""
MANY = """
@pytest.mark.tape
@pytest.mark.parametrize("number", range(4))
def test_hello(number):
    ask(f"{number}")
"""
CHANGE = """\
The live answer is not what was recorded
  cassette: {place}/{name}.yaml
  #{number}: POST {url}/chat/completions
    DRF-C1 finish reason: stop → length
  to record the new behaviour: pytest --tape=rewrite tests/test_app.py::{test}"""


def _answers(*finishes):
    return [complete_chat(finish=one, model="gpt-4o-mini") for one in finishes]


def _files(suite):
    return {path: path.read_bytes() for path in (suite.root / "tests").rglob("*.yaml")}


def _verify(suite, provider, source, finishes, *args, beside=(), **outcomes):
    """Record tests with plain answers, verify them with others, and return that result."""
    suite.write("tests/test_app.py", HEAD + source)
    recording = suite.run("--tape=once", *args, beside=beside)
    assert pytest.ExitCode.OK == recording.ret, recording.stdout.str()
    before = _files(suite)
    provider.play(*_answers(*finishes))
    result = suite.run("--tape=verify", *args, beside=beside, **outcomes)

    assert before == _files(suite)
    return result


def test_several_tapes_of_one_test(suite, provider, below):
    """Each is compared with its own cassette, one that is opened again goes on, and all changes are told."""
    result = _verify(suite, provider, SEVERAL, ["stop", "length", "length", "stop"], failed=1)

    assert "\n\n".join(
        CHANGE.format(place=PLACE, name=name, number=number, url=provider.openai_url, test="test_hello")
        for name, number in (("second", 1), ("first", 2))
    ) == below(result, "test_hello")
    assert below(result, "tape").startswith("4 asked live (4 of unknown cost), 4 compared\n")


@pytest.mark.parametrize(
    ("finishes", "outcomes"),
    [(["stop"] * 2, {"passed": 2}), (["stop", "length"], {"passed": 2, "errors": 1})],
)
def test_shared_tape(suite, provider, below, finishes, outcomes):
    """What several tests ask of a tape that a fixture shares is compared when it is left."""
    result = _verify(suite, provider, SHARED, finishes, **outcomes)

    if "errors" in outcomes:
        assert CHANGE.format(
            place=PLACE, name="story", number=2, url=provider.openai_url, test="test_two"
        ) in below(result, "ERROR at teardown of test_two")
    assert "2 asked live (2 of unknown cost), 2 compared" == below(result, "tape").splitlines()[0]


def test_tests_that_share_a_name(suite, provider, below):
    """Each is compared with what it would be played of the cassette; each answers for its own recordings."""
    result = _verify(suite, provider, NAMED, ["stop", "stop", "length"], passed=1, failed=1)

    assert CHANGE.format(
        place=PLACE, name="story", number=2, url=provider.openai_url, test="test_two"
    ) == below(result, "test_two")
    assert "3 asked live (3 of unknown cost), 3 compared" == below(result, "tape").splitlines()[0]


def test_workers(suite, provider, below):
    """Workers compare, and the controller tells it once."""
    result = _verify(suite, provider, MANY, ["length"] * 4, "-n2", beside=["xdist"], failed=4)

    assert (
        "4 asked live (4 of unknown cost), 4 compared\n"
        "changed since it was recorded, which fails no test:\n"
        "  warning DRF-F2 choices[].finish_reason says length, which it did not before"
    ) == "\n".join(below(result, "tape").splitlines()[:3])
    assert " and 1 more" == below(result, "tape").splitlines()[3][-11:]


def test_faults_alter_what_the_test_sees(suite, provider, below):
    """What came live is compared, not what a fault has made of it for the test."""
    result = _verify(suite, provider, FAULTY, ["length"], failed=1)

    assert CHANGE.format(
        place=PLACE, name="test_hello", number=1, url=provider.openai_url, test="test_hello"
    ) == below(result, "test_hello")


def test_marker_of_another_tool(suite, provider, below):
    """Tests marked ``vcr`` that are read as ours are verified like ours."""
    suite.write("pytest.ini", "[pytest]\ntape_markers = vcr\n")
    source = "@pytest.mark.vcr\ndef test_hello():\n    ask('one')\n"
    result = _verify(suite, provider, source, ["length"], beside=["recording"], failed=1)

    assert CHANGE.format(
        place=PLACE, name="test_hello", number=1, url=provider.openai_url, test="test_hello"
    ) == below(result, "test_hello")


def test_marker_may_say_it(suite, provider, below):
    """A test is verified where its marker says so, too; and the command line wins over that."""
    source = "@pytest.mark.tape(record_mode='verify')\ndef test_hello():\n    ask('one')\n"
    suite.record("one")
    suite.write("tests/test_app.py", HEAD + source)
    provider.play(*_answers("stop"))
    verified = suite.run(passed=1)
    replayed = suite.run("--tape=none", passed=1)

    assert ["1 asked live (1 of unknown cost), 1 compared", "1 played"] == [
        below(one, "tape") for one in (verified, replayed)
    ]
    assert 2 == suite.asked


def test_what_a_fixture_asks_at_its_end(suite, provider, below):
    """Calls of a teardown are compared as well; what changed in them is an error of the teardown."""
    source = """
@pytest.fixture
def late():
    yield
    ask("late")

@pytest.mark.tape
def test_hello(late):
    ask("one")
"""
    result = _verify(suite, provider, source, ["stop", "length"], passed=1, errors=1)

    assert CHANGE.format(
        place=PLACE, name="test_hello", number=2, url=provider.openai_url, test="test_hello"
    ) == below(result, "ERROR at teardown of test_hello")


def test_use_cassette_does_not_verify(tmp_path):
    """It is the plugin that judges: a cassette that a program opens has no such mode."""
    from chunktape import use_cassette
    from chunktape.errors import ConfigurationError

    with pytest.raises(ConfigurationError) as caught:
        use_cassette(tmp_path / "chat.yaml", record_mode="verify")

    assert (
        "record_mode='verify' means nothing\n"
        "  record modes: none, once, new_episodes, all, rewrite, off, replay"
    ) == str(caught.value)


@pytest.mark.parametrize("settings", ["", ", unplayed='warn'"], ids=["as before", "with other settings"])
def test_tape_that_is_opened_again(suite, provider, below, settings):
    """It is compared with what comes next on it, however it is opened."""
    source = f"""
def test_hello(open_tape):
    with open_tape("test_hello"):
        ask("one")
    with open_tape("test_hello"{settings}):
        ask("one")
"""
    provider.play(*_answers("stop", "length", "stop", "length"))
    suite.record("one", "one")
    suite.write("tests/test_app.py", HEAD + source)
    result = suite.run("--tape=verify", passed=1)

    assert "2 asked live (2 of unknown cost), 2 compared" == below(result, "tape")
