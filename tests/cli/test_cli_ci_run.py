"""The shell of the workflows, run by bash as GitHub does, over a project and a provider on this machine."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT, run

import pytest
import yaml

from chunktape.loopback import chat

pytest.importorskip("openai")
pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or sys.platform == "win32", reason="the jobs run on Linux, with git"
)

SECONDS = 60
KEY = "sk-loopback-0123456789abcdef"
TESTS = f"{shlex.quote(sys.executable)} -m pytest -q -p no:cacheprovider -p no:asyncio -p no:recording"
TEST = """
import os

import pytest
from openai import OpenAI


@pytest.mark.tape
def test_story(tape, tape_snapshot):
    stream = OpenAI(base_url=os.environ["PROVIDER"]).chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "hi"}], stream=True
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    with open("scratch.txt", "a") as file:
        file.write(text)
    assert tape == tape_snapshot
    assert "storm" not in text
"""
GH = """#!/bin/sh
echo "$@" >> "$RUNNER_TEMP/gh.log"
if [ "$1 $2" = "pr list" ]; then cat "$RUNNER_TEMP/open.txt"; fi
"""


class Project:
    """A repository with a test, its workflows, and a remote to push to."""

    def __init__(self, root, provider):
        self.root, self.remote, self.temp = root / "work", root / "remote.git", root / "temp"
        self.variables = {
            **{name: value for name, value in os.environ.items() if not name.endswith("_KEY")},
            "PATH": os.pathsep.join(
                [str(root / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
            ),
            "PROVIDER": provider.openai_url,
            "CI": "true",
            "HOME": str(root),
            "GIT_CONFIG_NOSYSTEM": "1",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "GITHUB_OUTPUT": str(self.temp / "output.txt"),
            "GITHUB_REF_NAME": "main",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "me/app",
            "GITHUB_RUN_ID": "7",
        }
        for folder in (self.root, self.temp, root / "bin"):
            folder.mkdir()
        self.outputs, self.log = {}, ""
        (self.temp / "open.txt").touch()
        gh = root / "bin" / "gh"
        gh.write_text(GH)
        gh.chmod(0o755)
        (self.root / "test_app.py").write_text(TEST)
        (self.root / "scratch.txt").touch()
        self.bash("git init -q -b main . && git init -q --bare " + shlex.quote(str(self.remote)))
        self.bash("git remote add origin " + shlex.quote(str(self.remote)))

    def bash(self, script, **variables):
        """Run a script as GitHub does, and return what it printed and its exit code."""
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = run(
            words,
            cwd=self.root,
            env=self.variables | variables,
            stdout=PIPE,
            stderr=STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout, done.returncode

    def commit(self):
        """Commit everything, and push it."""
        who = "-c user.name=me -c user.email=me@example.org"
        told, code = self.bash(f"git add -A && git {who} commit -qm all && git push -q origin main")
        assert code == 0, told

    def steps(self, workflow, job):
        """Run the shell of a job but its installation; stop as the job would, and return names with codes."""
        text = (self.root / ".github/workflows" / workflow).read_text()
        codes = {}
        for step in yaml.safe_load(text)["jobs"][job]["steps"]:
            if "run" not in step or step.get("name") == "Install":
                continue
            env = {name: self.resolve(value) for name, value in step.get("env", {}).items()}
            output = self.temp / "output.txt"
            output.write_text("")
            if all(code == 0 for code in codes.values()) or "!cancelled()" in step.get("if", ""):
                told, codes[step["name"]] = self.bash(step["run"], **env)
                self.log += told
                pairs = dict(line.split("=", 1) for line in output.read_text().splitlines())
                self.outputs |= {f"steps.{step.get('id')}.outputs.{key}": one for key, one in pairs.items()}
                self.outputs |= {f"needs.{job}.outputs.{key}": one for key, one in pairs.items()}
        return codes

    def resolve(self, value):
        """Return a value of a step's environment as GitHub would fill it in."""
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: self.known(found[1]), str(value))

    def known(self, expression):
        if expression.startswith("secrets."):
            return "true" if expression.endswith("!= ''") else KEY
        plain = {"inputs.max-cost || '5.00'": "5.00", "github.token": "token"}
        return {**plain, **self.outputs}.get(expression, "")


