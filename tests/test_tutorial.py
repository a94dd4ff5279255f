"""README's first test as a new user has it: the wheel, an empty project, no key."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PORT = "8377"
SECONDS = 240
BASH = shutil.which("bash") or ""
pytestmark = pytest.mark.skipif(sys.platform == "win32" or not BASH, reason="the session is bash's")


def section():
    """Return README's files and the commands of its session with what they print."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## A first test")[2]
    files = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[:2]
    session = text.partition("```console\n")[2].partition("```")[0]
    steps: list[tuple[str, list[str]]] = []
    for line in session.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:].partition("    #")[0], []))
        else:
            steps[-1][1].append(line)
    return files, steps


def bash(command, *, check=False, **options):
    """Run a command as bash does, and return what it printed."""
    return subprocess.run(
        [BASH, "-c", command], capture_output=True, text=True, timeout=SECONDS, check=check, **options
    )


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Return the variables of somebody who has the wheel in a virtual environment, and nothing else."""
    folder = tmp_path_factory.mktemp("new")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    bash(shlex.join([*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)]), check=True)
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env/bin/python"
    bash(shlex.join([*pip, "--python", str(python), "install", f"{wheel}[openai]", "pytest"]), check=True)
    return {
        "PATH": os.pathsep.join([str(folder / "env/bin"), os.environ["PATH"]]),
        "HOME": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def test_first_test(environment, tmp_path):
    """Recording, replaying, a miss, recording again and a snapshot's diff are as README shows them."""
    (story, test), steps = section()
    (tmp_path / "story.py").write_text(story)
    (tmp_path / "test_story.py").write_text(test)
    port, background, told = free_port(), None, []
    try:
        for command, expected in steps:
            typed = command.replace(PORT, port)
            if typed.startswith("pip install"):
                continue
            if typed.startswith("export "):
                environment = environment | dict(one.split("=", 1) for one in typed.split()[1:])
                continue
            if typed.rstrip().endswith("&"):
                words = [*typed.replace("&", "").split(), "--port", port]
                background = subprocess.Popen(
                    words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
                )
                assert f"export OPENAI_BASE_URL=http://127.0.0.1:{port}/v1\n" == background.stdout.readline()
                continue
            done = bash(typed, cwd=tmp_path, env=environment)
            printed = done.stdout.replace(port, PORT).splitlines()
            told += [(command, line) for line in missing(expected, printed)]
            told += [] if not told else [(command, done.stdout + done.stderr)]
    finally:
        if background is not None:
            background.terminate()
            background.communicate()

    assert [] == told
    assert (tmp_path / "cassettes/test_story/test_story.yaml").is_file()
    assert "two sentences" in (tmp_path / "__snapshots__/test_story.tape").read_text()


def missing(expected, printed):
    """Return the lines that were not printed, or not in this order."""
    rest = iter(printed)
    return [line for line in expected if line not in rest]
