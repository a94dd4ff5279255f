"""The doors of event loops, which are watched above their sockets."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import pytest
from guarded import (
    FAR,
    POOLED,
    RUNS,
    STACK,
    cassette,
    outcome_of,
)

from chunktape.errors import NetworkRefusedError


@pytest.mark.parametrize("run", RUNS)
def test_every_door_of_an_event_loop_is_refused(run):
    """Look-ups, connections and datagrams of a loop are refused in the caller's context."""

    async def doors():
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.settimeout(0)
            calls = [
                lambda: loop.getaddrinfo("api.example.invalid", 443),
                lambda: loop.create_connection(asyncio.Protocol, "api.example.invalid", 443),
                lambda: loop.sock_connect(sock, (FAR, 443)),
                lambda: loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(FAR, 53)),
            ]
            refused = []
            for call in calls:
                with pytest.raises(NetworkRefusedError) as caught:
                    await call()
                refused.append(str(caught.value).partition("\n")[0].removeprefix("Network refused: "))
            return refused

    with cassette():
        refused = run(doors())

    assert refused == [
        "look-up of api.example.invalid:443",
        "connect to api.example.invalid:443",
        "connect to 192.0.2.1:443",
        "connect to 192.0.2.1:53",
    ]


@pytest.mark.parametrize("host", [FAR, "api.example.invalid"])
def test_a_connection_of_trio_is_refused_above_its_nursery(host):
    """Trio connects in a nursery, which would put a refusal into a group."""
    trio = pytest.importorskip("trio")

    async def call():
        await trio.open_tcp_stream(host, port=443)

    with cassette(), pytest.raises(NetworkRefusedError, match=f"connect to {host}:443"):
        trio.run(call)


@pytest.mark.parametrize(
    ("connected", "why"),
    [(False, STACK), (True, POOLED)],
)
async def test_a_datagram_of_an_event_loop_is_refused(connected, why):
    """A datagram is refused above the transport, which would swallow it, and nothing arrives."""
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)  # noqa: FBT003 - its name says what it is
        address = receiver.getsockname()
        options = {"remote_addr": address} if connected else {"local_addr": ("127.0.0.1", 0)}
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, **options)
        with cassette(origins=frozenset({address})), pytest.raises(NetworkRefusedError) as caught:
            transport.sendto(b"x", None if connected else address)
        transport.close()
        await asyncio.sleep(0)

        with pytest.raises(BlockingIOError):
            receiver.recv(1)

    assert str(caught.value).splitlines()[2].endswith(f"; {why}")


class Resolver(aiohttp.abc.AbstractResolver):
    """Says that every host is here, as a resolver in C would: without asking Python's."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        address = {"hostname": host, "host": "127.0.0.1", "port": port, "family": family}
        return [address | {"proto": 0, "flags": socket.AI_NUMERICHOST}]

    async def close(self):
        pass


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize(("ignored", "outcome"), [(("*.invalid",), None), ((), NetworkRefusedError)])
def test_aiohttp_is_judged_by_name_whatever_resolver_it_has(run, ignored, outcome, server):
    """The connector of aiohttp knows the name, so an ignored host passes to the end and no other begins."""

    async def call():
        connector = aiohttp.TCPConnector(resolver=Resolver())
        async with aiohttp.ClientSession(connector=connector) as client:
            for _ in range(2):
                async with client.get(f"http://api.example.invalid:{server.server_port}/") as response:
                    await response.read()

    with cassette(origins=server.origins, ignored=ignored):
        found = outcome_of(run, call())

    assert found is outcome
    assert server.count == (2 if outcome is None else 0)
