"""What is no request, or one that never ends: refused in words, and others are served on."""

from __future__ import annotations

import time
from queue import SimpleQueue

import pytest
from hostile_stage import CHAT, DATA, QUICK, ask, asked, message, recorded, serving
from raw_client import RawClient

from chunktape.serve import Limits

CHUNKED = {"transfer_encoding": "chunked"}
LATE = "The body of the request did not arrive within 0.2 seconds"
BIG = "The body of the request is bigger than 1,000 bytes"
NO_HTTP = "This is no request of HTTP/1.1: "
TOO_BIG = "The head of the request is too big, or a line between its chunks is"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("tapes")) as running:
        yield running


@pytest.fixture
def client(server):
    with RawClient(server) as one:
        yield one


@pytest.fixture(autouse=True)
def _serves_on(server):
    """Ask a proper question after whatever came."""
    yield
    assert (200, True) == ((heard := ask(server)).status, DATA in heard.body)


@pytest.mark.parametrize(
    ("status", "why", "sent"),
    [
        (400, f"{NO_HTTP}illegal request line", b"GET /\r\n\r\n"),
        (400, f"{NO_HTTP}illegal request line", b"\x16\x03\x01\x02\x00\x01\r\n\r\n"),
        (400, f"{NO_HTTP}illegal request line", "GET /ü HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()),
        (400, f"{NO_HTTP}illegal request line", b"GET /\0 HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        (400, f"{NO_HTTP}illegal header line", b"GET / HTTP/1.1\r\nhost : localhost\r\n\r\n"),
        (400, f"{NO_HTTP}Missing mandatory Host: header", b"GET / HTTP/1.1\r\n\r\n"),
        (
            400,
            f"{NO_HTTP}Found multiple Host: headers",
            b"GET / HTTP/1.1\r\nhost: localhost\r\nhost: a\r\n\r\n",
        ),
        (431, TOO_BIG, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000),
        (431, TOO_BIG, b"GET /" + b"a" * 100_000),
        (408, "The head of the request did not arrive within 0.2 seconds", b"GET / HTTP/1.1\r\nhost:"),
        (408, "The head of the request did not arrive within 0.2 seconds", b""),
    ],
)
def test_what_is_no_request_is_answered_in_plain_text(client, status, why, sent):
    """A head that cannot be read, or does not end, is refused with the reason."""
    heard = client.send(sent).heard()

    assert (status, f"{why}\n", "close") == (heard.status, heard.body.decode(), heard.headers["connection"])


@pytest.mark.parametrize(
    ("status", "why", "head"),
    [
        (400, "conflicting Content-Length headers", b"content-length: 3\r\nContent-Length: 4"),
        (400, "bad Content-Length", b"content-length: -1"),
        (400, "bad Content-Length", b"content-length: 1_0"),
        (501, "transfer that is not known", b"transfer-encoding: gzip, chunked"),
        (501, "transfer that is not known", b"transfer-encoding: xchunked"),
        (501, "transfer that is not known", b"transfer-encoding: chunked\r\nTransfer-Encoding: chunked"),
    ],
)
def test_a_framing_that_is_none_is_refused(client, status, why, head):
    """Nobody guesses where a body ends."""
    heard = client.send(b"POST / HTTP/1.1\r\nhost: localhost\r\n", head, b"\r\n\r\nabc").heard()

    assert (status, True) == (heard.status, why in heard.body.decode())


@pytest.mark.parametrize(
    ("status", "why", "headers", "sent"),
    [
        (400, f"{NO_HTTP}illegal chunk header", CHUNKED, b"zz\r\n"),
        (400, f"{NO_HTTP}illegal chunk header", CHUNKED, b"-5\r\nabcde\r\n"),
        (400, f"{NO_HTTP}malformed chunk footer", CHUNKED, b"5\r\nabcdefg\r\n"),
        (400, TOO_BIG, CHUNKED, b"5;" + b"a" * 100_000),
        (400, "The request has both a content-length and a transfer-encoding",
         {**CHUNKED, "content_length": 3}, b"0\r\n\r\n"),
        (408, LATE, CHUNKED, b"5\r\nab"),
        (408, LATE, {"content_length": 100}, b"abc"),
        (408, LATE, {"content_length": 100}, b""),
        (413, BIG, CHUNKED, b"800\r\n" + b"a" * 2_048 + b"\r\n0\r\n\r\n"),
        (413, BIG, {"content_length": 2_000}, b"a" * 2_000),
        (413, BIG, {"content_length": 2_000, "expect": "100-continue"}, b""),
    ],
)  # fmt: skip  # read as a table
def test_a_body_that_is_none_is_answered_by_every_provider(server, status, why, headers, sent):
    """Once the head could be read, each SDK hears an error in its own format; the connection is closed."""
    for path in (CHAT, "/v1/messages", "/models/chat/completions"):
        with RawClient(server) as client:
            heard = client.head(f"POST {path} HTTP/1.1", **headers).send(sent).heard()

        assert (status, why, "close") == (heard.status, message(heard), heard.headers["connection"])


def test_a_head_that_comes_byte_by_byte_is_cut_off(server):
    """Time counts from its first byte, and not from the last one."""
    with RawClient(server) as client:
        began = time.perf_counter()
        for byte in b"GET / HTTP/1.1\r\nhost: localhost\r\nx: " + b"a" * 1_000:
            if client.send(bytes([byte])).socket.fileno() < 0 or time.perf_counter() - began > 1:
                break
            time.sleep(0.02)

        assert b"HTTP/1.1 408 " == client.rest()[:13]


def test_a_body_that_never_ends_is_cut_off(server):
    """Whoever sends chunks for ever hears that they are too many."""
    with RawClient(server) as client:
        client.head(**CHUNKED).socket.settimeout(0.01)
        began, heard = time.perf_counter(), b""
        while not heard and time.perf_counter() - began < 5:
            client.send(b"400\r\n" + b"a" * 1_024 + b"\r\n")
            try:
                heard = client.socket.recv(100)
            except TimeoutError:
                continue
            except ConnectionError:
                break

    assert b"HTTP/1.1 413 " == heard[:13]


def test_a_hundred_megabytes_are_refused(tmp_path):
    """They are let go of as they come, and their sender hears why."""
    block = b"a" * (1 << 20)
    with serving(tmp_path, limits=Limits()) as server, RawClient(server) as client:
        heard = client.head(content_length=100 << 20, connection="close").send(*[block] * 100).heard()

    assert (413, "The body of the request is bigger than 32,000,000 bytes") == (heard.status, message(heard))


@pytest.mark.parametrize("late", [b"GARBAGE", b"\r\n", b"GET / HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize(
    ("line", "headers"),
    [(f"POST {CHAT} HTTP/1.0", {}), (f"POST {CHAT} HTTP/1.1", {"connection": "close"})],
)
def test_what_follows_the_last_request_changes_nothing(client, line, headers, late):
    """An answer that is on its way is not broken off by bytes behind its request."""
    body = asked()

    heard = client.head(line, content_length=len(body), **headers).send(body, late).heard()

    assert (200, True) == (heard.status, DATA in heard.body)


def test_requests_in_one_piece_are_answered_in_order(client):
    """Pipelined requests each get their answer, and garbage behind them an error."""
    one = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"

    text = client.send(one * 20, b"GARBAGE\r\n\r\n").rest()

    assert (20, 1) == (text.count(b"HTTP/1.1 200 "), text.count(b"HTTP/1.1 400 "))


@pytest.mark.parametrize(
    ("status", "why", "line"),
    [
        (400, "'*' is no path", "OPTIONS * HTTP/1.1"),
        (400, "'http://localhost/' is no path", "GET http://localhost/ HTTP/1.1"),
        (405, "'CONNECT' is no method that is answered here", "CONNECT a.test:443 HTTP/1.1"),
        (405, f"'{'M' * 199}…' is no method that is answered here", f"{'M' * 60_000} /v1 HTTP/1.1"),
        (400, "'@a.test/v1' is no path", "GET @a.test/v1 HTTP/1.1"),
        (405, "'BREW' is no method that is answered here", "BREW /v1 HTTP/1.1"),
        (405, "'TRACE' is no method that is answered here", "TRACE / HTTP/1.1"),
        (404, "No recording for GET http://…/%00/%2e%2e/%ff/..;/", "GET /%00/%2e%2e/%ff/..;/ HTTP/1.1"),
        (404, "No recording for GET http://…//a.test/v1", "GET //a.test/v1 HTTP/1.1"),
    ],
)
def test_odd_targets_are_refused(server, status, why, line):
    """Only paths are answered, and only as they were recorded."""
    with RawClient(server) as client:
        heard = client.head(line, connection="close").heard()

    assert (status, why) == (heard.status, message(heard).replace(client.authority, "…"))


@pytest.mark.parametrize("protocol", ["websocket", "h2c", "TLS/1.0"])
def test_an_upgrade_is_not_taken(server, protocol):
    """Who asks for another protocol is answered in this one."""
    with RawClient(server) as client:
        heard = client.head("GET /healthz HTTP/1.1", upgrade=protocol, connection="upgrade, close").heard()

    assert (200, "ok") == (heard.status, heard.told["status"])


def test_leave_is_given_to_a_body_that_fits(server):
    """Who expects 100 Continue gets it, and then the answer."""
    body = asked()
    with RawClient(server) as client:
        client.head(content_length=len(body), expect="100-continue", connection="close")
        leave = client.socket.recv(100)
        heard = client.send(body).heard()

    assert (b"HTTP/1.1 100 Continue\r\n\r\n", 200) == (leave, heard.status)


def test_too_many_headers_are_refused(server):
    """Each may be a secret, which would be looked for in all of the body."""
    heard = ask(server, **{f"x-{number}": "" for number in range(1_000)})

    assert (431, "The request has 1,004 headers and cookies; 200 are read") == (heard.status, message(heard))


def test_too_many_cookies_are_refused(server):
    """So may each cookie."""
    heard = ask(server, cookie="; ".join(f"a{number}=b" for number in range(1_000)))

    assert (431, "The request has 1,004 headers and cookies; 200 are read") == (heard.status, message(heard))


def test_a_client_that_does_not_read_holds_up_nobody(tmp_path):
    """What it does not take waits with it, and goes when the server does."""
    data = b"data: x\n\n" * 1_000_000
    with serving(tmp_path, recorded(data=data), recorded("quick"), limits=QUICK) as server:
        body = asked()
        with RawClient(server) as lazy:
            lazy.head(content_length=len(body)).send(body)
            heard = ask(server, body=asked("quick"))

            assert (200, True) == (heard.status, DATA in heard.body)


@pytest.mark.parametrize("fault", ["stall:9s@event:1", "stall:9s"])
def test_a_client_that_leaves_in_a_fault_is_let_go(server, fault):
    """What would take seconds ends with who asked for it."""
    told: SimpleQueue[str] = SimpleQueue()
    stop = server.listen(lambda entry: told.put(entry.course) if entry.fault == fault else None)
    body = asked()
    with RawClient(server) as client:
        client.head(content_length=len(body), x_chunktape_fault=fault).send(body)
        begun = told.get(timeout=5)
    ended = told.get(timeout=5)
    stop()

    assert ("running", "left") == (begun, ended)
