from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.loopback.arrival import Arrival, RequestParser
from chunktape.wire import Request

ORIGIN = "http://127.0.0.1:1"
LENGTH = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    b"3;note=1\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: t\r\n\r\n"
)
BARE = b"GET http://other/d HTTP/1.1\r\nX-Name:  a b \r\n\r\n"
ARRIVALS = [
    Arrival(Request("POST", f"{ORIGIN}/a?b=c", (("Host", "x"), ("Content-Length", "5")), b"hello")),
    Arrival(
        Request("POST", f"{ORIGIN}/c", (("Transfer-Encoding", "chunked"), ("Connection", "close")), b"hello"),
        keep_alive=False,
    ),
    Arrival(Request("GET", "http://other/d", (("X-Name", "a b"),))),
]


@given(st.lists(st.integers(0, len(LENGTH + CHUNKED + BARE)), max_size=8))
def test_requests_are_the_same_wherever_their_bytes_are_cut(places):
    """Pipelined requests of every kind come out equal, however the network cuts their bytes."""
    data = LENGTH + CHUNKED + BARE
    cuts = [0, *sorted(places), len(data)]
    parser = RequestParser(ORIGIN)

    arrivals = [arrival for start, end in pairwise(cuts) for arrival in parser.feed(data[start:end])]

    assert arrivals == ARRIVALS


def test_a_client_that_expects_it_is_told_to_continue_once():
    """The interim answer is due when the head has come without its body, and only once."""
    parser = RequestParser(ORIGIN)
    parser.feed(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")

    answers = [parser.interim(), parser.interim()]

    assert answers == [b"HTTP/1.1 100 Continue\r\n\r\n", b""]


def test_a_client_that_did_not_wait_is_told_nothing():
    """No interim answer is due where the body came with its head."""
    parser = RequestParser(ORIGIN)
    parser.feed(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")

    interim = parser.interim()

    assert interim == b""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"nonsense\r\n\r\n", "not an HTTP/1.1 request line: b'nonsense'"),
        (b"GET / HTTP/1.0\r\n\r\n", "not an HTTP/1.1 request line: b'GET / HTTP/1.0'"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "not a header: b'no colon'"),
        (b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", "not a length: '-1'"),
        (b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "not a length: 'zz'"),
        (
            b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n",
            "a chunk is longer than it says",
        ),
        (b"x" * 70_000, "a line of more than 65536 bytes"),
    ],
)
def test_bytes_that_are_no_request_are_refused(data, message):
    """What is no HTTP/1.1 raises a ValueError that shows the offending part."""
    parser = RequestParser(ORIGIN)

    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parser.feed(data)
