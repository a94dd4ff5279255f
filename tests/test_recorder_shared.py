"""Several writers of one cassette: all that they recorded is there, by the time of its requests."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from adding_writer import QUESTIONS, ROUNDS, THREADS
from asking import on_disk, texts

from chunktape import Cassette, Head, Request, use_cassette
from chunktape.tape import tap

SCRIPT = Path(__file__).parent / "support" / "adding_writer.py"
NAMES = "abcd"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the cassette is to be; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "tape.yaml"


def _clock(monkeypatch, *moments):
    """Let requests be sent at these moments, the last of which lasts."""
    left = list(moments)

    class Clock(datetime):
        @classmethod
        def now(cls, _zone=None):
            return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(tap, "datetime", Clock)


def _record(session, text):
    """Record one question; what is asked needs no network."""
    body = b'{"messages":[{"role":"user","content":"%b"}]}' % text.encode()
    found = session.answer(Request("POST", "https://a.test/", (("content-type", "application/json"),), body))
    found.begin(Head(200, "OK"))
    found.keep(b"{}")
    found.end("eof")


def test_four_processes_add_to_one_cassette(path, provider):
    """Four processes of two threads each keep every interaction, in the order of their requests."""
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, SCRIPT, path, provider.openai_url, name],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for name in NAMES
        ]
        for one in writers:
            assert "ready\n" == one.stdout.readline()
        for one in writers:
            one.stdin.write("\n")
            one.stdin.flush()
        codes = [one.wait(timeout=120) for one in writers]

    found = Cassette.load(path).interactions
    moments = [one.recorded_at for one in found]
    expected = {
        f"{name}-{turn}-{number}-{thread}"
        for name in NAMES
        for turn in range(ROUNDS)
        for number in range(QUESTIONS)
        for thread in range(THREADS)
    }
    assert [0] * len(NAMES) == codes
    assert sorted(expected) == sorted(texts(found))
    assert sorted(moments) == moments
    assert [path] == list(path.parent.iterdir())


def test_clock_that_stands_still_loses_nothing(path, monkeypatch):
    """Recordings that are equal to the microsecond are all kept, those of each session in order."""
    _clock(monkeypatch, NOON)
    monkeypatch.setattr(tap, "perf_counter_ns", lambda: 0)
    with ExitStack() as stack:
        sessions = [stack.enter_context(use_cassette(path, record_mode="new_episodes")) for _ in range(3)]
        for text in ("a", "b", "a"):
            for session in sessions:
                _record(session, text)

    assert ["a", "b", "a"] * 3 == on_disk(path)


def test_latecomer_takes_its_place_by_time(path, monkeypatch):
    """Who saves last what was asked first, finds it before the others'; what was there before stays so."""
    first, second, third = (NOON + timedelta(seconds=number) for number in range(3))
    _clock(monkeypatch, first, second, third)
    early, late = (use_cassette(path, record_mode="new_episodes") for _ in range(2))
    with early as one:
        _record(one, "first")
        with use_cassette(path, record_mode="new_episodes") as two:
            _record(two, "second")
        opened = late.__enter__()
        _record(opened, "third")
    late.__exit__(None, None, None)

    assert ["first", "second", "third"] == on_disk(path)


def test_clock_that_is_set_back_changes_no_order(path, monkeypatch):
    """What a session recorded, and what it found, keeps its order, whatever the clock says."""
    _clock(monkeypatch, NOON, NOON - timedelta(hours=1), NOON - timedelta(hours=2))
    with use_cassette(path) as session:
        _record(session, "a")
    with use_cassette(path, record_mode="new_episodes") as session:
        _record(session, "b")
        with use_cassette(path, record_mode="new_episodes") as other:
            _record(other, "c")

    assert ["a", "c", "b"] == on_disk(path)


def test_what_another_has_replaced_stays_away(path, monkeypatch):
    """What a session has recorded again does not come back with what others have added meanwhile."""
    _clock(monkeypatch, *(NOON + timedelta(seconds=number) for number in range(4)))
    with use_cassette(path) as session:
        _record(session, "a")
    with use_cassette(path, record_mode="all") as session:
        _record(session, "a")
        with use_cassette(path, record_mode="new_episodes") as other:
            _record(other, "b")

    assert ["a", "b"] == on_disk(path)
