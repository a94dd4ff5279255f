"""Leaving a cassette: what cannot be saved, and what must not be."""

from __future__ import annotations

import base64
import errno
import os
import sys
from functools import partial

import asking
import pytest
from asking import on_disk, texts

from chunktape import CassetteError, ConfigurationError, SecretFoundError, save, use_cassette

KEY = "loopback-key-0123456789"
NOT_SAVED = "  not saved: 1 recording, still in session.recorded; an older file is as it was"
ELSEWHERE = '  to save what is in the session: chunktape.save(session, "…")'
REDACTED = "  to save what is in the session: chunktape.save(session, redact=[…])"


@pytest.fixture
def ask(provider):
    """Return a function that asks the provider one question."""
    return partial(asking.ask, provider)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the cassette is to be; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "tape.yaml"


def _full(path):
    """Make the place unwritable after the cassette was opened."""
    path.parent.rename(path.parent.with_name("moved"))
    path.parent.write_text("")


def test_save_that_fails_says_what_was_not_saved(path, ask):
    """Where the folder is gone at the end, the error says what was not saved; the session still has it."""
    target = path.parent / "folder" / "tape.yaml"
    target.parent.mkdir()
    with pytest.raises(CassetteError) as caught, use_cassette(target) as session:
        ask("a")
        ask("b")
        _full(target)

    expected = (
        f"Cassette not written: {target.parent} is no folder\n  where: {target}\n"
        "  way out: move that away, or name another place\n"
        "  not saved: 2 recordings, still in session.recorded; an older file is as it was\n"
        f"{ELSEWHERE}"
    )
    assert expected == str(caught.value)
    assert ["a", "b"] == texts(session.recorded)


def test_save_that_fails_does_not_replace_an_exception(path, ask):
    """The caller's own exception comes through, and carries a note of what was not saved."""
    target = path.parent / "folder" / "tape.yaml"
    target.parent.mkdir()
    with pytest.raises(RuntimeError, match="mine") as caught, use_cassette(target):
        ask("a")
        _full(target)
        raise RuntimeError("mine")

    [note] = caught.value.__notes__
    assert [NOT_SAVED, ELSEWHERE] == note.splitlines()[-2:]


def test_full_disk_leaves_the_old_file(path, ask, monkeypatch):
    """A disk that is full while writing leaves the old cassette, and nothing beside it."""
    with use_cassette(path):
        ask("a")
    before = path.read_bytes()

    def full(_number):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CassetteError) as caught, use_cassette(path, record_mode="all"):
        ask("b")

    assert os.strerror(errno.ENOSPC) in str(caught.value)
    assert (before, [path]) == (path.read_bytes(), list(path.parent.iterdir()))


def test_file_that_was_damaged_meanwhile_is_not_overwritten(path, ask):
    """What somebody broke while the cassette was open is not silently replaced."""
    with use_cassette(path):
        ask("a")
    with pytest.raises(CassetteError) as caught, use_cassette(path, record_mode="new_episodes") as session:
        ask("b")
        path.write_text("<<<<<<< ours\n")

    assert str(caught.value).startswith("Damaged cassette: ")
    assert ("<<<<<<< ours\n", ["b"]) == (path.read_text(), texts(session.recorded))


def test_secret_stops_the_write(path, ask):
    """A secret that redaction cannot replace is not written, and the recording stays in memory."""
    with use_cassette(path):
        ask("a")
    before = path.read_bytes(), path.stat().st_mtime_ns
    disguised = base64.b64encode(KEY.encode()).decode()

    with pytest.raises(SecretFoundError) as caught, use_cassette(path, record_mode="new_episodes") as session:
        ask(disguised, headers={"authorization": f"Bearer {KEY}"})

    what, where, *rest = str(caught.value).splitlines()
    assert "Cassette not written: it would hold the credential in authorization, encoded" == what
    assert where.startswith(f"  where: {path}, line ")
    assert where.endswith(" of what was to be written, in interaction 2")
    assert [
        "  way out: redact=[…] with that text, or a pattern that finds it, takes it out",
        NOT_SAVED,
        REDACTED,
    ] == rest
    assert (before, 1) == ((path.read_bytes(), path.stat().st_mtime_ns), len(session.recorded))
    assert KEY not in str(caught.value)
    assert disguised not in str(caught.value)


def test_way_out_of_a_secret_works(path, ask):
    """With the text under `redact` the same recording is written, and found again."""
    disguised = base64.b64encode(KEY.encode()).decode()
    for _ in range(2):
        with use_cassette(path, redact=[disguised]):
            ask(disguised, headers={"authorization": f"Bearer {KEY}"})

    assert ["<redacted>"] == on_disk(path)


