"""What a cassette refuses that records: calls by stacks that nobody records, told from the adapters'."""

from __future__ import annotations

import asyncio
import http.client
import subprocess
import sys
import textwrap
import urllib.request
from contextlib import closing

import aiohttp
import httpx2
import pytest
import requests
import urllib3
from clients import CASES
from guarded import (
    by_aiohttp,
    by_async_httpx2,
    by_http_client,
    by_httpx2,
    by_thread_pool,
    by_to_thread,
    by_urllib,
    by_urllib3,
    run_uvloop,
)

from chunktape.adapters.scope import passing
from chunktape.errors import NetworkRefusedError
from chunktape.recorder import UseCassette
from chunktape.tape.watch import Noise, Watch

TEST = Watch(test="tests/test_app.py::test_hello")
FAR = "http://192.0.2.1/"


def recording(path, **options):
    """Return a cassette that records for a test."""
    return UseCassette(path / "a.yaml", **{"record_mode": "once", "watch": TEST} | options)


BARE = {
    "urllib3": by_urllib3,
    "urllib": by_urllib,
    "http.client": by_http_client,
    "thread-pool": by_thread_pool,
    "aiohttp": lambda url: asyncio.run(by_aiohttp(url)),
    "aiohttp-uvloop": lambda url: run_uvloop(by_aiohttp(url)),
    "to-thread": lambda url: asyncio.run(by_to_thread(url)),
}
RECORDED = {
    "httpx2": by_httpx2,
    "httpx2-async": lambda url: asyncio.run(by_async_httpx2(url)),
    "httpx2-uvloop": lambda url: run_uvloop(by_async_httpx2(url)),
    "requests": lambda url: requests.get(url, timeout=5),
}


@pytest.mark.parametrize("call", BARE.values(), ids=BARE)
def test_bare_stacks_are_refused_while_recording(call, tmp_path):
    """The caller gets the refusal, and leaving the cassette raises it again."""
    with pytest.raises(NetworkRefusedError, match=r"to 192\.0\.2\.1:80\n"), recording(tmp_path) as session:
        try:
            call(FAR)
        finally:
            refused = len(session.refused)

    assert refused == 1


@pytest.mark.parametrize("call", BARE.values(), ids=BARE)
def test_bare_stacks_reach_this_machine_while_recording(call, tmp_path, server):
    """An application's own server answers, until its origin is one of the cassette's."""
    with recording(tmp_path) as session:
        call(server.url)
        by_httpx2(server.url)
        with pytest.raises(NetworkRefusedError, match="only the cassette may answer for it"):
            call(server.url)
        session.refused.clear()

    assert server.count == 2


@pytest.mark.parametrize("call", BARE.values(), ids=BARE)
def test_program_that_records_refuses_nothing(call, tmp_path, server):
    """Without a test around it, a cassette leaves bare stacks alone while it records."""
    with recording(tmp_path, watch=Watch()) as session:
        by_httpx2(server.url)
        call(server.url)

    assert session.refused == []


