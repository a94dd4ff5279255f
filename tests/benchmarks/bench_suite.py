"""A suite of replayed tests costs little more than the same tests over answers from memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bench_sdk_replay import _recorded
from claim import Measured, added
from clients import NAMED
from doors import DOORS
from stopwatch import compared

from chunktape.loopback import Provider

if TYPE_CHECKING:
    from collections.abc import Iterator

CLAIM = "9 suite"
TESTS = 1000
WORDS = 100
LIMIT = 0.005
SUITE = """
import sys

import pytest

sys.path[:0] = {support!r}
from doors import DOORS, Question

from chunktape import Cassette

MEMORY = {memory}
APIS = {{"anthropic": "messages"}}


def recording(door):
    one = Cassette.load("{templates}/" + door.name + ".yaml").interactions[0]
    return Question.of(one, APIS.get(door.sdk, "chat"), door.sdk), one if MEMORY else None


KNOWN = {{door.name: (door, *recording(door)) for door in DOORS}}


{mark}
@pytest.mark.parametrize("number", range({each}))
@pytest.mark.parametrize("name", KNOWN)
def test_stream(name, number):
    door, question, memory = KNOWN[name]
    seen = door.ask(question, memory)
    assert seen.error is None
    assert len(seen.objects) >= {words}
"""


def measure() -> Iterator[Measured]:
    """Yield what one test of a thousand costs more than over memory, its clients built alike."""
    with TemporaryDirectory() as name, Provider() as provider:
        folder = Path(name)
        templates = folder / "templates"
        templates.mkdir()
        for door in DOORS:
            _recorded(NAMED[door.name], provider, templates / f"{door.name}.yaml", WORDS)
        for kind in ("tape", "memory"):
            _write(folder, kind, templates)
        tape, memory = compared(
            lambda: _pytest(folder / "tape", "-p", "chunktape.pytest_plugin"),
            lambda: _pytest(folder / "memory"),
            holds=lambda found: (found[0] - found[1]) / _count() <= LIMIT,
            rounds=1,
            most=4,
        )
    yield added(
        CLAIM,
        f"{_count()} tests of {WORDS} words, three SDKs, sync and async: one of them",
        tape / _count(),
        memory / _count(),
        limit=LIMIT,
        against="over memory, CPU",
    )


def _count() -> int:
    return _each() * len(DOORS)


def _each() -> int:
    return -(-TESTS // len(DOORS))


def _write(folder: Path, kind: str, templates: Path) -> None:
    suite = folder / kind
    cassettes = suite / "cassettes" / "test_streams"
    cassettes.mkdir(parents=True)
    text = SUITE.format(
        support=[str(Path(__file__).parents[1] / "support")],
        memory=kind == "memory",
        templates=templates,
        mark="@pytest.mark.tape" if kind == "tape" else "",
        each=_each(),
        words=WORDS,
    )
    (suite / "test_streams.py").write_text(text)
    (suite / "pytest.ini").write_text("[pytest]\n")
    if kind == "tape":
        for door in DOORS:
            for number in range(_each()):
                copyfile(
                    templates / f"{door.name}.yaml", cassettes / f"test_stream[{door.name}-{number}].yaml"
                )


def _pytest(folder: Path, *options: str) -> float:
    """Return the seconds of processor time of a pytest run in an interpreter of its own."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        check=False,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        raise AssertionError(done.stdout[-3000:] + done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
