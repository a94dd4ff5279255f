"""What is not on the tape fails the test that asked for it, with the command that records it."""

from __future__ import annotations

import json

import pytest

HEAD = "import pytest\nfrom asking import aask, ask\n"

RECORDED = (
    HEAD
    + """
@pytest.mark.tape
def test_hello():
    assert ask("recorded")
"""
)

MISS = """\
No recording left for POST {url}/chat/completions
  cassette: tests/cassettes/test_app/test_hello.yaml (1 recorded, 1 not yet played)
  closest: #1, differs at $.messages[0].content
    recorded: "recorded"
    now:      "now"
  to record it: pytest --tape=new_episodes tests/test_app.py::test_hello
  or all of it anew: pytest --tape=rewrite tests/test_app.py::test_hello"""

ABSENT = """\
There is no cassette at tests/cassettes/test_app/test_hello.yaml
  nothing is recorded without being asked to
  to record it: pytest --tape=once tests/test_app.py::test_hello"""


def _written(suite, source, name="tests/test_app.py"):
    suite.write(name, HEAD + source)
    return suite


def _errors(result):
    return [line.removeprefix("E").strip() for line in result.outlines if line.startswith("E ")]


@pytest.fixture
def recorded(suite):
    """Return a suite whose `test_hello` has a cassette with one call."""
    suite.write("tests/test_app.py", RECORDED)
    suite.record("recorded")
    return suite


ABSENCES = {
    "in the test": """
@pytest.mark.tape
def test_hello():
    ask()
""",
    "in a fixture": """
@pytest.fixture
def answer():
    return ask()

@pytest.mark.tape
def test_hello(answer):
    pass
""",
    "in a fixture that swallows it": """
@pytest.fixture
def answer():
    try:
        ask()
    except BaseException:
        return "nothing"

@pytest.mark.tape
def test_hello(answer):
    raise RuntimeError("it does not come to this")
""",
    "swallowed": """
@pytest.mark.tape
def test_hello():
    try:
        ask()
    except BaseException:
        pass
""",
    "in a task group": """
import asyncio

@pytest.mark.tape
@pytest.mark.asyncio
async def test_hello():
    async with asyncio.TaskGroup() as group:
        group.create_task(aask())
""",
}


@pytest.mark.parametrize("source", ABSENCES.values(), ids=ABSENCES)
def test_missing_cassette_fails_the_test(suite, below, source):
    """Without a cassette a test that asks fails, no matter where it asks, and says how to record it."""
    result = _written(suite, source).run(failed=1)

    assert ABSENT == below(result, "test_hello")
    assert (0, {}) == (suite.asked, suite.cassettes)


MISSES = {
    "swallowed": """
@pytest.mark.tape
def test_hello():
    try:
        ask("now")
    except BaseException:
        pass
""",
    "swallowed in a fixture": """
@pytest.fixture
def answer():
    try:
        ask("now")
    except BaseException:
        pass

@pytest.mark.tape
def test_hello(answer):
    pass
""",
    "gather": """
import asyncio

@pytest.mark.tape
@pytest.mark.asyncio
async def test_hello():
    await asyncio.gather(aask("now"), return_exceptions=True)
""",
    "background task": """
import asyncio

@pytest.mark.tape
@pytest.mark.asyncio
async def test_hello():
    task = asyncio.create_task(aask("now"))
    await asyncio.wait([task])
    task.exception()
""",
    "plain thread": """
import threading

@pytest.mark.tape
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_hello():
    thread = threading.Thread(target=ask, args=["now"])
    thread.start()
    thread.join()
""",
}


@pytest.mark.parametrize("source", MISSES.values(), ids=MISSES)
def test_swallowed_miss_fails_the_test(recorded, provider, below, source):
    """A miss that the test itself did not notice fails it all the same, and the last line is the way out."""
    result = _written(recorded, source).run(failed=1)

    assert MISS.format(url=provider.openai_url) == below(result, "test_hello")
    assert "The test itself passed: it swallowed an error of its tape." == below(result, "Captured tape call")
    assert 1 == recorded.asked


