"""Ways to the network: each asks one URL, by a socket of its own or of its stack."""

from __future__ import annotations

import asyncio
import http.client
import socket
from urllib.parse import urlsplit

SECONDS = 5
ASKED = b'{"another": "question"}'


def address(url):
    """Return host and port of a URL."""
    parts = urlsplit(url)
    return parts.hostname, parts.port


def wire(url):
    """Return a request as it is sent."""
    host, port = address(url)
    head = (
        f"POST {urlsplit(url).path} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-length: {len(ASKED)}\r\n\r\n"
    )
    return head.encode() + ASKED


def by_http_client(url):
    connection = http.client.HTTPConnection(*address(url), timeout=SECONDS)
    try:
        connection.request("POST", urlsplit(url).path, ASKED)
        connection.getresponse().read()
    finally:
        connection.close()


def by_urllib3(url):
    import urllib3

    with urllib3.PoolManager() as pool:
        pool.request("POST", url, body=ASKED, timeout=SECONDS, retries=False)


def by_requests(url):
    import requests

    requests.post(url, data=ASKED, timeout=SECONDS)


def by_own_transport(url):
    """Ask through an SDK over a transport for httpx2 that opens its own socket."""
    import httpx2
    import openai

    class Own(httpx2.BaseTransport):
        def handle_request(self, request):
            with socket.create_connection(address(str(request.url)), timeout=SECONDS) as sock:
                sock.sendall(wire(str(request.url)))
                sock.recv(1)
            return httpx2.Response(200)

    with openai.OpenAI(
        api_key="x", base_url=url, max_retries=2, http_client=httpx2.Client(transport=Own())
    ) as sdk:
        sdk.chat.completions.create(model="m", messages=[])


def by_websockets(url):
    from websockets.sync.client import connect

    with connect(url.replace("http", "ws", 1), open_timeout=SECONDS, proxy=None) as socket_:
        socket_.send("hi")


async def by_streams(url):
    _, writer = await asyncio.open_connection(*address(url))
    writer.write(wire(url))
    writer.close()


async def by_own_async_transport(url):
    """Ask through an SDK over an awaited transport for httpx2 on asyncio's streams."""
    import httpx2
    import openai

    class Own(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request):
            await by_streams(str(request.url))
            return httpx2.Response(200)

    stack = httpx2.AsyncClient(transport=Own())
    async with openai.AsyncOpenAI(api_key="x", base_url=url, max_retries=2, http_client=stack) as sdk:
        await sdk.chat.completions.create(model="m", messages=[])


async def by_sock_connect(url):
    loop = asyncio.get_running_loop()
    with socket.socket() as sock:
        sock.setblocking(False)  # noqa: FBT003 its name says what it is
        await loop.sock_connect(sock, address(url))
        await loop.sock_sendall(sock, wire(url))


async def by_aiohttp(url):
    import aiohttp

    async with aiohttp.ClientSession() as client, client.post(url, data=ASKED) as response:
        await response.read()


async def by_httpx_aiohttp(url):
    import httpx
    import httpx_aiohttp

    async with httpx.AsyncClient(transport=httpx_aiohttp.AiohttpTransport()) as client:
        await client.post(url, content=ASKED)


async def by_litellm(url):
    import aiohttp
    import httpx
    import of_litellm  # noqa: F401 it keeps LiteLLM from fetching its prices
    from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport

    transport = LiteLLMAiohttpTransport(client=aiohttp.ClientSession)
    async with httpx.AsyncClient(transport=transport) as client:
        await client.post(url, content=ASKED)


async def by_async_websockets(url):
    from websockets.asyncio.client import connect

    async with connect(url.replace("http", "ws", 1), open_timeout=SECONDS, proxy=None) as socket_:
        await socket_.send("hi")


async def by_httpx2(url):
    import httpx2

    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.post(url, content=ASKED)


async def by_async_openai(url):
    import openai

    async with openai.AsyncOpenAI(api_key="x", base_url=url, max_retries=2) as sdk:
        await sdk.chat.completions.create(model="m", messages=[])


async def by_trio_stream(url):
    import trio

    stream = await trio.open_tcp_stream(*address(url))
    await stream.send_all(wire(url))


async def by_trio_socket(url):
    import trio

    with trio.socket.socket() as sock:
        await sock.connect(address(url))
        await sock.send(wire(url))


async def by_own_trio_transport(url):
    """Ask through an SDK over an awaited transport for httpx2 on trio's streams."""
    import httpx2
    import openai

    class Own(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request):
            await by_trio_stream(str(request.url))
            return httpx2.Response(200)

    stack = httpx2.AsyncClient(transport=Own())
    async with openai.AsyncOpenAI(api_key="x", base_url=url, max_retries=2, http_client=stack) as sdk:
        await sdk.chat.completions.create(model="m", messages=[])


SYNC = (by_http_client, by_urllib3, by_requests, by_own_transport, by_websockets)
BOTH = (by_httpx2, by_async_openai)
ON_ASYNCIO = (
    *BOTH,
    by_streams,
    by_own_async_transport,
    by_sock_connect,
    by_aiohttp,
    by_httpx_aiohttp,
    by_litellm,
    by_async_websockets,
)
ON_TRIO = (*BOTH, by_trio_stream, by_trio_socket, by_own_trio_transport)
