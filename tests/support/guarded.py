"""The guard around one session, and every stack that the tests drive against it."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from importlib import import_module

import aiohttp
import httpx2
import pytest
import urllib3
from fake_session import FakeSession

from chunktape.adapters import guard
from chunktape.adapters.scope import close_session, open_session
from chunktape.errors import NetworkRefusedError

# Interception has what is imported late watched, and these tests do without it.
for name in ("trio", "uvloop"):
    with suppress(ModuleNotFoundError):
        import_module(name)

STACK = "this goes through a stack that chunktape does not record (urllib3, http.client, bare aiohttp, …)"
POOLED = "this goes through a connection that was opened before the cassette"
REPLAYED = "what openai, anthropic, azure-ai-inference, httpx2, httpx and requests send is replayed"
BRIDGE = (
    "under @pytest.mark.vcr, vcrpy records urllib3, http.client and aiohttp, "
    "and chunktape.vcrpy.bridge the LLM streams beside them"
)
ONE = "cassette: tests/cassettes/chat.yaml (its record mode cannot record)"
FAR = "192.0.2.1"  # TEST-NET-1, RFC 5737: nobody is there.


@contextmanager
def cassette(**options):
    """Open a session with the guard up, as the first one does, and leave it again."""
    session = FakeSession(**options)
    opening = open_session(session)
    guard.install()
    try:
        yield session
    finally:
        close_session(opening)
        guard.uninstall()


def run_uvloop(coroutine):
    """Run a coroutine on uvloop; skips the test where there is none, as on Windows."""
    return _imported("uvloop", coroutine).run(coroutine)


def run_trio(coroutine):
    """Run a coroutine on trio; skips the test where there is none."""

    async def main():
        return await coroutine

    return _imported("trio", coroutine).run(main)


def _imported(name, coroutine):
    try:
        return pytest.importorskip(name)
    except pytest.skip.Exception:
        coroutine.close()
        raise


RUNS = [pytest.param(asyncio.run, id="asyncio"), pytest.param(run_uvloop, id="uvloop")]


def outcome_of(function, *args):
    try:
        function(*args)
    except NetworkRefusedError as error:
        return type(error)
    return None


def anonymous(protocol):
    """Make a TLS context that needs no certificate: TLS 1.2 with an anonymous key exchange."""
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH:@SECLEVEL=0")
    return context


# Every stack, asked for a URL.


def by_socket(url):
    parts = urllib3.util.parse_url(url)
    socket.create_connection((parts.host, parts.port or 80), timeout=5).close()


def by_connect_ex(url):
    parts = urllib3.util.parse_url(url)
    with socket.socket() as sock:
        sock.settimeout(5)
        sock.connect_ex((parts.host, parts.port or 80))


def by_http_client(url):
    parts = urllib3.util.parse_url(url)
    with closing(http.client.HTTPConnection(parts.host, parts.port, timeout=5)) as connection:
        connection.request("GET", "/")
        connection.getresponse().read()


def by_urllib(url):
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own server's
        response.read()


def by_urllib3(url):
    with urllib3.PoolManager() as pool:
        pool.request("GET", url, timeout=5)


def by_httpx2(url):
    with httpx2.Client(trust_env=False) as client:
        client.get(url)


def by_thread_pool(url):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(by_urllib3, url).result()


async def by_streams(url):
    parts = urllib3.util.parse_url(url)
    _, writer = await asyncio.open_connection(parts.host, parts.port or 80)
    writer.close()
    await writer.wait_closed()


async def by_happy_eyeballs(url):
    parts = urllib3.util.parse_url(url)
    _, writer = await asyncio.open_connection(parts.host, parts.port or 80, happy_eyeballs_delay=0.1)
    writer.close()
    await writer.wait_closed()


async def by_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        await response.read()


async def by_async_httpx2(url):
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get(url)


async def by_to_thread(url):
    await asyncio.to_thread(by_urllib3, url)
