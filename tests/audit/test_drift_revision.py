"""Cassettes as they were: in a folder, or in a revision of git."""

from __future__ import annotations

import subprocess

import pytest

from chunktape.audit.revision import Kept, cassettes_at, interactions_in
from chunktape.errors import CassetteError, ConfigurationError

BODY = b'data: {"choices":[]}\n\n'


def git(folder, *words):
    """Run git as somebody, whatever this machine is set up for."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)  # noqa: S607 of this machine


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Return a repository with one commit, and other files today."""
    files = {
        "tapes/a.sse": BODY,
        "tapes/deep/ü b.sse": BODY * 2,
        "tapes/settings.yaml": b"colour: red\n",
        "tapes/.hidden/c.sse": BODY,
        "tapes/notes.md": b"notes",
        "other/d.sse": BODY,
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "tag", "v1")
    (tmp_path / "tapes" / "a.sse").write_bytes(b"data: today\n\n")
    (tmp_path / "tapes" / "new.sse").write_bytes(BODY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


BOTH = [Kept("a.sse", BODY), Kept("deep/ü b.sse", BODY * 2)]


@pytest.mark.parametrize("revision", ["main", "HEAD", "v1", "HEAD~0", "main@{0}"])
def test_a_folder_as_a_revision_has_it(repository, revision):
    """What git keeps is yielded with the names below the folder; what only today has is not there."""
    assert (repository / "tapes" / "new.sse").exists()
    assert BOTH == list(cassettes_at(revision, ["tapes"]))


def test_a_file_as_a_revision_has_it(repository):
    """A file is yielded by its last name, also one that is gone today."""
    (repository / "other" / "d.sse").unlink()

    assert [Kept("a.sse", BODY), Kept("d.sse", BODY)] == list(
        cassettes_at("v1", ["tapes/a.sse", "other/d.sse"])
    )


def test_paths_count_from_where_one_stands(repository, monkeypatch):
    """Within a folder of the repository, paths are those of that folder."""
    monkeypatch.chdir(repository / "tapes")

    assert BOTH == list(cassettes_at("v1", ["."]))
    assert [Kept("d.sse", BODY)] == list(cassettes_at("v1", ["../other"]))


def test_what_a_revision_does_not_have(repository):
    """Nothing is yielded where the revision has nothing."""
    (repository / "late").mkdir()

    assert [] == list(cassettes_at("v1", ["late", "tapes/new.sse"]))


def test_the_whole_repository(repository):
    """The top is a folder as any other."""
    names = [one.name for one in cassettes_at("v1", [str(repository)])]

    assert ["other/d.sse", "tapes/a.sse", "tapes/deep/ü b.sse"] == names


def test_a_folder_is_no_revision(repository):
    """A folder goes first, and all below it is yielded as it is today."""
    found = list(cassettes_at("tapes", ["other"]))

    assert ["a.sse", "deep/ü b.sse", "new.sse"] == [one.name for one in found]
    assert repository.is_dir()


@pytest.mark.parametrize("name", ["--upload-pack=x", "-q", "", "a b", "x\n", "main:tapes", "^main", "a\0b"])
def test_what_can_be_no_revision(repository, name):
    """What git could read as an option, a path or two revisions never reaches it."""
    assert repository.is_dir()
    with pytest.raises(
        ConfigurationError, match=r"is neither a folder nor a revision of git\n  way out: name a folder"
    ):
        list(cassettes_at(name, ["tapes"]))


def test_a_revision_that_is_not_there(repository):
    """A revision that nobody made is named, with the repository and the way out."""
    expected = (
        "There is neither a folder nor a revision of git 'v9'\n"
        f"  where: {repository}\n"
        "  way out: git log --oneline lists revisions; what was never fetched is not here"
    )

    with pytest.raises(ConfigurationError) as caught:
        list(cassettes_at("v9", ["tapes"]))

    assert expected == str(caught.value)


def test_outside_of_any_repository(tmp_path, monkeypatch):
    """A folder that git does not keep is named."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    expected = (
        f"No repository of git holds {tmp_path}\n"
        "  way out: name a folder to compare with instead of a revision"
    )

    with pytest.raises(ConfigurationError) as caught:
        list(cassettes_at("main", [str(tmp_path)]))

    assert expected == str(caught.value)


def test_without_git(repository, monkeypatch):
    """Where git is not installed, a revision is an error with a way out, and a folder works."""
    monkeypatch.setenv("PATH", str(repository / "nowhere"))
    expected = (
        "git is not installed, so no revision can be read\n"
        "  way out: install git, or name a folder to compare with"
    )

    with pytest.raises(ConfigurationError) as caught:
        list(cassettes_at("main", ["tapes"]))

    assert expected == str(caught.value)
    assert 3 == len(list(cassettes_at("tapes", [])))


def test_many_and_big_files_in_one_conversation(tmp_path, monkeypatch):
    """A hundred files, one of them of several megabytes, come whole and in order."""
    expected = [
        Kept(f"{number:03}.sse", BODY * (200_000 if number == 50 else number + 1)) for number in range(100)
    ]
    for name, data, _ in expected:
        (tmp_path / name).write_bytes(data)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "all")
    monkeypatch.chdir(tmp_path)

    assert expected == list(cassettes_at("HEAD", ["."]))


def test_bytes_become_interactions():
    """The bytes of a file are read as the file is, by its name."""
    (found,) = interactions_in(BODY, "a.sse")

    assert BODY == found.body
    with pytest.raises(CassetteError):
        interactions_in(b"no: [cassette", "a.yaml")
