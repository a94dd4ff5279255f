"""azure-core over requests and over aiohttp: live, recording and replay agree, whatever is read."""

from __future__ import annotations

import asyncio
import re
import warnings
from functools import partial
from unittest.mock import patch

import aiohttp
import pytest
from azure.ai.inference import ChatCompletionsClient
from azure.ai.inference.aio import ChatCompletionsClient as AsyncChatCompletionsClient
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest

from chunktape import use_cassette
from chunktape.adapters.azure_core_response import PlayedContent
from chunktape.loopback import Disconnect, Hang, Pause, Reply, Reset, Write

JSON = (("content-type", "application/json"),)
BODY = (Write(b'{"error": {"code": "a",'), Write(b' "message": "f\xc3\xb6ur"'), Write(b"}}"))
CUT = (*BODY[:2], Pause(0.05))


def _reply(*steps, status=200, headers=JSON, framing="chunked", encoding=None):
    return Reply(status=status, headers=headers, steps=steps, framing=framing, encoding=encoding)


REPLIES = {
    "chunked": _reply(*BODY),
    "length": _reply(*BODY, framing="length"),
    "no content": _reply(framing="length", status=204, headers=()),
    "cut": _reply(*CUT, Disconnect()),
    "cut length": _reply(*CUT, Disconnect(), BODY[2], framing="length"),
    "reset": _reply(*CUT, Reset()),
    "silent": _reply(*CUT, Hang(3)),
    "404": _reply(*BODY, status=404, framing="length"),
    "500": _reply(*BODY, status=500),
    "500 cut": _reply(*CUT, Disconnect(), status=500),
    "500 cut length": _reply(*CUT, Disconnect(), BODY[2], framing="length", status=500),
    "500 reset": _reply(*CUT, Reset(), status=500),
    "500 silent": _reply(*CUT, Hang(3), status=500),
    "gzip": _reply(*BODY, encoding="gzip"),
    "gzip cut": _reply(*CUT, Disconnect(), encoding="gzip"),
    "500 gzip": _reply(*BODY, encoding="gzip", status=500),
    "500 gzip cut": _reply(*CUT, Disconnect(), encoding="gzip", status=500),
    "compress": _reply(*BODY, headers=(*JSON, ("content-encoding", "compress"))),
}
WAYS = ("complete", "read", "iter_bytes", "iter_raw")
OPTIONS = {"retry_total": 0, "read_timeout": 0.3, "connection_timeout": 5}


def _client(kind, provider):
    with warnings.catch_warnings():
        # The SDK says at each construction that it is deprecated.
        warnings.simplefilter("ignore")
        return kind(provider.azure_url, AzureKeyCredential("k" * 20), **OPTIONS)


def _request():
    return HttpRequest("POST", "/chat/completions", json={"a": 1})


def _ask(way, client):
    if way == "complete":
        answer = client.complete(messages=[{"role": "user", "content": "hi"}], model="m")
        return [answer.as_dict()]
    response = client.send_request(_request(), stream=True)
    pieces = [response.read()] if way == "read" else list(getattr(response, way)())
    return [response.status_code, response.reason, _headers(response), b"".join(pieces)]


async def _aask(way, client):
    if way == "complete":
        answer = await client.complete(messages=[{"role": "user", "content": "hi"}], model="m")
        return [answer.as_dict()]
    response = await client.send_request(_request(), stream=True)
    try:
        pieces = [await response.read()] if way == "read" else [one async for one in getattr(response, way)()]
    finally:
        await response.close()
    return [response.status_code, response.reason, _headers(response), b"".join(pieces)]


def _headers(response):
    return response.headers.get("content-type"), response.headers.get("content-encoding") == "compress"


def _outcome(provider, act):
    try:
        return act(provider), None
    except Exception as error:  # noqa: BLE001 which one is what is compared
        # urllib3 counts in its text what its last read had got.
        return type(error), re.sub(r"IncompleteRead\(\d+", "IncompleteRead(n", str(error))


def _sync(provider, ask):
    with _client(ChatCompletionsClient, provider) as client:
        return ask(client)


def _async(provider, ask):
    async def run():
        async with _client(AsyncChatCompletionsClient, provider) as client:
            return await ask(client)

    return asyncio.run(run())


