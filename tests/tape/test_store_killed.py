"""Writers that are killed: the cassette is whole every time, and what they leave does not grow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chunktape.tape import store
from chunktape.tape.interaction import Interaction
from chunktape.tape.scratch_file import scratch_file
from chunktape.wire.message import Head, Request

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
SCRIPT = Path(__file__).parents[1] / "support" / "killed_writer.py"
ONE = Interaction(Request("GET", "https://a.test/"), Head(200, "OK"), b"hello", (5,))


@pytest.mark.parametrize("kills", [25, pytest.param(200, marks=pytest.mark.long)])
def test_killed_writer_leaves_a_whole_cassette(tmp_path, kills):
    """Killed at random moments while it records, a writer leaves whole cassettes, and at most one file."""
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path, str(kills), "5"], capture_output=True, text=True, check=True
    )

    found = json.loads(done.stdout)
    assert ([], 0) == (found["wrong"], found["left"])
    assert found["litter"] <= 1
    assert found["sizes"] > 3


def test_what_a_killed_writer_left_is_swept(tmp_path):
    """The next writer to a folder takes away what belongs to nobody any more, and nothing else."""
    dead, other = tmp_path / ".chunktape-0123456789abcdef.tmp", tmp_path / ".chunktape-notes.txt"
    dead.write_text("interactions:")
    other.touch()

    with scratch_file(tmp_path) as (living, file):
        store.write(tmp_path / "a.yaml", [ONE])
        left = sorted(tmp_path.iterdir())
        file.write(b"still mine")

    assert sorted([living, other, tmp_path / "a.yaml"]) == left
