"""``chunktape serve`` and ``chunktape record`` as programs of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from raw_http import ask

from chunktape import Cassette
from chunktape.loopback import chat

PROGRAM = Path(sys.executable).with_name("chunktape")
SECONDS = 30
CHAT = "/v1/chat/completions"
QUESTION = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}], "stream": True}
ASKING = """
import json, os, sys, urllib.request
base = os.environ["OPENAI_BASE_URL"]
body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": sys.argv[1]}]})
headers = {"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
asked = urllib.request.Request(base + "/chat/completions", body.encode(), headers)
print(urllib.request.urlopen(asked).read().decode())
"""


class Running:
    """A server that was started, as its first line tells it."""

    def __init__(self, process):
        self.process = process
        self.said = json.loads(process.stdout.readline())
        self.url = self.said["url"]

    def stop(self, number=signal.SIGINT):
        """Stop it, and return its exit code, its lines and its complaints."""
        self.process.send_signal(number)
        # Not `communicate`, which does not know what was read ahead.
        self.process.wait(SECONDS)
        out, err = self.process.stdout.read(), self.process.stderr.read()
        return self.process.returncode, [json.loads(line) for line in out.splitlines()], err


@contextmanager
def serving(*words, **variables):
    """Run ``chunktape serve --format jsonl`` on a free port."""
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0", "--format", "jsonl", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | variables,
    )
    try:
        yield Running(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(SECONDS)
        process.stdout.close()
        process.stderr.close()


@pytest.fixture
def tape(cassette, interaction):
    """Return the name of a cassette with one stream."""
    return cassette(interaction(b'data: {"choices":[]}\n\n', b"data: [DONE]\n\n"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(tape, number):
    """Each request is an object of its own, and the end is a good one."""
    with serving(tape, "--pace", "instant") as running:
        heard = ask(running.url, CHAT, QUESTION)
        code, lines, err = running.stop(number)

    assert (200, [b'data: {"choices":[]}\n\n', b"data: [DONE]\n\n"]) == (heard.status, heard.chunks)
    assert 0 == code
    assert [("request", "played", "tape#1")] == [
        (one["event"], one["outcome"], one["recording"]) for one in lines
    ]
    assert "Stopped: 1 played" == err.strip()
    assert f"{running.url}/v1" == running.said["variables"]["OPENAI_BASE_URL"]


@pytest.mark.parametrize(("strict", "expected"), [([], 0), (["--strict"], 1)])
def test_a_miss_fails_the_run_only_where_that_is_wished(tape, strict, expected):
    """With --strict a request without a recording makes the exit code 1."""
    with serving(tape, *strict) as running:
        ask(running.url, CHAT, QUESTION | {"model": "other"})
        code, [missed], _ = running.stop()

    assert expected == code
    assert "differs at $.model" in missed["message"]


def test_the_log_for_people_explains_misses(tape):
    """Without --format the variables are on standard output, and the log on standard error."""
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0", tape], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        url = line.partition("=")[2].strip().removesuffix("/v1")
        ask(url, CHAT, QUESTION | {"model": "\x1b[31mother"})
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)
        with process.stdout, process.stderr:
            out, err = process.stdout.read(), process.stderr.read()
    finally:
        process.kill()

    assert line.startswith("export OPENAI_BASE_URL=http://127.0.0.1:")
    assert f"export ANTHROPIC_BASE_URL={url}\n" in out
    assert f"Serving 1 recording of 1 cassette at {url}" in err
    assert "missed   POST /v1/chat/completions" in err
    assert "closest: tape#1, differs at $.model" in err
    assert "\x1b" not in err


def test_wrong_usage_is_said(command, tape, tmp_path):
    """Options that mean nothing, and nothing to serve, end with the code for that."""
    (tmp_path / "empty").mkdir()
    expected = {
        (): (2, "Name cassettes"),
        (tape, "--upstream", "openai=http://x.test"): (2, "--upstream belongs to --record"),
        (tape, "--pace", "slow"): (2, "means nothing"),
        (tape, "--fault", "cutt@60%"): (2, "did you mean"),
        (tape, "--max-body", "much"): (2, "means nothing"),
        (tape, "--match-on", "method,bodi"): (2, "did you mean 'body'"),
        (tmp_path / "empty",): (4, "No cassette below the folder"),
        (tmp_path / "none.yaml",): (4, "none.yaml"),
    }

    found = {words: command("serve", "--port", "0", *words) for words in expected}
    assert {words: code for words, (code, _) in expected.items()} == {
        words: done.exit_code for words, done in found.items()
    }
    assert [] == [words for words, (_, text) in expected.items() if text not in found[words].output]


def test_a_taken_port_names_the_way_out(command, tape, provider):
    """A port where somebody else listens is an error that says how to get a free one."""
    port = provider.url.rpartition(":")[2]

    done = command("serve", "--port", port, tape)
    assert 2 == done.exit_code
    assert "free: chunktape serve --port 0" in done.output


def test_serve_records_what_it_does_not_know(tmp_path, provider):
    """With --record, what is asked goes to the provider once, and stands in the folder afterwards."""
    with serving("--record", tmp_path / "tapes", "--upstream", f"openai={provider.openai_url}") as running:
        first, second = (ask(running.url, CHAT, QUESTION) for _ in range(2))
        code, lines, err = running.stop()

    assert 0 == code
    assert first.body == second.body
    assert ["recorded", "played"] == [one["outcome"] for one in lines]
    assert f"recorded 1 in {tmp_path / 'tapes' / 'recorded.yaml'}" in err
    assert 1 == len(Cassette.load(tmp_path / "tapes" / "recorded.yaml"))


@pytest.fixture
def asking(tmp_path, monkeypatch, provider):
    """Return a command that asks whoever OPENAI_BASE_URL names, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_BASE_URL", provider.openai_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-" + "planted0key0" * 3)
    (tmp_path / "asking.py").write_text(ASKING, encoding="utf-8")
    return [sys.executable, "asking.py"]


