"""Connections that were opened before the cassette was: they are past connect."""

from __future__ import annotations

import asyncio
import http.client
import io
import socket
import ssl
from contextlib import closing

import aiohttp
import anyio
import httpcore2
import httpx2
import pytest
import urllib3
from guarded import (
    ONE,
    POOLED,
    REPLAYED,
    RUNS,
    anonymous,
    cassette,
    run_trio,
    run_uvloop,
)

from chunktape.errors import NetworkRefusedError


def test_a_pooled_connection_of_http_client_sends_nothing(server):
    """A connection that http.client opened earlier is past connect, and is refused at send."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)) as connection:
        connection.request("GET", "/")
        connection.getresponse().read()

        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            connection.request("GET", "/")

    assert server.count == 1


def test_a_pooled_connection_of_urllib3_sends_nothing(server):
    """A connection that urllib3 opened earlier is past connect, and is refused at send."""
    with urllib3.PoolManager() as pool:
        pool.request("GET", server.url)

        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            pool.request("GET", server.url)

    assert server.count == 1


def test_a_pooled_connection_of_httpx2_sends_nothing(server):
    """A connection that httpx2 opened earlier is past connect, and is refused at send."""
    with httpx2.Client(trust_env=False) as client:
        client.get(server.url)

        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            client.get(server.url)

    assert server.count == 1


async def pooled_httpx2(server):
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get(server.url)
        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            await client.get(server.url)


async def pooled_aiohttp(server):
    async with aiohttp.ClientSession() as client:
        async with client.get(server.url) as response:
            await response.read()
        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            await client.get(server.url)


async def pooled_httpcore2(server):
    async with httpcore2.AsyncConnectionPool() as pool:
        await pool.request("GET", server.url)
        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            await pool.request("GET", server.url)


async def pooled_streams(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.server_port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    await reader.readuntil(b"ok")
    with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    ("run", "call"),
    [
        (asyncio.run, pooled_httpx2),
        (asyncio.run, pooled_aiohttp),
        (asyncio.run, pooled_httpcore2),
        (asyncio.run, pooled_streams),
        (run_uvloop, pooled_aiohttp),
        (run_uvloop, pooled_httpcore2),
        (run_uvloop, pooled_httpx2),
        (run_uvloop, pooled_streams),
        (run_trio, pooled_httpcore2),
    ],
)
def test_a_pooled_connection_of_an_event_loop_sends_nothing(run, call, server):
    """Event loops swallow what is raised below their transports, so they are refused above them."""
    run(call(server))

    assert server.count == 1


def write_through_file(sock):
    with sock.makefile("wb", buffering=0) as file:
        file.write(b"GET")


@pytest.mark.parametrize("send", ["send", "sendall", "sendmsg", "sendfile", "sendto", "makefile"])
def test_every_way_to_send_is_refused_on_a_connection_from_before(send, server):
    """Whatever method a socket is written to with, its peer is judged."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock:
        calls = {
            "send": lambda: sock.send(b"GET"),
            "sendall": lambda: sock.sendall(b"GET"),
            "sendmsg": lambda: sock.sendmsg([b"GET"]),
            "sendfile": lambda: sock.sendfile(io.BytesIO(b"GET")),
            "sendto": lambda: sock.sendto(b"GET", ("127.0.0.1", server.server_port)),
            "makefile": lambda: write_through_file(sock),
        }

        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            calls[send]()


@pytest.mark.parametrize("send", ["send", "sendall", "write"])
def test_every_way_to_send_is_refused_on_a_tls_connection_from_before(send, tls_server):
    """TLS writes past the methods of its socket; its own are watched, and know the host by name."""
    port, received = tls_server
    plain = socket.create_connection(("127.0.0.1", port), timeout=5)
    context = anonymous(ssl.PROTOCOL_TLS_CLIENT)

    with (
        context.wrap_socket(plain, server_hostname="api.example.com") as sock,
        cassette(origins=frozenset({("127.0.0.1", port)})),
        pytest.raises(NetworkRefusedError) as caught,
    ):
        getattr(sock, send)(b"GET")

    assert received == []
    assert str(caught.value) == (
        f"Network refused: send to api.example.com:{port} (127.0.0.1)\n  {ONE}\n"
        f"  why: the cassette holds 127.0.0.1:{port}, so only the cassette may answer for it; {POOLED}\n"
        f'  way out: ignore_hosts=["api.example.com"] lets it through; {REPLAYED}'
    )


