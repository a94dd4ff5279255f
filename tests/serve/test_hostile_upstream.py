"""Upstreams that misbehave towards the recording proxy: its client hears so, and others are served on."""

from __future__ import annotations

import gzip
import json
import signal
import socket
import struct
import sys
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from subprocess import DEVNULL, PIPE, Popen
from threading import Event
from types import SimpleNamespace

import pytest
from hostile_stage import ask, asked, recording
from listening import Listening
from raw_client import RawClient

from chunktape.errors import ConfigurationError
from chunktape.serve import Server
from chunktape.tape import store

OK = b"HTTP/1.1 200 OK\r\n"
RST = struct.pack("ii", 1, 0)


class Rogue(Listening):
    """A server that says what it is told to every connection, whatever is asked, and then does as it ends."""

    def __init__(self, *pieces, ends="close"):
        super().__init__()
        self._pieces = pieces
        self._ends = ends
        self.asked = 0
        self.gone = Event()

    def answer(self, connection):
        self.asked += 1
        try:
            self._say(connection)
        finally:
            connection.close()
            self.gone.set()

    def _say(self, connection):
        # All of it: what is closed with something unread is reset.
        heard = b""
        while not heard.endswith(b"}"):
            heard += connection.recv(65_536) or b"}"
        for piece in self._pieces:
            connection.sendall(piece)
        if self._ends == "wait":
            while connection.recv(65_536):
                pass
        if self._ends == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)


@contextmanager
def proxied(folder, *pieces, ends="close"):
    with Rogue(*pieces, ends=ends) as rogue, recording(folder, f"openai={rogue.url}") as server:
        yield server, rogue


@pytest.mark.parametrize(
    ("pieces", "ends"),
    [
        ((), "close"),
        ((), "reset"),
        ((b"SSH-2.0-OpenSSH_9\r\n",), "close"),
        ((b"HTTP/1.1 200",), "close"),
        ((b"HTTP/1.1 two hundred\r\n\r\n",), "close"),
        ((OK, b"content-length: 5\r\ncontent-length: 6\r\n\r\nabcde"), "close"),
        ((OK, b"a b: c\r\n\r\n"), "close"),
        ((OK, b"a: b\0c\r\n\r\n"), "close"),
        ((OK, b"x: " + b"a" * 1_000_000), "close"),
        ((OK, *[b"x: a\r\n" * 1_000] * 100), "close"),
        ((b"HTTP/1.1 100 Continue\r\n\r\n" * 10,), "close"),
        ((b"HTTP/1.1 101 Odd\r\ncontent-length: 0\r\n\r\n",), "close"),
    ],
)
def test_an_answer_without_a_head_is_none_for_the_client(tmp_path, pieces, ends):
    """Its connection breaks as the one to the provider did, each attempt is kept, and the server goes on."""
    with proxied(tmp_path, *pieces, ends=ends) as (server, rogue):
        heard = [ask(server) for _ in range(2)]
    kept = store.read(tmp_path / "recorded.yaml")

    assert ([None, None], 2) == ([one.status for one in heard], rogue.asked)
    assert [("error", True)] * 2 == [(one.ending.kind, one.head is None) for one in kept]


@pytest.mark.parametrize(
    "pieces",
    [
        (b"transfer-encoding: chunked\r\n\r\n", b"5\r\nabcde\r\nzz\r\n"),
        (b"transfer-encoding: chunked\r\n\r\n", b"5\r\nabcde\r\n"),
        (b"transfer-encoding: chunked\r\n\r\n", b"5\r\nabcde\r\n5;", b"a" * 200_000),
        (b"content-length: 50\r\n\r\n", b"abcde"),
        (b"content-length: 50\r\ntransfer-encoding: chunked\r\n\r\n", b"5\r\nabcde\r\n"),
    ],
)
def test_a_body_that_breaks_off_does_so_for_the_client(tmp_path, pieces):
    """What came goes on, and no end is put behind it."""
    with proxied(tmp_path, OK, *pieces) as (server, _):
        heard = ask(server)
    (kept,) = store.read(tmp_path / "recorded.yaml")

    assert (200, True, False) == (heard.status, b"abcde" in heard.body, heard.body.endswith(b"0\r\n\r\n"))
    assert (b"abcde", "error") == (kept.body, kept.ending.kind)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n", b"5\r\nabcde\r\n0\r\n\r\n"),
        (b"content-length: 5\r\n\r\n", b"abcdeHTTP/1.1 200 OK\r\n\r\n"),
        (b"content-length: 5\r\ncontent-length: 5\r\n\r\n", b"abcde"),
        (b"\r\n", b"abcde"),
        (b"transfer-encoding: chunked\r\n\r\n", b"5\r\nabcde\r\n0\r\nx-trailer: a\r\n\r\n"),
    ],
)
def test_a_body_whose_length_is_told_oddly_is_passed_on_whole(tmp_path, head, body):
    """It gets a frame of this connection's own."""
    with proxied(tmp_path, OK, head, body) as (server, _):
        heard = ask(server)

    assert (200, True) == (heard.status, b"abcde" in heard.body)
    assert heard.body.endswith(b"0\r\n\r\n") or heard.body == b"abcde"


