"""Recordings that HTTP cannot repeat: from foreign tools, or edited by hand. All of them are invented."""

from __future__ import annotations

import pytest
from hostile_stage import DATA, ask, asked, message, recorded, serving

from chunktape.wire.message import Ending, Failure, Head

BROKEN = Ending("error", None, Failure("protocol", "httpx2.RemoteProtocolError", "cut"))
STATUSES = [0, 100, 101, 103, 199, 600, 999, 1000, -1]
BODILESS = [204, 304]
HEADERS = {
    "a line break": (("x-a", "b\r\nset-cookie: a=b\r\n\r\nHTTP/1.1 200 OK"),),
    "a bare line feed": (("x-a", "b\nset-cookie: a=b"),),
    "a zero": (("x-a", "b\0c"),),
    "a break in a name": (("x-a\r\nset-cookie: a", "b"),),
    "a name of spaces": (("x a", "b"),),
    "no name": (("", "b"),),
    "another alphabet": (("x-größe", "b"), ("x-a", "日本")),
    "a frame of its own": (("transfer-encoding", "gzip"), ("content-length", "5")),
    "an upgrade": (("upgrade", "websocket"), ("connection", "upgrade")),
    "a length too small": (("content-length", "5"),),
    "a length too big": (("content-length", "5000000"),),
    "a length that is none": (("content-length", "-1e3"),),
    "a length of many digits": (("content-length", "9" * 5000),),
    "two lengths": (("content-length", "5"), ("content-length", "6")),
    "leave for a page": (("access-control-allow-origin", "*"), ("access-control-allow-credentials", "true")),
    "ten thousand": tuple((f"x-{number}", "a") for number in range(10_000)),
}


def head(status=200, headers=()):
    return Head(status, "OK", headers, "HTTP/1.1")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    named = [recorded(name, head=head(headers=headers)) for name, headers in HEADERS.items()]
    broken = [
        recorded(f"{name}, broken", head=head(headers=headers), ending=BROKEN)
        for name, headers in HEADERS.items()
    ]
    odd = [recorded(str(status), head=head(status)) for status in (*STATUSES, *BODILESS)]
    with serving(tmp_path_factory.mktemp("tapes"), *named, *broken, *odd) as running:
        yield running


def question(name):
    return asked(str(name))


@pytest.mark.parametrize("name", HEADERS)
def test_a_head_goes_out_without_what_it_must_not_hold(server, name):
    """The body is whole, whatever stood above it, and nothing of the head becomes another one."""
    heard = ask(server, body=question(name), origin="http://localhost:1")

    assert (200, True, None) == (heard.status, DATA in heard.body, heard.headers.get("set-cookie"))
    assert "http://localhost:1" == heard.headers["access-control-allow-origin"]


@pytest.mark.parametrize("name", HEADERS)
def test_a_recording_that_broke_off_does_so_again(server, name):
    """All that came goes out, under a head that promises no less than that."""
    heard = ask(server, body=question(f"{name}, broken"))

    assert (200, True) == (heard.status, DATA in heard.body)


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_that_ends_no_exchange_is_refused(server, status):
    """It is said which, and of which recording."""
    heard = ask(server, body=question(status))

    assert (502, f"No reply has the status {status} that was recorded; they go from 200 to 599") == (
        heard.status, message(heard)
    )  # fmt: skip  # read as a table


@pytest.mark.parametrize("status", BODILESS)
def test_a_status_without_a_body_has_none(server, status):
    """Whatever was recorded behind it would be read as the next reply."""
    heard = ask(server, body=question(status))

    assert (status, b"") == (heard.status, heard.body)
