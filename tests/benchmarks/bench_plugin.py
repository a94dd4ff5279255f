"""A pytest run that uses no tape does not notice the plugin."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from claim import Measured, added, ratio, seconds
from stopwatch import compared

if TYPE_CHECKING:
    from collections.abc import Iterator

CLAIM = "8 plugin"
LIMIT = 1.1
START = 0.030
HEAVY = (
    "yaml", "pydantic", "httpx2", "httpx", "rich", "click", "wrapt", "vcr", "syrupy", "asyncio", "ssl",
    "requests", "aiohttp", "openai", "anthropic", "azure",
)  # fmt: skip  # read as a table
TESTS = """
import pytest

@pytest.mark.parametrize("number", range(300))
def test_number(number):
    assert number >= 0
"""
IMPORT = """
import json, sys, time
import pytest
import _pytest.config
before = set(sys.modules)
started = time.process_time()
import chunktape.pytest_plugin
took = time.process_time() - started
json.dump({"took": took, "modules": sorted(set(sys.modules) - before)}, sys.stdout)
"""


def measure() -> Iterator[Measured]:
    """Yield what the plugin imports, and what a run with it costs beside one without it."""
    yield _imports()
    with TemporaryDirectory() as folder:
        (Path(folder) / "test_one.py").write_text("def test_one():\n    pass\n")
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        with_it, without = compared(
            lambda: _pytest(folder, "-p", "chunktape.pytest_plugin"),
            lambda: _pytest(folder),
            holds=lambda found: found[0] - found[1] <= START,
        )
    yield added(
        CLAIM, "pytest's start-up, and one test", with_it, without, limit=START, against="without it, CPU"
    )
    with TemporaryDirectory() as folder:
        (Path(folder) / "test_numbers.py").write_text(TESTS)
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        with_it, without = compared(
            lambda: _pytest(folder, "-p", "chunktape.pytest_plugin"),
            lambda: _pytest(folder),
            holds=lambda found: found[0] <= LIMIT * found[1],
        )
    yield ratio(
        CLAIM,
        "pytest over 300 tests without a tape",
        with_it,
        without,
        limit=LIMIT,
        against="without it, CPU",
    )


def _imports() -> Measured:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True, timeout=60
    )
    found = json.loads(done.stdout)
    heavy = [name for name in found["modules"] if name.partition(".")[0] in HEAVY]
    return Measured(
        CLAIM,
        "what its import brings, beyond pytest's own",
        f"{len(found['modules'])} modules, {seconds(found['took'])}",
        "heavy ones",
        ", ".join(heavy) or "none",
        "none",
        not heavy,
    )


def _pytest(folder: str, *options: str) -> float:
    """Return the seconds of processor time of a pytest run in an interpreter of its own."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    # Whoever writes no bytecode pays for compiling every plugin in every run.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        check=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        timeout=60,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
