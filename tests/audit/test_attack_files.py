"""Files that are no cassettes, cannot be read, or never end: each is named, and the others are audited."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from subprocess import run

import pytest
from auditing import audit, clean
from click.testing import CliRunner

from chunktape.audit.addition import Wanted, gathered
from chunktape.cli.group import root
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


def test_a_folder_to_compare_with(tmp_path):
    """What cannot be read there is not compared, and told; the others are compared."""
    for name in ("before", "after"):
        store.write(tmp_path / name / "a.yaml", [clean()])
    (tmp_path / "before" / "gone.yaml").symlink_to("nowhere")
    found = CliRunner().invoke(root, ["diff", str(tmp_path / "before"), str(tmp_path / "after")])
    wanted = Wanted(against=str(tmp_path / "before"))
    after = str(tmp_path / "after" / "a.yaml")
    added = gathered(wanted, paths=[str(tmp_path / "after")], names=[after], results=[], ids=["DRF-C1"])

    assert 4 == found.exit_code
    assert "Cassette not read: No such file or directory" in found.stderr
    assert found.stdout.endswith("1 pair, 0 errors, 0 warnings, 0 info, 0 not compared\n")
    assert ["Cassette not read: No such file or directory"] == [one.reason for one in added.unchecked]
    assert {"DRF-C1": 1} == added.passed


def test_mending_goes_on(tmp_path, monkeypatch):
    """What cannot be mended is named, what is no cassette is left alone, and what was done is in words."""
    monkeypatch.chdir(tmp_path)
    key = b"sk-proj-" + b"Ab3" * 12
    one = clean()
    path = tmp_path / "tapes" / "a.yaml"
    store.write(path, [replace(one, request=replace(one.request, body=b'{"user":"' + key + b'"}'))])
    (tmp_path / "tapes" / "self.yaml").symlink_to("self.yaml")
    (tmp_path / "tapes" / "other.yaml").write_text("a: 1\n")
    done = CliRunner().invoke(root, ["audit", "--hygiene", "--fix", "tapes"])

    assert 4 == done.exit_code
    mended, _, rest = done.stderr.partition("\n")
    assert mended.startswith(
        "Mended tapes/a.yaml: interaction 1, request body: an OpenAI key, interaction 1, "
    )
    assert "Change(" not in mended
    assert "Not mended: Too many levels of symbolic links\n  where: tapes/self.yaml\n" == rest
    assert key not in path.read_bytes()
