"""`use_cassette`: what each record mode does to the file and to the provider."""

from __future__ import annotations

import re
from functools import partial

import asking
import pytest
from asking import on_disk, texts

from chunktape import UnmatchedRequestError, use_cassette
from chunktape.recorder import default_record_mode


@pytest.fixture
def ask(provider):
    """Return a function that asks the provider one question."""
    return partial(asking.ask, provider)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the cassette is to be; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "tape.yaml"


@pytest.fixture
def old(path, ask):
    """Return a cassette that holds two questions: a, b."""
    with use_cassette(path, record_mode="once"):
        ask("a")
        ask("b")
    return path


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("once", (0, ["a", "b"])),
        ("none", (0, ["a", "b"])),
        ("replay", (0, ["a", "b"])),
        ("new_episodes", (1, ["a", "b", "c"])),
        ("all", (2, ["b", "a", "c"])),
        ("rewrite", (2, ["a", "c"])),
        ("off", (2, ["a", "b"])),
    ],
)
def test_mode_over_an_existing_cassette(old, provider, ask, mode, expected):
    """One known question and a new one: each mode asks and keeps what its name says."""
    before, closed = len(provider.requests), mode in {"once", "none", "replay"}
    with use_cassette(old, record_mode=mode) as session:
        ask("a")
        if closed:
            with pytest.raises(UnmatchedRequestError):
                ask("c")
            session.missed.clear()
        else:
            ask("c")

    assert expected == (len(provider.requests) - before, on_disk(old))


@pytest.mark.parametrize(
    ("mode", "disk"),
    [("once", ["a"]), ("new_episodes", ["a"]), ("all", ["a"]), ("rewrite", ["a"]), ("off", None)],
)
def test_mode_without_a_cassette(path, provider, ask, mode, disk):
    """Where there is no file, each mode that records makes one."""
    with use_cassette(path, record_mode=mode):
        ask("a")

    assert 1 == len(provider.requests)
    assert disk == on_disk(path)


def test_all_replaces_each_time(old, ask):
    """Recording the same questions again and again does not make the cassette grow."""
    for _ in range(3):
        with use_cassette(old, record_mode="all"):
            ask("b")

    assert ["a", "b"] == on_disk(old)


def test_identical_questions_are_kept_in_order(path, provider, ask):
    """A question that is asked twice is two interactions, played in their order."""
    with use_cassette(path, record_mode="new_episodes"):
        first = [ask()["id"], ask()["id"]]
    with use_cassette(path, record_mode="new_episodes"):
        again = [ask()["id"], ask()["id"]]

    assert first == again
    assert 2 == len(provider.requests)


@pytest.mark.parametrize("mode", ["once", "none", "new_episodes", "all", "rewrite", "off"])
def test_nothing_recorded_touches_nothing(old, mode):
    """Where nothing was recorded, the file stays as it is, to the byte and the moment."""
    before = old.read_bytes(), old.stat().st_mtime_ns, old.stat().st_ino
    with use_cassette(old, record_mode=mode):
        pass

    assert before == (old.read_bytes(), old.stat().st_mtime_ns, old.stat().st_ino)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite", "off"])
def test_nothing_recorded_makes_nothing(path, mode):
    """Where nothing was recorded, no file and no folder appears."""
    with use_cassette(path.parent / "folder" / "tape.yaml", record_mode=mode):
        pass

    assert [] == list(path.parent.iterdir())


@pytest.mark.parametrize(
    ("value", "mode"),
    [
        (None, "once"),
        ("", "once"),
        ("false", "once"),
        ("False", "once"),
        ("0", "once"),
        ("true", "none"),
        ("1", "none"),
    ],
)
def test_default_mode(monkeypatch, value, mode):
    """The default records what is missing, and in CI it records nothing."""
    monkeypatch.delenv("CI", raising=False)
    if value is not None:
        monkeypatch.setenv("CI", value)

    assert mode == default_record_mode()


def test_argument_wins_over_ci(path, ask, monkeypatch):
    """A mode that is asked for holds in CI as well."""
    monkeypatch.setenv("CI", "true")
    with use_cassette(path, record_mode="once"):
        ask("a")

    assert ["a"] == on_disk(path)


