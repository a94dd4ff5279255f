"""Silences: who waits for what, and when the reader's own time-out strikes."""

from __future__ import annotations

import pytest

from chunktape import Head, Interaction, Request, TransportError
from chunktape.faults import parse
from chunktape.tape.cursor import Cursor
from chunktape.tape.interaction import Timing
from chunktape.tape.pace import Pace
from chunktape.wire.message import Ending

ONE = Interaction(
    Request("POST", "https://api.example.com/v1/chat/completions"),
    Head(200, "OK", (("content-type", "text/event-stream"),)),
    b"data: 1\n\ndata: 2\n\ndata: [DONE]\n\n",
    (9, 18, 32),
    Ending("eof"),
)


def played(fault, pace, read_timeout, one=ONE):
    """Return the pauses and chunks of a playback, in whole seconds, and the kind of what ended it."""
    cursor = Cursor(parse(fault).apply(one)[-1], Pace.of(pace), AssertionError)
    cursor.read_timeout = read_timeout
    seen = [round(cursor.head_delay())]
    try:
        cursor.opened(TransportError)
        for step in cursor.steps(TransportError):
            seen.append(round(step) if isinstance(step, float) else step)
    except TransportError as error:
        return seen, (error.failure.kind, error.failure.phase)
    # Asked again, it has nothing more, and waits for nothing.
    assert [] == list(cursor.steps(TransportError))
    return seen, None


FIRST, SECOND, LAST = b"data: 1\n\n", b"data: 2\n\n", b"data: [DONE]\n\n"


@pytest.mark.parametrize(
    ("fault", "pace", "read_timeout", "expected"),
    [
        # At instant pace nobody waits.
        ("stall:50s@1", "instant", 60.0, ([0, FIRST, 0, SECOND, LAST], None)),
        ("stall:50s@1", "instant", None, ([0, FIRST, 0, SECOND, LAST], None)),
        ("stall:50s@1", "instant", 40.0, ([0, FIRST, 0], ("timeout", "body"))),
        ("stall:50s", "instant", 40.0, ([0], ("timeout", "connect"))),
        ("stall:50s", "instant", 60.0, ([0, FIRST, SECOND, LAST], None)),
        ("stall:50s@3", "instant", 40.0, ([0, FIRST, SECOND, LAST, 0], ("timeout", "body"))),
        ("timeout", "instant", 40.0, ([0], ("timeout", "connect"))),
        ("timeout", "instant", None, ([0], ("timeout", "connect"))),
        # At a pace the reader waits, up to its time-out; a factor changes how long, not what happens.
        ("stall:50s@1", "recorded", 60.0, ([0, FIRST, 50, SECOND, LAST], None)),
        ("stall:50s@1", "recorded", 40.0, ([0, FIRST, 40], ("timeout", "body"))),
        ("stall:50s@1", 10.0, 40.0, ([0, FIRST, 4], ("timeout", "body"))),
        ("stall:50s@1", 10.0, 60.0, ([0, FIRST, 5, SECOND, LAST], None)),
        ("stall:50s", "recorded", 40.0, ([40], ("timeout", "connect"))),
        ("stall:50s", "recorded", 60.0, ([50, FIRST, SECOND, LAST], None)),
        ("timeout", "recorded", 40.0, ([40], ("timeout", "connect"))),
        ("timeout", "recorded", None, ([0], ("timeout", "connect"))),
        # What comes after a cut is the end.
        ("stall:50s@1, cut@1", "recorded", 60.0, ([0, FIRST, 50], None)),
        ("stall:50s@1, reset@1", "recorded", 60.0, ([0, FIRST, 50], ("reset", "body"))),
    ],
)
def test_silences(fault, pace, read_timeout, expected):
    """A silence longer than the reader's time-out ends in it; others are waited for where there is a pace."""
    assert expected == played(fault, pace, read_timeout)


def test_what_comes_after_a_silence_comes_later():
    """At a pace the recorded times count from the end of the silence."""
    timed = Interaction(
        ONE.request,
        ONE.head,
        ONE.body,
        ONE.ends,
        ONE.ending,
        Timing(0, (0, 30_000_000, 30_000_000), (0, 0, 0)),
    )
    seen, _ = played("stall:50s@1", "recorded", None, timed)
    # Nobody has slept here, so the wait for the second chunk holds the one before it, too.
    waits = [one for one in seen if isinstance(one, int)]

    assert [FIRST, SECOND, LAST] == [one for one in seen if isinstance(one, bytes)]
    assert [50, 80] == [one for one in waits if one][:2]
