from __future__ import annotations

import asyncio
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from chunktape.loopback import Disconnect, Finish, Hang, Pause, Provider, Reply, Reset, Write, error, raw
from chunktape.loopback.connection import Connection
from chunktape.loopback.provider import HOST


def dial(provider):
    return socket.create_connection((HOST, urlsplit(provider.url).port), timeout=5)


CUT = ["data: 磁".encode()[:-1], "data: 磁".encode()[-1:] + b"\n", b"\n"]


def test_one_write_is_one_chunk_on_the_wire(provider, call):
    """Pieces cut inside a character and a line arrive as exactly these chunks."""
    provider.play(raw(*CUT))
    caller = call()
    caller.post()
    caller.head()

    chunks = caller.chunks()

    assert chunks == CUT


def test_a_close_delimited_body_ends_with_the_connection(provider, call):
    """Framing by close sends the bare bytes, then FIN."""
    provider.play(raw(b"ab", b"cd", framing="close"))
    caller = call()
    caller.post()
    caller.head()

    rest = caller.rest()

    assert rest == b"abcd"


def test_a_pause_holds_the_next_write_back(provider, call):
    """The body takes at least as long as its pauses."""
    provider.play(raw(b"a", b"b", b"c", gap=0.05))
    caller = call()
    begun = time.monotonic()
    caller.post()
    caller.head()
    caller.chunks()

    elapsed = time.monotonic() - begun

    assert elapsed >= 0.1


def test_steps_before_the_head_delay_it(provider, call):
    """`before` holds the head back."""
    provider.play(Reply(before=(Pause(0.05),)))
    caller = call()
    begun = time.monotonic()
    caller.post()

    status, _ = caller.head()

    assert (status, time.monotonic() - begun >= 0.05) == ("HTTP/1.1 200 OK", True)


def test_a_disconnect_leaves_the_body_open(provider, call):
    """FIN comes after the last write, without the last chunk."""
    provider.play(raw(b"ab", end=Disconnect()))
    caller = call()
    caller.post()
    caller.head()

    rest = caller.rest()

    assert rest == b"2\r\nab\r\n"


def test_a_disconnect_stays_one_while_the_client_still_sends(provider, call):
    """Bytes that arrive after the disconnect do not turn it into a reset."""
    provider.play(raw(b"ab", end=Disconnect()))
    caller = call()
    caller.post()
    caller.head()
    caller.rest()
    caller.send(b"late")
    time.sleep(0.05)

    problem = caller.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    assert problem == 0


def test_a_reset_is_a_reset(provider, call):
    """What was written arrives, then the connection is torn down."""
    provider.play(raw(b"ab", end=(Pause(0.05), Reset())))
    caller = call()
    caller.post()
    caller.head()
    chunk = caller.chunk()

    with pytest.raises(ConnectionResetError):
        caller.rest()

    assert chunk == b"ab"


@pytest.mark.parametrize(("step", "outcome"), [(Disconnect(), b""), (Write(b"HTTP/1.1 20"), b"HTTP/1.1 20")])
def test_a_connection_may_end_before_any_head(provider, call, step, outcome):
    """A reply without a head sends nothing of its own."""
    provider.play(Reply.no_head(step))
    caller = call()
    caller.post()

    rest = caller.rest()

    assert rest == outcome


def test_a_reset_may_come_before_any_head(provider, call):
    """A reply without a head may tear the connection down."""
    provider.play(Reply.no_head(Reset()))
    caller = call()
    caller.post()

    with pytest.raises(ConnectionResetError):
        caller.rest()


def test_a_hang_is_silent_with_the_connection_open(provider, call):
    """Nothing arrives during a hang, neither bytes nor an end."""
    provider.play(raw(b"ab", end=Hang(60)))
    caller = call()
    caller.post()
    caller.head()
    caller.chunk()
    caller.socket.settimeout(0.05)

    with pytest.raises(TimeoutError):
        caller.socket.recv(1)


