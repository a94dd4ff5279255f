"""Every exchange of the corpus replays: byte for byte, and through the SDKs that speak its protocol.

The requests go to the hosts that were recorded, and nothing may leave: the cassettes are open in
``none``, and every test says that the network was not even asked for.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from functools import cache
from pathlib import Path

import httpx2
import pytest
from doors import DEFAULT, DOORS, Question

from chunktape import Cassette, use_cassette
from chunktape.tape.matching import Matching

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []
SDKS = {
    "chat.completions": ("openai", "azure"),
    "completions": ("openai",),
    "responses": ("openai",),
    "messages": ("anthropic",),
}
CASES = [(row, door) for row in ROWS for door in DOORS if door.sdk in SDKS[row["api"]]]

COMMENTS = "azure-ai-inference's parser takes no comment lines, and OpenRouter sends them while it waits"
# Every exchange that ends in an exception, by SDK: its class, and why that is what the bytes say.
ERRORS = {
    ("pydantic-ai-b75f859efb", "openai"): ("APIError", "Groq reports a failed tool call as an event"),
    ("pydantic-ai-b75f859efb", "azure"): ("ValueError", "the parser takes no `event:` lines"),
    ("pydantic-ai-19ec71a1c5", "openai"): ("APIError", "OpenRouter reports an error as an event"),
    ("pydantic-ai-19ec71a1c5", "azure"): ("ValueError", COMMENTS),
    ("pydantic-ai-7a80c3dd72", "azure"): ("ValueError", COMMENTS),
    ("pydantic-ai-251a0e9711", "azure"): ("ValueError", COMMENTS),
    ("pydantic-ai-7afd5eff6a", "openai"): ("BadRequestError", "status 400"),
    ("pydantic-ai-9948c08682", "openai"): ("NotFoundError", "status 404"),
    ("pydantic-ai-9948c08682", "azure"): ("ResourceNotFoundError", "status 404"),
    ("ruby_llm-ea5612063c", "openai"): ("AuthenticationError", "status 401"),
    ("ruby_llm-ea5612063c", "azure"): ("ClientAuthenticationError", "status 401"),
    ("ruby_llm-4fc55f4d9a", "openai"): ("RateLimitError", "status 429"),
    ("ruby_llm-4fc55f4d9a", "azure"): ("HttpResponseError", "status 429"),
    ("pydantic-ai-f7e80b2144", "anthropic"): ("NotFoundError", "status 404"),
    ("pydantic-ai-0417cd5625", "anthropic"): ("BadRequestError", "status 400"),
}

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@cache
def _cassette(name):
    return Cassette.load(CORPUS / name).interactions


@cache
def _tls():
    # Building one takes longer than replaying most recordings.
    return ssl.create_default_context()


def _up_to(row, match_on=DEFAULT):
    """Return the row's interaction, behind those that the same request is answered with before it."""
    key = Matching(match_on=match_on).key
    first = _cassette(row["open_file"])[: row["index"] + 1]
    return [one for one in first if key(one.request) == key(first[-1].request)]


def _pieces(request):
    """Return the status and the pieces of the body that a client gets for a request."""
    with (
        httpx2.Client(verify=_tls()) as client,
        client.stream(request.method or "POST", _url(request), content=request.body) as response,
    ):
        return response.status_code, list(response.iter_raw())


async def _apieces(request):
    async with (
        httpx2.AsyncClient(verify=_tls()) as client,
        client.stream(request.method or "POST", _url(request), content=request.body) as response,
    ):
        return response.status_code, [piece async for piece in response.aiter_raw()]


def _url(request):
    return request.url or "https://api.openai.com/v1/chat/completions"


@pytest.mark.parametrize(
    "ask", [_pieces, lambda request: asyncio.run(_apieces(request))], ids=["sync", "async"]
)
@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_the_bytes_are_the_recorded_ones(row, ask):
    """The recorded request gets the recorded status and, event by event, the recorded bytes."""
    recorded = _up_to(row)
    with use_cassette(CORPUS / row["open_file"], record_mode="none") as session:
        answers = [ask(one.request) for one in recorded]

    assert [(one.head.status or 200, [chunk.data for chunk in one.chunks]) for one in recorded] == answers
    assert tuple(recorded) == session.played
    assert session.refused == []


@pytest.mark.parametrize(("row", "door"), CASES, ids=[f"{row['id']}-{door.name}" for row, door in CASES])
def test_an_sdk_sees_what_it_makes_of_the_same_bytes_in_memory(row, door):
    """The objects, and the exception if the bytes hold one, are those that no cassette had a part in."""
    recorded = _cassette(row["open_file"])[row["index"]]
    question = Question.of(recorded, row["api"], door.sdk)
    expected = door.ask(question, recorded)
    with use_cassette(CORPUS / row["open_file"], record_mode="none", match_on=question.match_on) as session:
        seen = [door.ask(question) for _ in _up_to(row, question.match_on)][-1]

    error, _ = ERRORS.get((row["id"], door.sdk), (None, ""))
    assert expected == seen
    assert error == (seen.error and seen.error[0].__name__)
    assert seen.objects or error
    assert session.refused == []


def test_no_exchange_is_left_out():
    """Every exchange goes through at least one SDK, both ways, and the table of errors names no other."""
    asked = [(row["id"], door.sdk) for row, door in CASES]

    assert [row["id"] for row in ROWS] == list(dict.fromkeys(name for name, _ in asked))
    assert {2} == {asked.count(pair) for pair in asked}
    assert set(ERRORS) <= set(asked)
