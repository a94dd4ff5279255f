"""``chunktape show --events``, the gaps between chunks, and how events lie in chunks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.cli.arrival import arrivals
from chunktape.cli.duration import in_words
from chunktape.cli.gap import Gaps, sparkline
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Head, Request
from chunktape.wire.sse import events

CALL = (
    b'{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"look","arguments":"{}"}}]},'
    b'"finish_reason":"tool_calls"}]}'
)
# A comment, an event in two chunks, two events in one, words that would steer a terminal, an error, a cut.
PIECES = (
    b": wait\n\n",
    b'data: {"choices":[{"delta":{"content":"Hel',
    b'lo"}}]}\n\ndata: ' + CALL + b"\n\n",
    b'data: {"choices":[{"delta":{"content":"\\u001b[2J\\nthere"}}]}\n\n',
    b'data: {"error":{"message":"Overloaded","code":529}}\n\n',
    b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":20}}\n\n',
    b'data: {"cho',
)
TABLE = """\
    #       at      gap  chunk   bytes  event                           says
    1  0.100 s               1       8  comment                         wait
    2  0.300 s   200 ms    2-3      51  text                            Hello
    3  0.300 s     0 ms      3     133  tool_call+finish                look {}
    4  0.400 s   100 ms      4      62  text                            ␛[2J␤there
    5  0.500 s   100 ms      5      53  error                           529: Overloaded
    6  0.600 s   100 ms      6      73  usage                           1 token in · 20 tokens out
    7  0.700 s   100 ms      7      11  cut                             {"cho
"""


def table(out):
    lines = out.splitlines(keepends=True)
    start = next(place for place, line in enumerate(lines) if line.split()[:1] == ["#"])
    rows = [line for line in lines[start + 1 :] if line.split()[0].isdigit()]
    return "".join([lines[start], *rows[: next((n for n, r in enumerate(rows) if " OK " in r), None)]])


def test_table(command, cassette, interaction):
    """Events are numbered as audits do, with what is known of how they came; the facts stand below."""
    done = command("show", "--events", cassette(interaction(*PIECES)))

    assert TABLE == table(done.stdout)
    assert "  gaps        ███████" not in done.stdout.splitlines()[2]
    assert done.stdout.splitlines()[-1].startswith("  200 OK · 6 events · 7 chunks")


def test_columns_of_what_was_not_recorded_are_left_out(command, tmp_path, monkeypatch):
    """A bare body has neither times nor chunks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bare.sse").write_bytes(b"".join(PIECES))
    expected = [
        "    #   bytes  event                           says",
        "    1       8  comment                         wait",
    ]

    assert expected == command("show", "--events", "bare.sse").stdout.splitlines()[2:4]


def test_no_event_stream(command, cassette, interaction):
    """A reply that is none says so."""
    name = cassette(interaction(b"{}", head=Head(200, "OK", (("content-type", "application/json"),))))

    assert (
        "  no events: the reply is no event stream" in command("show", "--events", name).stdout.splitlines()
    )


def test_jsonl(command, cassette, interaction):
    """For machines each event is one object, with null for what is not known."""
    name = cassette(interaction(*PIECES))
    expected = {"cassette": name, "index": 0, "event": 2, "name": "text", "at_ms": 300.0, "gap_ms": 200.0}
    expected |= {"first_chunk": 2, "last_chunk": 3, "bytes": 51, "terminated": True}
    expected |= {"says": [{"kind": "text", "choice": 0, "text": "Hello"}]}

    rows = [
        json.loads(line)
        for line in command("show", "--events", "--format", "jsonl", name).stdout.splitlines()
    ]

    assert expected == rows[1]
    assert [True] * 6 + [False] == [row["terminated"] for row in rows]
    assert sum(map(len, PIECES)) == sum(row["bytes"] for row in rows)


def test_jsonl_of_a_bare_body(command, tmp_path):
    """Times and chunks that were not recorded are null."""
    (tmp_path / "bare.sse").write_bytes(PIECES[0])
    expected = dict.fromkeys(["at_ms", "gap_ms", "first_chunk", "last_chunk"])

    row = json.loads(command("show", "--events", "--format", "jsonl", tmp_path / "bare.sse").stdout)

    assert expected == {name: row[name] for name in expected}


@given(
    st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"data: a", b":", b"\xef\xbb\xbf", b"id"]), max_size=20),
    st.lists(st.integers(min_value=0, max_value=60), max_size=5),
)
def test_every_event_has_its_bytes(pieces, cuts):
    """Wherever lines end and chunks are cut, each event has its place, and no byte belongs to two."""
    body = b"".join(pieces)
    ends = tuple(sorted({min(cut, len(body)) for cut in cuts if cut} | {len(body)})) if body else ()
    times = tuple(range(len(ends)))
    one = Interaction(Request(None, None), None, body, ends, Ending("eof"), Timing(None, times, times))

    found = list(arrivals(one))

    assert list(events(body)) == [arrival.event for arrival in found]
    assert sum(arrival.size for arrival in found) <= len(body)
    assert all(1 <= arrival.first <= arrival.last <= len(ends) for arrival in found)


@pytest.mark.parametrize(
    ("gaps", "width", "expected"),
    [
        pytest.param([0, 100], 10, "▁█", id="fewer than columns"),
        pytest.param([1, 4, 16, 64], 10, "▂▃▅█", id="by the square root"),
        pytest.param([1, 1, 100, 1, 1, 1], 3, "▁█▁", id="a stall is never lost in a bucket"),
        pytest.param([0, 0], 10, "▁▁", id="no gap at all"),
        pytest.param([5] * 1000, 7, "█" * 7, id="many"),
    ],
)
def test_sparkline(gaps, width, expected):
    """One bar a gap, or the longest of several, as high as its root."""
    assert expected == sparkline(gaps, width, plain=False)


def test_sparkline_in_ascii():
    """Where the output has no block characters, the bars are ASCII."""
    assert "_.-:=+*#" == sparkline([value**2 for value in range(8)], 10, plain=True)


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        pytest.param(Gaps((1000,), 0), "median 1 ms", id="one"),
        pytest.param(
            Gaps((20_000, 1_200_000, 30_000), 0), "median 30 ms · longest 1.20 s before chunk 3", id="some"
        ),
        pytest.param(
            Gaps((20_000, 20_000), 30_000_000),
            "median 20 ms · longest 20 ms before chunk 2 · then silence for 30.00 s",
            id="a silence at the end",
        ),
    ],
)
def test_gaps_in_words(gaps, expected):
    """The middle and the longest gap are named, and a silence behind them that is longer still."""
    assert expected == str(gaps)


@pytest.mark.parametrize(
    ("microseconds", "expected"),
    [
        (0, "0 ms"),
        (40, "0 ms"),
        (1_500, "1.5 ms"),
        (12_345, "12 ms"),
        (999_600, "1.00 s"),
        (61e6, "61.00 s"),
    ],
)
def test_lengths_of_time(microseconds, expected):
    """Short ones have a digit more, long ones are seconds."""
    assert expected == in_words(microseconds)