@pytest.mark.parametrize("call", RECORDED.values(), ids=RECORDED)
def test_what_is_recorded_passes_every_time(call, tmp_path, server):
    """Adapters send through the same doors, and are let through: the first time and by a known origin."""
    with recording(tmp_path) as session:
        call(server.url)
        call(server.url)

    assert (len(session.recorded), session.refused) == (2, [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_client_records(case, tmp_path, provider):
    """Nothing that the SDKs send is taken for a bare call, over new connections or old ones."""
    client = case.build(provider)

    async def twice():
        try:
            await case.ask(client)
            await case.ask(client)
        finally:
            await client.close()

    with recording(tmp_path) as session:
        if case.is_async:
            asyncio.run(twice())
        else:
            with closing(client):
                case.ask(client)
                case.ask(client)

    assert (len(session.recorded), session.refused) == (2, [])


@pytest.mark.parametrize(
    ("options", "call"),
    [
        ({"ignore_hosts": ("127.0.0.*",)}, lambda url: requests.get(url, timeout=5)),
        ({"ignore_hosts": ("127.0.0.*",)}, by_urllib3),
        ({"record_mode": "off"}, lambda url: requests.get(url, timeout=5)),
        ({"record_mode": "off"}, by_urllib3),
    ],
)
def test_what_goes_live_by_decision_passes(options, call, tmp_path, server):
    """Ignored hosts pass, and a cassette that is off asks nobody to record."""
    with recording(tmp_path, **options) as session:
        call(server.url)

    assert (server.count, session.recorded, session.refused) == (1, (), [])


def test_passing_lets_bare_stacks_through(tmp_path, server):
    """What is marked as decided is not asked again."""
    with recording(tmp_path) as session, passing():
        by_httpx2(server.url)
        by_urllib3(server.url)

    assert session.refused == []


def _tunnelled(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.set_tunnel("api.example.invalid", 80)
    connection.request("GET", "/v1")


PROXIED = {
    "http.client tunnel": _tunnelled,
    "urllib": lambda port: urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{port}"})
    ).open("http://api.example.invalid/v1"),
    "urllib3": lambda port: urllib3.ProxyManager(f"http://127.0.0.1:{port}").request(
        "GET", "http://api.example.invalid/v1"
    ),
}


@pytest.mark.parametrize("call", PROXIED.values(), ids=PROXIED)
def test_host_behind_a_proxy_is_the_one_that_counts(call, tmp_path, server):
    """Whoever asks through a proxy on this machine is refused by the name of the host that is meant."""
    with recording(tmp_path) as session:
        with pytest.raises(NetworkRefusedError, match=r"GET to api\.example\.invalid"):
            call(server.server_port)
        session.refused.clear()

    assert server.count == 0


def test_relative_urls_of_aiohttp_are_judged(tmp_path):
    """A session with a base URL is judged by it."""

    async def call():
        async with aiohttp.ClientSession("http://api.example.invalid/v1/") as session:
            await session.get("models")

    with recording(tmp_path) as session:
        with pytest.raises(NetworkRefusedError, match=r"GET to api\.example\.invalid:80"):
            asyncio.run(call())
        session.refused.clear()


def test_aiohttp_over_unix_sockets_passes(tmp_path):
    """The name of a host says nothing where a session is connected by a path."""

    async def call():
        server = await asyncio.start_unix_server(_answer, str(tmp_path / "s"))
        async with (
            server,
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(tmp_path / "s"))) as client,
            client.get("http://docker/info") as response,
        ):
            return await response.text()

    async def _answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    with recording(tmp_path) as session:
        text = asyncio.run(call())

    assert (text, session.refused) == ("ok", [])


@pytest.mark.parametrize("url", ["http://[", "http://x:port/"])
def test_what_is_no_url_is_left_to_its_stack(url, tmp_path):
    """A stack says by itself what it cannot read."""
    with recording(tmp_path), pytest.raises((ValueError, urllib3.exceptions.LocationParseError)):
        by_urllib3(url)


NOISY = {
    "urllib3": (by_urllib3, urllib3.exceptions.HTTPError),
    "urllib": (by_urllib, OSError),
    "aiohttp": (lambda url: asyncio.run(by_aiohttp(url)), aiohttp.ClientConnectionError),
    "httpx2": (by_httpx2, httpx2.ConnectError),
    "requests": (lambda url: requests.get(url, timeout=5), requests.ConnectionError),
}


@pytest.mark.parametrize(("call", "kind"), NOISY.values(), ids=NOISY)
def test_noise_is_refused_while_recording_too(call, kind, tmp_path):
    """It is not recorded, and each stack reports a connection that was refused."""
    noise = Noise(["noise.example.invalid"])
    with (
        recording(tmp_path, watch=TEST._replace(noise=noise)) as session,
        pytest.raises(kind, match="known noise"),
    ):
        call("http://noise.example.invalid/batch")

    assert noise.take() == {"noise.example.invalid": 1}
    assert (session.recorded, session.refused) == ((), [])


def test_stacks_that_are_imported_late_are_watched(tmp_path):
    """A stack that the test imports first of all has the same doors."""
    script = f"""
    import sys
    from chunktape.errors import NetworkRefusedError
    from chunktape.recorder import UseCassette
    from chunktape.tape.watch import Watch

    assert not {{"urllib3", "aiohttp"}} & set(sys.modules)
    with UseCassette({str(tmp_path / "a.yaml")!r}, record_mode="once", watch=Watch(test="t")) as session:
        import urllib3, aiohttp, asyncio

        async def ask():
            async with aiohttp.ClientSession() as client:
                await client.get({FAR!r})

        for call in (lambda: urllib3.PoolManager().request("GET", {FAR!r}), lambda: asyncio.run(ask())):
            try:
                call()
            except NetworkRefusedError as error:
                print(str(error).splitlines()[0])
        session.refused.clear()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.splitlines() == ["Network refused: GET to 192.0.2.1:80"] * 2