def test_record_keeps_what_a_command_asks(asking, program, provider, tmp_path):
    """The command runs as ever, its output is its own, and what it asked is a cassette without its key."""
    provider.play(chat("Recorded."))
    done = program("record", "-o", "tape.yaml", "--", *asking, "hello")

    assert (0, "") == (done.returncode, "".join(line for line in done.stderr.splitlines() if "rror" in line))
    assert "data: [DONE]" in done.stdout
    [one] = Cassette.load(tmp_path / "tape.yaml")
    assert f"{provider.openai_url}/chat/completions" == one.request.url
    assert one.body.decode() == done.stdout.removesuffix("\n")
    assert "planted0key0" not in (tmp_path / "tape.yaml").read_text(encoding="utf-8")


def test_record_plays_what_it_knows_and_rewrites_on_wish(asking, program, provider):
    """A second run asks nobody; --rewrite asks again."""
    expected = {(): "1 recorded", ("--verbose",): "1 played", ("--rewrite",): "1 recorded"}

    found = {words: program("record", *words, *asking, "hello") for words in expected}
    assert {words: f"chunktape: {said}" for words, said in expected.items()} == {
        words: next(line for line in done.stderr.splitlines() if line.startswith("chunktape:"))
        for words, done in found.items()
    }
    assert 2 == len(provider.requests)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([sys.executable, "-c", "raise SystemExit(7)"], (7, "nothing was asked")),
        ([sys.executable, "-c", "pass"], (1, "does it read OPENAI_BASE_URL")),
        (["no-such-command-here"], (2, "cannot be run")),
        ([sys.executable, "-c", "import os; os.kill(os.getpid(), 15)"], (143, "nothing was asked")),
    ],
)
def test_record_ends_as_its_command_does(program, tmp_path, monkeypatch, words, expected):
    """The exit code is the command's own; where that succeeds and asks nobody, it is a failure."""
    monkeypatch.chdir(tmp_path)
    done = program("record", "--", *words)

    code, said = expected
    assert code == done.returncode
    assert said in done.stderr
