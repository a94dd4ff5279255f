"""`open_tape`: several tapes in one test, and tapes that fixtures of a wider scope share."""

from __future__ import annotations

import pytest

HEAD = "import pytest\nfrom asking import aask, ask\n"
TEST = "tests/test_app.py::test_hello"

SEVERAL = """
def test_hello(open_tape):
    with open_tape("first") as first:
        assert ask("one")
    with open_tape("other/second") as second:
        assert ask("two")
        with open_tape("third"):
            assert ask("three")
        assert ask("four")
    assert 1 == len(first.interactions)
    assert 2 == len(second.interactions)
"""

ASYNC = """
import asyncio

@pytest.mark.asyncio
async def test_hello(open_tape):
    async def one(name):
        async with open_tape(name):
            assert await aask(name)

    await asyncio.gather(one("first"), one("second"))
"""

SHARED = {
    "module, closed at once": """
@pytest.fixture(scope="module")
def story(open_tape):
    with open_tape("story"):
        return ask("a story")
""",
    "module, open for its tests": """
@pytest.fixture(scope="module", autouse=True)
def story(open_tape):
    with open_tape("story"):
        yield ask("a story")
""",
    "class": """
@pytest.fixture(scope="class")
def story(open_tape):
    with open_tape("story"):
        return ask("a story")
""",
    "session, in a module": """
@pytest.fixture(scope="session")
def story(open_tape):
    with open_tape("story"):
        yield ask("a story")
""",
}
TESTS = """
@pytest.mark.parametrize("number", range(4))
@pytest.mark.tape
def test_marked(number, story):
    assert story and ask(f"{number}")

def test_unmarked(story):
    assert story
"""


def _written(suite, source, name="tests/test_app.py"):
    suite.write(name, HEAD + source)
    return suite


def test_several_tapes_in_one_test(suite):
    """Each block has a cassette of its own, under its name, and the innermost one answers."""
    _written(suite, SEVERAL).run("--tape=once", passed=1)
    suite.run(passed=1)

    assert {
        "tests/cassettes/test_app/first.yaml": [TEST],
        "tests/cassettes/test_app/other/second.yaml": [TEST] * 2,
        "tests/cassettes/test_app/third.yaml": [TEST],
    } == suite.cassettes
    assert 4 == suite.asked


def test_settings_of_one_of_several(suite):
    """A block takes the settings that a marker takes."""
    source = "def test_hello(open_tape):\n    with open_tape('first', record_mode='once'):\n        ask()\n"
    _written(suite, source).run(passed=1)
    suite.run(passed=1)

    assert 1 == suite.asked


def test_tapes_of_tasks(suite):
    """Tasks with a tape each do not see each other's."""
    _written(suite, ASYNC).run("--tape=once", passed=1)
    suite.run(passed=1)

    assert {
        f"tests/cassettes/test_app/{name}.yaml": [TEST] for name in ("first", "second")
    } == suite.cassettes


def test_beside_the_tape_of_the_test(suite):
    """Within a block its tape answers, around it that of the test."""
    source = """
@pytest.mark.tape
def test_hello(open_tape):
    ask("outer")
    with open_tape("inner"):
        ask("inner")
    ask("outer again")
"""
    _written(suite, source).run("--tape=once", passed=1)
    suite.run(passed=1)

    assert {
        "tests/cassettes/test_app/inner.yaml": [TEST],
        "tests/cassettes/test_app/test_hello.yaml": [TEST] * 2,
    } == suite.cassettes


@pytest.mark.parametrize("source", SHARED.values(), ids=SHARED)
def test_shared_tapes(suite, source):
    """A fixture of a wider scope records once, and replays for any selection, in any order, by any worker."""
    _written(suite, source + TESTS)
    suite.write("reverse.py", "def pytest_collection_modifyitems(items):\n    items.reverse()\n")
    suite.run("--tape=once", passed=5)
    # For a class it is set up twice: outside of classes each test is its own.
    asked = suite.asked
    runs = [(), ("-p", "reverse"), ("-n2",), ("-k", "unmarked"), ("-k", "marked and 2")]
    for args in runs:
        result = suite.run("-W", "error", *args, beside=["xdist"])
        assert pytest.ExitCode.OK == result.ret, args

    assert asked == suite.asked
    assert "tests/cassettes/test_app/story.yaml" in suite.cassettes


