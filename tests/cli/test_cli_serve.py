"""``chunktape serve`` and ``chunktape record`` as programs of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from inspect import signature
from pathlib import Path

import pytest
from click import Context
from raw_http import ask

from chunktape import Cassette
from chunktape.cli.serve import command as serve
from chunktape.loopback import chat, error
from chunktape.serve import Limits, Server

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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
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


def test_a_miss_counts_however_many_others_came_after_it(tape):
    """With --strict it is one, too, that the last thousand requests do not hold any more."""
    with serving(tape, "--strict") as running:
        running.process.stdout.close()
        ask(running.url, CHAT, QUESTION | {"model": "other"})
        with closing(HTTPConnection(running.url.rpartition("/")[2])) as others:
            for _ in range(1_001):
                others.request("GET", "/v1/models", headers={"x-chunktape-pace": "none"})
                others.getresponse().read()
        running.process.send_signal(signal.SIGTERM)
        said = running.process.stderr.read()
        code = running.process.wait(SECONDS)

    assert (1, "Stopped: 1 missed, 1,001 refused\n") == (code, said)


@pytest.mark.parametrize(("strict", "expected"), [([], 0), (["--strict"], 1)])
def test_nobody_has_to_read_the_log(tape, strict, expected):
    """Answers come, and the exit code is what it would be, where the reader of the log has gone."""
    with serving(tape, "--pace", "instant", *strict) as running:
        running.process.stdout.close()
        ask(running.url, CHAT, QUESTION | {"model": "other"})
        endings = [ask(running.url, CHAT, QUESTION).ending for _ in range(3)]
        running.process.send_signal(signal.SIGTERM)
        said = running.process.stderr.read()
        code = running.process.wait(SECONDS)

    assert ["eof"] * 3 == endings
    assert (expected, "Stopped: 3 played, 1 missed\n") == (code, said)


def test_a_reader_of_the_log_who_stands_still_stops_nothing(tape):
    """More than a pipe holds is answered, and it ends when it is told to."""
    with serving(tape) as running:
        with closing(HTTPConnection(running.url.rpartition("/")[2])) as others:
            for _ in range(50):
                others.request("GET", f"/v1/models?{'x' * 1_900}", headers={"x-chunktape-pace": "none"})
                others.getresponse().read()
        running.process.send_signal(signal.SIGTERM)
        code = running.process.wait(SECONDS)
        said = running.process.stderr.read()

    assert (0, "Stopped: 50 refused\n") == (code, said)


@pytest.mark.parametrize(
    ("words", "variables", "expected"),
    [
        ([], {}, {"OPENAI_API_KEY": "any", "ANTHROPIC_API_KEY": "any"}),
        ([], {"OPENAI_API_KEY": "sk-own"}, {"ANTHROPIC_API_KEY": "any"}),
        (["--record", "tapes"], {}, {}),
    ],
)
def test_a_key_is_named_where_there_is_none(tape, monkeypatch, words, variables, expected):
    """SDKs want one to start; a provider that is asked wants its own."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with serving(tape, *words, **variables) as running:
        keys = {name: value for name, value in running.said["variables"].items() if "KEY" in name}

    assert expected == keys


def test_defaults_are_those_of_the_server():
    """What the command says without options is what `Server` does without arguments."""
    names = ["host", "pace", "order", "grace", "max_body"]
    given = {name: one.default for name, one in signature(Server).parameters.items()}
    context = Context(serve)
    params = [one for one in serve.params if one.name in names]
    own = {one.name: one.type_cast_value(context, one.get_default(context)) for one in params}

    expected = given | {"max_body": Limits().body}
    assert {name: expected[name] for name in names} == {name: own[name] for name in names}


def test_the_log_for_people_explains_misses(tape):
    """Without --format the variables are on standard output, and the log on standard error."""
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0", tape], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        url = line.partition("=")[2].strip().removesuffix("/v1")
        ask(url, CHAT, QUESTION | {"model": "\x1b[31mother"})
        ask(url, CHAT, QUESTION)
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
    assert "played   tape#1 · POST /v1/chat/completions · gpt-4o-mini · 200 · 36 B · " in err
    assert "closest: tape#1, differs at $.model" in err
    assert "\x1b" not in err


def test_wrong_usage_is_said(command, tape, tmp_path):
    """Options that mean nothing, and nothing to serve, end with the code for that."""
    (tmp_path / "empty").mkdir()
    expected = {
        (): (2, "Name cassettes"),
        (tape, "--upstream", "openai=http://x.test"): (2, "--upstream belongs to --record"),
        (tape, "--pace", "slow"): (2, "--pace 'slow' means nothing"),
        (tape, "--fault", "cutt@60%"): (2, "did you mean"),
        (tape, "--max-body", "much"): (2, "means nothing"),
        (tape, "--match-on", "method,bodi"): (
            2,
            "--match-on: there is no matcher 'bodi'; did you",
        ),
        (tape, "--normalize", "uuidd"): (2, "--normalize: there is no normaliser 'uuidd'"),
        (tape, "--normalize", "["): (2, "a backslash before each sign"),
        (tape, "--ignore", "x["): (2, "--ignore: 'x['"),
        (tmp_path / "empty",): (4, "No cassette below the folder"),
        (tmp_path / "none.yaml",): (4, "none.yaml"),
    }

    found = {words: command("serve", "--port", "0", *words) for words in expected}
    assert {words: code for words, (code, _) in expected.items()} == {
        words: done.exit_code for words, done in found.items()
    }
    assert [] == [words for words, (_, text) in expected.items() if text not in found[words].output]
    python = re.compile(r"\bre\.|match_on|[a-z]=['\"[]|None")
    assert [] == [words for words, done in found.items() if python.search(done.output)]


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


def test_record_keeps_the_older_recording_when_its_command_fails(asking, program, provider, tmp_path):
    """What the command asked until then lies beside it, and it is said where."""
    provider.play(chat("Older."), error(400))
    program("record", "-o", "tape.yaml", "--", *asking, "hello")
    before = (tmp_path / "tape.yaml").read_bytes()

    done = program("record", "--rewrite", "-o", "tape.yaml", "--", *asking, "hello")

    assert before == (tmp_path / "tape.yaml").read_bytes()
    assert [400] == [one.head.status for one in Cassette.load(tmp_path / "tape.rejected.yaml")]
    assert (1, True) == (done.returncode, "the command ended with 1" in " ".join(done.stderr.split()))


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
