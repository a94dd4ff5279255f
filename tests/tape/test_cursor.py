from __future__ import annotations

import asyncio
import time

import pytest

from chunktape import Ending, Failure, Head, Interaction, Request, TransportError
from chunktape.tape.cursor import Cursor, apause, aplay, is_complete, play
from chunktape.tape.interaction import Timing
from chunktape.tape.pace import Pace

REQUEST = Request("POST", "http://provider.test/v1")
STREAM = Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1")
EVENTS = b"data: a\n\ndata: b\n\ndata: [DONE]\n\n"
INSTANT, RECORDED = Pace.of("instant"), Pace.of("recorded")


def _interaction(body=EVENTS, ends=(9, 18, 32), ending=None, head=STREAM, at=None):
    timing = Timing(100, at, (0,) * len(ends), at[-1] + 100) if at else None
    return Interaction(REQUEST, head, body, ends, ending or Ending("eof"), timing)


def _cursor(interaction, pace=INSTANT):
    return Cursor(interaction, pace, lambda _: EOFError("exhausted"))


@pytest.fixture(params=["sync", "async"])
def played(request):
    """Return a function that plays a cursor to its end, sync or async."""

    async def collect(cursor):
        return [data async for data in aplay(cursor, TransportError)]

    if request.param == "sync":
        return lambda cursor: list(play(cursor, TransportError))
    return lambda cursor: asyncio.run(collect(cursor))


def test_plays_the_chunks(played):
    """Every chunk comes once, as it was delivered."""
    assert [b"data: a\n\n", b"data: b\n\n", b"data: [DONE]\n\n"] == played(_cursor(_interaction()))


def test_position_is_the_cursors(played):
    """A second iteration goes on where the first one stopped."""
    cursor = _cursor(_interaction())
    first = next(play(cursor, TransportError))

    assert first == b"data: a\n\n"
    assert [b"data: b\n\n", b"data: [DONE]\n\n"] == played(cursor)
    assert [] == played(cursor)


def test_failure_is_raised_where_it_was(played):
    """The recorded failure comes after the last chunk."""
    cursor = _cursor(_interaction(ending=Ending("error", None, Failure("reset", "x.Y", "gone"))))

    seen = [next(play(cursor, TransportError)) for _ in range(3)]
    with pytest.raises(TransportError, match="gone"):
        played(cursor)
    assert b"".join(seen) == EVENTS


@pytest.mark.parametrize("kind", ["closed", "open"])
def test_reading_past_an_unfinished_recording_is_exhaustion(played, kind):
    """Where the recording's reader stopped before the end, the replay says so."""
    cursor = _cursor(_interaction(EVENTS[:18], (9, 18), Ending(kind)))

    with pytest.raises(EOFError):
        played(cursor)


@pytest.mark.parametrize("kind", ["closed", "open"])
def test_reading_past_the_end_marker_is_the_end(played, kind):
    """A reader that stopped at the end marker left nothing out."""
    assert len(played(_cursor(_interaction(ending=Ending(kind))))) == 3


@pytest.mark.parametrize(("pace", "expected"), [(RECORDED, 0.06), (Pace.of(2.0), 0.03)])
def test_paced_replay_takes_its_time(played, pace, expected):
    """A paced replay comes no earlier than it was recorded, divided by the factor."""
    cursor = _cursor(_interaction(at=(20_000, 40_000, 60_000)), pace)
    started = time.perf_counter()
    played(cursor)

    assert time.perf_counter() - started >= expected


def test_async_replay_lets_others_run():
    """An instant async replay of many chunks gives the event loop a turn now and then, and not more."""
    count = 640
    body = b"x" * count
    interaction = _interaction(body, tuple(range(1, count + 1)), Ending("eof"))
    steps = list(_cursor(interaction).steps(TransportError, breathe=True))
    turns = [step for step in steps if isinstance(step, float)]

    assert len(turns) >= count // 32
    assert count == len(steps) - len(turns)


async def _replay(calls):
    for _ in range(calls):
        cursor = _cursor(_interaction())
        await apause(cursor)
        assert len([data async for data in aplay(cursor, TransportError)]) == 3


async def test_a_task_that_waits_runs_before_the_head_comes():
    """What was started before a replayed call has begun when the call returns."""
    begun = []

    async def other():
        begun.append(True)

    await _replay(1)
    task = asyncio.create_task(other())
    await _replay(1)

    assert [True] == begun
    await task


