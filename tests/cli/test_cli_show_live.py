"""``chunktape show`` in recorded time, and several streams side by side."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from chunktape.cli import clock as clock_module
from chunktape.cli.clock import Clock
from chunktape.cli.pick import Pick
from chunktape.cli.projector import Projector
from chunktape.cli.side_by_side import SideBySide, room_for
from chunktape.wire.message import Ending, Failure

EVENTS = (
    b'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n',
    b'data: {"choices":[{"delta":{"content":" there."}}]}\n\n',
    b"data: [DONE]\n\n",
)
SECONDS = 20
LIVE_SHOWN = """\
tape.yaml · 1 of 1
POST https://api.openai.com/v1/chat/completions · gpt-4o-mini
  user        hi
  text        Hello"""
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def several(*words):
    """Return a stream of two answers whose words come in turns."""
    pieces = [
        b'data: {"choices":[{"index":%d,"delta":{"content":"%s "}}]}\n\n' % (index, word)
        for word in words
        for index in (0, 1)
    ]
    return (*pieces, EVENTS[-1])


@pytest.fixture
def slept(monkeypatch):
    """Return the list of what clocks slept; none of them takes any time."""
    now, naps = [0.0], []
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def sleep(seconds):
        naps.append(round(seconds, 6))
        now[0] += seconds

    monkeypatch.setattr(clock_module.time, "sleep", sleep)
    return naps


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"speed": 1.0}, [0.1, 2.0, 0.9], id="as recorded"),
        pytest.param({"speed": 4.0}, [0.025, 0.5, 0.225], id="four times as fast"),
        pytest.param({"speed": 4.0, "max_gap": 1_000_000}, [0.025, 0.25, 0.225], id="silences cut down"),
    ],
)
def test_clock(slept, options, expected):
    """A clock waits as long as the recording took, divided by its speed; what is past or unknown is now."""
    clock = Clock(**options)

    for at in (100_000, None, 2_100_000, 1_000_000, 3_000_000):
        clock.wait_until(at)

    assert expected == slept


@pytest.fixture
def terminal():
    """Return a terminal of a width, without colours."""
    return lambda width=100: Console(
        file=io.StringIO(), force_terminal=True, width=width, height=20, color_system=None, highlight=False,
        markup=False, emoji=False, _environ={"TERM": "xterm"},
    )  # fmt: skip  # read as a table


def text_of(console):
    return _CONTROL.sub("", console.file.getvalue())


@pytest.mark.usefixtures("slept")
def test_answers_that_come_in_turns_grow_in_a_frame(terminal, interaction):
    """On a terminal two answers at once end as two paragraphs, not as one for each word."""
    console = terminal()
    one = interaction(*several(b"one", b"two", b"three"))
    expected = ["  text        one two three", "  text #2     one two three"]

    Projector(console, clock=Clock(speed=1.0)).show(Pick("tape.yaml", 1, 1, one))

    assert expected == [line.rstrip() for line in text_of(console).splitlines() if line.startswith("  text")]


def test_a_refused_connection_takes_its_time(slept, interaction, terminal):
    """What broke off before a reply came is told when it did."""
    refused = Failure("connect", "httpx2.ConnectError", "Connection refused", "connect")
    one = interaction(head=None, ending=Ending("error", None, refused))
    console = terminal()

    Projector(console, clock=Clock(speed=1.0)).show(Pick("tape.yaml", 1, 1, one))

    assert [1.25] == slept
    assert text_of(console).splitlines()[-1].endswith("ending: error (connect: Connection refused)")


def test_side_by_side(terminal, interaction):
    """Streams stand in columns: what was asked, what came, the gaps and the facts."""
    console = terminal(90)
    one = interaction(*EVENTS)
    expected = """\
a.yaml#1                                      b.yaml#2
──────────────────────────────────────────────────────────────────────────────────────────
POST                                          POST
https://api.openai.com/v1/chat/completions    https://api.openai.com/v1/chat/completions
model ▸ gpt-4o-mini                           model ▸ gpt-4o-mini
user ▸ hi                                     user ▸ hi

text ▸ Hello there.                           text ▸ Hello there.

