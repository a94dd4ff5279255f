"""Every bad input of `use_cassette`, and every file that cannot be read or written: one clear message."""

from __future__ import annotations

import errno
import os
import sys
from functools import partial

import asking
import pytest
from asking import on_disk

from chunktape import CassetteError, ConfigurationError, use_cassette

RESTORE = "restore it from version control, or delete it and record again"
WRITTEN = '  it is written use_cassette("cassettes/chat.yaml"), as a decorator, too'
PACES = '  pace is "instant", "recorded" or a factor such as 2.0 (twice as fast)'

posix = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


@pytest.fixture
def ask(provider):
    """Return a function that asks the provider one question."""
    return partial(asking.ask, provider)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the cassette is to be; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "tape.yaml"


def entered(path, **options):
    """Return what entering a cassette says."""
    with pytest.raises((CassetteError, ConfigurationError)) as caught, use_cassette(path, **options):
        pass
    return str(caught.value)


MODES = "record modes: none, once, new_episodes, all, rewrite, off, replay"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"record_mode": "onec"}, f"record_mode='onec' means nothing; did you mean 'once'?\n  {MODES}"),
        ({"record_mode": 3}, f"record_mode='3' means nothing\n  {MODES}"),
        (
            {"record_mode": ["once"]},
            f"record_mode=\"['once']\" means nothing; did you mean 'once'?\n  {MODES}",
        ),
        ({"pace": "instnat"}, f"pace='instnat' means nothing; did you mean 'instant'?\n{PACES}"),
        ({"pace": 0}, f"pace=0 is no factor above 0\n{PACES}"),
        ({"pace": -1.5}, f"pace=-1.5 is no factor above 0\n{PACES}"),
        ({"pace": float("nan")}, f"pace=nan is no factor above 0\n{PACES}"),
        ({"pace": True}, f"pace=True is no factor above 0\n{PACES}"),
        ({"pace": None}, f"pace=None means nothing\n{PACES}"),
        (
            {"ignore_hosts": ["https://A.test:8000/v1"]},
            (
                "ignore_hosts: 'https://a.test:8000/v1' is no host; did you mean 'a.test:8000'?\n"
                "  it is a name or an address, with a port if wanted; * stands for any part of it"
            ),
        ),
        ({"ignore_hosts": "a.test"}, "ignore_hosts is a list, not a text; write ignore_hosts=['a.test']"),
        ({"redact": "text"}, "redact is a list, not a text; write redact=[…]"),
        ({"match_on": "body"}, "match_on is a list, not a text; write match_on=['body']"),
        ({"ignore": "$.a"}, "ignore is a list, not a text; write ignore=['$.a']"),
        ({"normalize": "uuid"}, "normalize is a list, not a text; write normalize=['uuid']"),
    ],
    ids=str,
)
def test_option_that_means_nothing(path, options, expected):
    """An option that means nothing is said before anything is opened."""
    with pytest.raises(ConfigurationError) as caught:
        use_cassette(path, **options)

    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "'' is no path; name a file, such as cassettes/chat.yaml"),
        ("a\0b.yaml", r"'a\x00b.yaml' is no path; name a file, such as cassettes/chat.yaml"),
        (None, f"None stands where the path of a cassette belongs\n{WRITTEN}"),
    ],
)
def test_path_that_is_none(name, expected):
    """What cannot be a path is said at once."""
    with pytest.raises(ConfigurationError) as caught:
        use_cassette(name)

    assert expected == str(caught.value)


@pytest.mark.parametrize("mode", ["none", "replay"])
def test_missing_file(path, mode):
    """Where nothing may be recorded, a missing file is an error, with the mode that records it."""
    expected = (
        f"There is no cassette at {path}\n"
        f"  record mode {mode} records nothing, so there is nothing to replay\n"
        '  to record it: use_cassette(…, record_mode="once")'
    )
    assert expected == entered(path, record_mode=mode)


def test_missing_file_in_ci(path, monkeypatch):
    """In CI the default records nothing, and the message says that CI is the reason."""
    monkeypatch.setenv("CI", "true")
    expected = (
        f"There is no cassette at {path}\n"
        "  record mode none (the default, because CI is set) records nothing, so there is nothing to replay\n"
        '  to record it: use_cassette(…, record_mode="once")'
    )
    assert expected == entered(path)


