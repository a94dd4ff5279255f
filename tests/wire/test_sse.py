from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.wire.sse import Event, EventParser, block_ends, events


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: a\n\n", [Event("a")]),
        (b"data:a\n\n", [Event("a")]),
        (b"data:  a\n\n", [Event(" a")]),
        (b"data: a\ndata: b\n\n", [Event("a\nb")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [Event("a"), Event("b"), Event("c")]),
        (b"event: ping\ndata: {}\n\n", [Event("{}", "ping")]),
        (b"event: ping\n\n", [Event(None, "ping")]),
        (b"id: 7\nretry: 10\ndata: x\n\n", [Event("x", None, "7", 10)]),
        (b"retry: soon\ndata: x\n\n", [Event("x")]),
        (b": OPENROUTER PROCESSING\n\ndata: a\n\n", [Event(comments=("OPENROUTER PROCESSING",)), Event("a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [Event("a")]),
        (b"\n\n\ndata: a\n\n\n\n", [Event("a")]),
        (b"data\n\n", [Event("")]),
        (b"data: a", [Event("a", terminated=False)]),
        (b"data: a\r", [Event("a", terminated=False)]),
        (b"data: a\r\n\r", [Event("a")]),
        (b"data: \xff\n\n", [Event("\ufffd")]),
        (b"", []),
    ],
)
def test_parses_by_the_standard(body, expected):
    """Every line end, field and comment of the standard is read as it says."""
    assert expected == list(events(body))


@given(
    st.lists(st.sampled_from([b"data: \xe6\x97\xa5", b"a", b"\r", b"\n", b":", b"\n\n", b"\xef\xbb\xbf"])),
    st.data(),
)
def test_cuts_do_not_matter(parts, data):
    """The same bytes give the same events wherever they are cut."""
    body = b"".join(parts)
    parser, got, rest = EventParser(), [], body
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        got += parser.feed(rest[:size])
        rest = rest[size:]
    got += parser.finish()

    assert list(events(body)) == got


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", []),
        (b"data: a\n\ndata: b\n\n", [9, 18]),
        (b"data: a\r\n\r\nrest", [11, 15]),
        (b"data: a\r\rb", [9, 10]),
        (b"a\n\n\n\nb\n\n", [3, 5, 8]),
        (b"no end", [6]),
    ],
)
def test_blocks_end_after_their_blank_line(body, expected):
    """A block reaches up to and with the blank line that closes it; what is left over is one more."""
    assert expected == block_ends(body)


def _line_by_line(body):
    """Return where blocks end, by reading one line after the other."""
    ends, line, position = [], b"", 0
    while position < len(body):
        size = 2 if body[position : position + 2] == b"\r\n" else 1
        at_end = body[position : position + 1] in {b"\r", b"\n"}
        position += size if at_end else 1
        if not at_end:
            line += b"."
        elif not line and (not ends or ends[-1] != position - size) and position != size:
            ends.append(position)
        else:
            line = b""
    return ends if not body or ends[-1:] == [len(body)] else [*ends, len(body)]


@given(st.lists(st.sampled_from([b"data: a", b"\r\n", b"\n", b"\r", b"x"]), max_size=12).map(b"".join))
def test_blocks_end_where_lines_say(body):
    """The fast search for blank lines agrees with reading line by line, whatever the line ends are."""
    assert _line_by_line(body) == block_ends(body)
