"""Known noise is refused without failing a test, and said once at the end of the run."""

from __future__ import annotations

import json

import pytest

ALONE_AND_TOGETHER = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])

SOURCE = """
import socket, threading, urllib.request
import aiohttp, httpx2, pytest, requests
from asking import ask

POSTHOG = "https://us.i.posthog.com/batch/"
PRICES = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"

def told_by(function, *args):
    with pytest.raises(Exception) as caught:
        function(*args)
    return type(caught.value).__module__.partition(".")[0], type(caught.value).__name__

def test_unmarked():
    assert ("httpx2", "ConnectError") == told_by(httpx2.get, POSTHOG)
    assert ("requests", "ConnectionError") == told_by(requests.get, POSTHOG)
    assert ("urllib", "URLError") == told_by(urllib.request.urlopen, PRICES)
    with pytest.raises(ConnectionRefusedError, match="known noise"):
        socket.create_connection(("us.i.posthog.com", 443))

@pytest.mark.tape
def test_marked():
    assert ("httpx2", "ConnectError") == told_by(httpx2.get, POSTHOG)
    assert ("requests", "ConnectionError") == told_by(requests.get, PRICES)
    assert ("urllib", "URLError") == told_by(urllib.request.urlopen, POSTHOG)

@pytest.mark.tape
@pytest.mark.asyncio
async def test_aiohttp():
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get("https://noise.example.invalid/")

@pytest.mark.tape
def test_thread():
    def report():
        try:
            requests.post(POSTHOG)
        except Exception:
            pass

    thread = threading.Thread(target=report)
    thread.start()
    thread.join()
    assert ask()
"""

LINE = (
    "refused as known noise: noise.example.invalid (1 call), raw.githubusercontent.com (2 calls), "
    "us.i.posthog.com (6 calls)"
)


@ALONE_AND_TOGETHER
def test_noise_is_refused_quietly(suite, below, workers):
    """Each stack reports a connection that was refused, the tests pass, and each host is named once."""
    suite.write("pytest.ini", "[pytest]\ntape_guard = tests\ntape_quiet_hosts = noise.example.invalid\n")
    suite.write("tests/test_app.py", SOURCE)
    recording = suite.run("--tape=once", *workers, beside=["xdist"], passed=4)
    replayed = suite.run("--tape-report=tape.json", *workers, beside=["xdist"], passed=4)
    summary = json.loads((suite.root / "tape.json").read_text(encoding="utf-8"))["summary"]

    assert LINE == below(recording, "tape").splitlines()[-1]
    assert LINE == below(replayed, "tape").splitlines()[-1]
    quiet = {"noise.example.invalid": 1, "raw.githubusercontent.com": 2, "us.i.posthog.com": 6}
    assert (quiet, 0, 0) == tuple(summary[name] for name in ("quiet", "refused", "missed"))
    assert ["tests/cassettes/test_app/test_thread.yaml"] == list(suite.cassettes), "noise is not recorded"


MESSAGE = """\
Network refused quietly: us.i.posthog.com is on the list of known noise (telemetry, price tables)
  way out: quiet_hosts = ["!us.i.posthog.com"] takes it off"""


def test_error_says_what_it_is(suite):
    """The call is told that its host is on the list, and how to take it off."""
    suite.write(
        "tests/test_app.py",
        f"""
import pytest, socket

@pytest.mark.tape
def test_hello():
    with pytest.raises(OSError) as caught:
        socket.create_connection(("us.i.posthog.com", 443))
    assert str(caught.value) == {MESSAGE!r}
    assert caught.value.errno == __import__("errno").ECONNREFUSED
""",
    )
    suite.run(passed=1)


def test_host_that_was_taken_off_the_list_fails_its_test(suite, below):
    """With ``!`` before it, a host on the list is refused as all others are."""
    suite.write("pytest.ini", "[pytest]\ntape_quiet_hosts = !*.posthog.com\n")
    suite.write(
        "tests/test_app.py",
        """
import pytest, requests

@pytest.mark.tape
def test_hello():
    try:
        requests.get("https://us.i.posthog.com/")
    except BaseException:
        pass
""",
    )
    result = suite.run(failed=1)

    assert below(result, "test_hello").startswith("There is no cassette at tests/cassettes/test_app")


def test_path_tells_noise_from_what_a_test_asks_for(suite, below):
    """Of a host that has both, only what is known to be noise is refused where the path is known."""
    suite.write(
        "tests/test_app.py",
        """
import pytest, requests

@pytest.mark.tape
def test_hello():
    with pytest.raises(requests.ConnectionError):
        requests.post("https://api.smith.langchain.com/runs/multipart")
    try:
        requests.get("https://api.smith.langchain.com/commits/prompt")
    except BaseException:
        pass
""",
    )
    result = suite.run(failed=1)

    assert below(result, "test_hello").startswith("There is no cassette at tests/cassettes/test_app")
    assert "refused as known noise: api.smith.langchain.com (1 call)" == below(result, "tape").splitlines()[1]
