"""``chunktape refresh`` in a process of its own: Ctrl-C, and what a new user sees."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from refreshing import KEY, asking, kept, options, recorded

from chunktape.loopback import Hang, chat
from chunktape.loopback.reply import Reply

PATIENCE = 30


def begun(provider, number):
    """Wait until the provider has seen so many requests."""
    end = time.monotonic() + PATIENCE
    while len(provider.requests) < number and time.monotonic() < end:
        time.sleep(0.01)
    return len(provider.requests) >= number


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
def test_ctrl_c_keeps_what_had_succeeded(cassette, provider):
    """The first Ctrl-C gives up what is under way, writes what had succeeded, and exits with 130."""
    name = cassette(*(recorded(provider, asking(text)) for text in ("one", "two", "three")))
    asked = len(provider.requests)
    provider.play(chat("anew"), Reply.no_head(Hang(60)))
    words = ["refresh", name, "--yes", *options(provider)]
    running = Popen(
        [sys.executable, "-c", "from chunktape.cli import main; main()", *words],
        stdout=PIPE,
        stderr=PIPE,
        text=True,
        env={**os.environ, "MY_KEY": KEY},
    )

    assert begun(provider, asked + 2)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE)

    assert (130, "") == (running.returncode, err)
    assert [True, False, False] == [b"anew" in one.body for one in kept(name)]
    assert 2 == out.count("not sent, or given up: stopped by Ctrl-C")
    assert "1 refreshed, 2 stopped" in out
    assert [name] == [one.name for one in Path().iterdir()]


def test_a_silent_provider(command, cassette, provider, monkeypatch):
    """A reply that does not come within --timeout is a failure like any other."""
    monkeypatch.setenv("MY_KEY", KEY)
    name = cassette(recorded(provider, asking()))
    before = Path(name).read_bytes()
    provider.play(Reply.no_head(Hang(60)))

    done = command("refresh", name, "--yes", "--timeout", "0.2", *options(provider))

    assert (1, before) == (done.exit_code, Path(name).read_bytes())
    assert "no reply came: timeout: " in done.stdout
