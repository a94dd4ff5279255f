"""One suite gives the same files: twice, by workers, in another order, and on every Python there is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chunktape import Cassette

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest
from asking import aask, ask

pytestmark = pytest.mark.tape

@pytest.mark.parametrize("text", ["a", "b", "ü/*"])
def test_plain(text, tape, tape_snapshot):
    ask(text)
    ask("again")
    assert tape == tape_snapshot

@pytest.mark.asyncio
async def test_awaited(tape, tape_snapshot):
    await aask("c")
    assert tape == tape_snapshot

class TestClass:
    def test_method(self, tape, tape_snapshot):
        ask("d")
        assert tape == tape_snapshot
        assert tape == tape_snapshot(name="again")
"""
# As pytest-randomly and its like do.
SHUFFLED = """
import os
import random

def pytest_collection_modifyitems(items):
    if "SEED" in os.environ:
        random.Random(int(os.environ["SEED"])).shuffle(items)
"""
BESIDE = ("xdist", "syrupy", "recording")
WAYS = {
    "again": ((), None),
    "workers": (("-n2",), None),
    "shuffled": ((), "7"),
    "workers, shuffled": (("-n2", "--dist=load"), "11"),
    "as new episodes": (("--tape=new_episodes",), None),
}


@pytest.fixture
def suite_of_tests(suite):
    """Return a suite with tests of several kinds, and nothing recorded."""
    suite.write("tests/test_app.py", TESTS)
    suite.write("tests/conftest.py", SHUFFLED)
    return suite


def files(root):
    """Return the bytes of all that a run leaves, by path."""
    found = [path for name in ("cassettes", "__snapshots__") for path in root.rglob(f"{name}/**/*")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found if path.is_file()}


def said(root):
    """Return what a run has recorded, without when and in which pieces it came, and its snapshots."""
    tapes = {
        path.relative_to(root).as_posix(): [timeless(one) for one in Cassette.load(path).interactions]
        for path in root.rglob("cassettes/**/*.yaml")
    }
    return tapes, {name: data for name, data in files(root).items() if name.endswith(".tape")}


def timeless(one):
    ending = replace(one.ending, at=None)
    return replace(one, ends=(len(one.body),), ending=ending, timing=None, recorded_at=None)


@pytest.mark.parametrize(("options", "seed"), WAYS.values(), ids=WAYS)
def test_replay_writes_nothing(suite_of_tests, monkeypatch, options, seed):
    """A run in replay leaves every byte as it is, and writes the same snapshots where they are gone."""
    suite_of_tests.run("--tape=once", "--snapshot-update", beside=BESIDE, passed=5)
    before = files(suite_of_tests.root)
    if seed is not None:
        monkeypatch.setenv("SEED", seed)
    suite_of_tests.run(*options, beside=BESIDE, passed=5)
    kept = files(suite_of_tests.root)
    shutil.rmtree(suite_of_tests.root / "tests/__snapshots__")
    suite_of_tests.run(*options, "--snapshot-update", beside=BESIDE, passed=5)

    assert before == kept == files(suite_of_tests.root)
    assert 6 == len(before)


@pytest.mark.parametrize(("options", "seed"), list(WAYS.values())[:-1], ids=list(WAYS)[:-1])
def test_recording_again_says_the_same(suite_of_tests, monkeypatch, options, seed):
    """What is recorded again differs in its times alone; the snapshots are the same bytes."""
    suite_of_tests.run("--tape=once", "--snapshot-update", beside=BESIDE, passed=5)
    before = said(suite_of_tests.root)
    shutil.rmtree(suite_of_tests.root / "tests/cassettes")
    if seed is not None:
        monkeypatch.setenv("SEED", seed)
    suite_of_tests.run("--tape=once", *options, beside=BESIDE, passed=5)

    assert before == said(suite_of_tests.root)


def pythons():
    """Return the Pythons of this machine that the package runs on, by version, without this one's."""
    names = [f"python3.{minor}" for minor in range(11, 20) if minor != sys.version_info[1]]
    homes = [Path(one) for one in os.environ.get("PATH", "").split(os.pathsep) if one]
    homes += Path.home().glob(".pyenv/versions/*/bin")
    found = {}
    for name in names:
        for home in homes:
            ask = [home / name, "-c", "import sys, venv, ssl; print('%d.%d' % sys.version_info[:2])"]
            if name in found or not (home / name).is_file():
                continue
            told = subprocess.run(ask, capture_output=True, text=True, timeout=30, check=False)
            if told.stdout.strip() == name.removeprefix("python"):
                found[name] = home / name
    return found


@pytest.mark.long
@pytest.mark.parametrize("python", pythons().values() or [None], ids=pythons() or ["none"])
def test_another_python_writes_the_same(suite_of_tests, tmp_path, python):
    """Another Python plays the same recordings, and writes the same snapshots of them."""
    if python is None:
        pytest.skip("there is no other Python from 3.11 up on this machine")
    suite_of_tests.run("--tape=once", "--snapshot-update", beside=BESIDE, passed=5)
    before = files(suite_of_tests.root)
    subprocess.run([python, "-m", "venv", tmp_path / "env"], check=True, timeout=120)
    there = tmp_path / "env/bin/python"
    packages = [f"{ROOT}[all]", "pytest-asyncio>=1.0", "pytest-xdist>=3.6"]
    subprocess.run([there, "-m", "pip", "-q", "install", *packages], check=True, timeout=600)
    shutil.rmtree(suite_of_tests.root / "tests/__snapshots__")
    for options in (["--snapshot-update"], ["-n2"]):
        run = [there, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        done = subprocess.run(
            run, cwd=suite_of_tests.root, capture_output=True, text=True, timeout=120, check=False
        )
        assert 0 == done.returncode, done.stdout + done.stderr

    assert before == files(suite_of_tests.root)
