"""What the lanes say is true of the rest of the project; running them all is `tests/lanes/run.py`."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from environment import MissingLaneError, find_python
from lane import Inability, Lane, Run, read_lanes
from packaging.requirements import Requirement
from packaging.version import Version
from page import as_markdown, as_page, as_text

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LANES = read_lanes()
SUITE_PARTS = {"bridge", "plugin", "doors", "serve"}
LANE = Lane("openai-9", "the openai of tomorrow", ("openai>=9",), ("openai",), ("openai",))
CANNOT = Lane(
    "older", "an older one", (), ("openai",), (), "3.12", (Inability("test_miss", "it has none", "a-*"),)
)
RUNS = [
    Run(LANE, {"openai": "9.1"}, passed=5, seconds=1),
    Run(CANNOT, {}, failed=1, passed=2, cannot=3),
    Run(LANE, {}, missing="there is no Python 3.99 on this machine"),
]


def floors():
    """Return what pyproject.toml declares as the oldest, apart from what only developers need."""
    extras = PROJECT["optional-dependencies"]
    needed = [*PROJECT["dependencies"], *(one for name in extras if name != "dev" for one in extras[name])]
    declared = [Requirement(one) for one in needed if not one.startswith("chunktape")]
    return sorted({(one.name, spec.version) for one in declared for spec in one.specifier})


def exact(lane):
    """Return the releases that a lane has exactly."""
    wanted = [Requirement(one) for one in lane.requires]
    return {
        (one.name, Version(spec.version)) for one in wanted for spec in one.specifier if spec.operator == "=="
    }


@pytest.mark.parametrize(("name", "version"), floors())
def test_every_declared_floor_has_a_lane(name, version):
    """What pyproject.toml calls the oldest is installed exactly so by some lane."""
    assert [lane.name for lane in LANES.values() if (name, Version(version)) in exact(lane)]


def test_every_declared_python_has_a_lane():
    """Every Python of the classifiers has a lane."""
    said = {one.rpartition(" ")[2] for one in PROJECT["classifiers"] if "Python :: 3." in one}

    assert said <= {lane.python for lane in LANES.values()}


def test_supported_md_is_what_the_lanes_say():
    """docs/supported.md is what `run.py --table` prints."""
    script = [sys.executable, str(ROOT / "tests/lanes/run.py"), "--table"]
    printed = subprocess.run(script, capture_output=True, text=True, check=True, encoding="utf-8").stdout

    assert printed == (ROOT / "docs/supported.md").read_text(encoding="utf-8")


def test_parts_are_those_of_the_suite():
    """A lane names parts that the suite has, and every part has a lane."""
    from lane_here import MODULES

    assert {*MODULES} | SUITE_PARTS == {part for lane in LANES.values() for part in lane.parts}


def test_a_run_says_what_it_came_to():
    """What passed, failed, is missing or cannot be done is told, in text and in Markdown."""
    assert as_text(RUNS).splitlines() == [
        "lane      Python  installed   result   passed  failed  skipped  cannot",
        "openai-9  3.11    openai 9.1  passed   5       0       0        0",
        "older     3.12    -           FAILED   2       1       0        3",
        "openai-9  3.11    -           MISSING  -       -       -        -",
        "openai-9: MISSING: there is no Python 3.99 on this machine",
        "older cannot: a-*, test_miss: it has none",
    ]
    assert "| older | 3.12 | - | FAILED | 2 | 1 | 0 | 3 |" in as_markdown(RUNS).splitlines()
    assert "* `older`, a-*, test_miss: it has none" in as_page([LANE, CANNOT]).splitlines()


def test_a_run_in_which_nothing_passed_has_failed():
    """A suite of which nothing was run is no success."""
    assert "FAILED" == Run(LANE, {}).verdict


def test_a_python_that_is_not_there_is_missing():
    """A lane whose Python is nowhere says so."""
    with pytest.raises(MissingLaneError) as caught:
        find_python("3.99")

    assert "there is no Python 3.99 on this machine" == str(caught.value)


def test_an_unknown_lane_is_named():
    """A misspelt lane runs nothing."""
    script = [sys.executable, str(ROOT / "tests/lanes/run.py"), "openai-99"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)

    assert 2 == done.returncode
    assert "no such lane: openai-99; there are openai-2, " in done.stderr
