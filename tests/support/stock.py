"""The HTTP clients that vcrpy knows, each sending one plain request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = tuple[int, bytes]


@dataclass(frozen=True)
class Stock:
    """One client of another maker: `post` gives the status and the whole body."""

    name: str
    post: Callable[[str, bytes, str], Answer]


def _requests(url: str, body: bytes, kind: str) -> Answer:
    import requests

    with requests.Session() as session:
        answer = session.post(url, data=body, headers={"content-type": kind}, timeout=10)
        return answer.status_code, answer.content


def _urllib3(url: str, body: bytes, kind: str) -> Answer:
    import urllib3

    with urllib3.PoolManager() as pool:
        headers = {"content-type": kind}
        answer = pool.request("POST", url, body=body, headers=headers, retries=False, timeout=10)
        return answer.status, answer.data


def _httpx(module: str) -> Callable[[str, bytes, str], Answer]:
    def post(url: str, body: bytes, kind: str) -> Answer:
        with import_module(module).Client() as client:
            answer = client.post(url, content=body, headers={"content-type": kind})
            return answer.status_code, answer.content

    return post


def _httpx_async(module: str) -> Callable[[str, bytes, str], Answer]:
    async def post(url: str, body: bytes, kind: str) -> Answer:
        async with import_module(module).AsyncClient() as client:
            answer = await client.post(url, content=body, headers={"content-type": kind})
            return answer.status_code, answer.content

    return lambda *sent: asyncio.run(post(*sent))


async def _aiohttp(url: str, body: bytes, kind: str) -> Answer:
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers={"content-type": kind}) as answer,
    ):
        return answer.status, await answer.read()


# vcrpy has one stub for httpx and httpx2, with a half for each kind of client.
STOCK = (
    Stock("requests", _requests),
    Stock("urllib3", _urllib3),
    Stock("httpx", _httpx("httpx")),
    Stock("httpx2-async", _httpx_async("httpx2")),
    Stock("aiohttp", lambda *sent: asyncio.run(_aiohttp(*sent))),
)
