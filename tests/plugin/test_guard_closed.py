"""``--tape-guard=tests``: the network is closed in every test, marked or not, alone and under xdist."""

from __future__ import annotations

import json
import re

import pytest

ALONE_AND_TOGETHER = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])

HEAD = """
import asyncio, socket, threading, urllib.request
import httpx2, pytest
from asking import aask, ask

def swallow(function, *args):
    try:
        function(*args)
    except BaseException:
        pass
"""

# Nobody is there, and whoever comes that far has come through the guard.
NO_NETWORK = """
import socket

class Reached(Exception):
    pass

def connect(self, address, real=socket.socket.connect):
    if self.family == socket.AF_UNIX or address[0] == "127.0.0.1":
        return real(self, address)
    raise Reached(address[0])

socket.socket.connect = connect
"""

REFUSED = """\
Network refused: {what}
  test: {test} ({state})
  why: the guard closes the network in every test (--tape-guard=tests)
  to record it: {command}
  way out: ignore_hosts = ["{host}"] for the run lets it through"""


def _unmarked(what, test, host, where="tests/test_app.py"):
    node = f"{where}::{test}"
    return REFUSED.format(
        what=what,
        test=node,
        state="it has no tape",
        command=f"mark it @pytest.mark.tape, then: pytest --tape=once {node}",
        host=host,
    )


def _marked(what, test, host):
    node = f"tests/test_app.py::{test}"
    return REFUSED.format(
        what=what,
        test=node,
        state="its tape is not open here",
        command=f'open a tape where the call is made, with open_tape("…"), then: pytest --tape=once {node}',
        host=host,
    )


def _errors(result):
    return [line.removeprefix("E").strip() for line in result.outlines if line.startswith("E ")]


def _written(suite, source):
    suite.write("tests/conftest.py", NO_NETWORK)
    suite.write("tests/test_app.py", HEAD + source)
    return suite


BARE = """
def test_bare():
    swallow(urllib.request.urlopen, "http://192.0.2.1/")
"""

SWALLOWED = (
    BARE
    + """
def test_recorded_stack():
    swallow(httpx2.get, "http://api.example.invalid/")

@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_thread():
    thread = threading.Thread(target=httpx2.get, args=["http://192.0.2.1/"])
    thread.start()
    thread.join()

@pytest.mark.asyncio
async def test_async():
    async with httpx2.AsyncClient() as client:
        await asyncio.gather(client.get("http://192.0.2.1/"), return_exceptions=True)

@pytest.fixture
def answer():
    swallow(socket.create_connection, ("192.0.2.1", 443))

def test_fixture(answer):
    pass
"""
)


@ALONE_AND_TOGETHER
def test_swallowed_refusals_fail_their_tests(suite, below, workers):
    """Whoever called, whatever the test made of it: it fails, says which test it is, and what records it."""
    result = _written(suite, SWALLOWED).run("--tape-guard=tests", *workers, beside=["xdist"], failed=5)

    assert {
        name: _unmarked(what, name, host)
        for name, what, host in (
            ("test_bare", "connect to 192.0.2.1:80", "192.0.2.1"),
            ("test_recorded_stack", "look-up of api.example.invalid:80", "api.example.invalid"),
            ("test_thread", "connect to 192.0.2.1:80", "192.0.2.1"),
            ("test_async", "connect to 192.0.2.1:80", "192.0.2.1"),
            ("test_fixture", "connect to 192.0.2.1:443", "192.0.2.1"),
        )
    } == {
        name: re.sub(r"^\[gw\d\].*\n", "", below(result, name))
        for name in ("test_bare", "test_recorded_stack", "test_thread", "test_async", "test_fixture")
    }
    assert (
        "The test itself passed: it swallowed an error of the guard."
        == below(result, "Captured tape call").splitlines()[0]
    )
    assert "5 refused" == below(result, "tape")


def test_raised_refusal_is_said_once_and_ends_in_the_test(suite):
    """A refusal that the test raises is its failure, without what the client did on the way."""
    result = _written(suite, "def test_hello():\n    httpx2.get('http://api.example.invalid/')\n").run(
        "--tape-guard=tests", failed=1
    )
    text = _unmarked("look-up of api.example.invalid:80", "test_hello", "api.example.invalid")

    assert (
        f"chunktape.errors.NetworkRefusedError: {text}".splitlines()
        == [line if number == 0 else f"  {line}" for number, line in enumerate(_errors(result))][-5:]
    )
    assert "site-packages" not in result.stdout.str()


