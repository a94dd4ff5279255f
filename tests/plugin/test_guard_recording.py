"""While a test records, what would pass unrecorded is refused: its replay would refuse it."""

from __future__ import annotations

import pytest

HEAD = """
import http.client, urllib.request
import aiohttp, pytest, urllib3
from asking import URL, ask

def swallow(function, *args):
    try:
        function(*args)
    except BaseException:
        pass
"""

STACK = "this goes through a stack that chunktape does not record (urllib3, http.client, bare aiohttp, …)"

REFUSED = """\
Network refused: {what}
  test: tests/test_app.py::test_hello
  cassette: tests/cassettes/test_app/test_hello.yaml (recording)
  why: {why}, so a replay would refuse it
  way out: ignore_hosts=["{host}"] lets it through; \
what openai, anthropic, azure-ai-inference, httpx2, httpx and requests send is recorded
  or: under @pytest.mark.vcr, vcrpy records urllib3, http.client and aiohttp, \
and chunktape.vcrpy.bridge the LLM streams beside them
  to record it so: pip install pytest-recording, mark it @pytest.mark.vcr, then: pytest --record-mode=once \
tests/test_app.py::test_hello"""

CALLS = {
    "urllib3": ("swallow(urllib3.PoolManager().request, 'GET', 'http://192.0.2.1/v1?key=s3cret')", "GET", 80),
    "urllib": ("swallow(urllib.request.urlopen, 'http://192.0.2.1/v1', b'{}')", "POST", 80),
    "http.client": (
        "swallow(http.client.HTTPSConnection('192.0.2.1', 8443).request, 'PUT', '/v1')",
        "PUT",
        8443,
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_call_that_nobody_records_is_refused(suite, below, call):
    """The error names the bridge and what lets it through, and the recording is not kept as good."""
    code, method, port = CALLS[call]
    suite.write("tests/test_app.py", f"{HEAD}\n@pytest.mark.tape\ndef test_hello():\n    ask()\n    {code}\n")
    result = suite.run("--tape=once", failed=1)
    expected = REFUSED.format(what=f"{method} to 192.0.2.1:{port}", why=STACK, host="192.0.2.1")

    assert expected == below(result, "test_hello")
    assert ["tests/cassettes/test_app/test_hello.rejected.yaml"] == list(suite.cassettes)


def test_aiohttp_is_refused_beside_recorded_calls(suite, below):
    """In the same task as recorded calls, a bare session of aiohttp's is told apart from them."""
    suite.write(
        "tests/test_app.py",
        HEAD
        + """
from asking import aask

@pytest.mark.tape
@pytest.mark.asyncio
async def test_hello():
    await aask()
    async with aiohttp.ClientSession() as session:
        try:
            await session.post("https://api.example.invalid/v1")
        except BaseException:
            pass
    await aask("again")
""",
    )
    result = suite.run("--tape=once", failed=1)
    expected = REFUSED.format(what="POST to api.example.invalid:443", why=STACK, host="api.example.invalid")

    assert expected == below(result, "test_hello")
    assert 2 == suite.asked


def test_recorded_origin_on_loopback_is_refused(suite, provider, below):
    """This machine may be asked by any stack, except for an origin that the tape has recorded."""
    suite.write(
        "tests/test_app.py",
        HEAD
        + """
@pytest.mark.tape
def test_hello():
    swallow(urllib.request.urlopen, URL)
    ask()
    swallow(urllib.request.urlopen, URL)
""",
    )
    result = suite.run("--tape=once", failed=1)
    origin = provider.openai_url.split("/")[2]
    why = f"the cassette holds {origin}, so only the cassette may answer for it; {STACK}"

    assert REFUSED.format(what=f"GET to {origin}", why=why, host="127.0.0.1") == below(result, "test_hello")
    assert 2 == suite.asked


PASSING = """
@pytest.mark.tape(ignore_hosts=["127.0.0.1"])
def test_ignored():
    swallow(urllib.request.urlopen, URL)

@pytest.mark.tape
def test_live():
    ask()
    swallow(urllib.request.urlopen, URL)
"""


@pytest.mark.parametrize(("mode", "test"), [("once", "test_ignored"), ("off", "test_live")])
def test_what_nobody_wants_recorded_passes(suite, mode, test):
    """Hosts that are ignored pass, and without a cassette everything does."""
    suite.write("tests/test_app.py", HEAD + PASSING)
    suite.run(f"--tape={mode}", f"tests/test_app.py::{test}", passed=1)

    assert suite.asked


def test_program_that_records_by_itself_is_left_alone(suite):
    """`use_cassette` in a test that has no tape refuses nothing while it records."""
    suite.write(
        "tests/test_app.py",
        HEAD
        + """
from chunktape import use_cassette

def test_hello(tmp_path):
    with use_cassette(tmp_path / "a.yaml", record_mode="once"):
        ask()
        swallow(urllib.request.urlopen, URL)
""",
    )
    suite.run(passed=1)

    assert 2 == suite.asked