@pytest.mark.parametrize("status", [600, 999])
def test_a_status_that_nobody_knows_is_a_bad_gateway(tmp_path, status):
    """Such a head could not be sent."""
    with proxied(tmp_path, f"HTTP/1.1 {status} Odd\r\ncontent-length: 0\r\n\r\n".encode()) as (server, _):
        assert 502 == ask(server).status


def test_a_redirect_is_not_followed(tmp_path):
    """Its client decides where it goes."""
    with Rogue() as elsewhere:
        head = f"HTTP/1.1 307 There\r\nlocation: {elsewhere.url}/v1\r\ncontent-length: 0\r\n\r\n".encode()
        with proxied(tmp_path, head) as (server, _):
            heard = ask(server)

        assert (307, f"{elsewhere.url}/v1", 0) == (heard.status, heard.headers["location"], elsewhere.asked)


def test_a_bomb_goes_on_as_it_is_and_is_not_unpacked_without_end(tmp_path, monkeypatch):
    """What is kept of it is bounded, whatever it stands for."""
    monkeypatch.setattr("chunktape.tape.tap.SIZE", 1_000_000)
    bomb = gzip.compress(gzip.compress(b"\0" * 1_000_000) + b"\0" * 20_000_000)
    head = f"content-encoding: gzip\r\ncontent-length: {len(bomb)}\r\n\r\n".encode()
    with proxied(tmp_path, OK, head, bomb) as (server, _):
        heard = ask(server)
    (kept,) = store.read(tmp_path / "recorded.yaml")

    assert (bomb, "gzip") == (heard.body, heard.headers["content-encoding"])
    assert ("it unpacks to more than 1,000,000 bytes", True) == (
        kept.ending.failure.message, len(kept.body) <= 1_000_000
    )  # fmt: skip  # read as a table


def test_an_upstream_that_is_slow_is_let_go_with_its_client(tmp_path):
    """Nobody waits for what nobody reads; what came until then is kept."""
    body = asked()
    ended: SimpleQueue[str] = SimpleQueue()
    with proxied(tmp_path, OK, b"transfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n", ends="wait") as (
        server,
        rogue,
    ):
        server.listen(lambda entry: ended.put(entry.course) if entry.course != "running" else None)
        with RawClient(server) as client:
            client.head(content_length=len(body)).send(body)
            while b"abcde" not in client.socket.recv(4_096):
                pass
        course = ended.get(timeout=9)
        gone = rogue.gone.wait(9)
    (kept,) = store.read(tmp_path / "recorded.yaml")

    assert ("left", True, "closed") == (course, gone, kept.ending.kind)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_a_server_does_not_ask_itself(tmp_path, name):
    """It would do so for ever; that is said before anything is asked, and the port is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    upstream = f"openai=http://me:secret@{name}:{port}/v1"

    for _ in range(2):
        with pytest.raises(ConfigurationError) as caught:
            Server(record=tmp_path, upstream=[upstream], port=port).start()

        assert str(caught.value) == (
            f"The upstream openai is this server itself: http://{name}:{port}/v1\n"
            "  way out: --upstream openai=URL, with the address of the provider"
        )


def test_the_variable_that_leads_to_itself_is_named(tmp_path, monkeypatch):
    """A shell in which the server's own lines were run keeps them."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/=openai")

    with pytest.raises(ConfigurationError, match="it stands in OPENAI_BASE_URL"):
        Server(record=tmp_path, port=port).start()


def test_proxies_of_the_environment_get_nothing(tmp_path, provider, monkeypatch):
    """What is to be recorded goes to its upstream, and past nobody else."""
    with Rogue() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with recording(tmp_path, f"openai={provider.openai_url}") as server:
            ask(server)

        assert (1, 0) == (len(provider.requests), proxy.asked)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_cuts_streams_and_loses_nothing(tmp_path, number):
    """What has come is written, though its stream was to have an hour to end."""
    body = asked()
    stuck = (OK, b"transfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n")
    with Rogue(*stuck, ends="wait") as rogue:
        words = ("serve", "--record", str(tmp_path), "--upstream", f"openai={rogue.url}", "--grace", "3600")
        place = Path(sys.executable).with_name("chunktape")
        with Popen(
            [place, *words, "--port", "0", "--format", "jsonl"], stdout=PIPE, stderr=DEVNULL
        ) as running:
            url = json.loads(running.stdout.readline())["url"]
            with RawClient(SimpleNamespace(url=url)) as client:
                client.head(content_length=len(body)).send(body)
                while b"abcde" not in client.socket.recv(4_096):
                    pass
                running.send_signal(number)
                while _is_open(client.authority):
                    pass
                running.send_signal(number)
                code = running.wait(30)
    (kept,) = store.read(tmp_path / "recorded.yaml")

    assert (0, b"abcde") == (code, kept.body)


def _is_open(authority):
    """Return whether a server still listens: it stops doing so when it was told to end."""
    name, port = authority.split(":")
    try:
        socket.create_connection((name, int(port)), 9).close()
    except OSError:
        return False
    return True
