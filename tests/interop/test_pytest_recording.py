"""pytest-recording beside our plugin: its tests play our cassettes, and neither disturbs the other."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
import vcr
from exchanges import body_of
from stock import STOCK

from chunktape import Cassette, CassetteWarning, use_cassette
from chunktape.loopback import chat

# Both plugins keep the cassettes of this module here, and give them the same names.
FOLDER = "cassettes/test_suite"
SCRIPT = chat("Side by side: 磁带 🎞️.")
DIGEST = sha256(body_of(SCRIPT)).hexdigest()
ASKED = b'{"model": "gpt-4o-mini", "messages": [], "stream": true}'
SUITE = f"""
import hashlib

import httpx2
import pytest
import requests

clients = pytest.mark.parametrize("client", [requests, httpx2], ids=["requests", "httpx2"])
makers = pytest.mark.parametrize("maker", ["chunktape", "vcrpy"])


def ask(client, path="/v1/chat/completions"):
    body = "data" if client is requests else "content"
    headers = {{"content-type": "application/json"}}
    answer = client.post("URL" + path, headers=headers, **{{body: {ASKED!r}}})
    assert answer.status_code == 200
    return hashlib.sha256(answer.content).hexdigest()


@clients
@makers
@pytest.mark.vcr(match_on=["method", "uri", "body"])
def test_vcr(maker, client):
    assert ask(client) == "{DIGEST}"


@clients
@makers
@pytest.mark.tape
def test_tape(maker, client, tape):
    assert ask(client) == "{DIGEST}"
    assert not tape.unplayed


@pytest.mark.vcr(match_on=["method", "uri", "body"])
def test_two():
    assert ask(requests) == "{DIGEST}"
    ask(requests, "/v1/chat/completions?again=1")


def test_neither():
    assert True
"""
THEIRS, OURS = (
    [f"{test}[{maker}-{client}]" for maker in ("chunktape", "vcrpy") for client in ("requests", "httpx2")]
    for test in ("test_vcr", "test_tape")
)
EVERY = (*THEIRS, *OURS)


@pytest.fixture
def pytest_of_both(pytester, monkeypatch):
    """Return what runs pytest in a new process, with the two plugins and no other, each warning an error."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\nfilterwarnings = error")
    fixed = ("-p", "chunktape", "-p", "recording", "-p", "no:cacheprovider", "--strict-markers")

    def run(*options):
        return pytester.runpytest_subprocess(*fixed, *options, timeout=60)

    return run


@pytest.fixture
def run(pytester, provider, pytest_of_both):
    """Return what runs the tests of the suite that a ``-k`` selects, against the provider."""
    pytester.makepyfile(test_suite=SUITE.replace("URL", provider.url))

    return lambda which, *options: pytest_of_both("-k", which, *options)


@pytest.fixture
def folder(pytester):
    """Return where the cassettes of the suite are."""
    return pytester.path / FOLDER


def _record(provider, path, maker):
    provider.play(SCRIPT)
    opened = (
        use_cassette(path, record_mode="once")
        if maker == "chunktape"
        else vcr.use_cassette(str(path), record_mode="once")
    )
    with opened:
        STOCK[0].post(f"{provider.openai_url}/chat/completions", ASKED, "application/json")