def test_secret_does_not_replace_an_exception(path, ask):
    """The caller's own exception comes through, with a note about the secret."""
    with pytest.raises(RuntimeError, match="mine") as caught, use_cassette(path):
        ask(base64.b64encode(KEY.encode()).decode(), headers={"authorization": f"Bearer {KEY}"})
        raise RuntimeError("mine")

    assert caught.value.__notes__[0].startswith("Cassette not written: it would hold ")
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_folder_that_somebody_holds_is_said(path, ask, monkeypatch):
    """A lock that cannot be had in time is a clear error, and the recording is kept beside the cassette."""
    import fcntl

    monkeypatch.setattr("chunktape.tape.saving.PATIENCE", 0.05)
    folder = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with pytest.raises(CassetteError) as caught, use_cassette(path):
        ask("a")
    os.close(folder)

    beside = path.with_name("tape.unsaved.yaml")
    assert (
        "Cassette not written: others have been writing to its folder for 0.05 s\n"
        f"  where: {path}\n  way out: end the process that does, and record again\n{NOT_SAVED}\n"
        f"  kept beside it: {beside}\n{ELSEWHERE}"
    ) == str(caught.value)
    assert (None, ["a"]) == (on_disk(path), on_disk(beside))


@pytest.mark.parametrize("when", ["before", "inside"])
def test_key_that_was_set_after_the_cassette_was_named_is_redacted(path, ask, monkeypatch, when):
    """The environment counts as it is when the cassette is opened and when it is left."""
    use = use_cassette(path)
    if when == "before":
        monkeypatch.setenv("LATE_API_KEY", KEY)
    with use:
        monkeypatch.setenv("LATE_API_KEY", KEY)
        ask(f"my key is {KEY}")

    assert ["my key is <redacted>"] == on_disk(path)


def test_what_was_kept_before_stays(path, ask):
    """What could not be saved twice is kept in two files: the first has cost something as well."""
    for text in ("a", "b"):
        with pytest.raises(CassetteError), use_cassette(path, record_mode="rewrite"):
            ask(text)
            path.write_text("<<<<<<< ours\n")
    kept = [one for one in path.parent.iterdir() if one != path]

    assert [["a"], ["b"]] == sorted(map(on_disk, kept))
    assert path.with_name("tape.unsaved.yaml") in kept


def test_what_a_secret_stopped_can_be_saved(path, ask):
    """With the text under `redact`, `save` writes what is still in the session, beside what was there."""
    with use_cassette(path):
        ask("a")
    disguised = base64.b64encode(KEY.encode()).decode()
    with pytest.raises(SecretFoundError), use_cassette(path, record_mode="new_episodes") as session:
        ask(disguised, headers={"authorization": f"Bearer {KEY}"})

    with pytest.raises(SecretFoundError):
        save(session)
    save(session, redact=[disguised])

    assert ["a", "<redacted>"] == on_disk(path)
    assert [path] == list(path.parent.iterdir())


@pytest.mark.parametrize(
    ("there", "mode", "expected"),
    [
        (None, "new_episodes", ["a", "b"]),
        (["x"], "new_episodes", ["x", "b"]),
        (["x"], "rewrite", ["x", "b"]),
        (None, "rewrite", ["b"]),
    ],
)
def test_what_could_not_be_saved_can_be_saved_elsewhere(path, ask, there, mode, expected):
    """Another path takes what the cassette was to hold, or adds what was recorded to what is there."""
    other = path.with_name("other.yaml")
    with use_cassette(other if there else path.with_name("unused.yaml")):
        ask("x")
    with use_cassette(path):
        ask("a")
    with pytest.raises(CassetteError), use_cassette(path, record_mode=mode) as session:
        ask("b")
        path.write_text("<<<<<<< ours\n")

    save(session, other)

    assert expected == on_disk(other)


def test_what_is_mended_is_saved_once(path, ask):
    """Where the reason has gone, `save` writes to its own place and nothing twice; then nothing is left."""
    with use_cassette(path):
        ask("a")
    before = path.read_bytes()
    with pytest.raises(CassetteError), use_cassette(path, record_mode="new_episodes") as session:
        ask("b")
        path.write_text("<<<<<<< ours\n")
    path.write_bytes(before)

    save(session, path)
    with pytest.raises(ConfigurationError) as caught:
        save(session)

    assert ["a", "b"] == on_disk(path)
    assert (
        f"Nothing to save: {path} is still open, or all of it was saved\n"
        "  way out: leave its cassette; where that raises CassetteError, there is something to save"
    ) == str(caught.value)


def test_secrets_that_were_in_the_file_leave_it(path, ask):
    """Adding to a cassette in which another tool left a secret takes that secret out as well."""
    with use_cassette(path):
        ask("a")
    secret = "sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3"
    text = path.read_text(encoding="utf-8").replace(
        "user-agent: [", f"x-gateway: [{secret}]\n      user-agent: ["
    )
    path.write_text(text, encoding="utf-8")
    with use_cassette(path, record_mode="new_episodes"):
        ask("b")

    assert secret in text
    assert secret not in path.read_text(encoding="utf-8")
    assert ["a", "b"] == on_disk(path)
