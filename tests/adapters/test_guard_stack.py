"""The guard and every stack: what is refused reaches the caller, what is not works as ever."""

from __future__ import annotations

import asyncio

import pytest
from guarded import (
    by_aiohttp,
    by_async_httpx2,
    by_connect_ex,
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
    run_uvloop,
)

from chunktape.errors import NetworkRefusedError


def on_asyncio(function):
    return pytest.param(lambda url: asyncio.run(function(url)), id=function.__name__)


def on_uvloop(function):
    return pytest.param(lambda url: run_uvloop(function(url)), id=f"{function.__name__}-uvloop")


SYNC = [by_socket, by_connect_ex, by_http_client, by_urllib, by_urllib3, by_httpx2, by_thread_pool]
ASYNC = [by_streams, by_aiohttp, by_async_httpx2, by_to_thread]
STACKS = [
    *(pytest.param(one, id=one.__name__) for one in SYNC),
    *(on_asyncio(one) for one in (*ASYNC, by_happy_eyeballs)),
    *(on_uvloop(one) for one in ASYNC),
]


@pytest.mark.parametrize("call", STACKS)
def test_a_refusal_reaches_the_caller_through_every_stack(call, server):
    """No stack swallows or wraps a refusal, and nothing arrives at the origin that the cassette holds."""
    with cassette(origins=server.origins) as session, pytest.raises(NetworkRefusedError) as caught:
        call(server.url)

    assert server.count == 0
    assert str(session.refused[0]) == str(caught.value)


@pytest.mark.parametrize("call", STACKS)
def test_a_name_outside_is_refused_through_every_stack(call):
    """A host that the cassette knows nothing of is refused before its name is looked up."""
    with cassette() as session, pytest.raises(NetworkRefusedError, match=r"api\.example\.invalid"):
        call("http://api.example.invalid/")

    assert session.refused


@pytest.mark.parametrize("call", STACKS)
def test_a_local_server_answers_as_ever(call, server):
    """Loopback passes where the cassette does not hold that origin."""
    with cassette(origins=frozenset({("127.0.0.1", 1)})) as session:
        call(server.url)

    assert session.refused == []


@pytest.mark.parametrize("call", STACKS)
@pytest.mark.parametrize(
    "options", [{"can_record": True}, {"ignored": ("127.0.0.*",)}], ids=["records", "ignores"]
)
def test_the_origin_of_the_cassette_is_let_through(call, options, server):
    """A session that may record, or that ignores the host, refuses nothing."""
    with cassette(origins=server.origins, **options) as session:
        call(server.url)

    assert session.refused == []
