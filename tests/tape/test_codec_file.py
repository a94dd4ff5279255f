"""Files that are damaged as files: merged, cut, gzipped, nested. Each message is compared as a whole."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from chunktape.errors import CassetteError
from chunktape.tape import codec

TEXT = Path(__file__).with_name("small_cassette.yaml").read_text()
RESTORE = "restore it from version control, or delete it and record again"


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
@pytest.mark.parametrize(
    ("line", "shown"),
    [("<<<<<<< HEAD", "<<<<<<<"), ("=======", "======="), (">>>>>>> b", ">>>>>>>"), ("||||||| 1", "|||||||")],
)
def test_merge_markers_are_refused(name, line, shown):
    """A merge marker is named with its line, even inside of quotes, where YAML would swallow it."""
    data = f"interactions:\n- request: 'a\n{line}\n  b'\nversion: 1\n".encode()

    with pytest.raises(CassetteError) as caught:
        codec.loads(data, name=name)

    assert str(caught.value) == (
        f"Damaged cassette: it holds a merge marker ({shown})\n  where: {name}, line 3\n"
        "  way out: resolve the merge, or delete it and record again"
    )


@pytest.mark.parametrize(
    ("data", "what", "where"),
    [
        (
            b'{"a": 1,\n b}',
            "it is no valid JSON (Expecting property name enclosed in double quotes)",
            ", line 2",
        ),
        (b'{\n"\xff": 1}', "it is no UTF-8 text", ", line 2"),
        (b"[\n" * 100_000, "it is nested more than 100 levels deep", ", line 101"),
        (b"[\n" * 101 + b"1" + b"]" * 101, "it is nested more than 100 levels deep", ", line 101"),
        (b"[" + b"1" * 5000 + b"]", "it holds a number that is too long to read", ", line 1"),
        (b'{"a": 1,\n"b": {"c": 1,\n "c": 2}}', "'c' stands twice in one mapping", ", line 2"),
        (
            b'{"interactions": [{\n"request": 1}], "version": 1}',
            "interaction 1 has a number as request where a mapping belongs",
            ", line 1",
        ),
        (
            (
                b'{"interactions": [{"request": {"method": "GET", "uri": "x", "body": "\\ud83d"}, '
                b'"response": {}}], "version": 1}'
            ),
            "interaction 1 has text in request.body that is no Unicode",
            ", line 1",
        ),
    ],
)
def test_damaged_json(data, what, where):
    """A damaged JSON cassette is an error of the same form."""
    with pytest.raises(CassetteError) as caught:
        codec.loads(data, name="a.json")

    assert f"Damaged cassette: {what}\n  where: a.json{where}\n  way out: {RESTORE}" == str(caught.value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"hello", "Not a gzipped file (b'he')"),
        (
            gzip.compress(TEXT.encode(), mtime=0)[:-9],
            "Compressed file ended before the end-of-stream marker was reached",
        ),
    ],
)
def test_damaged_gzip(data, why):
    """A gzip file that is cut, or none at all, is an error."""
    with pytest.raises(CassetteError) as caught:
        codec.loads(data, name="a.yaml.gz")

    assert str(caught.value) == (
        f"Damaged cassette: it is no whole gzip file ({why})\n  where: a.yaml.gz\n  way out: {RESTORE}"
    )


def test_the_undamaged_text_loads():
    """The text that the damage is made of is whole."""
    [one] = codec.loads(TEXT.encode(), name="a.yaml")

    assert (one.request.body, one.body, one.ends) == (b'{"model":"m"}', b"data: 1\n\ndata: 2\n\n", (9, 18))


@pytest.mark.parametrize("cut", range(TEXT.count("\n")))
def test_a_file_cut_at_any_line_is_damaged(cut):
    """A cassette that was cut after any of its lines is an error, never a shorter cassette."""
    data = "".join(TEXT.splitlines(keepends=True)[:cut]).encode()

    with pytest.raises(CassetteError, match=r"^Damaged cassette: "):
        codec.loads(data, name="a.yaml")


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_file_cut_in_its_last_line_is_damaged_or_whole(cut):
    """A cut within the last line costs the version, or only the newline."""
    data = TEXT.encode()[:-cut]

    if cut == 1:
        assert len(codec.loads(data, name="a.yaml")) == 1
    else:
        with pytest.raises(CassetteError, match=r"^Damaged cassette: "):
            codec.loads(data, name="a.yaml")


def test_hostile_nesting_takes_no_time():
    """A megabyte of brackets is refused by its first hundred."""
    with pytest.raises(CassetteError, match=r"nested more than 100 levels"):
        codec.loads(b"[" * 1_000_000, name="a.yaml")
