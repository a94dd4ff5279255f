"""The interaction behind a response, for every stack, while recording and in replay."""

from __future__ import annotations

import httpx
import httpx2
import pytest
import requests
from azure.core.rest import HttpRequest
from clients import MESSAGES, NAMED

from chunktape import use_cassette
from chunktape.adapters.exchange import exchange_of

BODY = {"model": "gpt-4o-mini", "messages": MESSAGES, "stream": True}


def _httpx2(provider):
    return httpx2.post(f"{provider.openai_url}/chat/completions", json=BODY)


def _httpx(provider):
    return httpx.post(f"{provider.openai_url}/chat/completions", json=BODY)


def _requests(provider):
    return requests.post(f"{provider.openai_url}/chat/completions", json=BODY, timeout=5)


def _azure(provider):
    with NAMED["azure"].build(provider) as client:
        response = client.send_request(HttpRequest("POST", "/chat/completions", json=BODY), stream=True)
        response.read()
    return response


@pytest.mark.parametrize("ask", [_httpx2, _httpx, _requests, _azure])
def test_response_knows_its_exchange(ask, provider, tmp_path):
    """The response of a stack leads to what is recorded of it, with times and ending."""
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = exchange_of(ask(provider))
    with use_cassette(tmp_path / "tape.yaml", record_mode="none") as session:
        replayed = exchange_of(ask(provider))

    assert replayed in session.interactions
    assert recording.body == replayed.body
    assert recording.timing == replayed.timing
    assert recording.ending.kind == replayed.ending.kind == "eof"


async def test_async_azure_response_knows_its_exchange(provider, tmp_path):
    """The awaited client of azure-core leads there as well."""

    async def ask():
        async with NAMED["azure-async"].build(provider) as client:
            request = HttpRequest("POST", "/chat/completions", json=BODY)
            response = await client.send_request(request, stream=True)
            await response.read()
        return exchange_of(response)

    async with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = await ask()
    async with use_cassette(tmp_path / "tape.yaml", record_mode="none") as session:
        replayed = await ask()

    assert replayed in session.interactions
    assert recording.timing == replayed.timing


def test_response_without_a_cassette_has_none(provider):
    """Where no cassette had to do with a response there is no exchange."""
    assert exchange_of(_httpx2(provider)) is None
    assert exchange_of(_requests(provider)) is None
    assert exchange_of(object()) is None