def test_shared_tape_recorded_by_workers(suite):
    """What one worker has recorded stays when another one comes to the same tape, also in ``rewrite``."""
    source = """
@pytest.fixture(scope="module", autouse=True)
def story(open_tape):
    with open_tape("story"):
        yield

@pytest.mark.parametrize("number", range(6))
def test_hello(number):
    assert ask(f"{number}")
"""
    _written(suite, source)
    suite.run("-n2", "--tape=once", beside=["xdist"], passed=6)
    suite.run(passed=6)
    suite.run("-n2", "--tape=rewrite", beside=["xdist"], passed=6)
    suite.run("-n2", beside=["xdist"], passed=6)

    assert 12 == suite.asked
    assert {"tests/cassettes/test_app/story.yaml": ["tests/test_app.py"] * 6} == suite.cassettes


def test_tape_of_a_session_lies_beside_its_conftest(suite):
    """Whichever test asks first, a session's fixture has its cassette where it is written."""
    suite.write(
        "tests/conftest.py",
        """
        import pytest
        from asking import ask

        @pytest.fixture(scope="session")
        def story(open_tape):
            with open_tape("story"):
                return ask("a story")
        """,
    )
    for name in ("tests/test_one.py", "tests/sub/test_two.py"):
        _written(suite, "def test_hello(story):\n    assert story\n", name)
    suite.run("--tape=once", "tests/sub", passed=1)
    suite.run("tests/test_one.py", passed=1)

    assert {"tests/cassettes/story.yaml": ["tests"]} == suite.cassettes
    assert 1 == suite.asked


@pytest.mark.parametrize("outcome", ["pass", "assert False"])
def test_shared_recording_of_failing_tests(suite, outcome):
    """A tape that is open while a test fails is kept beside; one that is closed by then is good."""
    source = """
@pytest.fixture(scope="module")
def closed(open_tape):
    with open_tape("closed"):
        return ask()

@pytest.fixture(scope="module")
def around(open_tape):
    with open_tape("around"):
        yield ask()

def test_hello(closed, around):
    {}
"""
    _written(suite, source.format(outcome)).run("--tape=once")

    suffix = "" if outcome == "pass" else ".rejected"
    assert [
        f"tests/cassettes/test_app/around{suffix}.yaml",
        "tests/cassettes/test_app/closed.yaml",
    ] == list(suite.cassettes)


def test_recording_of_a_block_waits_for_its_test(suite):
    """What a test records in a block is no good recording if the test fails after it."""
    source = "def test_hello(open_tape):\n    with open_tape('first'):\n        ask()\n    assert False\n"
    _written(suite, source).run("--tape=once", failed=1)

    assert {"tests/cassettes/test_app/first.rejected.yaml": [TEST]} == suite.cassettes


def test_missing_tape_of_a_block(suite, below):
    """A block without a cassette says how to record it."""
    source = "def test_hello(open_tape):\n    with open_tape('first'):\n        ask()\n"
    result = _written(suite, source).run(failed=1)

    assert (
        "There is no cassette at tests/cassettes/test_app/first.yaml\n"
        "  nothing is recorded without being asked to\n"
        f"  to record it: pytest --tape=once {TEST}"
    ) == below(result, "test_hello")


def test_unplayed_recordings_of_a_block(suite, provider, below):
    """A block that leaves something over fails its test."""
    source = "def test_hello(open_tape):\n    with open_tape('test_hello'):\n        ask('one')\n"
    suite.record("one", "two")
    result = _written(suite, source).run(failed=1)

    assert (
        "1 of 2 recordings was not played\n"
        "  cassette: tests/cassettes/test_app/test_hello.yaml\n"
        f"  #2: POST {provider.openai_url}/chat/completions\n"
        f"  to record what it asks now: pytest --tape=rewrite {TEST}\n"
        '  where this is meant: @pytest.mark.tape(unplayed="ignore")'
    ) == below(result, "test_hello")