def test_client_gets_no_key(suite):
    """A client without a key cannot be built: what it asks would be refused, and its own error is true."""
    source = "import openai\n\ndef test_hello():\n    openai.OpenAI(base_url='http://192.0.2.1/v1')\n"
    suite.write("tests/test_keyless.py", "import os\nos.environ.pop('OPENAI_API_KEY', None)\n" + source)
    result = suite.run("--tape-guard=tests", failed=1)

    assert "OpenAIError" in _errors(result)[0]


ENDS = """
@pytest.fixture(scope="module")
def wide():
    yield
    swallow(socket.create_connection, ("192.0.2.1", 443))

def test_first(wide):
    pass

@pytest.mark.tape
def test_last(wide):
    pass
"""


def test_teardown_of_a_wider_scope_is_closed(suite, below):
    """What fixtures do when all tapes are closed again is an error of the test that ends them."""
    result = _written(suite, ENDS).run("--tape-guard=tests", passed=2, errors=1)

    assert _marked("connect to 192.0.2.1:443", "test_last", "192.0.2.1") == below(
        result, "ERROR at teardown of test_last"
    )


def test_refusal_in_setup_is_an_error_of_the_setup(suite):
    """A fixture that raises what it was refused does so before the test."""
    result = _written(
        suite,
        """
@pytest.fixture(scope="session")
def answer():
    return httpx2.get("http://192.0.2.1/")

def test_hello(answer):
    pass
""",
    ).run("--tape-guard=tests", errors=1)

    assert "test: tests/test_app.py::test_hello (it has no tape)" in _errors(result)


OPEN = """
import contextlib, os, tempfile
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

def test_loopback():
    assert ask()

@pytest.mark.asyncio
async def test_loopback_async():
    assert await aask()

def test_app():
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("hello"))])
    with TestClient(app) as client:
        assert client.get("/").text == "hello"

def test_unix():
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.join(folder, "s"))
        listening.listen()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(os.path.join(folder, "s"))
            sock.sendall(b"x")

def test_ignored():
    with pytest.raises(Exception, match="192.0.2.7") as caught:
        socket.create_connection(("192.0.2.7", 443))
    assert type(caught.value).__name__ == "Reached"
"""


@ALONE_AND_TOGETHER
def test_what_passes(suite, below, workers):
    """Loopback, Unix sockets, transports in memory and the hosts that the run ignores pass as in replay."""
    suite.write("pytest.ini", "[pytest]\ntape_ignore_hosts = 192.0.2.7\ntape_guard = tests\n")
    result = _written(suite, OPEN).run(*workers, beside=["xdist"], passed=5)

    assert 2 == suite.asked
    with pytest.raises(StopIteration):
        below(result, "tape")


TAPED = """
@pytest.fixture(scope="session")
def wide():
    return ask("wide")

@pytest.mark.tape
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_marked(wide):
    assert ask("marked")
    thread = threading.Thread(target=ask, args=["thread"])
    thread.start()
    thread.join()

def test_unmarked():
    swallow(socket.create_connection, ("192.0.2.1", 443))
"""


@ALONE_AND_TOGETHER
def test_tape_of_the_test_answers_first(suite, below, workers):
    """A tape records or replays as ever, also for threads and fixtures, and beside it it is closed."""
    recording = _written(suite, TAPED).run(
        "--tape-guard=tests", "--tape=once", *workers, beside=["xdist"], passed=1, failed=1
    )
    replayed = suite.run("--tape-guard=tests", *workers, beside=["xdist"], passed=1, failed=1)

    assert ["3 recorded, 1 refused", "3 played, 1 refused"] == [
        below(one, "tape").splitlines()[0].replace(" (3 of unknown cost)", "")
        for one in (recording, replayed)
    ]
    assert 3 == suite.asked


