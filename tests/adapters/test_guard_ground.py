"""What the guard asks where a call belongs to no cassette, and what it asks a session of beside that."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import aiohttp
import httpx2
import pytest
import urllib3
from fake_session import FakeSession
from guarded import (
    FAR,
    by_aiohttp,
    by_async_httpx2,
    by_happy_eyeballs,
    by_http_client,
    by_httpx2,
    by_socket,
    by_streams,
    by_thread_pool,
    by_to_thread,
    by_urllib,
    by_urllib3,
    cassette,
    outcome_of,
    run_trio,
    run_uvloop,
)

from chunktape.adapters import intercept
from chunktape.adapters.scope import candidates, ground, judged, judges, passing
from chunktape.errors import NetworkRefusedError
from chunktape.tape.watch import Noise, Watch

WATCH = Watch(
    test="tests/test_app.py::test_hello", to_record="pytest --tape=once tests/test_app.py::test_hello"
)


@contextmanager
def closed(watch=WATCH, **options):
    """Hold the doors over a ground, as a run does in a test without a tape."""
    below = FakeSession(name="", watch=watch, **options)
    intercept.hold()
    try:
        with ground(below):
            yield below
    finally:
        intercept.release()


def on_asyncio(function):
    return pytest.param(lambda url: asyncio.run(function(url)), id=function.__name__)


def on_uvloop(function):
    return pytest.param(lambda url: run_uvloop(function(url)), id=f"{function.__name__}-uvloop")


SYNC = [by_socket, by_http_client, by_urllib, by_urllib3, by_httpx2, by_thread_pool]
ASYNC = [by_streams, by_aiohttp, by_async_httpx2, by_to_thread, by_happy_eyeballs]
STACKS = [
    *(pytest.param(one, id=one.__name__) for one in SYNC),
    *(on_asyncio(one) for one in ASYNC),
    *(on_uvloop(one) for one in ASYNC[:-1]),
    pytest.param(lambda url: run_trio(by_async_httpx2(url)), id="by_async_httpx2-trio"),
]


@pytest.mark.parametrize("call", STACKS)
def test_every_stack_is_refused_on_the_ground(call):
    """No stack reaches the network where no cassette is open, whether an adapter is in it or not."""
    with closed() as below, pytest.raises(NetworkRefusedError) as caught:
        call(f"http://{FAR}/")

    assert str(caught.value).startswith(f"Network refused: connect to {FAR}:80\n  test: {WATCH.test}\n")
    assert [str(one) for one in below.refused] == [str(caught.value)]


@pytest.mark.parametrize("call", STACKS)
def test_loopback_passes_on_the_ground(call, server):
    """This machine answers as ever."""
    with closed() as below:
        call(server.url)

    assert below.refused == []


@pytest.mark.parametrize("call", STACKS)
def test_loopback_can_be_closed(call, server):
    """Where loopback is closed too, no stack reaches a server on this machine."""
    with closed(WATCH._replace(closes_loopback=True)), pytest.raises(NetworkRefusedError):
        call(server.url)

    assert server.count == 0


@pytest.mark.parametrize("call", STACKS)
def test_loopback_can_be_closed_and_opened_again(call, server):
    """One name of this machine lets all of it through."""
    with closed(WATCH._replace(closes_loopback=True), ignored=("localhost",)) as below:
        call(server.url)

    assert below.refused == []


def test_refusal_on_the_ground_explains_itself():
    """It says what was refused, in which test, and what records it."""
    with closed(), socket.socket() as sock, pytest.raises(NetworkRefusedError) as caught:
        sock.connect((FAR, 443))

    assert str(caught.value) == (
        "Network refused: connect to 192.0.2.1:443\n"
        "  test: tests/test_app.py::test_hello\n"
        "  why: the guard closes the network in every test (--tape-guard=tests)\n"
        "  to record it: pytest --tape=once tests/test_app.py::test_hello\n"
        '  way out: ignore_hosts = ["192.0.2.1"] for the run lets it through'
    )


def test_cassette_goes_before_the_ground():
    """Calls of a context, and of threads without one, belong to the cassette that is open."""
    seen = []
    with closed() as below, cassette() as session:
        thread = threading.Thread(target=lambda: seen.append(judges()))
        thread.start()
        thread.join()
        seen.append(judges())
        outcome = outcome_of(by_socket, f"http://{FAR}/")

    assert seen == [(session,), (session,)]
    assert (outcome, len(session.refused), below.refused) == (NetworkRefusedError, 1, [])


def test_ground_is_nobodys_cassette():
    """What asks for a cassette (adapters, placeholders for keys) does not find the ground."""
    with closed():
        found = candidates(), len(judges())

    assert found == ((), 1)


def test_grounds_nest():
    """A run inside of a test has its own ground, and gives the outer one back."""
    with closed() as outer:
        with closed() as inner, ground(None):
            nothing = judges()
        again = judges()

    assert (nothing, again) == ((), (outer,))
    assert inner is not outer


def test_what_is_judged_again_within_passing():
    """Between the parts of a test calls pass, and within them they do not."""
    with closed() as below, passing():
        open_ = outcome_of(socket.getaddrinfo, "localhost", 80)
        with judged():
            refused = outcome_of(socket.getaddrinfo, "api.example.invalid", 80)

    assert (open_, refused, len(below.refused)) == (None, NetworkRefusedError, 1)


def test_answers_to_whoever_came_pass(server):
    """Closed loopback refuses connections that are opened, not answers over those that are there."""
    with (
        socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock,
        closed(WATCH._replace(closes_loopback=True)) as below,
    ):
        sock.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        received = sock.recv(17)

    assert received == b"HTTP/1.1 200 OK\r\n"
    assert below.refused == []


def test_pairs_of_sockets_over_loopback_pass(monkeypatch):
    """Where the system has no pairs of sockets, event loops make theirs by a connection over loopback."""

    def over_loopback(*_):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            left = socket.create_connection(listening.getsockname())
            return left, listening.accept()[0]

    async def wake():
        return await asyncio.to_thread(lambda: "woken")

    monkeypatch.setattr(socket, "socketpair", over_loopback)
    with closed(WATCH._replace(closes_loopback=True)) as below:
        woken = asyncio.run(wake())

    assert woken == "woken"
    assert below.refused == []


NOISE = "noise.example.invalid"


async def _aiohttp():
    async with aiohttp.ClientSession() as session:
        await session.get(f"http://{NOISE}/")


async def _async_httpx2():
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get(f"http://{NOISE}/")


QUIET = {
    "socket": (lambda: socket.create_connection((NOISE, 80)), ConnectionRefusedError),
    "httpx2": (lambda: by_httpx2(f"http://{NOISE}/"), httpx2.ConnectError),
    "urllib3": (
        lambda: urllib3.PoolManager().request("GET", f"http://{NOISE}/", retries=False),
        urllib3.exceptions.NewConnectionError,
    ),
    "aiohttp": (lambda: asyncio.run(_aiohttp()), aiohttp.ClientConnectionError),
    "aiohttp-uvloop": (lambda: run_uvloop(_aiohttp()), aiohttp.ClientConnectionError),
    "httpx2-async": (lambda: asyncio.run(_async_httpx2()), httpx2.ConnectError),
    "httpx2-uvloop": (lambda: run_uvloop(_async_httpx2()), httpx2.ConnectError),
    "httpx2-trio": (lambda: run_trio(_async_httpx2()), httpx2.ConnectError),
}


@pytest.mark.parametrize(("call", "kind"), QUIET.values(), ids=QUIET)
def test_noise_is_a_refused_connection_to_every_stack(call, kind):
    """Each stack raises its own error for it, no refusal is noted, and the call is counted once."""
    noise = Noise([NOISE])
    with closed(WATCH._replace(noise=noise)) as below, pytest.raises(kind, match="known noise"):
        call()

    assert noise.take() == {NOISE: 1}
    assert noise.take() == {}
    assert below.refused == []


def test_noise_of_many_threads_is_counted():
    """No call is lost between threads."""
    noise = Noise([NOISE])

    def call(_):
        with suppress(OSError):
            socket.getaddrinfo(NOISE, 443)

    with closed(WATCH._replace(noise=noise)), ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(100)))

    assert noise.take() == {NOISE: 100}


@pytest.mark.parametrize(
    ("pattern", "host", "path", "covered"),
    [
        ("a.example", "a.example", "/x", True),
        ("A.example", "a.example", None, True),
        ("*.example", "a.example", None, True),
        ("a.example", "b.example", None, False),
        ("a.example:80", "a.example", None, True),
        ("a.example:81", "a.example", None, False),
        ("a.example/runs*", "a.example", "/runs/1", True),
        ("a.example/runs*", "a.example", "/prompts", False),
        ("a.example/runs*", "a.example", None, True),
    ],
)
def test_what_is_noise(pattern, host, path, covered):
    """A pattern is a host, with a port or a path if wanted; where no path is known, the host decides."""
    assert covered is Noise([pattern]).covers(host, 80, path)


def test_what_was_taken_off_the_list_is_no_noise():
    """An exclamation mark takes hosts off, wherever it stands."""
    assert [False, True] == [
        Noise(["!b.*", "*.example"]).covers(host, 80) for host in ("b.example", "a.example")
    ]
