"""A cache that somebody damaged, or wrote into, costs time and nothing else; names count where they must."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from random import Random

import pytest
from auditing import IDS, audit, clean, cut, fill

from chunktape.audit.runner import Run
from chunktape.audit.settings import Settings
from chunktape.tape import store


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of cassettes."""
    return fill(tmp_path_factory.mktemp("tapes"), 40)


def said(folder, cache):
    """Return what an audit with a cache says: its code and all that is said of each cassette."""
    result, told = audit(folder, cache=cache)
    return result.exit_code, told


@pytest.mark.parametrize(
    "statements",
    [
        "UPDATE results SET text = '[1,2,3]'",
        "UPDATE results SET text = x'ff00', day = 'x'",
        "UPDATE results SET text = substr(text, 1, 8) || '[1,0,\"\",[],[],[],null,{}]'",
        "UPDATE results SET text = replace(text, 'error', 'info')",
        "UPDATE files SET stamp = x'ff', content = 3",
        "DROP TABLE files; CREATE TABLE files (x)",
        "PRAGMA user_version = 99; DROP TABLE files; CREATE TABLE files (x)",
    ],
)
def test_a_cache_that_somebody_wrote_into(folder, tmp_path, statements):
    """What is not what was put there is judged again."""
    expected = said(folder, tmp_path)
    with closing(sqlite3.connect(tmp_path / "audit.sqlite")) as base:
        base.executescript(statements)

    assert expected == said(folder, tmp_path)
    assert expected == said(folder, tmp_path)


@pytest.mark.parametrize("seed", range(8))
def test_a_cache_whose_pages_went_bad(folder, tmp_path, seed):
    """Bytes that changed on the disk are found, wherever they are."""
    expected = said(folder, tmp_path)
    place, random = tmp_path / "audit.sqlite", Random(seed)  # noqa: S311 no secret is made of it
    data = bytearray(place.read_bytes())
    for _ in range(400):
        data[random.randrange(100, len(data))] = random.randrange(256)
    place.write_bytes(data)

    assert expected == said(folder, tmp_path)
    assert expected == said(folder, tmp_path)


def test_a_file_that_is_named_is_a_cassette(tmp_path):
    """What the cache knows of it as found below a folder is not what is said of it by its name."""
    store.write(tmp_path / "tapes" / "a.yaml", [clean()])
    other = tmp_path / "tapes" / "other.yaml"
    other.write_text("a: 1\n")
    cache = tmp_path / "cache"
    codes = [said(one, cache)[0] for one in (tmp_path / "tapes", other, tmp_path / "tapes")]

    assert [0, 4, 0] == codes


def test_a_cassette_that_vanished(tmp_path):
    """What was there when the cassettes were listed, and is not when it is judged, is told."""
    store.write(tmp_path / "a.yaml", [clean()])
    store.write(tmp_path / "b.yaml", [cut(clean())])
    with Run([str(tmp_path)], ids=IDS, settings=Settings(), executor="serial") as run:
        (tmp_path / "b.yaml").unlink()
        run.judge()
        result = run.result()

    assert (2, 1, 4) == (result.cassettes, result.unreadable, result.exit_code)