def _files(folder):
    return {path.stem: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("blocked", [(), ("--block-network",)], ids=["open", "blocked"])
def test_each_plugin_replays_the_cassettes_of_either_maker(run, folder, provider, blocked):
    """In one run, in their strictest modes, both replay what both have recorded, and touch nothing."""
    for name in EVERY:
        _record(provider, folder / f"{name}.yaml", "vcrpy" if "vcrpy" in name else "chunktape")
    asked, files = provider.connections, _files(folder)

    run("not two", "--tape=none", "--record-mode=none", *blocked).assert_outcomes(passed=9, deselected=1)
    assert asked == provider.connections
    assert files == _files(folder)


def test_both_plugins_record_in_one_run(run, folder, provider):
    """Each plugin records its own tests only, in its own way, and replays them afterwards."""
    provider.play(*[SCRIPT] * len(EVERY))
    run("not two", "--tape=once", "--record-mode=once").assert_outcomes(passed=9, deselected=1)
    asked = provider.connections
    timed = {
        name for name in EVERY if Cassette.load(folder / f"{name}.yaml").interactions[0].timing is not None
    }

    assert set(OURS) == timed
    assert set(EVERY) == set(_files(folder))
    run("not two", "--tape=none", "--record-mode=none", "--block-network").assert_outcomes(
        passed=9, deselected=1
    )
    assert asked == provider.connections


def test_rewriting_by_pytest_recording_leaves_our_tests_alone(run, folder, provider):
    """Its `rewrite` deletes the cassettes of its own tests, ours among them, and no other."""
    for name in EVERY:
        _record(provider, folder / f"{name}.yaml", "chunktape")
    before = _files(folder)
    provider.play(*[SCRIPT] * len(THEIRS))
    run("not two", "--record-mode=rewrite").assert_outcomes(passed=9, deselected=1)
    after = _files(folder)

    assert set(THEIRS) == {name for name in EVERY if before[name] != after[name]}
    for name in THEIRS:
        [one] = Cassette.load(folder / f"{name}.yaml").interactions
        assert (body_of(SCRIPT), None, False) == (one.body, one.timing, one.framed)


def test_new_episodes_of_pytest_recording_keep_our_block(run, folder, provider):
    """An interaction that it plays, and saves again beside a new one, is ours as before."""
    path = folder / "test_two.yaml"
    _record(provider, path, "chunktape")
    [expected] = Cassette.load(path).interactions
    run("two", "--record-mode=new_episodes").assert_outcomes(passed=1, deselected=9)
    asked = provider.connections

    with pytest.warns(CassetteWarning, match=r"^Timing lost: interaction 2 has no stream block"):
        *ours, theirs = Cassette.load(path).interactions
    # vcrpy takes this header away from what it plays to http.client, and then saves it so.
    headers = tuple(pair for pair in expected.head.headers if pair[0] != "transfer-encoding")
    assert [replace(expected, head=replace(expected.head, headers=headers))] == ours
    assert (theirs.timing, theirs.framed) == (None, False)
    run("two", "--record-mode=none", "--block-network").assert_outcomes(passed=1, deselected=9)
    assert asked == provider.connections


def test_a_block_of_pytest_recording_is_no_recording(pytester, pytest_of_both, provider):
    """A request that `--block-network` stopped on its way was never made: no cassette is written."""
    pytester.makepyfile(
        test_blocked=f"""
        import httpx2
        import pytest

        @pytest.mark.tape
        def test_blocked():
            with pytest.raises(RuntimeError, match="Network is disabled"):
                httpx2.post("{provider.openai_url}/chat/completions", content=b"{{}}")
        """
    )
    # httpx2's socket is left to the garbage collector where `connect` raises what it does not know.
    ignored = ("-W", "ignore::pytest.PytestUnraisableExceptionWarning")
    pytest_of_both("--tape=once", "--block-network", *ignored).assert_outcomes(passed=1)

    assert not (pytester.path / "cassettes/test_blocked/test_blocked.yaml").exists()


def test_allowed_hosts_of_pytest_recording_do_not_open_the_guard(pytester, pytest_of_both, provider):
    """A host that pytest-recording lets through is still refused to a test that replays it."""
    path = pytester.path / "cassettes/test_allowed/test_allowed.yaml"
    _record(provider, path, "chunktape")
    pytester.makepyfile(
        test_allowed=f"""
        import socket
        import pytest

        @pytest.mark.tape
        def test_allowed():
            with socket.socket() as plain:
                plain.connect(("127.0.0.1", {provider.url.rpartition(":")[2]}))
        """
    )
    asked = provider.connections
    result = pytest_of_both("--tape=none", "--block-network", "--allowed-hosts=127.0.0.1")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NetworkRefusedError: Network refused: connect to 127.0.0.1:*"])
    assert asked == provider.connections