@pytest.fixture
def project(tmp_path, provider, command, monkeypatch):
    """Return a project with workflows, without a recording."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    made = Project(tmp_path, provider)
    done = command("ci", "init", "--dir", made.root, "--tests", TESTS)
    assert done.exit_code == 0
    return made


@pytest.fixture
def recorded(project, provider):
    """Return a project with a recording, committed and pushed."""
    provider.play(chat("Calm sea."))
    told, code = project.bash(f"{TESTS} --tape=once --snapshot-update", OPENAI_API_KEY=KEY)
    assert code == 0, told
    project.commit()
    return project


def test_replay_needs_neither_key_nor_network(recorded, provider):
    """The jobs of a push pass with recordings only, and the report is in the summary."""
    provider.stop()

    codes = recorded.steps("chunktape.yml", "replay")

    assert {"Test": 0, "Report": 0} == codes, recorded.log
    assert "## Tapes" in (recorded.temp / "summary.md").read_text()


@pytest.mark.parametrize(
    ("words", "opened", "expected"),
    [
        pytest.param(
            "Rough sea.",
            "",
            "pr create --base main --head chunktape/weekly --title Recordings made again",
            id="new",
        ),
        pytest.param(
            "A storm at sea.",
            "41\n",
            "pr edit 41 --title Recordings made again (tests fail)",
            id="renewed, and tests fail",
        ),
    ],
)
def test_recording_again_opens_a_pull_request(recorded, provider, words, opened, expected):
    """Recordings and snapshots, and nothing else, are proposed with what they say now."""
    provider.play(chat(words))
    (recorded.temp / "open.txt").write_text(opened)
    # Of last week, with something in it that this week's does not have.
    recorded.bash("git commit -q --allow-empty -m old && git push -q origin main:chunktape/weekly")
    recorded.bash("git reset -q --hard origin/main")
    kept = ["__snapshots__/test_app.tape", "cassettes/test_app/test_story.yaml"]

    looked = recorded.steps("chunktape-weekly.yml", "keys")
    made = recorded.steps("chunktape-weekly.yml", "record")

    assert ({0}, {0}) == (set(looked.values()), set(made.values())), recorded.log
    body = recorded.temp / "proposal/body.md"
    assert "-  Calm sea.\n+  " + words in body.read_text()
    assert "* 1 interaction of 1 recorded before and after" in body.read_text()
    recorded.bash("git reset -q --hard && git clean -qfd")

    proposed = recorded.steps("chunktape-weekly.yml", "propose")

    assert {"Open or renew": 0} == proposed, recorded.log
    changed, _ = recorded.bash("git diff --name-only main origin/chunktape/weekly")
    assert kept == changed.splitlines()
    log = (recorded.temp / "gh.log").read_text().splitlines()
    assert f"{expected} --body-file {body}" == log[-1]


def test_without_keys_nothing_is_recorded(project, monkeypatch):
    """A missing key is named, and the jobs behind do not run."""
    monkeypatch.setattr(project, "known", lambda _: "false")
    expected = (
        "::warning::Nothing is recorded: the repository lacks these secrets and variables: OPENAI_API_KEY\n"
    )

    project.steps("chunktape-weekly.yml", "keys")

    assert ("false", expected) == (project.outputs["steps.look.outputs.present"], project.log)


@pytest.mark.parametrize("limit", ["", "5.00 --tape=off", "-1", "1e9"])
def test_a_limit_that_is_no_number_stops_the_recording(project, monkeypatch, limit):
    """What recording may cost is a number; anything else stops the job before the tests."""
    monkeypatch.setattr(project, "known", lambda _: limit)

    codes = project.steps("chunktape-weekly.yml", "record")

    assert codes["Record"] == 1
    assert ["::error::max-cost is no number of USD"] == project.log.splitlines()[:1]
    assert not (project.temp / "proposal").exists()


def test_tests_that_did_not_run_propose_nothing(project):
    """Where pytest ended with more than failed tests, nothing is proposed."""
    (project.root / "conftest.py").write_text("import nothing_of_that_name\n")

    codes = project.steps("chunktape-weekly.yml", "record")

    assert codes["Record"] == 4
    assert not (project.temp / "proposal").exists()
