"""The guard up and down, and where several cassettes are open."""

from __future__ import annotations

import asyncio
import contextvars
import socket
import ssl
import sys
from types import ModuleType

import pytest
from guarded import (
    BRIDGE,
    FAR,
    REPLAYED,
    STACK,
    by_http_client,
    cassette,
    outcome_of,
)

from chunktape.adapters import guard
from chunktape.errors import NetworkRefusedError


def test_where_the_scope_is_ambiguous_the_refusal_names_every_cassette():
    """A plain thread between two cassettes is refused with their names, noted in each."""
    with (
        cassette(name="a.yaml") as first,
        cassette(name="b.yaml", can_record=True) as second,
        socket.socket() as sock,
        pytest.raises(NetworkRefusedError) as caught,
    ):
        contextvars.Context().run(sock.connect, (FAR, 443))

    assert str(caught.value) == (
        "Network refused: connect to 192.0.2.1:443\n"
        "  cassettes: a.yaml, b.yaml (all open, and none of them belongs to this context)\n"
        f"  why: {STACK}\n"
        f'  way out: ignore_hosts=["192.0.2.1"] lets it through; {REPLAYED}\n'
        f"  or: {BRIDGE}"
    )
    assert [len(one.refused) for one in (first, second)] == [1, 1]


@pytest.mark.parametrize("holder", ["a.yaml", "b.yaml"])
def test_where_the_scope_is_ambiguous_loopback_is_refused_only_if_one_holds_it(holder, server):
    """A local server answers a plain thread unless one of the replaying cassettes holds its origin."""
    held = {holder: server.origins}
    plain = contextvars.Context()
    with (
        cassette(name="a.yaml", can_record=True, origins=held.get("a.yaml", frozenset())),
        cassette(name="b.yaml", origins=held.get("b.yaml", frozenset())),
    ):
        outcome = outcome_of(plain.run, by_http_client, server.url)

    assert outcome == {"a.yaml": None, "b.yaml": NetworkRefusedError}[holder]


@pytest.mark.parametrize(("can_record", "refused"), [(True, None), (False, NetworkRefusedError)])
def test_a_resolvers_thread_looks_up_if_any_cassette_lets_it(can_record, refused, monkeypatch):
    """A look-up without a context passes if it may belong to a cassette that records."""
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: asked.append(args) or [])
    with cassette(name="a.yaml"), cassette(name="b.yaml", can_record=can_record):
        outcome = outcome_of(contextvars.Context().run, socket_getaddrinfo, "api.example.invalid", 443)

    assert outcome is refused
    assert asked == ([] if refused else [("api.example.invalid", 443)])


def socket_getaddrinfo(*args):
    return socket.getaddrinfo(*args)


# Up and down.


DOORS = {
    "socket": [
        *((socket.socket, name) for name in ("connect", "connect_ex", "send", "sendall", "sendfile")),
        *((socket.socket, name) for name in ("sendto", "sendmsg")),
        *((ssl.SSLSocket, name) for name in ("send", "sendall", "write")),
        *((socket, name) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")),
        *((socket, name) for name in ("gethostbyaddr", "getnameinfo")),
    ],
    "asyncio": [
        *((asyncio.BaseEventLoop, name) for name in ("getaddrinfo", "create_connection")),
        (asyncio.StreamWriter, "write"),
        (asyncio.selector_events._SelectorSocketTransport, "write"),  # noqa: SLF001 - what the guard patches
        (asyncio.selector_events._SelectorDatagramTransport, "sendto"),  # noqa: SLF001 - as above
    ],
}
LATE = {
    "uvloop": ("Loop", ["getaddrinfo", "create_connection", "sock_connect", "create_datagram_endpoint"]),
    "aiohttp": ("TCPConnector", ["connect"]),
    "anyio": (None, ["connect_tcp"]),
    "anyio._backends._asyncio": ("SocketStream", ["send"]),
    "trio": (None, ["open_tcp_stream"]),
}
HOOKS = {
    "uvloop": guard.install_uvloop,
    "aiohttp": guard.install_aiohttp,
    "anyio": guard.install_anyio,
    "anyio._backends._asyncio": guard.install_anyio_stream,
    "trio": guard.install_trio,
}


def late_doors(name):
    """Return the doors of a module; skips the test where there is none."""
    module = pytest.importorskip(name)
    owner, names = LATE[name]
    return [(getattr(module, owner) if owner else module, one) for one in names]


@pytest.fixture(params=[*DOORS, *LATE])
def doors(request):
    """Return the doors of one stack."""
    return DOORS.get(request.param) or late_doors(request.param)


def attributes(doors):
    return [vars(owner).get(name) for owner, name in doors]


def test_taken_down_everything_is_as_it_was(doors):
    """Installing twice and uninstalling twice leaves every door exactly as it was found."""
    before = attributes(doors)
    guard.install()
    guard.install()
    during = attributes(doors)
    guard.uninstall()
    guard.uninstall()

    assert attributes(doors) == before
    assert all(one is not other for one, other in zip(before, during, strict=True))


def test_the_doors_keep_their_names(doors):
    """A watched function has the name and the documentation of the one behind it."""
    before = [(getattr(owner, name).__name__, getattr(owner, name).__doc__) for owner, name in doors]
    with cassette():
        during = [(getattr(owner, name).__name__, getattr(owner, name).__doc__) for owner, name in doors]

    assert during == before


def test_a_patch_over_ours_is_left_alone_and_works(server, monkeypatch):
    """Somebody who patched connect meanwhile keeps their patch, and reaches the network through it."""
    seen = []
    with cassette():
        ours = socket.socket.connect

        def theirs(self, address):
            seen.append(address)
            return ours(self, address)

        monkeypatch.setattr(socket.socket, "connect", theirs)

    by_http_client(server.url)
    left = socket.socket.connect
    monkeypatch.undo()
    del socket.socket.connect  # Theirs put ours back, which nobody would take away now.

    assert left is theirs
    assert seen == [("127.0.0.1", server.server_port)]


@pytest.mark.parametrize("name", HOOKS)
def test_a_stack_imported_later_is_watched_once(name, monkeypatch):
    """A hook watches a module that comes after the guard, once; not before the guard, nor half a module."""
    doors, hook, module = late_doors(name), HOOKS[name], sys.modules[name]
    monkeypatch.delitem(sys.modules, name)
    before = attributes(doors)
    hook(module)
    without_guard = attributes(doors)
    with cassette():
        hook(ModuleType("half"))
        not_yet = attributes(doors)
        hook(module)
        once = attributes(doors)
        hook(module)
        twice = attributes(doors)

    assert [without_guard, not_yet, attributes(doors)] == [before] * 3
    assert once == twice
    assert all(one is not other for one, other in zip(once, before, strict=True))