async def test_calls_at_once_take_turns():
    """Of replayed calls that are made at once none is played to its end before the others begin."""
    order = []

    async def call(name):
        order.append(name)
        await _replay(1)
        order.append(name)

    await asyncio.gather(call("a"), call("b"))

    assert ["a", "b"] == order[:2]


async def test_many_short_calls_starve_nobody():
    """A task of nothing but short replayed calls lets timers strike about every millisecond."""
    struck = []
    loop = asyncio.get_running_loop()

    def strike():
        struck.append(loop.time())
        loop.call_later(0.001, strike)

    strike()
    started = time.perf_counter()
    while time.perf_counter() - started < 0.1:
        await _replay(1)

    assert len(struck) > 10


async def test_nobody_is_given_a_turn_for_nothing():
    """Short replayed calls in a row take far fewer turns than there are calls where nobody waits."""
    turns = [sum(1 for _ in _cursor(_interaction()).head_steps()) for _ in range(100)]

    assert sum(turns) < 50


def test_sync_replay_never_pauses():
    """An instant sync replay is chunks only."""
    assert all(isinstance(step, bytes) for step in _cursor(_interaction()).steps(TransportError))


@pytest.mark.parametrize(
    ("body", "head", "expected"),
    [
        (b"data: {}\n\ndata: [DONE]\n\n", STREAM, True),
        (b"data:[DONE]\r\n\r\n", STREAM, True),
        (b"data: [DONE]", STREAM, False),
        (b"data: {}\n\n", STREAM, False),
        (b'event: message_stop\ndata: {"type":"message_stop"}\n\n', STREAM, True),
        (b'data: {"type":"response.completed"}\n\n', STREAM, True),
        (b'data: {"type":"response.incomplete"}\n\n', STREAM, True),
        (b'data: {"error":{"message":"no"}}\n\n', STREAM, True),
        (b'data: {"type":"response.created","response":{"error":null}}\n\n', STREAM, False),
        (b'data: {"content":"\\"error\\" message_stop","error":null}\n\n', STREAM, False),
        (b'{"a":1}', Head(200), True),
        (b'{"a":', Head(200), False),
        (b"abc", Head(200, headers=(("Content-Length", "3"),)), True),
        (b"ab", Head(200, headers=(("content-length", "3"),)), False),
    ],
)
def test_completeness_is_judged_from_the_bytes(body, head, expected):
    """End marker, content-length or whole JSON: the bytes say whether anything is missing."""
    assert expected == is_complete(Interaction(REQUEST, head, body, (len(body),), Ending("closed")))


@pytest.mark.parametrize(
    ("pace", "status", "headers", "expected"),
    [
        (INSTANT, 429, (("Retry-After", "20"),), (("Retry-After", "0.001"),)),
        (INSTANT, 503, (), (("retry-after-ms", "1"),)),
        (INSTANT, 529, (("retry-after-ms", "900"),), (("retry-after-ms", "1"),)),
        (INSTANT, 200, (), ()),
        (INSTANT, 404, (("retry-after", "20"),), (("retry-after", "20"),)),
        (RECORDED, 429, (("retry-after", "20"),), (("retry-after", "20"),)),
        (Pace.of(4), 429, (("retry-after", "20"),), (("retry-after", "5"),)),
        (Pace.of(4), 503, (("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),), None),
    ],
)
def test_waits_before_a_retry_follow_the_pace(pace, status, headers, expected):
    """An instant replay does not wait; the name of the header stays, because azure-core retries by it."""
    cursor = _cursor(_interaction(head=Head(status, headers=headers)), pace)

    assert (headers if expected is None else expected) == cursor.head.headers


def test_head_that_never_came_is_raised():
    """Without a head there is only what came instead of one."""
    failure = Failure("connect", "httpx2.ConnectError", "refused", "connect")

    with pytest.raises(TransportError, match="refused"):
        _cursor(_interaction(b"", (), Ending("error", None, failure), None)).opened(TransportError)
    with pytest.raises(EOFError):
        _cursor(_interaction(b"", (), Ending("cancelled"), None)).opened(TransportError)


def test_counts_its_time_from_when_it_is_told():
    """What is late already when it begins comes at once, as if it had begun in time."""
    interaction = _interaction(at=(1_000_000, 2_000_000, 600_000_000))
    cursor = Cursor(interaction, RECORDED, EOFError, since=time.perf_counter_ns() - 3_000_000_000)

    steps = [step for _, step in zip(range(3), cursor.steps(TransportError), strict=False)]

    assert [b"data: a\n\n", b"data: b\n\n"] == steps[:2]
    assert 500 < steps[2] < 597
