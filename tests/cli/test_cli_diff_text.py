"""``chunktape diff --textconv``: git diff of a cassette reads like a conversation."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

EVENTS = (
    b'data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{"content":" there."},"finish_reason":null}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
    b"data: [DONE]\n\n",
)


def converted(command, name):
    done = command("diff", "--textconv", name)
    assert (0, "") == (done.exit_code, done.stderr)
    return done.stdout


def test_a_cassette_is_a_conversation(command, cassette, interaction):
    """Request and answer are told as in a snapshot."""
    text = converted(command, cassette(interaction(*EVENTS)))

    assert "request: openai gpt-4o-mini, streamed\n  user: hi\n" in text
    assert "    | Hello there.\n  finish reason: stop\n" in text
    assert "status: complete\n" in text


def test_recording_again_changes_nothing(command, cassette, interaction):
    """Chunks, times and ids are no part of the conversation, nor is the name of the file."""
    first = cassette(interaction(*EVENTS), name="a.yaml")
    again = cassette(interaction(b"".join(EVENTS), timed=False), name="b.yaml")

    assert converted(command, first) == converted(command, again)


def test_a_packed_cassette(command, cassette, interaction, tmp_path):
    """A packed cassette reads as the other one."""
    plain = tmp_path / cassette(interaction(*EVENTS))
    (tmp_path / "tape.yaml.gz").write_bytes(gzip.compress(plain.read_bytes()))

    assert converted(command, "tape.yaml") == converted(command, "tape.yaml.gz")


@pytest.fixture
def shown_as(command, tmp_path, monkeypatch):
    """Return a function that writes a file, and returns what it is converted to."""
    monkeypatch.chdir(tmp_path)

    def convert(name, data):
        (tmp_path / name).write_bytes(data)
        return converted(command, name)

    return convert


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.yaml", b"colour: red\n", "colour: red\n"),
        ("a.yaml", b"interactions: [\n- {", "interactions: [\n- {\n"),
        ("a.yaml", b"", "Damaged cassette: the file is empty"),
        ("a.yaml", b"\x00\x01\x02", "# 3 bytes that are no text\n"),
        ("a.yaml", b"caf\xe9: \x1b[31m\n", "caf\ufffd: ␛[31m\n"),
        ("a.yaml", b"[" * 5000, "[[[["),
        ("a.json", b"[" * 5000, "[[[["),
        ("a.yaml.gz", b"no gzip", "no gzip\n"),
    ],
)
def test_whatever_is_in_a_file_becomes_a_text(shown_as, name, data, expected):
    """What is damaged or no cassette is shown as it stands, with the reason, and git goes on."""
    text = shown_as(name, data)

    assert text.startswith("# no cassette that can be read (")
    assert "tmp" not in text
    assert expected in text


def test_an_empty_cassette_is_said_to_be(command, tmp_path, monkeypatch):
    """A cassette without interactions is a text, too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("version: 1\ninteractions: []\n")

    assert "(nothing)\n" == converted(command, "a.yaml")


def test_a_file_that_is_not_there(command, tmp_path, monkeypatch):
    """Who names a file that is not there made a mistake, and is told."""
    monkeypatch.chdir(tmp_path)

    done = command("diff", "--textconv", "a.yaml")

    expected = (
        "Error: Cassette not read: No such file or directory\n"
        "  where: a.yaml\n  way out: name a file that may be read\n"
    )
    assert (4, expected) == (done.exit_code, done.stderr)


def test_git_diff_reads_like_a_conversation(cassette, interaction, tmp_path):
    """With the driver set up as the documentation says, git diff shows what the model said otherwise."""

    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True)  # noqa: S607 of this machine
        return done.stdout

    program = Path(sys.executable).with_name("chunktape")
    git("init", "-q")
    git("config", "diff.cassette.textconv", f"'{program}' diff --textconv")
    (tmp_path / ".gitattributes").write_text("tapes/*.yaml diff=cassette\n")
    (tmp_path / "tapes").mkdir()
    cassette(interaction(*EVENTS), name="tapes/a.yaml")
    cassette(interaction(*EVENTS), name="tapes/same.yaml")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    cassette(interaction(*(one.replace(b" there.", b" again.") for one in EVENTS)), name="tapes/a.yaml")
    cassette(interaction(b"".join(EVENTS), timed=False), name="tapes/same.yaml")
    (tmp_path / "tapes" / "broken.yaml").write_text("interactions: [")
    git("add", "-A")

    shown = git("diff", "--cached", "--no-color")

    changed = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    assert ["-    | Hello there.", "+    | Hello again."] == changed[:2]
    assert "+interactions: [" in changed
    # Recorded again with an equal answer: git names the file, and shows no line.
    assert "same.yaml\nindex " not in shown.replace("diff --git a/tapes/same.yaml b/tapes/same.yaml\n", "")
