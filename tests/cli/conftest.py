from __future__ import annotations

import os
import sys
from pathlib import Path
from subprocess import run

import pytest
from click.testing import CliRunner

from chunktape.cli.group import root
from chunktape.tape import store
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Head, Request

SECONDS = 30
STREAM = Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1")
JSON = (("content-type", "application/json"),)
ASKED = Request(
    "POST",
    "https://api.openai.com/v1/chat/completions",
    JSON,
    b'{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}],"stream":true}',
)


@pytest.fixture
def command():
    """Return a function that runs a command line in this process."""
    return lambda *words: CliRunner().invoke(root, list(map(str, words)), prog_name="chunktape")


@pytest.fixture
def program():
    """Return a function that runs a command line in a process of its own."""
    place = Path(sys.executable).with_name("chunktape")

    def start(*words, **variables):
        environment = {**os.environ, **variables}
        return run(
            [place, *words], capture_output=True, text=True, timeout=SECONDS, check=False, env=environment
        )

    return start


@pytest.fixture
def interaction():
    """Return a function that builds an interaction from pieces, one chunk each, 100 ms apart."""

    def build(*pieces, head=STREAM, ending=None, request=ASKED, timed=True, **more):
        ends = tuple(sum(map(len, pieces[: count + 1])) for count in range(len(pieces)))
        at = tuple(100_000 * (count + 1) for count in range(len(pieces)))
        timing = Timing(50_000, at, at[:1] + (100_000,) * len(at[1:]), 1_250_000) if timed else None
        ended = Ending("eof") if ending is None else ending
        return Interaction(request, head, b"".join(pieces), ends, ended, timing, **more)

    return build


@pytest.fixture
def cassette(tmp_path, monkeypatch):
    """Return a function that writes a cassette in the working folder, and returns its name."""
    monkeypatch.chdir(tmp_path)

    def write(*interactions, name="tape.yaml"):
        store.write(tmp_path / name, interactions)
        return name

    return write
