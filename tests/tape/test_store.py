"""Cassette files: read whole, written atomically."""

from __future__ import annotations

import gzip
import os
import stat
import sys
from pathlib import Path

import pytest

from chunktape.errors import CassetteError
from chunktape.tape import codec, store
from chunktape.tape.cassette import Cassette
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Head, Request

ONE = Interaction(Request("GET", "https://a.test/"), Head(200, "OK"), b"hello", (5,))
OTHER = Interaction(Request("GET", "https://b.test/"), Head(200, "OK"), b"world", (5,))

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links are POSIX matters")


def test_what_is_written_is_read(tmp_path):
    """A written file reads back, and nothing else is left beside it."""
    path = tmp_path / "a.yaml"

    store.write(path, [ONE, OTHER])

    assert ([ONE, OTHER], [path]) == (store.read(path), list(tmp_path.iterdir()))


def test_folders_are_made(tmp_path):
    """The folders above a cassette come with it."""
    path = tmp_path / "b" / "c" / "a.yml"

    store.write(path, [ONE])

    assert store.exists(path)


def test_a_file_is_replaced_whole(tmp_path):
    """Writing again replaces what was there."""
    path = tmp_path / "a.yaml"
    store.write(path, [ONE, OTHER])

    store.write(path, [OTHER])

    assert store.read(path) == [OTHER]


@posix
@pytest.mark.parametrize("mode", [0o600, 0o664, 0o644])
def test_the_mode_stays(tmp_path, mode):
    """A file keeps the mode that somebody gave it."""
    path = tmp_path / "a.yaml"
    store.write(path, [ONE])
    path.chmod(mode)

    store.write(path, [OTHER])

    assert mode == stat.S_IMODE(path.stat().st_mode)


@posix
def test_a_new_file_has_the_usual_mode(tmp_path):
    """A new cassette may be read by whoever may read other new files."""
    (tmp_path / "usual").touch()

    store.write(tmp_path / "a.yaml", [ONE])

    assert (tmp_path / "usual").stat().st_mode == (tmp_path / "a.yaml").stat().st_mode


@posix
def test_a_link_stays_a_link(tmp_path):
    """Writing through a link changes the file that it points to."""
    target, link = tmp_path / "a.yaml", tmp_path / "link.yaml"
    store.write(target, [ONE])
    link.symlink_to(target)

    store.write(link, [OTHER])

    assert (link.is_symlink(), store.read(target)) == (True, [OTHER])


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "stop"]
)
def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch, step, error):
    """Whatever stops a write, the old cassette is there and nothing beside it."""
    path = tmp_path / "a.yaml"
    store.write(path, [ONE])

    def fail(*_args):
        raise error

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[step], fail)
    with pytest.raises((CassetteError, KeyboardInterrupt)):
        store.write(path, [OTHER])

    assert ([ONE], [path]) == (store.read(path), list(tmp_path.iterdir()))


def test_a_full_disk_says_so(tmp_path, monkeypatch):
    """A write that fails names the reason, the place and the way out."""
    path = tmp_path / "a.yaml"

    def fail(_number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CassetteError) as caught:
        store.write(path, [ONE])

    assert str(caught.value) == (
        f"Cassette not written: No space left on device\n  where: {path}\n"
        "  way out: make room there and let it be written, or name another place"
    )


def test_a_folder_that_is_a_file_says_so(tmp_path):
    """A cassette below a file cannot be written, and that is said."""
    (tmp_path / "b").touch()
    path = tmp_path / "b" / "a.yaml"

    with pytest.raises(CassetteError, match=r"^Cassette not written: "):
        store.write(path, [ONE])


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path, monkeypatch):
    """Some file systems do not sync folders; the cassette is in its place all the same."""
    real = os.open

    def refuse(path, flags, *more, **kinds):
        if Path(path) == tmp_path:
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *more, **kinds)

    monkeypatch.setattr(os, "open", refuse)
    store.write(tmp_path / "a.yaml", [ONE])

    assert store.read(tmp_path / "a.yaml") == [ONE]


@pytest.mark.parametrize(
    ("name", "suffix", "instead"),
    [
        ("a.json", ".json", "a.yaml"),
        ("a.yaml.gz", ".gz", "a.yaml"),
        ("a.json.gz", ".gz", "a.yaml"),
        ("a.sse", ".sse", "a.yaml"),
        ("a", "a name without a suffix", "a.yaml"),
    ],
)
def test_only_yaml_is_written(tmp_path, name, suffix, instead):
    """Other forms are read, not written; the message names the file to write."""
    path = tmp_path / name

    with pytest.raises(CassetteError) as caught:
        store.write(path, [ONE])

    assert str(caught.value) == (
        f"Cassette not written: {suffix} is read, not written\n  where: {path}\n"
        f"  way out: name it {tmp_path / instead}"
    )
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_down_touches_nothing(tmp_path):
    """An interaction that does not read back leaves the old cassette as it is."""
    path = tmp_path / "a.yaml"
    store.write(path, [ONE])

    with pytest.raises(CassetteError, match=r"^Cassette not written: "):
        store.write(path, [Interaction(Request("GET", "\ud800"), Head(200))])

    assert store.read(path) == [ONE]


@pytest.mark.parametrize(("there", "hint"), [("hello.yaml", "; did you mean 'hello.yaml'?"), ("zzz", "")])
def test_a_missing_file_names_what_comes_closest(tmp_path, there, hint):
    """A missing cassette is an error, and a name that comes close is offered."""
    (tmp_path / there).touch()
    path = tmp_path / "helo.yaml"

    with pytest.raises(CassetteError) as caught:
        store.read(path)

    assert str(caught.value) == (
        f"No cassette: there is no file {path}{hint}\n  way out: record it first, or correct the path"
    )


def test_a_missing_folder_is_a_missing_file(tmp_path):
    """A cassette in a folder that is not there is missing, too."""
    path = tmp_path / "no" / "a.yaml"

    with pytest.raises(CassetteError, match=r"^No cassette: there is no file "):
        store.read(path)


def test_a_folder_is_no_cassette(tmp_path):
    """A folder cannot be read as a cassette, and is not taken for a missing one."""
    with pytest.raises(CassetteError) as caught:
        store.read(tmp_path)

    assert str(caught.value) == (
        f"Cassette not read: {'Is a directory' if sys.platform != 'win32' else 'Permission denied'}\n"
        f"  where: {tmp_path}\n  way out: make it a file that may be read, or name another"
    )


def test_a_damaged_file_is_named_by_its_path(tmp_path):
    """Damage names the file as the caller named it."""
    path = tmp_path / "a.yaml"
    path.touch()

    with pytest.raises(CassetteError) as caught:
        store.read(path)

    assert str(caught.value).splitlines()[:2] == [
        "Damaged cassette: the file is empty",
        f"  where: {path}, line 1",
    ]


@posix
def test_a_link_to_nothing_exists(tmp_path):
    """A dangling link is something, so that nobody takes it for a free place."""
    (tmp_path / "a.yaml").symlink_to(tmp_path / "b.yaml")

    assert [store.exists(tmp_path / name) for name in ("a.yaml", "b.yaml")] == [True, False]


@pytest.mark.parametrize("as_text", [True, False])
def test_a_cassette_is_the_interactions_of_a_file(tmp_path, as_text):
    """A cassette has a length, an order and a path."""
    path = tmp_path / "a.yaml.gz"
    path.write_bytes(gzip.compress(codec.dumps([ONE, OTHER])))

    cassette = Cassette.load(str(path) if as_text else path)

    assert (path, 2, [ONE, OTHER]) == (cassette.path, len(cassette), list(cassette))
