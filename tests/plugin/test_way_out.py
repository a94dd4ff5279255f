"""What the message of a failed test says: the command to paste, the marker to change, the file to mend."""

from __future__ import annotations

import sys

import pytest

HEAD = "import pytest\nfrom asking import ask\n"
RECORDED = """
@pytest.mark.tape
def test_hello():
    assert ask("recorded")
"""


def _written(suite, source, name="tests/test_app.py"):
    suite.write(name, HEAD + source)
    return suite


def _errors(result):
    return [line.removeprefix("E").strip() for line in result.outlines if line.startswith("E ")]


@pytest.fixture
def recorded(suite):
    """Return a suite whose `test_hello` has a cassette with one call."""
    suite.write("tests/test_app.py", HEAD + RECORDED)
    suite.record("recorded")
    return suite


def test_way_out_can_be_pasted(recorded):
    """The command is quoted for the shell, and names the test from where pytest was started."""
    result = _written(
        recorded,
        """
@pytest.mark.tape("test_hello")
@pytest.mark.parametrize("text", ["it's now"])
def test_hello(text):
    ask(text)
""",
    )
    there = result.run("--rootdir=.", failed=1)
    (recorded.root / "tests" / "sub").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(recorded.root / "tests" / "sub")
        below_it = recorded.run("--rootdir=../..", "..", failed=1)

    command = "to record it: pytest --tape=new_episodes "
    quoted = "test_app.py::test_hello[it'\"'\"'s now]'"
    assert f"{command}'tests/{quoted}" in _errors(there)
    assert f"{command}'../{quoted}" in _errors(below_it)
    assert any(
        line.startswith("cassette: ../cassettes/test_app/test_hello.yaml ") for line in _errors(below_it)
    )


def test_way_out_works_over_a_marker(recorded):
    """The command line wins over the marker, so the command is the same."""
    result = _written(
        recorded,
        """
@pytest.mark.tape(record_mode="once")
def test_hello():
    ask("now")
""",
    ).run(failed=1)

    assert "to record it: pytest --tape=new_episodes tests/test_app.py::test_hello" in _errors(result)


def test_damaged_cassette_is_one_clear_message(recorded, below):
    """A cassette that cannot be read is no empty one, and no traceback."""
    path = recorded.root / "tests/cassettes/test_app/test_hello.yaml"
    path.write_text("")

    result = recorded.run(errors=1)

    assert (
        f"Damaged cassette: the file is empty\n  where: {path}, line 1\n"
        "  way out: restore it from version control, or delete it and record again"
    ) == below(result, "ERROR at setup of test_hello")
    assert "" == path.read_text()


def test_secret_on_its_way_to_the_disk_is_one_clear_message(suite, below):
    """A recording that would hold a secret is not written, and the test is an error."""
    _written(
        suite,
        """
import base64, httpx2, asking

KEY = "loopback-key-0123456789"

@pytest.mark.tape
def test_hello():
    text = base64.b64encode(KEY.encode()).decode()
    with httpx2.Client(headers={"authorization": f"Bearer {KEY}"}) as client:
        client.post(asking.URL, json=asking._question(text))
""",
    )
    result = suite.run("--tape=once", passed=1, errors=1)
    text = below(result, "ERROR at teardown of test_hello")

    assert text.startswith("Cassette not written: it would hold the credential in authorization, encoded\n")
    assert "\n  not saved: 1 recording, still in session.recorded; an older file is as it was\n" in text
    assert {} == suite.cassettes


@pytest.mark.parametrize(
    ("outcome", "counted"), [("pytest.skip('no')", {"skipped": 1}), ("pytest.xfail('no')", {"xfailed": 1})]
)
def test_skipping_stays_skipping(recorded, outcome, counted):
    """A test that is skipped or expected to fail inside its tape is what it says."""
    _written(recorded, f"@pytest.mark.tape\ndef test_hello():\n    ask('recorded')\n    {outcome}\n").run(
        **counted
    )


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_link_to_nothing_is_no_missing_cassette(recorded, below):
    """A dangling link is said to be one."""
    path = recorded.root / "tests/cassettes/test_app/test_hello.yaml"
    path.unlink()
    path.symlink_to("gone.yaml")

    result = recorded.run("--tape=once", errors=1)

    assert (
        f"No cassette: the link leads to gone.yaml, where there is none\n  where: {path}\n"
        "  way out: correct the link, or delete it and record again"
    ) == below(result, "ERROR at setup of test_hello")
