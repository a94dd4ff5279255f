"""How big and how deep a cassette may be: said once, before anything is made of it."""

from __future__ import annotations

import gzip
from base64 import b64encode
from functools import partial

import asking
import pytest
from asking import on_disk

from chunktape import CassetteError, ConfigurationError, use_cassette
from chunktape.tape import codec
from chunktape.tape.limit import Limits

WAY_OUT = "  way out: max_size=… (in an ini file tape_max_size) where it is meant to be that big"


@pytest.fixture
def ask(provider):
    """Return a function that asks the provider one question."""
    return partial(asking.ask, provider)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the cassette is to be; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "tape.yaml"


def test_file_that_is_too_big_is_not_read(path):
    """A file beyond its limit is one clear error, and is left as it is."""
    path.write_bytes(b" " * 2001)

    with pytest.raises(CassetteError) as caught, use_cassette(path, max_size="2kB"):
        pass

    expected = f"Cassette too big: the file has more than 2000 bytes\n  where: {path}\n{WAY_OUT}"
    assert expected == str(caught.value)
    assert 2001 == path.stat().st_size


def test_file_that_unpacks_to_too_much_is_not_read(path):
    """What a gzip file stands for counts, not how small it is."""
    path = path.with_name("tape.yaml.gz")
    path.write_bytes(gzip.compress(b" " * 3_000_000))

    with pytest.raises(CassetteError) as caught, use_cassette(path, record_mode="none", max_size="1 MB"):
        pass

    assert f"Cassette too big: unpacked, it has more than 1000000 bytes\n  where: {path}\n{WAY_OUT}" == str(
        caught.value
    )


def test_body_that_unpacks_to_too_much_is_not_read():
    """A body that another tool has kept packed counts as what it stands for."""
    zeros = gzip.compress(bytes(3_000_000))
    data = (
        b"interactions:\n- request: {method: GET, uri: x}\n  response: {status: {code: 200},\n"
        b"    headers: {content-encoding: [gzip]}, body: {string: !!binary '%b'}}\nversion: 1\n"
    ) % b64encode(zeros)

    with pytest.raises(CassetteError) as caught:
        codec.loads(data, name="a.yaml", limits=Limits(1_000_000))

    assert (
        "Cassette too big: unpacked, the body of interaction 1 has more than 1000000 bytes\n"
        f"  where: a.yaml, line 4\n{WAY_OUT}"
    ) == str(caught.value)


def test_recording_that_nobody_could_read_is_not_written(path, ask):
    """What would be bigger than may be read stays in the session, and the old file in its place."""
    with use_cassette(path):
        ask("a")
    size = path.stat().st_size
    with (
        pytest.raises(CassetteError) as caught,
        use_cassette(path, record_mode="new_episodes", max_size=size) as session,
    ):
        ask("b")

    what = f"Cassette too big: what was to be written has more than {size} bytes"
    assert [what, f"  where: {path}", WAY_OUT] == str(caught.value).splitlines()[:3]
    assert (["a"], 1) == (on_disk(path), len(session.recorded))


def test_depth_can_be_told(path):
    """A file that is nested deeper than it may be is one clear error."""
    path.write_bytes(b"[" * 12)

    with pytest.raises(CassetteError) as caught, use_cassette(path, max_depth=10):
        pass

    expected = f"Damaged cassette: it is nested more than 10 levels deep\n  where: {path}, line 1"
    assert expected == str(caught.value).rpartition("\n")[0]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"max_size": 0}, "max_size=0 means nothing"),
        ({"max_size": True}, "max_size=True means nothing"),
        ({"max_size": "64 parsecs"}, "max_size='64 parsecs' means nothing"),
        ({"max_depth": 9}, "max_depth=9 means nothing"),
        ({"max_depth": "100"}, "max_depth='100' means nothing"),
    ],
)
def test_limit_that_means_nothing_is_refused(path, options, what):
    """A limit is a number of bytes or a text such as 64MB, and a number of levels that a cassette needs."""
    with pytest.raises(ConfigurationError) as caught:
        use_cassette(path, **options)

    assert what == str(caught.value).splitlines()[0]


@pytest.mark.parametrize(
    ("written", "expected"), [(5, 5), ("5", 5), ("64MB", 64_000_000), ("1 KiB", 1024), ("2gib", 2 << 30)]
)
def test_sizes_are_read(written, expected):
    """Bytes, and the units that people use."""
    assert expected == Limits.of(max_size=written).size
