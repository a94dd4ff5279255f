"""How ``chunktape record`` ends: by signals, and by what was answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from chunktape import Cassette
from chunktape.loopback import Hang, chat, error

PROGRAM = Path(sys.executable).with_name("chunktape")
SECONDS = 30
ASKING = """
import json, os, sys, urllib.request
body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]})
headers = {"content-type": "application/json"} | dict(one.split("=") for one in sys.argv[1:])
asked = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", body.encode(), headers)
"""
CAREFUL = """
try:
    urllib.request.urlopen(asked).read()
except OSError:
    pass
"""
PATIENT = """
import signal, sys
count = 0
def got(number, _):
    global count
    count += 1
    print("got", count, flush=True)
signal.signal(signal.SIGINT, got)
signal.signal(signal.SIGTERM, got)
print("ready", flush=True)
sys.stdin.readline()
sys.exit(10 + count)
"""


@contextmanager
def started(*words, **options):
    """Start a program in a session of its own, without a terminal."""
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(SECONDS)
        process.stdin.close()
        process.stdout.close()


@pytest.fixture
def place(tmp_path, monkeypatch, provider):
    """Return the folder in which commands ask the scripted provider."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_BASE_URL", provider.openai_url)
    monkeypatch.delenv("OPENAI_API_BASE", raising=False)
    (tmp_path / "asking.py").write_text(ASKING + CAREFUL, encoding="utf-8")
    (tmp_path / "patient.py").write_text(PATIENT, encoding="utf-8")
    return tmp_path


def until(stream, text):
    """Read lines until one holds a text, and return it."""
    return next((line for line in stream if text in line), None)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_only_the_recorder_was_told_reaches_the_command(number):
    """Without a terminal nobody else would pass it on."""
    with started(PROGRAM, "record", sys.executable, "patient.py") as process:
        until(process.stdout, "ready")
        process.send_signal(number)
        heard = until(process.stdout, "got")
        process.stdin.write("\n")
        process.stdin.flush()
        code = process.wait(SECONDS)

    assert (11, "got 1") == (code, heard.strip())


@pytest.mark.usefixtures("place")
def test_a_typed_ctrl_c_reaches_the_command_once():
    """The terminal tells all of its programs."""
    spawn = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    with started(sys.executable, "-c", spawn, PROGRAM, "record", sys.executable, "patient.py") as process:
        until(process.stdout, "ready")
        process.stdin.write("\x03")
        process.stdin.flush()
        heard = until(process.stdout, "got")
        process.stdin.write("\n")
        process.stdin.flush()
        rest = process.stdout.read()
        code = process.wait(SECONDS)

    assert "got 1" in heard
    assert (11, False) == (code, "got" in rest)


def test_what_came_is_written_when_it_is_told_to_hurry(place, provider):
    """While it waits for streams that its command has left behind, a signal only shortens that."""
    provider.play(chat("A long story.", cut=3, end=Hang(30)))
    leaving = (
        """
import os, sys
read, write = os.pipe()
if os.fork():
    os.read(read, 1)
    with open("gone", "w") as gone:
        gone.write(str(os.getpid()))
    sys.exit()
"""
        + ASKING
        + """
answer = urllib.request.urlopen(asked)
answer.readline()
os.write(write, b"1")
try:
    answer.read()
except OSError:
    pass
"""
    )
    os.mkfifo(place / "gone")
    (place / "leaving.py").write_text(leaving, encoding="utf-8")
    with started(PROGRAM, "record", "-o", "tape.yaml", sys.executable, "leaving.py") as process:
        command = int((place / "gone").read_text())
        # Until it is not only over, but known to be.
        with suppress(ProcessLookupError):
            while True:
                os.kill(command, 0)
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)
        said = process.stdout.read()

    assert (0, True) == (process.returncode, "recorded 1 in" in said)
    assert 1 == len(Cassette.load(place / "tape.yaml"))


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(("asking", "expected"), [([], (0, False)), (["host=elsewhere.test"], (1, True))])
def test_refusals_are_no_answers(program, asking, expected):
    """Where a command succeeds though all that it asked was refused, that is a failure."""
    done = program("record", "--", sys.executable, "asking.py", *asking)

    assert expected == (done.returncode, "nothing was answered" in done.stderr)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(("stops", "expected"), [(False, 0), (True, 1)])
def test_an_answer_is_what_a_provider_says(program, provider, stops, expected):
    """An error of the provider's is one, and that nobody listens is none."""
    provider.play(error(401, message="Who?"))
    if stops:
        provider.stop()
    done = program("record", "-v", "--", sys.executable, "asking.py")

    assert expected == done.returncode


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["127.0.0.1,localhost"] * 2),
        ({"no_proxy": "a.test"}, ["a.test,127.0.0.1,localhost"] * 2),
        ({"NO_PROXY": "a.test"}, ["a.test,127.0.0.1,localhost"] * 2),
        (
            {"NO_PROXY": "a.test", "no_proxy": "b.test"},
            ["a.test,127.0.0.1,localhost", "b.test,127.0.0.1,localhost"],
        ),
        ({"no_proxy": "*"}, ["*"] * 2),
    ],
)
def test_who_is_asked_without_a_proxy_stays_so(program, monkeypatch, given, expected):
    """This machine is added to what was said, in whichever variable."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    show = "import os; print(os.environ['NO_PROXY'], os.environ['no_proxy'])"
    done = program("record", "--", sys.executable, "-c", show, **given)

    assert expected == done.stdout.split()


def test_an_option_that_does_not_exist_is_no_command(command, tmp_path, monkeypatch):
    """What stands in front of the dashes is for the recorder."""
    monkeypatch.chdir(tmp_path)
    done = command("record", "-x", "--", "true")

    assert 2 == done.exit_code
    assert "No such option '-x'" in done.output
