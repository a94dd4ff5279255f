"""The proxies of the environment: a transport goes through them where it is told to, and never to itself."""

from __future__ import annotations

import asyncio

import pytest
from listening import Listening

from chunktape import AsyncLiveTransport, ConfigurationError, LiveTransport, TransportError
from chunktape.adapters.environment_proxy import Ways
from chunktape.wire.message import Request

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


class Proxy(Listening):
    """A server that answers whatever it is asked, notes the line, and opens no tunnel."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def answer(self, connection):
        with connection.makefile("rb") as stream:
            line, *_ = [stream.readline(), *iter(stream.readline, b"\r\n")]
        self.lines.append(line.decode().strip())
        refused = b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"
        connection.sendall(refused if line.startswith(b"CONNECT") else ANSWER)


@pytest.fixture
def proxy(monkeypatch):
    """Return a proxy that the environment names for everything."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with Proxy() as running:
        monkeypatch.setenv("ALL_PROXY", running.url)
        yield running


def sent(url, *, awaited, **options):
    """Send a request, and return what came of it."""
    request = Request("GET", url, (("host", "a.test"),))

    async def asend():
        transport = AsyncLiveTransport(**options)
        try:
            async with await transport.send(request) as reply:
                return b"".join([chunk.data async for chunk in reply])
        finally:
            await transport.aclose()

    if awaited:
        return asyncio.run(asend())
    with LiveTransport(**options) as transport, transport.send(request) as reply:
        return b"".join(chunk.data for chunk in reply)


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
def test_a_provider_is_asked_through_the_proxy(proxy, awaited):
    """Its name need not be known here: the proxy looks it up."""
    told = sent("http://provider.invalid/v1", awaited=awaited, environment_proxies=True)

    assert (b"hi", ["GET http://provider.invalid/v1 HTTP/1.1"]) == (told, proxy.lines)


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
def test_what_is_encrypted_goes_through_a_tunnel(proxy, awaited):
    """A proxy that opens none is nobody who answers."""
    with pytest.raises(TransportError) as caught:
        sent("https://provider.invalid/v1", awaited=awaited, environment_proxies=True)

    assert "connect" == caught.value.failure.kind
    assert ["CONNECT provider.invalid:443 HTTP/1.1"] == proxy.lines


def test_the_recording_proxy_goes_through_it(proxy):
    """What a server records is asked for as an SDK would ask."""
    transport = AsyncLiveTransport.unlimited()

    async def ask():
        async with await transport.send(Request("GET", "http://provider.invalid/")) as reply:
            head = reply.head
        await transport.aclose()
        return head.status

    assert (200, 1) == (asyncio.run(ask()), len(proxy.lines))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.test/", "http://plain:1"),
        ("https://a.test/", "http://other:1"),
        ("https://exempt.test/", None),
        ("https://below.exempt.test/", None),
        ("http://127.0.0.1:9/", None),
        ("http://localhost:9/", None),
        ("https://[::1]/", None),
    ],
)
def test_the_way_is_that_of_the_scheme(proxy, monkeypatch, url, expected):
    """What the environment exempts goes straight, and so does what is on this machine."""
    monkeypatch.setenv("HTTP_PROXY", "plain:1")
    monkeypatch.setenv("ALL_PROXY", "http://other:1")
    monkeypatch.setenv("NO_PROXY", "exempt.test")

    assert expected == Ways(lambda one: one, found=True).to(url)
    assert (None, []) == (Ways(lambda one: one, found=False).to(url), proxy.lines)


@pytest.mark.parametrize("url", ["ftp://me:secret@a.test", "http://a.test:secret"])
def test_a_proxy_that_cannot_be_used_is_an_error(monkeypatch, url):
    """It is said when the transport is made, with the variable and without its password."""
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(ConfigurationError, match="the proxy of HTTPS_PROXY: ") as caught:
        LiveTransport(environment_proxies=True)

    assert "secret" not in str(caught.value)
