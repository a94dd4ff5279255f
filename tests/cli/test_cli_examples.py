"""Every example of every page of help is carried out, in a folder that holds what it names."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import click
import pytest
from refreshing import ANTHROPIC, KEY, asking, recorded

from chunktape.cli.group import COMMANDS
from chunktape.loopback import Provider, chat, message
from chunktape.tape import store

NOT_HERE = {
    "chunktape audit --sdk openai==3.51.0 tests/cassettes": "installs a release from the package index",
}
LONG = ("chunktape demo", "chunktape demo --speed 4", "chunktape demo --keep tapes")
RUNS_ON = ("chunktape serve", "chunktape demo --serve")
"""Until they are stopped; the port is a free one."""

# What is not 0: nothing is sent without a key, and the programs of others ask nobody here.
CODES = {
    "chunktape refresh --older 30d --yes tests/cassettes": 1,
    "chunktape refresh --only 1,3-5 --yes app.yaml": 1,
    "chunktape refresh --model gpt-4o --max-cost 0.50 --yes .": 1,
    "chunktape record -- node app.mjs": 1,
    "chunktape record -o tests/tapes/chat.yaml -- npm test": 1,
    "chunktape record --upstream groq=https://api.groq.com/openai/v1 -- go run .": 1,
}
ELSEWHERE = Path(__file__).with_name("recorded_elsewhere")
SECONDS = 30
COUNTS = ("tests", "tapes", "played", "recorded", "missed", "refused", "unplayed", "cost", "cost_unknown")
SUMMARY = dict.fromkeys(COUNTS, 0) | {"price_sources": [], "rejected": [], "orphans": [], "over_age": []}
REPORT = {"version": 1, "exit_status": 0, "summary": SUMMARY | {"quiet": {}}, "tests": []}


def _pages():
    for name in COMMANDS:
        page = import_module(
            f"chunktape.cli.{name}_" if name == "import" else f"chunktape.cli.{name}"
        ).command
        yield page
        if isinstance(page, click.Group):
            yield from page.commands.values()


EXAMPLES = sorted({line for page in _pages() for line in page.examples})


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Return a folder with all that examples name, under version control."""
    folder = tmp_path_factory.mktemp("examples")
    with Provider() as provider:
        provider.play(*(chat(f"The word is {word}.") for word in ("one", "two", "three", "four")))
        asked = [recorded(provider, asking(word, model="gpt-4o")) for word in ("one", "two", "three", "four")]
        provider.play(message("A word that is cut", stop_reason="max_tokens"))
        asked.append(recorded(provider, asking("five", model="claude-haiku-4-5"), host=ANTHROPIC))
    asked = [replace(one, recorded_by=f"tests/test_app.py::test_{n}") for n, one in enumerate(asked)]
    for name in (
        *("app.yaml", "tests/app.yaml", "tests/cassettes/app.yaml", "old/cassettes/app.yaml"),
        *("before.yaml", "after.yaml", "old.yaml", "new.yaml"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        store.write(folder / name, asked)
    (folder / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\n')
    for name in ("before.jsonl", "after.jsonl"):
        (folder / name).write_text(_run("show --format jsonl tests/cassettes", folder).stdout)
    _run("audit --write-baseline accepted.toml --reason known tests/cassettes", folder)
    (folder / "report.json").write_text(json.dumps(REPORT))
    _lay_out_foreign(folder)
    programs = folder / "programs"
    programs.mkdir()
    for name in ("node", "npm", "go"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "all"], ["tag", "v1.2"]):
        subprocess.run([*git, *words], check=True, timeout=SECONDS)
    return folder


def _lay_out_foreign(folder):
    """Put recordings of other tools where examples look for them."""
    shutil.copytree(ELSEWHERE / "reeltime", folder / ".tape" / "runs")
    (folder / "recordings").mkdir()
    shutil.copy(ELSEWHERE / "polly-fetch.har", folder / "recordings")
    shutil.copy(ELSEWHERE / "polly-fetch.har", folder / "recording.har")
    _run("export --to sse -o a.sse app.yaml#1", folder)
    (folder / "fixtures").mkdir()
    answer = {"match": {"userMessage": "hello"}, "response": {"content": "Good evening."}}
    (folder / "fixtures" / "hello.json").write_text(json.dumps({"fixtures": [answer]}))


def _run(line, folder):
    words = [sys.executable, "-m", "chunktape", *shlex.split(line)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=True)


@pytest.fixture
def folder(template, tmp_path, monkeypatch):
    """Go into a copy of that folder, without any key."""
    place = tmp_path / "examples"
    shutil.copytree(template, place)
    monkeypatch.chdir(place)
    for name in [name for name in os.environ if name.endswith(("_API_KEY", "_ENDPOINT", "_BASE_URL"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{place / 'programs'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DB_PASSWORD", KEY)
    return place


@pytest.mark.usefixtures("folder")
@pytest.mark.skipif(shutil.which("git") is None, reason="some examples compare with revisions of git")
@pytest.mark.skipif(sys.platform == "win32", reason="the programs to record are scripts for a shell")
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(
            line,
            marks=[
                *([pytest.mark.skip(reason=NOT_HERE[line])] if line in NOT_HERE else []),
                *([pytest.mark.long] if line in LONG else []),
            ],
        )
        for line in EXAMPLES
        if not line.startswith(RUNS_ON)
    ],
)
def test_an_example_does_what_it_says(command, line):
    """An example can be typed as it stands: it is no wrong usage, and nothing it names is strange."""
    name, *words = shlex.split(line.partition(" >")[0])

    done = command(*words)

    assert "chunktape" == name
    assert (CODES.get(line, 0), "") == (done.exit_code, "" if line in CODES else _errors(done.stderr))


def _errors(said):
    return "".join(line for line in said.splitlines() if line.startswith(("Error", "Usage")))


@pytest.mark.usefixtures("folder")
@pytest.mark.skipif(sys.platform == "win32", reason="a program is stopped by a signal there is none of")
@pytest.mark.parametrize("line", [line for line in EXAMPLES if line.startswith(RUNS_ON)])
def test_an_example_that_goes_on(line):
    """A server of the examples starts, says where it is, and ends when it is told to."""
    _, *words = shlex.split(line)
    running = subprocess.Popen(
        [sys.executable, "-m", "chunktape", *words, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        first = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=SECONDS)
    finally:
        running.kill()
        running.wait()

    assert "127.0.0.1:" in first
    assert (0, "") == (running.returncode, _errors(said))


def test_what_is_set_apart_is_an_example():
    """No example that is gone is still excused from anything."""
    assert [] == sorted({*NOT_HERE, *LONG, *CODES} - set(EXAMPLES))