def test_missing_file_with_a_name_that_comes_close(path, ask):
    """A misspelt path is told which name comes close."""
    with use_cassette(path):
        ask("a")

    first = entered(path.with_name("tpae.yaml"), record_mode="none").splitlines()[0]

    assert f"There is no cassette at {path.with_name('tpae.yaml')}; did you mean 'tape.yaml'?" == first


DAMAGES = {
    "empty": (b"", "the file is empty", ", line 1", RESTORE),
    "blank": (b" \n\n", "the file is empty", ", line 1", RESTORE),
    "cut": (
        b"interactions:\n- request:\n    body: ''\n    headers: {}\n    method: GET\n    uri: http://a.test/\n",
        "it ends before its version, as a file does that was cut",
        ", line 6",
        RESTORE,
    ),
    "merge markers": (
        b"interactions: []\n<<<<<<< ours\nversion: 1\n=======\n",
        "it holds a merge marker (<<<<<<<)",
        ", line 2",
        "resolve the merge, or delete it and record again",
    ),
}


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_file(path, provider, damage, mode):
    """A damaged file is an error in every mode that reads it, and stays as it is."""
    data, what, line, way_out = DAMAGES[damage]
    path.write_bytes(data)
    said = entered(path, record_mode=mode)

    assert f"Damaged cassette: {what}\n  where: {path}{line}\n  way out: {way_out}" == said
    assert (data, []) == (path.read_bytes(), provider.requests)


@pytest.mark.parametrize("damage", DAMAGES)
def test_rewrite_is_the_way_out_of_damage(path, ask, damage):
    """Starting over does not need what is there."""
    path.write_bytes(DAMAGES[damage][0])
    with use_cassette(path, record_mode="rewrite"):
        ask("a")

    assert ["a"] == on_disk(path)


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all", "rewrite"])
def test_folder_in_place_of_the_file(path, mode):
    """A folder is neither a cassette nor a free place."""
    path.mkdir()
    expected = {
        True: f"Cassette not read: {os.strerror(errno.EISDIR)}\n  where: {path}\n"
        "  way out: make it a file that may be read, or name another",
        False: f"Cassette not written: a folder stands there\n  where: {path}\n  way out: name a file",
    }
    assert expected[mode in {"none", "once"}] == entered(path, record_mode=mode)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
def test_file_in_place_of_the_folder(path, mode):
    """Where a cassette can certainly not be written, that is said before anything is recorded."""
    path.write_text("")
    target = path / "sub" / "tape.yaml"
    expected = (
        f"Cassette not written: {path} is no folder\n  where: {target}\n"
        "  way out: move that away, or name another place"
    )
    assert expected == entered(target, record_mode=mode)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
def test_name_that_is_too_long(path, mode):
    """A name that no file can have is said before anything is recorded."""
    target = path.with_name("x" * 300 + ".yaml")
    expected = (
        f"Cassette not written: {os.strerror(errno.ENAMETOOLONG)}\n  where: {target}\n"
        "  way out: name another place"
    )
    assert expected == entered(target, record_mode=mode)


@posix
@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all"])
def test_link_to_nothing(path, mode):
    """A dangling link is no missing cassette: nobody knows what belongs there."""
    path.symlink_to("gone.yaml")
    expected = (
        f"No cassette: the link leads to gone.yaml, where there is none\n  where: {path}\n"
        "  way out: correct the link, or delete it and record again"
    )
    assert expected == entered(path, record_mode=mode)


@posix
def test_rewrite_writes_where_a_link_leads(path, ask):
    """Starting over writes what a dangling link names."""
    path.symlink_to("gone.yaml")
    with use_cassette(path, record_mode="rewrite"):
        ask("a")

    assert (True, ["a"]) == (path.is_symlink(), on_disk(path.with_name("gone.yaml")))


@posix
def test_link_to_itself(path):
    """A link that leads to itself cannot be read, and is not taken for a missing cassette."""
    path.symlink_to(path)
    expected = (
        f"Cassette not read: {os.strerror(errno.ELOOP)}\n  where: {path}\n"
        "  way out: make it a file that may be read, or name another"
    )
    assert expected == entered(path)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
@pytest.mark.parametrize("suffix", [".json", ".sse", ""])
def test_form_that_is_not_written(path, mode, suffix):
    """Forms that are only read are refused before anything is recorded."""
    target = path.with_suffix(suffix)
    expected = (
        f"Cassette not written: {suffix or 'a name without a suffix'} is read, not written\n"
        f"  where: {target}\n  way out: name it {path}"
    )
    assert expected == entered(target, record_mode=mode)
