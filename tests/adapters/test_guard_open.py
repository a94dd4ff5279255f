"""What the guard lets through, and where that ends."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import httpx2
import pytest
from guarded import (
    FAR,
    ONE,
    REPLAYED,
    by_http_client,
    by_socket,
    cassette,
)
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from chunktape.adapters.scope import passing
from chunktape.errors import NetworkRefusedError


def test_socketpairs_and_unix_sockets_pass(tmp_path):
    """What has no address on a network is none of the guard's business."""
    path = str(tmp_path / "s")
    with (
        socket.socket(socket.AF_UNIX) as listening,
        socket.socket(socket.AF_UNIX) as sock,
        cassette() as session,
    ):
        listening.bind(path)
        listening.listen()
        sock.connect(path)
        sock.sendall(b"x")
        left, right = socket.socketpair()
        left.sendall(b"x")
        received = right.recv(1)
        left.close()
        right.close()

    assert received == b"x"
    assert session.refused == []


def test_a_server_of_this_process_answers_on_the_port_that_the_cassette_holds(server):
    """Only reaching for the origin is refused: a server there may answer whoever came before."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        with cassette(origins=server.origins) as session:
            received = sock.recv(17)

    assert received == b"HTTP/1.1 200 OK\r\n"
    assert session.refused == []


def test_transports_that_never_reach_the_network_work():
    """Starlette's TestClient, ASGITransport and MockTransport do what they always did."""
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("hello"))])

    async def by_asgi():
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
            return await client.get("https://api.example.invalid/")

    with cassette(origins=frozenset({("api.example.invalid", 443)})) as session:
        with TestClient(app) as client:
            tested = client.get("/")
        mock = httpx2.MockTransport(lambda _: httpx2.Response(200, text="hello"))
        with httpx2.Client(transport=mock) as client:
            mocked = client.get("https://api.example.invalid/")
        asgi = asyncio.run(by_asgi())

    assert [one.text for one in (tested, mocked, asgi)] == ["hello"] * 3
    assert session.refused == []


@pytest.mark.parametrize("held", ["127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", ""])
def test_loopback_has_many_names_and_is_one_host(held, host, server):
    """The origin that the cassette holds is refused by whatever name this machine goes."""
    with (
        socket.socket() as sock,
        cassette(origins=frozenset({(held, server.server_port)})),
        pytest.raises(NetworkRefusedError),
    ):
        sock.connect((host, server.server_port))


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "form", ["http://127.0.0.1:{}", "localhost:{}", "socks5h://user:secret@127.0.0.1:{}/"]
)
def test_a_proxy_on_loopback_is_refused(variable, form, server, monkeypatch):
    """Behind a local proxy lies the network, so its port is refused without saying its password."""
    monkeypatch.setenv(variable, form.format(server.server_port))

    with cassette(), pytest.raises(NetworkRefusedError) as caught:
        by_socket(server.url)

    target = f"127.0.0.1:{server.server_port}"
    assert str(caught.value) == (
        f"Network refused: connect to {target}\n  {ONE}\n"
        f"  why: this is the proxy that {variable} names, and the network lies behind it\n"
        f'  way out: ignore_hosts=["127.0.0.1"] lets it through; {REPLAYED}'
    )


@pytest.mark.parametrize("value", ["http://proxy.example.invalid:3128", "127.0.0.1:none", "http://127.0.0.1"])
def test_a_proxy_elsewhere_changes_nothing_for_a_local_server(value, server, monkeypatch):
    """Only the port of a proxy on this machine is refused, and a senseless variable is nothing."""
    monkeypatch.setenv("HTTPS_PROXY", value)

    with cassette() as session:
        by_socket(server.url)

    assert session.refused == []


def test_passing_lets_everything_through(server):
    """What an adapter sends live by its own decision is not refused."""
    with cassette(origins=server.origins) as session, passing():
        by_http_client(server.url)

    assert server.count == 1
    assert session.refused == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", FAR, "2001:db8::1", "", None, "localhost", socket.gethostname()]
)
def test_a_look_up_that_asks_nobody_passes(host):
    """Addresses, the empty host and this machine's own names need no name server.

    Some machines cannot resolve their own name; that they were asked is what matters.
    """
    with cassette() as session, suppress(socket.gaierror):
        socket.getaddrinfo(host, 80)

    assert session.refused == []


def test_a_numeric_look_up_of_a_name_fails_as_ever():
    """AI_NUMERICHOST asks nobody, so the system's own answer comes back."""
    with cassette() as session, pytest.raises(socket.gaierror):
        socket.getaddrinfo("api.example.invalid", 443, flags=socket.AI_NUMERICHOST)

    assert session.refused == []


def test_the_address_of_an_ignored_name_passes(server):
    """Stacks connect by address: the one that an ignored host's look-up gave is let through."""
    with cassette(origins=server.origins, ignored=("localhost",)) as session:
        address = socket.getaddrinfo("localhost", server.server_port, socket.AF_INET)[0][4]
        with socket.socket() as sock:
            sock.connect(address)
            sock.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            received = sock.recv(17)

    assert received == b"HTTP/1.1 200 OK\r\n"
    assert session.refused == []


def test_the_address_of_an_ignored_name_is_forgotten(server):
    """What one cassette's look-ups gave does not open the door of the next."""
    with cassette(ignored=("localhost",)):
        socket.getaddrinfo("localhost", 80)

    with cassette(origins=server.origins, ignored=("localhost",)), pytest.raises(NetworkRefusedError):
        by_socket(server.url)
