"""curl over the replay server: the bytes of the recording, and none of them before its time."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import httpx2
import pytest

from chunktape import Cassette, use_cassette
from chunktape.loopback import Pause, Provider, Reply, Write
from chunktape.serve import Server

GAPS = (0, 0.08, 0.2, 0.04)
BODY = b'{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Hello"}]}'
# A waiting loop may wake up a little before its time: clocks tick in steps.
EARLY = 0.005


@pytest.fixture(scope="module")
def curl():
    """Return the command."""
    found = shutil.which("curl")
    if found is None:
        pytest.skip("curl is not here")
    return found


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    """Return the cassette of a stream with pauses between its chunks."""
    path = tmp_path_factory.mktemp("cassettes") / "paused.yaml"
    steps = []
    for number, gap in enumerate(GAPS):
        data = b'data: {"choices":[{"index":0,"delta":{"content":"%d"}}]}\n\n' % number
        steps += [Pause(gap), Write(data)]
    steps.append(Write(b"data: [DONE]\n\n"))
    with Provider() as provider, use_cassette(path, record_mode="once"), httpx2.Client() as client:
        provider.play(Reply(steps=tuple(steps)))
        client.post(f"{provider.openai_url}/chat/completions", content=BODY)
    return path


def _ask(curl, url, *options):
    """Return what curl writes, read by read, each with the seconds since it was started."""
    address = f"{url}/v1/chat/completions"
    command = [curl, "-sS", *options, "--noproxy", "*", "--data-binary", BODY.decode(), address]
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        came = []
        while data := os.read(running.stdout.fileno(), 65_536):
            came.append((time.monotonic() - begun, data))
        complaint = running.stderr.read()
    assert (0, b"") == (running.returncode, complaint)
    return came


def test_chunks_come_at_their_recorded_times(curl, tape):
    """With ``curl -N`` at recorded pace all of the body comes, and no chunk of it before its time."""
    [recorded] = Cassette.load(tape)
    with Server(tape, pace="recorded") as server:
        came = _ask(curl, server.url, "-N")

    assert recorded.body == b"".join(data for _, data in came)
    assert [] == _too_early(recorded, came)
    # The pauses are long enough to be seen as such wherever nothing is held back to the end.
    assert len(came) > 1


def test_the_pace_of_one_request(curl, tape):
    """A header asks for recorded times where the server plays at once."""
    [recorded] = Cassette.load(tape)
    with Server(tape, pace="instant") as server:
        came = _ask(curl, server.url, "-N", "-H", "x-chunktape-pace: recorded")

    assert recorded.body == b"".join(data for _, data in came)
    assert [] == _too_early(recorded, came)


def _too_early(recorded, came):
    """Return the numbers of the recorded chunks of which curl has written the last byte before its time."""
    early, written, waiting = [], 0, iter(came)
    at = 0.0
    for number, chunk in enumerate(recorded.chunks, 1):
        end = sum(len(one.data) for one in recorded.chunks[:number])
        while written < end:
            at, data = next(waiting)
            written += len(data)
        if at < chunk.at - EARLY:
            early.append(number)
    return early


def test_boundaries_are_the_recorded_ones(curl, tape):
    """On the wire the chunks of HTTP are the chunks that were recorded."""
    [recorded] = Cassette.load(tape)
    with Server(tape, pace="instant") as server:
        came = _ask(curl, server.url, "--raw")

    expected = b"".join(b"%x\r\n%b\r\n" % (len(one.data), one.data) for one in recorded.chunks)
    assert expected + b"0\r\n\r\n" == b"".join(data for _, data in came)
