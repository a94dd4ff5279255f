"""Files that are no cassettes, cannot be read, or never end: each is named, and the others are audited."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from subprocess import run

import pytest
from auditing import audit, clean

from chunktape.tape import store

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="links, pipes and long paths as POSIX has them"
)


def unreadable(result):
    """Return why files could not be read."""
    return [one.unreadable.partition("\n")[0] for one in result if one.unreadable]


@pytest.mark.parametrize(
    ("to", "why"), [("self.yaml", "Too many levels of symbolic links"), ("gone", "No such file or directory")]
)
def test_links_that_lead_nowhere(tmp_path, to, why):
    """A link to itself, or to what is gone, is a cassette that cannot be read."""
    store.write(tmp_path / "a.yaml", [clean()])
    (tmp_path / "self.yaml").symlink_to(to)
    result, told = audit(tmp_path)

    assert (2, 4) == (result.cassettes, result.exit_code)
    assert [f"Cassette not read: {why}"] == unreadable(told)


def test_a_folder_that_cannot_be_listed(tmp_path):
    """What is in it cannot be looked at, which is told; the rest of the tree is audited."""
    store.write(tmp_path / "a.yaml", [clean()])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        for _ in range(20):  # no system takes a path of 5,000 characters at once
            Path("d" * 250).mkdir()
            patch.chdir("d" * 250)
    result, told = audit(tmp_path)

    assert (2, 1, 4) == (result.cassettes, result.unreadable, result.exit_code)
    assert ["Cassette not read: File name too long"] == unreadable(told)


def test_a_pipe_is_not_waited_for(tmp_path):
    """A pipe that somebody names is no file, and one below a folder is nobody's cassette."""
    store.write(tmp_path / "a.yaml", [clean()])
    os.mkfifo(tmp_path / "pipe.yaml")
    words = [sys.executable, "-c", "from chunktape.cli import main; main()", "audit", "--format", "jsonl"]
    # A second time, since what is in the cache is looked for by another way.
    done = [
        run([*words, *names], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        for names in (["a.yaml"], ["."], ["a.yaml", "pipe.yaml"])
    ]

    assert [0, 0, 4] == [one.returncode for one in done]
    assert "Cassette not read: it is no file" in done[2].stdout