def test_modes_of_vcrpy_are_understood(path, ask):
    """The enumeration that vcrpy has for the same words is taken as those words."""
    from vcr.record_mode import RecordMode

    with use_cassette(path, record_mode=RecordMode.ALL) as session:
        ask("a")

    assert "all" == session.mode.name


def test_session_tells_what_happened(old, ask):
    """Played, unplayed, missed and all that the cassette holds can be asked of the session."""
    with use_cassette(old, record_mode="new_episodes") as session:
        ask("b")
        ask("c")
        seen = [
            texts(some) for some in (session.interactions, session.played, session.unplayed, session.recorded)
        ]

    assert [["a", "b", "c"], ["b"], ["a"], ["c"]] == seen
    assert ([], True) == (session.missed, session.closed)


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all", "rewrite"])
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.*", "*:{port}"])
def test_ignored_host_goes_live_and_is_not_recorded(path, provider, ask, mode, host):
    """Ignored hosts are none of the cassette's business, in recording and in replay."""
    path.write_text("interactions: []\nversion: 1\n")
    with use_cassette(path, record_mode=mode, ignore_hosts=[host.format(port=provider.url[-5:])]) as session:
        ask("a")

    assert (1, ()) == (len(provider.requests), session.interactions)
    assert [] == on_disk(path)


@pytest.mark.parametrize(
    ("options", "questions"),
    [
        ({"match_on": ["method", "uri"]}, ("one", "other")),
        (
            {"match_on": ["uri", lambda request, recorded: len(request.body) == len(recorded.body)]},
            ("one", "two"),
        ),
        ({"ignore": ["$.messages[0].content"]}, ("one", "other")),
        (
            {"normalize": ["uuid"]},
            ("id 00000000-0000-0000-0000-000000000001", "id 00000000-0000-0000-0000-000000000002"),
        ),
        ({"normalize": [r"run-\d+"]}, ("run-1", "run-22")),
        ({"normalize": [re.compile("o[a-z]+")]}, ("one", "other")),
    ],
    ids=["match_on", "match_on function", "ignore", "normalize", "normalize pattern", "normalize compiled"],
)
def test_matching_is_up_to_the_caller(path, provider, ask, options, questions):
    """What makes two requests the same can be said; without it they are not."""
    then, now = questions
    with use_cassette(path, record_mode="once"):
        recorded = ask(then)
    with use_cassette(path, **options):
        replayed = ask(now)
    with pytest.raises(UnmatchedRequestError), use_cassette(path):
        ask(now)

    assert recorded == replayed
    assert 1 == len(provider.requests)


@pytest.mark.parametrize(
    "redact", [["Otto Normal"], [re.compile("Otto [A-Z][a-z]+")], (one for one in ["Otto Normal"])]
)
def test_redacted_text_never_reaches_the_disk(path, ask, redact):
    """What is to be redacted is not in the file, and the request is found all the same."""
    redact = list(redact)
    with use_cassette(path, redact=iter(redact)):
        ask("I am Otto Normal")
    with use_cassette(path, redact=redact):
        ask("I am Otto Normal")

    assert ["I am <redacted>"] == on_disk(path)


def test_repeats_play_the_last_recording_again(old, provider, ask):
    """With `repeats` a recording may be played again and again."""
    with use_cassette(old, repeats=True):
        answers = [ask("a"), ask("a"), ask("a")]

    assert answers[0] == answers[1] == answers[2]
    assert 2 == len(provider.requests)


def test_exception_inside_is_itself_and_the_recording_is_kept(path, ask):
    """What was recorded before a test failed is there, and the failure is the test's own."""
    error = RuntimeError("mine")
    with pytest.raises(RuntimeError) as caught, use_cassette(path):
        ask("a")
        raise error

    assert (error, ["a"]) == (caught.value, on_disk(path))
    assert caught.value.__context__ is None


def test_interrupt_inside_keeps_the_recording(path, ask):
    """Ctrl-C ends a recording like any other exception."""
    with pytest.raises(KeyboardInterrupt), use_cassette(path):
        ask("a")
        raise KeyboardInterrupt

    assert ["a"] == on_disk(path)


def test_miss_is_not_raised_over_another_exception(old, ask):
    """An exception of the caller's comes first, also where something was missed before."""
    with pytest.raises(RuntimeError, match="mine"), use_cassette(old, record_mode="none"):
        try:
            ask("c")
        except UnmatchedRequestError:
            raise RuntimeError("mine") from None