def _three(provider, folder, script, act):
    """Return what `act` gives live, while recording, and replayed."""
    provider.play(script, script)
    live = _outcome(provider, act)
    with use_cassette(folder / "tape.yaml", record_mode="once"):
        recording = _outcome(provider, act)
    with use_cassette(folder / "tape.yaml", record_mode="none"):
        replayed = _outcome(provider, act)
    return live, recording, replayed


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", REPLIES)
def test_a_body_is_the_same_whatever_way_it_is_read(provider, tmp_path, name, way, kind):
    """What a client of azure-core gives its caller, or raises, is the live one."""
    act = (
        partial(_sync, ask=partial(_ask, way)) if kind == "sync" else partial(_async, ask=partial(_aask, way))
    )
    live, recording, replayed = _three(provider, tmp_path, REPLIES[name], act)

    assert live == recording
    if way == "iter_raw" and "gzip" in name:  # a cassette holds bodies decoded
        live, replayed = ((one[0][:3], one[1]) if one[1] is None else one for one in (live, replayed))
    assert live == replayed


async def _surface(internal):
    """Return what aiohttp's own response says of itself."""
    seen = {
        "text": await internal.text(),
        "json": await internal.json(content_type=None),
        "read": await internal.read(),
        "request": (internal.request_info.method, type(internal.request_info.url).__name__),
        "sent": internal.request_info.headers["Content-Type"],
        "real_url": (internal.request_info.real_url, internal.real_url),
        "raw_headers": sorted(one for one in internal.raw_headers if one[0].lower() == b"content-type"),
        "links": str(internal.links),
        "type": isinstance(internal, aiohttp.ClientResponse),
        "repr": repr(internal).partition("<CIM")[0],
    }
    for name in ("ok", "url", "host", "version", "method", "status", "reason", "history", "charset"):
        seen[name] = getattr(internal, name)
    seen["content_type"] = internal.content_type
    seen["cookies"] = sorted(internal.cookies)
    try:
        internal.raise_for_status()
    except aiohttp.ClientResponseError as error:
        seen["error"] = str(error)
    internal.release()
    await internal.wait_for_close()
    seen["closed"] = internal.closed
    return seen


@pytest.mark.parametrize("name", ["chunked", "404"])
def test_the_internal_response_is_aiohttps(provider, tmp_path, name):
    """Whoever asks azure-core's response for aiohttp's finds everything there, replayed too."""

    async def ask(client):
        response = await client.send_request(_request(), stream=True)
        return await _surface(response.internal_response)

    live, recording, replayed = _three(provider, tmp_path, REPLIES[name], partial(_async, ask=ask))

    assert live[1] is None
    assert live == recording
    assert live == replayed


def test_a_body_is_read_where_aiohttp_has_no_default_for_it(provider, tmp_path, monkeypatch):
    """Replay reads a body also under aiohttp 3.9, whose responses have none before their constructor."""
    provider.play(REPLIES["length"])
    path = tmp_path / "tape.yaml"

    async def ask(mode):
        client = _client(AsyncChatCompletionsClient, provider)
        async with client, use_cassette(path, record_mode=mode):
            return (await client.send_request(_request())).content

    recorded = asyncio.run(ask("once"))
    monkeypatch.delattr(aiohttp.ClientResponse, "_body", raising=False)

    assert recorded == asyncio.run(ask("none"))


def test_an_exchange_is_recorded_once(provider, tmp_path):
    """A replacement that somebody's mock has kept alive adds no second recording."""
    before = AioHttpTransport.send
    with use_cassette(tmp_path / "other.yaml", record_mode="once"):
        kept = patch.object(AioHttpTransport, "send", AioHttpTransport.send)
        kept.start()
    kept.stop()
    left = AioHttpTransport.send
    try:
        provider.play(REPLIES["chunked"])
        with use_cassette(tmp_path / "tape.yaml", record_mode="once") as session:
            seen = _async(provider, partial(_aask, "read"))
        with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
            replayed = _async(provider, partial(_aask, "read"))
    finally:
        AioHttpTransport.send = before

    assert left is not before
    assert seen == replayed
    assert 1 == len(session.interactions)


async def _pieces():
    for piece in (b"one", b"twothree"):
        yield piece


async def test_played_content_reads_as_aiohttps():
    """The stream of a played response knows aiohttp's ways to iterate."""
    content = PlayedContent(_pieces())

    assert b"on" == await content.read(2)
    assert b"e" == await content.readany()
    assert [b"twot", b"hree"] == [one async for one in content.iter_chunked(4)]
    assert [b"one", b"twothree"] == [one async for one in PlayedContent(_pieces()).iter_any()]
    assert b"onetwothree" == await PlayedContent(_pieces()).read()