def test_off_runs_marked_tests_live_to_their_end(suite):
    """``--tape=off`` opens the network to tests that have a tape, from setup to teardown, and to no other."""
    _written(
        suite,
        """
@pytest.fixture(scope="module")
def wide():
    yield
    with pytest.raises(Exception, match="192.0.2.1"):
        socket.create_connection(("192.0.2.1", 443))

def test_unmarked():
    swallow(socket.create_connection, ("192.0.2.1", 443))

@pytest.mark.tape
def test_marked(wide):
    assert ask()
""",
    ).run("--tape-guard=tests", "--tape=off", passed=1, failed=1)

    assert (1, {}) == (suite.asked, suite.cassettes)


def test_test_that_vcrpy_records_is_left_to_it(suite):
    """Where pytest-recording was told to record, its own tests reach the network; in replay they do not."""
    source = """
@pytest.mark.vcr
def test_hello():
    with pytest.raises(Exception) as caught:
        urllib.request.urlopen("http://192.0.2.1/")
    assert type(caught.value).__name__ == "Reached"
"""
    beside = ["recording"]
    _written(suite, source).run("--tape-guard=tests", "--record-mode=once", beside=beside, passed=1)
    suite.run("--tape-guard=tests", beside=beside, failed=1)


REPORTING = """
import pytest, socket

class Reporting:
    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            with pytest.raises(Exception) as caught:
                socket.create_connection(("192.0.2.1", 443))
            assert type(caught.value).__name__ == "Reached"

def pytest_configure(config):
    config.pluginmanager.register(Reporting())
"""


def test_other_plugins_may_report(suite):
    """What a plugin sends between the parts of a test is none of the test's calls."""
    _written(suite, "def test_hello():\n    pass\n")
    suite.write("tests/conftest.py", NO_NETWORK + REPORTING)
    result = suite.run("--tape-guard=tests", passed=1)

    # An error of a plugin's hook breaks the run off, after the test has passed.
    assert 0 == result.ret


def test_everything_is_open_between_tests_and_put_back(suite):
    """What is imported while tests are collected, and what runs after the run, is not guarded."""
    _written(suite, "def test_hello():\n    swallow(socket.create_connection, ('192.0.2.1', 443))\n")
    suite.write(
        "tests/conftest.py",
        NO_NETWORK
        + """
def pytest_collection_finish():
    try:
        socket.create_connection(("192.0.2.1", 443))
    except Reached:
        print("open while collecting")

def pytest_unconfigure():
    print("put back:", socket.socket.connect is connect)
""",
    )
    result = suite.run("--tape-guard=tests", "-s", failed=1)

    assert "open while collecting" in result.stdout.str()
    assert "put back: True" in result.stdout.str()


def test_report_holds_what_was_refused_outside_of_tapes(suite):
    """A test without a tape that was refused something is in the report, and so is what it was told."""
    _written(suite, BARE).run(
        "--tape-guard=tests", "--tape-report=tape.json", "tests/test_app.py::test_bare", failed=1
    )
    report = json.loads((suite.root / "tape.json").read_text(encoding="utf-8"))

    assert [
        {
            "test": "tests/test_app.py::test_bare",
            "outcome": "failed",
            "tapes": [],
            "refused": [_unmarked("connect to 192.0.2.1:80", "test_bare", "192.0.2.1")],
        }
    ] == report["tests"]
    assert (1, 0, 1) == tuple(report["summary"][name] for name in ("tests", "tapes", "refused"))


def test_node_id_is_the_one_to_type(suite, below, monkeypatch):
    """Started in a folder below the root, the error names the test as it is typed there."""
    _written(suite, BARE)
    monkeypatch.chdir(suite.root / "tests")
    result = suite.run("--tape-guard=tests", "test_app.py::test_bare", failed=1)

    assert _unmarked("connect to 192.0.2.1:80", "test_bare", "192.0.2.1", "test_app.py") == below(
        result, "test_bare"
    )


def test_default_leaves_tests_without_a_tape_alone(suite):
    """Without being asked for, the guard holds where a tape is played, and nowhere else."""
    _written(
        suite,
        """
def test_hello():
    with pytest.raises(Exception, match="192.0.2.1"):
        socket.create_connection(("192.0.2.1", 443))
""",
    ).run(passed=1)
