"""How ``chunktape refresh`` reaches the network: by the proxies of the environment, and not for ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from refreshing import KEY, OPENAI, asking, kept, options, recorded

from chunktape.cli import refresh_road
from chunktape.cli.refresh_road import Roads
from chunktape.loopback import Pause, Provider, Write, chat
from chunktape.loopback.reply import Reply
from chunktape.wire.message import Request

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    """Set the key, and no proxy."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("MY_KEY", KEY)


@pytest.fixture
def bound(request, monkeypatch):
    """Set a limit of replies to what a test can wait for."""
    monkeypatch.setattr(refresh_road, *request.param)


@pytest.fixture
def proxy():
    """Return a provider that answers whatever a proxy is asked for."""
    with Provider() as one:
        one.play(chat("by proxy"))
        yield one


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_the_proxy_of_the_environment_is_asked(proxy, monkeypatch, variable, scheme):
    """A host that is elsewhere is reached by the proxy that a variable names."""
    monkeypatch.setenv(variable, scheme + proxy.url.removeprefix("http://"))
    request = Request("POST", "http://llm.example/v1/chat/completions", (), json.dumps(asking()).encode())

    roads = Roads(timeout=5)
    with roads.send(request) as reply:
        body = b"".join(chunk.data for chunk in reply)
    roads.close()

    assert (1, True) == (len(proxy.requests), b"proxy" in body)


def test_this_machine_is_asked_directly(command, cassette, provider, proxy, monkeypatch):
    """No proxy sees what goes to this machine, where keys may go in the clear."""
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    name = cassette(recorded(provider, asking()))
    provider.play(chat("anew"))

    done = command("refresh", name, "--yes", *options(provider))

    assert (0, 0) == (done.exit_code, len(proxy.requests))


def test_a_proxy_that_is_none(command, cassette, provider, monkeypatch):
    """A proxy that cannot be asked is an error that does not show its password, and nothing is sent."""
    monkeypatch.setenv("HTTPS_PROXY", "ftp://me:secret@proxy.example")
    name = cassette(recorded(provider, asking()))
    before = Path(name).read_bytes()

    done = command("refresh", name, "--yes", "--key", f"{OPENAI}=MY_KEY")

    assert (2, before) == (done.exit_code, Path(name).read_bytes())
    assert "Nothing can be sent by the proxy of HTTPS_PROXY: its address is none" in done.stderr
    assert "secret" not in done.output


@pytest.mark.usefixtures("bound")
@pytest.mark.parametrize(
    ("bound", "why"),
    [
        pytest.param(("_WAITS", 0.1), "timeout: it went on for too long", id="time"),
        pytest.param(("_MOST", 9), "other: it is bigger than", id="size"),
    ],
    indirect=["bound"],
)
def test_a_reply_without_an_end_is_broken_off(command, cassette, provider, why):
    """Who sends a little again and again is not waited for for ever."""
    tape = cassette(recorded(provider, asking()))
    before = kept(tape)
    steps = tuple(step for _ in range(40) for step in (Write(b": still there\n\n"), Pause(0.05)))
    provider.play(Reply(steps=steps))

    done = command("refresh", tape, "--yes", "--timeout", "1", *options(provider))

    assert (1, before) == (done.exit_code, kept(tape))
    assert why in done.stdout