def test_raised_miss_is_said_once(recorded, provider):
    """A miss that the test raises is the failure, and nothing about it is said twice."""
    result = _written(
        recorded,
        """
@pytest.mark.tape
def test_hello():
    ask("now")
""",
    ).run(failed=1)
    last = "to record it: pytest --tape=new_episodes tests/test_app.py::test_hello"

    assert 1 == _errors(result).count(last)
    assert (
        f"chunktape.errors.UnmatchedRequestError: {MISS.format(url=provider.openai_url).splitlines()[0]}"
        in (_errors(result))
    )
    assert "Captured tape call" not in result.stdout.str()
    assert "site-packages" not in result.stdout.str(), "what the client did on the way explains nothing"


def test_miss_is_shown_beside_another_error(recorded, provider, below):
    """A test that fails of something else shows what its tape missed: that may be the reason."""
    result = _written(
        recorded,
        """
@pytest.mark.tape
def test_hello():
    answer = None
    try:
        answer = ask("now")
    except BaseException:
        pass
    assert answer is not None
""",
    ).run(failed=1)

    assert MISS.format(url=provider.openai_url) == below(result, "Captured tape call")
    assert "assert None is not None" in _errors(result)


def test_miss_after_the_test_is_an_error_of_it(recorded, provider, below):
    """What a fixture misses while it is torn down is not lost."""
    result = _written(
        recorded,
        """
@pytest.fixture
def last():
    yield
    try:
        ask("now")
    except BaseException:
        pass

@pytest.mark.tape
def test_hello(last):
    pass
""",
    ).run(passed=1, errors=1)

    assert MISS.format(url=provider.openai_url) == below(result, "ERROR at teardown of test_hello")


def test_refused_network_fails_the_test(recorded, below):
    """A call through a stack that is not recorded fails the test that swallowed its refusal."""
    result = _written(
        recorded,
        """
import urllib.request
import asking

@pytest.mark.tape
def test_hello():
    try:
        urllib.request.urlopen(asking.URL)
    except BaseException:
        pass
""",
    ).run(failed=1)

    assert below(result, "test_hello").startswith("Network refused: connect to 127.0.0.1:")
    assert 1 == recorded.asked


def test_expected_miss_is_taken_note_of(recorded):
    """Clearing `tape.missed` says that a miss was expected."""
    _written(
        recorded,
        """
from chunktape import UnmatchedRequestError

@pytest.mark.tape
def test_hello(tape):
    with pytest.raises(UnmatchedRequestError):
        ask("now")
    tape.missed.clear()
    assert ask("recorded")
""",
    ).run(passed=1)


EXPECTED = """
@pytest.mark.xfail(strict=True)
@pytest.mark.tape
def test_hello():
    assert not ask("{}")
"""
SKIPPED = """
@pytest.mark.tape
def test_hello():
    try:
        ask("{}")
    except BaseException:
        pytest.skip("the provider is down")
"""


@pytest.mark.parametrize("source", [EXPECTED, SKIPPED], ids=["expected", "skipped"])
def test_a_miss_is_not_the_failure_that_was_expected(recorded, provider, source):
    """A test that is to fail, or is skipped on its way, fails for a miss: it ran otherwise than recorded."""
    expected = {"xfailed": 1} if "xfail" in source else {"passed": 1}
    _written(recorded, source.format("recorded")).run(**expected)
    result = _written(recorded, source.format("now")).run("--tape-report=report.json", failed=1)

    assert MISS.format(url=provider.openai_url).splitlines()[-1] in result.stdout.str()
    report = json.loads((recorded.root / "report.json").read_text(encoding="utf-8"))
    assert "failed" == report["tests"][0]["outcome"]


@pytest.mark.parametrize("source", [EXPECTED, SKIPPED], ids=["expected", "skipped"])
def test_an_absent_cassette_is_not_the_failure_that_was_expected(suite, source, below):
    """So does one that has no cassette at all."""
    result = _written(suite, source.format("now")).run(failed=1)

    assert ABSENT == below(result, "test_hello")


def test_all_anew_is_for_cassettes_of_one_test(recorded):
    """Where other tests may have the cassette, or all was played, only what is missing is to be recorded."""
    named = '@pytest.mark.tape("test_hello")\ndef test_hello():\n    ask("now")\n'
    played = '@pytest.mark.tape\ndef test_hello():\n    ask("recorded")\n    ask("now")\n'
    results = [_written(recorded, source).run(failed=1) for source in (named, played)]

    assert [0, 0] == [result.stdout.str().count("or all of it anew") for result in results]
