"""Recordings of aimock, a server from npm in the formats of the providers: none of them is a provider's."""

from __future__ import annotations

import json
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest
from served import FOUND, asks, free_port, is_listening, record, running

from chunktape import Cassette
from chunktape.cli.meaning import meaning
from chunktape.serve import Server

pytestmark = pytest.mark.interop

PACKAGE, VERSION = "@copilotkit/aimock", "1.43.0"
ASKS = asks(("openai", "azure-openai", "anthropic", "azure"), ("text", "tools", "refused"))
TEXT = "Once upon a time a tape 🎞️ was wound back, and 磁带 played it again."
FIXTURES = [
    {"match": {"userMessage": "text"}, "response": {"content": TEXT}},
    {
        "match": {"userMessage": "tools"},
        "response": {"toolCalls": [{"name": "get_weather", "arguments": {"city": "東京"}}]},
    },
    {
        "match": {"userMessage": "refused"},
        "response": {"status": 429, "error": {"message": "Too many.", "type": "rate_limit_error"}},
    },
]


@pytest.fixture(scope="module")
def aimock():
    """Return the command of the installed server."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("aimock runs on Node, which is not here")
    folder = FOUND / f"aimock-{VERSION}"
    command = folder / "node_modules/.bin/llmock"
    if not command.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}", encoding="utf-8")
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", f"{PACKAGE}@{VERSION}"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"npm did not install {PACKAGE}: {done.stderr.strip().splitlines()[-1]}")
    return [node, str(command)]


@pytest.fixture(scope="module")
def started(aimock, tmp_path_factory):
    """Return a context in which the server runs; it gives its address."""
    folder = tmp_path_factory.mktemp("aimock-server")
    fixtures = folder / "fixtures.json"
    fixtures.write_text(json.dumps({"fixtures": FIXTURES}), encoding="utf-8")
    port = free_port()
    command = [*aimock, "-p", str(port), "-f", str(fixtures), "-l", "2", "-c", "9"]
    return lambda: running(command, port, folder / "log", seconds=30)


@pytest.fixture(scope="module")
def recorded(started, tmp_path_factory):
    """Return what was recorded of a server that is gone."""
    with started() as url:
        kept = record(url, tmp_path_factory.mktemp("aimock"), ASKS)
    assert not is_listening(urlsplit(url).port)
    return kept


@pytest.fixture(scope="module")
def proxied(started, tmp_path_factory):
    """Return what each client saw through the recording proxy, and sees of its recordings afterwards."""
    folder = tmp_path_factory.mktemp("aimock-proxied")
    with started() as url, Server(record=folder, upstream=[url], order="queue") as proxy:
        seen = {ask: ask.run(proxy.url) for ask in ASKS}
    with Server(folder, pace="instant", order="queue") as server:
        served = {ask: ask.run(server.url) for ask in ASKS}
    return seen, served


@pytest.mark.parametrize("ask", ASKS, ids=str)
def test_what_the_proxy_recorded_is_served_as_it_was_seen(proxied, ask):
    """Each client gets, of the server that is gone, the objects and errors that it got through the proxy."""
    seen, served = proxied

    assert seen[ask] == served[ask]
    assert ask.subject == "refused" or not isinstance(seen[ask], tuple)


@pytest.mark.parametrize("ask", ASKS, ids=str)
def test_replay_is_what_was_seen(recorded, ask):
    """With the server gone, each client gets the objects and errors that it got."""
    expected = recorded.seen[ask]

    assert expected == recorded.replay(ask)


@pytest.mark.parametrize("ask", [ask for ask in ASKS if ask.subject != "refused"], ids=str)
def test_recording_says_what_the_server_was_told_to(recorded, ask):
    """The text and the call of a recording, read without an SDK, are those of the server's script."""
    [one] = Cassette.load(recorded.path(ask))
    told = meaning(one)
    [choice] = told["choices"]
    calls = [(call["name"], json.loads(call["arguments"])) for call in choice["tool_calls"]]

    expected = (TEXT, []) if ask.subject == "text" else (None, [("get_weather", {"city": "東京"})])
    assert (*expected, True) == (choice["content"] or None, calls, told["complete"])


@pytest.mark.parametrize("ask", [ask for ask in ASKS if ask.subject == "refused"], ids=str)
def test_refusals_are_errors(recorded, ask):
    """A refusal of the server is the SDK's own error, with its status."""
    assert 429 == recorded.seen[ask][1]
