"""``tape_close_loopback``: the guard closes the way to this machine as well, wherever it holds."""

from __future__ import annotations

import re

import pytest

ALONE_AND_TOGETHER = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])

HEAD = """
import asyncio, multiprocessing, os, socket, tempfile, urllib.request
import pytest
from asking import URL, ask

def swallow(function, *args):
    try:
        function(*args)
    except BaseException:
        pass
"""

SOURCE = """
def test_unmarked():
    swallow(ask)

@pytest.mark.tape
def test_marked():
    swallow(urllib.request.urlopen, URL)

@pytest.mark.tape(ignore_hosts=["localhost"])
def test_ignored():
    with pytest.raises(OSError):
        urllib.request.urlopen(URL)

@pytest.mark.asyncio
async def test_loops_and_unix_sockets():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        server = await asyncio.start_unix_server(lambda *_: None, path)
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(b"x")
        await writer.drain()
        await asyncio.to_thread(lambda: None)
        writer.close()
        server.close()
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"x")
"""

UNMARKED = """\
Network refused: connect to 127.0.0.1:{port}
  test: tests/test_app.py::test_unmarked (it has no tape)
  why: the guard closes the network in every test (--tape-guard=tests); \
close_loopback closes the way to this machine as well
  to record it: mark it @pytest.mark.tape, then: pytest --tape=once tests/test_app.py::test_unmarked
  way out: ignore_hosts = ["127.0.0.1"] for the run lets it through"""

MARKED = """\
Network refused: connect to 127.0.0.1:{port}
  test: tests/test_app.py::test_marked
  cassette: tests/cassettes/test_app/test_marked.yaml (its record mode cannot record)
  why: close_loopback closes the way to this machine as well
  way out: ignore_hosts=["127.0.0.1"] lets it through; \
what openai, anthropic, azure-ai-inference, httpx2, httpx and requests send is replayed"""


def _port(provider):
    return re.search(r":(\d+)/", provider.openai_url)[1]


def _refusal(result, below, name):
    return re.sub(r"^\[gw\d\].*\n", "", below(result, name))


@ALONE_AND_TOGETHER
def test_loopback_is_closed_in_every_test(suite, provider, below, workers):
    """With the guard over all tests, so is loopback; Unix sockets, pairs and ignored hosts pass."""
    suite.write("pytest.ini", "[pytest]\ntape_close_loopback = true\n")
    suite.write("tests/test_app.py", HEAD + SOURCE)
    result = suite.run("--tape-guard=tests", *workers, beside=["xdist"], failed=2, passed=2)

    assert UNMARKED.format(port=_port(provider)) == _refusal(result, below, "test_unmarked")
    assert MARKED.format(port=_port(provider)) == _refusal(result, below, "test_marked")


def test_loopback_is_closed_while_a_tape_is_played(suite, provider, below):
    """With the guard where tapes are, other tests reach this machine as ever."""
    suite.write("pytest.ini", "[pytest]\ntape_close_loopback = true\n")
    suite.write("tests/test_app.py", HEAD + SOURCE)
    result = suite.run(failed=1, passed=3)

    assert MARKED.format(port=_port(provider)) == below(result, "test_marked")
    assert 1 <= suite.asked


def test_recording_goes_on_as_ever(suite):
    """What a recording tape asks of this machine is recorded, and replayed without it."""
    suite.write("pytest.ini", "[pytest]\ntape_close_loopback = true\ntape_guard = tests\n")
    suite.write("tests/test_app.py", HEAD + "@pytest.mark.tape\ndef test_hello():\n    assert ask()\n")
    suite.run("--tape=once", passed=1)
    suite.run(passed=1)

    assert 1 == suite.asked


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost:*", "::1"])
def test_one_name_of_loopback_lets_all_of_it_through(suite, host):
    """``ignore_hosts`` opens loopback again by whichever of its names."""
    suite.write(
        "pytest.ini",
        f"[pytest]\ntape_close_loopback = true\ntape_guard = tests\ntape_ignore_hosts = {host}\n",
    )
    suite.write("tests/test_app.py", HEAD + "def test_hello():\n    assert ask()\n")
    suite.run(passed=1)

    assert 1 == suite.asked
