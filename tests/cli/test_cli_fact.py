"""What is counted without reading words."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from chunktape.cli.fact import count_events
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Head, Request
from chunktape.wire.sse import events

STREAM = Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1")
PIECES = [
    b"data", b"data:", b"data: 1", b": data", b"event: data", b"database: 1", b" data: 1", b"\xef\xbb\xbf",
    b"\xef", b"\xff", b"\n", b"\n\n", b"\r", b"\r\n", b"\x00", b"\x0b", b"\x85", b"id", b":",
]  # fmt: skip  # read as a table


@given(st.lists(st.sampled_from(PIECES)).map(b"".join))
@example(b"data\xef\xbb\xbf\n\n")
def test_events_are_counted_as_they_are_read(body):
    """The count of events that carry data is that of the events themselves, whatever the bytes are."""
    one = Interaction(Request(None, None), STREAM, body, (), framed=False)

    assert sum(event.data is not None for event in events(body)) == count_events(one)