def test_after_a_hang_the_next_step_follows(provider, call):
    """A hang that nobody cuts short goes over into what follows it."""
    provider.play(raw(b"ab", end=(Hang(0.02), Write(b"cd"), Finish())))
    caller = call()
    caller.post()
    caller.head()

    chunks = caller.chunks()

    assert chunks == [b"ab", b"cd"]


async def test_a_hang_ends_when_the_client_goes_away():
    """A client that leaves during a hang ends the whole reply, not only the hang."""
    client, server = socket.socketpair()
    server.settimeout(0)
    connection = Connection(server, "http://test", lambda _: Reply.no_head(Hang(60), Pause(60)))
    client.sendall(b"GET / HTTP/1.1\r\n\r\n")
    client.close()

    with server:
        async with asyncio.timeout(2):
            ended = await connection.serve()

    assert ended is None


def test_a_connection_is_used_again(provider, call):
    """Whole replies of known length keep the connection for the next request."""
    provider.play(raw(b"a"), raw(b"b", framing="length"))
    caller = call()
    caller.post()
    caller.head()
    first = caller.chunks()
    caller.post()
    caller.head()

    second = caller.read(1)

    assert (first, second, provider.connections) == ([b"a"], b"b", 1)


def test_requests_sent_together_are_answered_in_order(provider, call):
    """Pipelined requests get their replies one after the other."""
    provider.play(raw(b"a"), raw(b"b"))
    caller = call()
    caller.send(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nconnection: close\r\n\r\n")

    rest = caller.rest()

    assert (rest.index(b"\r\na\r\n") < rest.index(b"\r\nb\r\n"), rest.endswith(b"\r\n0\r\n\r\n")) == (
        True,
        True,
    )


def test_a_client_is_told_to_continue(provider, call):
    """A client that asks first gets the interim answer, then the reply."""
    provider.play(raw(b"a"))
    caller = call()
    caller.send(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
    interim, _ = caller.head()
    caller.send(b"hi")

    status, _ = caller.head()

    assert (interim, status, provider.requests[0].body) == (
        "HTTP/1.1 100 Continue",
        "HTTP/1.1 200 OK",
        b"hi",
    )


def test_a_request_in_chunks_arrives_whole(provider, call):
    """The chunks of a request's body are joined."""
    caller = call()
    caller.send(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")
    caller.head()

    bodies = [request.body for request in provider.requests]

    assert bodies == [b"hello"]


def test_nonsense_is_answered_and_ends_the_connection(provider, call):
    """What is no HTTP gets a 400 that says so, and no further answer."""
    caller = call()
    caller.send(b"nonsense\r\n\r\nGET / HTTP/1.1\r\n\r\n")

    rest = caller.rest()

    assert (rest.partition(b"\r\n")[0], rest.partition(b"\r\n\r\n")[2], provider.requests) == (
        b"HTTP/1.1 400 Bad Request",
        error(400, message="Bad request: not an HTTP/1.1 request line: b'nonsense'.").steps[0].data,
        [],
    )


def test_what_follows_nonsense_is_ignored(provider, call):
    """Bytes that a client sends behind its nonsense do not break the provider."""
    caller = call()
    caller.send(b"nonsense\r\n\r\n")
    caller.rest()
    caller.send(b"more")
    time.sleep(0.05)

    provider.stop()  # would raise what broke it

    assert provider.requests == []


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply.no_head(Hang(60)), id="hanging"),
        pytest.param(raw(b"a", end=Pause(60)), id="pausing"),
        pytest.param(raw(b"a" * 20_000_000), id="blocked"),
        pytest.param(raw(b"a", framing="length"), id="idle"),
    ],
)
def test_a_stop_leaves_nothing_behind(reply):
    """Whatever a connection is busy with, stopping ends it at once, and thread and port are gone."""
    threads = set(threading.enumerate())
    begun = time.monotonic()
    with Provider() as provider, dial(provider) as client:
        provider.play(reply)
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while not provider.requests:
            time.sleep(0.005)
        provider.stop()

        with pytest.raises(ConnectionRefusedError):
            dial(provider)

    assert (set(threading.enumerate()), time.monotonic() - begun < 5) == (threads, True)