██                                            ██
median 100 ms · longest 100 ms before         median 100 ms · longest 100 ms before chunk
chunk 2 · then silence for 950 ms             2 · then silence for 950 ms
200 OK · 3 events · 3 chunks · 118 bytes ·    200 OK · 3 events · 3 chunks · 118 bytes ·
first chunk after 100 ms · 1.25 s in all ·    first chunk after 100 ms · 1.25 s in all ·
ending: eof                                   ending: eof
"""

    SideBySide(console, clock=None).show([Pick("a.yaml", 1, 1, one), Pick("b.yaml", 2, 2, one)])

    assert expected == "".join(f"{line.rstrip()}\n" for line in text_of(console).splitlines())


def test_a_frame_leaves_room_for_the_echo_of_ctrl_c(terminal, interaction):
    """No line of a frame is filled, so that what a terminal shows of the key is taken away with it."""
    two = several(*[b"word"] * 60)
    console = terminal(80)

    Projector(console, clock=Clock(speed=1e9)).show(Pick("a.yaml", 1, 1, interaction(*two)))

    shown = console.file.getvalue().partition("\x1b[?25h")[0]
    frames = [line for line in _CONTROL.sub("", shown).splitlines() if " \u25b8 " in line]
    assert frames
    assert max(map(len, frames)) <= 78


def test_side_by_side_runs_on_one_clock(slept, terminal, interaction):
    """All streams begin at once, and silences are those in which none of them says anything."""
    fast, slow = interaction(*EVENTS), interaction(*EVENTS)
    slow = replace(slow, timing=replace(slow.timing, at=(150_000, 5_000_000, 5_000_000), end=5_000_000))
    picks = [Pick("a.yaml", 1, 1, fast), Pick("b.yaml", 1, 1, slow)]

    SideBySide(terminal(), clock=Clock(speed=1.0, max_gap=1_000_000)).show(picks)

    assert [0.1, 0.05, 0.05, 1.0, 1.0] == slept


@pytest.mark.usefixtures("slept")
def test_what_cuts_a_stream_is_seen_in_the_frame(terminal, interaction):
    """A frame says what ended a stream while the others go on."""
    console = terminal()
    reset = Failure("reset", "httpx2.ReadError", "Connection reset by peer")
    cut = interaction(*EVENTS[:1], ending=Ending("error", None, reset))

    SideBySide(console, clock=Clock(speed=1.0)).show(
        [Pick("a.yaml", 1, 1, cut), Pick("b.yaml", 1, 1, interaction(*EVENTS))]
    )

    frame = text_of(console).rpartition("a.yaml#1")[0]
    assert "ending: error (reset: Connection reset by" in frame


def test_room(terminal):
    """A column is 36 characters at least."""
    assert (True, False) == (room_for(terminal(75), 2), room_for(terminal(74), 2))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        pytest.param("1,2", "Note: one after the other: standard output is no terminal.\n", id="a pipe"),
        pytest.param("1", "Note: one after the other: there is nothing to put beside it.\n", id="one"),
    ],
)
def test_where_columns_cannot_be(command, cassette, interaction, numbers, expected):
    """Elsewhere streams come one after the other, and it is said why."""
    name = cassette(*(interaction(*EVENTS) for _ in range(5)))
    shown = command("show", f"{name}#{numbers}").stdout

    done = command("show", "--side-by-side", f"{name}#{numbers}")

    assert (shown, expected, 0) == (done.stdout, done.stderr, done.exit_code)


def test_too_many_for_columns(command, cassette, interaction):
    """More than four are refused, with the way to choose."""
    name = cassette(*(interaction(*EVENTS) for _ in range(5)))
    expected = [
        "Error: --side-by-side takes two to four interactions, and these are more.",
        "  way out: choose with CASSETTE#3, or with --only",
    ]

    done = command("show", "--side-by-side", name)

    assert (2, expected) == (done.exit_code, done.stderr.splitlines()[-2:])


def test_ctrl_c_ends_it(cassette, interaction, tmp_path):
    """Ctrl-C in the midst of a stream ends the line, and the command with 130 and without a traceback."""
    one = interaction(*EVENTS)
    expected = LIVE_SHOWN
    late = replace(one.timing, at=(1_000, 60_000_000, 60_000_000), waited=(0, 0, 0), end=60_000_000)
    cassette(replace(one, timing=late))
    program = Path(sys.executable).with_name("chunktape")
    child = subprocess.Popen(
        [program, "show", "--live", "tape.yaml"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    shown = child.stdout.read(len(expected))

    child.send_signal(signal.SIGINT)
    rest, complaints = child.communicate(timeout=SECONDS)

    assert (expected, "Stopped.\n", 130) == (shown, complaints, child.returncode)
    assert rest.endswith("\n")