def test_the_host_of_a_tls_connection_from_before_is_ignored_by_name(tls_server):
    """An ignored host is let through on a connection whose look-up nobody saw."""
    port, _ = tls_server
    plain = socket.create_connection(("127.0.0.1", port), timeout=5)
    context = anonymous(ssl.PROTOCOL_TLS_CLIENT)

    with (
        context.wrap_socket(plain, server_hostname="api.example.com") as sock,
        cassette(origins=frozenset({("127.0.0.1", port)}), ignored=("*.example.com",)) as session,
    ):
        sock.sendall(b"GET")

    assert session.refused == []


@pytest.mark.parametrize("run", RUNS)
def test_a_tls_connection_from_before_sends_nothing_but_its_goodbye(run, tls_server):
    """On an event loop a request is refused, and closing the connection is not."""
    port, received = tls_server

    async def call():
        context = anonymous(ssl.PROTOCOL_TLS_CLIENT)
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="x")
        with cassette(origins=frozenset({("127.0.0.1", port)})) as session:
            with pytest.raises(NetworkRefusedError):
                writer.write(b"GET")
            writer.close()
            await writer.wait_closed()
        return len(session.refused)

    refused = run(call())

    assert refused == 1
    assert received == []


@pytest.mark.parametrize(
    "farewell",
    [b"\x15\x03\x03\x00\x02\x01\x00", b"\x17\x03\x03\x00\x13" + bytes(19)],
    ids=["in the clear", "encrypted"],
)
def test_a_connection_from_before_may_say_goodbye(farewell, server):
    """Closing a TLS connection sends an alert, which is no reason to fail whoever closes it."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock:
        with cassette(origins=server.origins) as session:
            sent = sock.send(farewell)

        assert sent == len(farewell)
        assert session.refused == []


def test_more_than_an_alert_is_no_goodbye(server):
    """An encrypted record that could carry a request is refused."""
    with (
        socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock,
        cassette(origins=server.origins),
        pytest.raises(NetworkRefusedError),
    ):
        sock.send(b"\x17\x03\x03\x00\x14" + bytes(20))


@pytest.mark.parametrize("run", RUNS)
def test_a_tls_stream_of_anyio_from_before_sends_nothing_but_its_goodbye(run, tls_server):
    """The TLS of anyio is above its streams: a request is refused below, and closing is not."""
    port, received = tls_server

    async def call():
        context = anonymous(ssl.PROTOCOL_TLS_CLIENT)
        stream = await anyio.connect_tcp("127.0.0.1", port, ssl_context=context, tls_hostname="x")
        with cassette(origins=frozenset({("127.0.0.1", port)})) as session:
            with pytest.raises(NetworkRefusedError):
                await stream.send(b"GET")
            await stream.aclose()
        return len(session.refused)

    refused = run(call())

    assert refused == 1
    assert received == []


@pytest.mark.parametrize("options", [{"can_record": True}, {"ignored": ("127.0.0.*",)}])
@pytest.mark.parametrize("run", RUNS)
def test_a_stream_of_anyio_that_may_send_does(run, options, server):
    """A stream writes as ever where the session may record, or ignores the host."""

    async def call():
        async with httpcore2.AsyncConnectionPool() as pool:
            await pool.request("GET", server.url)
            with cassette(origins=server.origins, **options):
                return (await pool.request("GET", server.url)).content

    answer = run(call())

    assert (answer, server.count) == (b"ok", 2)


@pytest.mark.parametrize("send", ["send", "sendto", "sendmsg"])
def test_every_way_to_send_is_refused_on_a_socket_of_trio_from_before(send, server):
    """Its sockets go past the methods of Python's, and are judged all the same."""
    trio = pytest.importorskip("trio")
    address = ("127.0.0.1", server.server_port)
    arguments = {"send": (b"GET",), "sendto": (b"GET", address), "sendmsg": ([b"GET"],)}

    async def call():
        with trio.socket.socket() as sock:
            await sock.connect(address)
            with cassette(origins=server.origins):
                await getattr(sock, send)(*arguments[send])

    with pytest.raises(NetworkRefusedError, match="send to 127"):
        trio.run(call)
