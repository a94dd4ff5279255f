"""The log of a server: how it reads at a width, and what becomes of it where nobody reads."""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from dataclasses import replace
from threading import Thread, active_count

import pytest
from rich.cells import cell_len

from chunktape.cli.outlet import MOST, Outlet
from chunktape.cli.serving import Log, in_options, signals
from chunktape.errors import SecretFoundError
from chunktape.serve import Entry
from chunktape.tape.secret_scan import Leak
from chunktape.tape.write_check import refuse_leaks

MISS = "No recording for POST http://127.0.0.1:8378/v1/messages\n    now:      " + '"of a word or two" ' * 6
TOLD = Entry(1, "2026-01-02T03:04:05.678Z", "POST", "/v1/messages", "default", "missed", course="whole")
MISSED = replace(TOLD, message=MISS)
PLAYED = replace(
    TOLD,
    outcome="played",
    path="/v1/chat/completions",
    session="checkout",
    status=200,
    model="gpt-4o-mini",
    recording="story#1",
    fault="reset@event:3",
    course="broken",
    sent=44,
    seconds=0.2,
)
NARROW = """\
03:04:05 played   story#1 · POST /v1/chat/completions · gpt-4o-mini
                  session checkout · fault reset@event:3 · 200 · broken off
                  44 B · 0.20 s
"""
WIDE = "03:04:05 played   story#1 · POST /v1/chat/completions · gpt-4o-mini · session checkout"
WIDE += " · fault reset@event:3 · 200 · broken off · 44 B · 0.20 s\n"


class Screen(io.TextIOWrapper):
    """A terminal."""

    def isatty(self):
        return True


def shown(monkeypatch, width, entry):
    """Return the lines of an entry on a terminal of this width."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stderr", screen)
    with Log("text") as log:
        log.write(entry)
    return re.sub(r"\x1b\[[0-9;]*m", "", screen.buffer.getvalue().decode()).splitlines()


@pytest.mark.parametrize(("width", "expected"), [(80, NARROW), (200, WIDE)])
def test_facts_are_whole_at_every_width(monkeypatch, width, expected):
    """What became of a request and its recording come first, and what does not fit stands below."""
    assert expected.splitlines() == shown(monkeypatch, width, PLAYED)


def test_an_explanation_is_broken_between_its_words(monkeypatch):
    """Lines that do not fit go on below themselves."""
    lines = shown(monkeypatch, 80, MISSED)

    assert [] == [line for line in lines if cell_len(line) > 80]
    assert MISS.split() == " ".join(lines[1:]).split()


def test_what_is_not_read_in_time_is_counted():
    """What waits is bounded, the rest is left out, and where it would stand is said how much that was."""
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as reader, os.fdopen(writing, "w", encoding="utf-8") as writer:
        outlet = Outlet(writer, lambda count: f"{count} left out\n")
        outlet.put(lambda: "x" * 200_000 + "\n")
        # Once it has begun, all others wait.
        first = reader.buffer.raw.read(1)
        for number in range(MOST + 5):
            outlet.put(lambda number=number: f"{number}\n")
        rest = []
        reads = Thread(target=lambda: rest.extend(reader.readline() for _ in range(MOST + 3)))
        reads.start()
        outlet.close(lambda: "end\n")
        reads.join()

    assert b"x" == first
    assert [*(f"{number}\n" for number in range(MOST)), "5 left out\n", "end\n"] == rest[1:]


def test_who_does_not_read_is_not_waited_for():
    """A stream that takes nothing more keeps nobody, and its thread ends."""
    before = active_count()
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as writer:
        os.close(reading)
        outlet = Outlet(writer, str)
        for _ in range(3 * MOST):
            outlet.put(lambda: "text\n")
        outlet.close()

    assert before == active_count()


@pytest.mark.parametrize("text", ["a", "né 带 \ud83d"])
def test_a_stream_gets_what_its_encoding_can_say(text):
    """What it cannot say is written as an escape."""
    screen = Screen(io.BytesIO(), encoding="ascii")
    outlet = Outlet(screen, str)
    outlet.close(lambda: text)

    assert text.encode("ascii", "backslashreplace") == screen.buffer.getvalue()


def test_a_secret_that_was_found_is_taken_out_by_options():
    """What is written for Python is said as the command line has it."""
    with pytest.raises(SecretFoundError) as caught:
        refuse_leaks((Leak("a key", 1),), b"key", "tape.yaml")

    assert "--secret with that text, or a --pattern that finds it" in in_options(str(caught.value))


@pytest.mark.parametrize(("before", "hears"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)])
def test_a_hangup_is_heard_unless_it_was_to_be_outlived(before, hears):
    """What nohup has started goes on without its terminal; and all is as it was afterwards."""
    heard = []
    own = signal.signal(signal.SIGHUP, before)
    try:
        with signals(heard.append):
            signal.raise_signal(signal.SIGHUP)
        after = signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, own)

    assert ([signal.SIGHUP] * hears, before) == (heard, after)
