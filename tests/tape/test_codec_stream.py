"""What the stream block holds: chunks, times, endings."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import yaml

from chunktape.tape import codec
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Failure, Head, Request

EVENTS = (
    b'data: {"content":"He"}\n\n',
    'data: {"content":"llo 😀 你好"}\n\n'.encode(),
    b"data: [DONE]\n\n",
)
BODY = b"".join(EVENTS)
ENDS = (24, 24 + len(EVENTS[1]), len(BODY))
STREAM = Interaction(
    Request("POST", "https://a.test/"),
    Head(200, "OK"),
    BODY,
    ENDS,
    Ending("eof", 0.9),
    Timing(391_204, (412_113, 432_414, 432_414), (412_113, 20_000, 0), 900_000),
)
TEXT = codec.dumps([STREAM]).decode()
UNSEALED = re.sub(r"      seal: .*\n", "", TEXT)


def read_back(one):
    [again] = codec.loads(codec.dumps([one]), name="a.yaml")
    return again


def stream_block(one):
    return yaml.safe_load(codec.dumps([one]))["interactions"][0]["response"]["stream"]


@pytest.mark.parametrize(
    ("body", "ends", "chunks"),
    [
        (BODY, ENDS, "1*3"),
        (BODY, ENDS[1:], "2 1"),
        (BODY, ENDS[2:], "3"),
        (BODY, (0, 0, *ENDS), "0 0 1*3"),
        (BODY, (3, *ENDS), "b 3 21 37 14"),
        (b"a" * 50, tuple(range(5, 51, 5)), "b 5*10"),
        (b"a\r\n\r\nb\r\n\r\n", (5, 10), "1 1"),
        (b"a\n\r\nb\r\r", (4, 7), "1 1"),
        (b"a\n\n\nb\n\n", (3, 7), "1 1"),
        (b'{"a": 1}', (8,), "1"),
        (b"", (), ""),
        (b"", (0,), "0"),
    ],
)
def test_chunks_are_counted_in_events_where_they_cut_none(body, ends, chunks):
    """Boundaries are written in events where all of them are ends of events, otherwise in bytes."""
    one = replace(STREAM, body=body, ends=ends, timing=None, ending=None)

    assert (chunks, ends) == (stream_block(one)["chunks"], read_back(one).ends)


@pytest.mark.parametrize(
    ("timing", "written"),
    [
        (Timing(None, (1, 2, 3), (1, 1, 1)), {"gap_ms": "0.001 0.001 0.001"}),
        (
            Timing(0, (1, 2, 3), (1, 1, 0)),
            {"head_ms": 0.0, "gap_ms": "0.001 0.001 0.001", "wait_ms": "0.001 0.001 0.000"},
        ),
        (
            Timing(9, (5, 4, 4), (5, 4, 4), 1),
            {
                "head_ms": 0.009,
                "gap_ms": "0.005 -0.001 0.000",
                "wait_ms": "0.005 0.004 0.004",
                "end_ms": 0.001,
            },
        ),
        (
            Timing(7_777_777_777, (10**13 + 1, 10**13 + 2, 10**13 + 3), (10**13 + 1, 1, 1)),
            {"head_ms": 7777777.777, "gap_ms": "10000000000.001 0.001 0.001"},
        ),
        (None, {}),
    ],
)
def test_times_are_exact(timing, written):
    """Microseconds read back to the last digit; waits are left out where they are the gaps."""
    one = replace(STREAM, timing=timing, ending=None)

    block = stream_block(one)

    assert written == {key: value for key, value in block.items() if key.endswith("_ms")}
    assert timing == read_back(one).timing


@pytest.mark.parametrize("written", ["1 2.5 0.25", "1.000   2.500\n        0.250"])
def test_times_written_by_hand_are_read(written):
    """Times need not have three decimals, nor stand on one line."""
    data = UNSEALED.replace("412.113 20.301 0.000", written).replace(
        "      wait_ms: 412.113 20.000 0.000\n", ""
    )

    [one] = codec.loads(data.encode(), name="a.yaml")

    assert one.timing.at == (1000, 3500, 3750)


def test_a_single_number_needs_no_quotes():
    """One chunk and one time are read as the numbers that YAML takes them for."""
    data = UNSEALED.replace("chunks: 1*3", "chunks: 3").replace("412.113 20.301 0.000", "412.113")
    data = data.replace("      wait_ms: 412.113 20.000 0.000\n", "")

    [one] = codec.loads(data.encode(), name="a.yaml")

    assert ((len(BODY),), (412_113,)) == (one.ends, one.timing.at)


@pytest.mark.parametrize(
    ("ending", "phase"),
    [
        (
            Ending(
                "error", None, Failure("connect", "httpx2.ConnectError", "[Errno 111] refused", "connect")
            ),
            None,
        ),
        (Ending("error", None, Failure("timeout", "httpx2.ReadTimeout", "", "body")), "connect"),
        (Ending("cancelled"), "connect"),
        (Ending("open"), "connect"),
    ],
)
def test_an_exchange_without_a_head_is_a_599(ending, phase):
    """A failure before a head is status 599 for other tools, and no head for us."""
    one = Interaction(Request("GET", "https://a.test/"), None, ending=ending, timing=Timing(None, (), ()))

    response = yaml.safe_load(codec.dumps([one]))["interactions"][0]["response"]

    assert ({"code": 599, "message": "No Response"}, phase) == (
        response["status"],
        response["stream"].get("phase"),
    )
    assert one == read_back(one)


def test_a_599_that_was_received_keeps_its_head():
    """A server's own 599 is a head like any other."""
    one = replace(STREAM, head=Head(599, "Custom", (), None), request=Request("GET", "https://a.test/"))

    assert Head(599, "Custom", (), None) == read_back(one).head


@pytest.mark.parametrize("kind", ["eof", "closed", "cancelled", "open"])
def test_endings_read_back(kind):
    """Every kind of ending reads back, with the moment that the timing knows."""
    one = replace(STREAM, ending=Ending(kind, 0.9))

    assert Ending(kind, 0.9) == read_back(one).ending


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 20, 10, 0, 0, 123_999, tzinfo=UTC),
        datetime(2026, 11, 20, 12, 0, 0, 123_000, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 11, 20, 10, 0, 0, 123_000),  # noqa: DTZ001 a moment without a zone is the point
    ],
)
def test_the_moment_is_kept_in_utc_to_the_millisecond(moment):
    """`recorded_at` is written in UTC with milliseconds."""
    one = replace(STREAM, recorded_at=moment)

    assert stream_block(one)["recorded_at"] == "2026-11-20T10:00:00.123Z"
    assert datetime(2026, 11, 20, 10, 0, 0, 123_000, tzinfo=UTC) == read_back(one).recorded_at
