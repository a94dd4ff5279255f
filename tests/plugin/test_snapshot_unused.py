"""Snapshots that no test asserts any more: reported and removed as syrupy does, by workers too."""

from __future__ import annotations

import pytest
from snapped import Kept

HELLO = """
    def test_hello(tape_snapshot):
        assert RED == tape_snapshot
"""
TWICE = """
    def test_twice(tape_snapshot):
        assert RED == tape_snapshot
        assert GREEN == tape_snapshot(name="more")
"""
ONCE = """
    def test_twice(tape_snapshot):
        assert RED == tape_snapshot
"""
PLAIN = """
    def test_hello():
        assert 1 == len(RED)
"""
BESIDE = ("syrupy", "xdist")
SELECTIONS = {
    "file": ("tests/test_third.py",),
    "node": ("tests/test_app.py::test_hello",),
    "nodes": ("tests/test_app.py::test_hello", "tests/test_beside.py::test_hello"),
    "keyword": ("-k", "hello"),
    "deselected": ("--deselect", "tests/test_app.py::test_twice"),
    "ignored": ("--ignore", "tests/test_app.py"),
    "marker": ("-m", "not slow"),
}

by_workers = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "by workers"])


@pytest.fixture
def snapped(suite):
    """Return a suite of three modules, each with its snapshots."""
    found = Kept(suite)
    found.write(HELLO, TWICE)
    found.write(HELLO, name="test_beside.py")
    found.write(HELLO, name="test_third.py")
    found.run("--snapshot-update", passed=4)
    return found


def told(result):
    """Return what syrupy says at the end of a run, line by line."""
    lines = [line.strip() for line in result.outlines]
    start = next(number for number, line in enumerate(lines) if "snapshot report summary" in line)
    end = next(
        number for number, line in enumerate(lines[start + 1 :], start + 1) if line[:3] in {"===", "---"}
    )
    return [line for line in lines[start + 1 : end] if line]


@by_workers
def test_entry(snapped, workers):
    """One that a test asserts no more fails the run by its name; an update removes it, and nothing else."""
    snapped.write(HELLO, ONCE)
    result = snapped.run(*workers, "--snapshot-details", beside=BESIDE, passed=4)

    assert told(result) == [
        "4 snapshots passed. 1 snapshot unused.",
        "Unused test_twice[more] (tests/__snapshots__/test_app.tape)",
        "Re-run pytest with --snapshot-update to delete unused snapshots.",
    ]
    assert 1 == result.ret

    result = snapped.run(*workers, "--snapshot-update", beside=BESIDE, passed=4)

    assert told(result)[0] == "4 snapshots passed. 1 unused snapshot deleted."
    assert ["test_hello", "test_twice"] == snapped.names()
    assert ["test_hello"] == snapped.names("test_beside.tape")
    assert 0 == result.ret


@by_workers
def test_file_of_a_module_that_is_gone(snapped, workers):
    """The file of a module that was deleted is reported; an update removes the file."""
    (snapped.suite.root / "tests/test_beside.py").unlink()
    result = snapped.run(*workers, "--snapshot-details", beside=BESIDE, passed=3)

    assert "Unused test_hello (tests/__snapshots__/test_beside.tape)" in told(result)
    assert 1 == result.ret

    snapped.run(*workers, "--snapshot-update", beside=BESIDE, passed=3)

    assert ["test_app.tape", "test_third.tape"] == sorted(path.name for path in snapped.snapshots.iterdir())


@by_workers
def test_module_without_snapshots_now(snapped, workers):
    """The file of a module whose tests take no snapshot any more is reported, and removed."""
    snapped.write(PLAIN, name="test_beside.py")
    result = snapped.run(*workers, "--snapshot-details", beside=BESIDE, passed=4)

    assert "Unused test_hello (tests/__snapshots__/test_beside.tape)" in told(result)
    assert 1 == result.ret

    snapped.run(*workers, "--snapshot-update", beside=BESIDE, passed=4)

    assert not (snapped.snapshots / "test_beside.tape").exists()


@by_workers
def test_suite_without_snapshots_now(snapped, workers):
    """Files of which no test at all takes a snapshot any more are reported, and removed."""
    for name in ("test_app.py", "test_beside.py", "test_third.py"):
        snapped.write(PLAIN, name=name)
    result = snapped.run(*workers, "--snapshot-details", beside=BESIDE, passed=3)

    assert "3 snapshots unused." in told(result)[0]
    assert 1 == result.ret

    snapped.run(*workers, "--snapshot-update", beside=BESIDE, passed=3)

    assert [] == [path.name for path in snapped.snapshots.glob("*")]


@pytest.mark.parametrize(
    ("workers", "chosen"),
    [
        *(pytest.param((), chosen, id=name) for name, chosen in SELECTIONS.items()),
        *(pytest.param(("-n2",), SELECTIONS[name], id=f"{name} by workers") for name in ("node", "keyword")),
    ],
)
def test_selection(snapped, workers, chosen):
    """Of tests that a run leaves out nothing is reported, and an update removes nothing."""
    snapped.write(HELLO, "\n    @pytest.mark.slow", TWICE)
    snapped.suite.write("pytest.ini", "[pytest]\nmarkers = slow\n")
    result = snapped.run(*workers, *chosen, beside=BESIDE)

    assert "unused" not in " ".join(told(result))
    assert 0 == result.ret

    snapped.run(*workers, *chosen, "--snapshot-update", beside=BESIDE)

    assert ["test_hello", "test_twice", "test_twice[more]"] == snapped.names()
    assert ["test_hello"] == snapped.names("test_beside.tape")


@by_workers
def test_tests_that_did_not_get_there(snapped, workers):
    """A test that is skipped keeps its snapshots."""
    snapped.write(HELLO, "\n    @pytest.mark.skip", TWICE)
    result = snapped.run(*workers, beside=BESIDE, passed=3, skipped=1)

    assert told(result) == ["3 snapshots passed."]
    assert 0 == result.ret


@by_workers
def test_files_of_syrupy_beside_them(snapped, workers):
    """Snapshots of syrupy's own with the same names are neither taken for ours nor lost."""
    both = HELLO + "\n    def test_own(snapshot):\n        assert [1] == snapshot\n"
    snapped.write(both, name="test_beside.py")
    snapped.run(*workers, "--snapshot-update", beside=BESIDE, passed=5)
    snapped.write(HELLO, name="test_beside.py")
    result = snapped.run(*workers, "--snapshot-details", beside=BESIDE, passed=4)

    assert "Unused test_own (tests/__snapshots__/test_beside.ambr)" in told(result)

    snapped.run(*workers, "--snapshot-update", beside=BESIDE, passed=4)

    assert not (snapped.snapshots / "test_beside.ambr").exists()
    assert ["test_hello"] == snapped.names("test_beside.tape")