@pytest.mark.parametrize("scope", ["function", "module"])
def test_swallowed_miss_fails_the_test_it_was_in(suite, scope):
    """A tape that stays open fails the very test that asked for what it does not hold."""
    source = f"""
@pytest.fixture(scope="{scope}", autouse=True)
def story(open_tape):
    with open_tape("test_hello"):
        yield

def test_hello():
    try:
        ask("two")
    except BaseException:
        pass

def test_later():
    assert ask("one")
"""
    suite.record("one")
    result = _written(suite, source).run("-rA")

    outcomes = [line.split(" - ")[0] for line in result.outlines if line.startswith(("FAILED", "PASSED"))]
    assert f"FAILED {TEST}" in outcomes
    assert "PASSED tests/test_app.py::test_later" in outcomes


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            "'first', recordmode='once'",
            "There is no setting 'open_tape: recordmode'; did you mean 'open_tape: record_mode'?",
        ),
        ("''", "open_tape: '' is no name for a cassette"),
        ("'first', max_age='1d'", "There is no setting 'open_tape: max_age'"),
    ],
)
def test_misspelt_block(suite, arguments, expected):
    """What a block does not take is said at once."""
    result = _written(
        suite, f"def test_hello(open_tape):\n    with open_tape({arguments}):\n        pass\n"
    ).run(failed=1)

    result.stdout.fnmatch_lines([f"E*ConfigurationError: {expected}*"])


MATCHED = """
import pytest
from asking import ask

def test_hello(open_tape):
    with open_tape("x", ignore=["$.messages"], match_on=["method", "path", "body"], normalize=["uuid"]):
        ask("{}")
"""
CLEANED = """
import pytest
from asking import ask

@pytest.fixture
def cleaning(open_tape):
    yield
    with open_tape("cleanup"):
        ask("clean")

def test_hello(cleaning):
    pass
"""
NAMES = """
import socket
import pytest
from asking import ask

@pytest.fixture(scope="module", autouse=True)
def shared(open_tape):
    with open_tape("shared"):
        ask("one")
        yield

def test_first():
    pass

def test_second():
    ask("two")
"""


def test_what_matches_can_be_said(suite):
    """A tape in a block takes what makes two requests the same, as the marker does."""
    suite.write("tests/test_app.py", MATCHED.format("then"))
    suite.run("--tape=once", passed=1)
    suite.write("tests/test_app.py", MATCHED.format("now"))
    suite.run(passed=1)

    assert 1 == suite.asked


def test_tape_of_a_teardown(suite):
    """What a fixture records at its end, after a test that passed, is kept, and nothing warns."""
    suite.write("tests/test_app.py", CLEANED)
    suite.run("--tape=once", "-Werror", passed=1)
    suite.run("-Werror", passed=1)

    assert (1, ["tests/cassettes/test_app/cleanup.yaml"]) == (suite.asked, list(suite.cassettes))


def test_a_shared_tape_names_the_test_that_runs(suite):
    """What a test misses on a tape that another one opened first is its own, with its own command."""
    suite.write("tests/test_app.py", NAMES)
    suite.run("--tape=once", passed=2)
    suite.write("tests/test_app.py", NAMES.replace("two", "three"))
    result = suite.run(passed=1, failed=1)

    result.stdout.fnmatch_lines(["*to record it: pytest --tape=new_episodes tests/test_app.py::test_second"])


AGAIN = """
def test_hello(open_tape):
    with open_tape("story") as before:
        assert ask({first!r})
    with open_tape("story") as after:
        assert ask({second!r})
"""
WITHIN = """
def test_hello(open_tape):
    with open_tape("story"):
        assert ask({first!r})
        with open_tape("story"):
            assert ask({second!r})
        assert ask("three")
"""


@pytest.mark.parametrize("source", [AGAIN, WITHIN], ids=["again", "within"])
@pytest.mark.parametrize("second", ["one", "two"])
def test_the_same_tape_twice_in_one_test(suite, source, second):
    """A tape that a test opens again plays on where it had come to, also for the same question."""
    _written(suite, source.format(first="one", second=second))
    suite.run("--tape=once", passed=1)
    asked = suite.asked
    result = suite.run(passed=1)

    assert asked == suite.asked
    result.stdout.fnmatch_lines([f"{asked} played"])


def test_what_the_same_tape_leaves_over(suite, provider, below):
    """What none of the times has played fails the test, once."""
    _written(suite, WITHIN.format(first="one", second="two")).run("--tape=once", passed=1)
    result = _written(suite, AGAIN.format(first="one", second="two")).run(failed=1)

    assert (
        "1 of 3 recordings was not played\n"
        "  cassette: tests/cassettes/test_app/story.yaml\n"
        f"  #3: POST {provider.openai_url}/chat/completions\n"
        f"  to record what it asks now: pytest --tape=rewrite {TEST}\n"
        '  where this is meant: @pytest.mark.tape(unplayed="ignore")'
    ) == below(result, "test_hello")
    result.stdout.fnmatch_lines(["2 played, 1 unplayed"])
