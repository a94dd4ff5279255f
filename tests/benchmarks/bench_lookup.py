"""Finding the recording of a request does not depend on how many there are."""

from __future__ import annotations

import json
from time import process_time
from typing import TYPE_CHECKING, Any

import vcr.matchers
from claim import Measured, at_most, seconds
from stopwatch import compared, cpu, undisturbed
from vcr.cassette import Cassette
from vcr.record_mode import RecordMode
from vcr.request import Request as VcrRequest

from chunktape.tape.interaction import Interaction
from chunktape.tape.record_mode import MODES
from chunktape.tape.session import Session
from chunktape.wire.message import Ending, Head, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CLAIM = "5 lookup"
INTERACTIONS = 5_000
ASKED = 500
LIMIT = 50e-6
URL = "https://api.openai.com/v1/chat/completions"
HEAD = Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1")
BODY = b'data: {"choices":[]}\n\ndata: [DONE]\n\n'
VCR_MATCHERS = tuple(
    getattr(vcr.matchers, name) for name in ("method", "scheme", "host", "port", "path", "query", "body")
)


def measure() -> Iterator[Measured]:
    """Yield a row for requests that differ, and one for the same request over and over."""
    different = [_request(f"What is on tape number {number}?") for number in range(INTERACTIONS)]
    yield _row("all of them different", different, different[:: INTERACTIONS // ASKED])
    same = [_request("What is on the tape?")] * INTERACTIONS
    yield _row("all of them the same", same, same[:ASKED])


def _row(name: str, recorded: Sequence[Request], asked: Sequence[Request]) -> Measured:
    theirs: list[float] = []
    built: list[float] = []

    def ours() -> float:
        session = Session("in memory", MODES["none"], [_interaction(one) for one in recorded])
        built.append(cpu(lambda: session.answer(asked[0])))
        with undisturbed():
            started = process_time()
            for request in asked[1:]:
                session.answer(request)
            return (process_time() - started) / (len(asked) - 1)

    cassette = _vcr_cassette(recorded)
    # vcrpy's cost grows with the place; the one in the middle stands for all.
    middle = _vcr_request(asked[len(asked) // 2])
    theirs.append(cpu(lambda: _vcr_answer(cassette, middle)))
    [took] = compared(ours, holds=lambda found: found[0] <= LIMIT, rounds=3, most=12)
    return at_most(
        CLAIM,
        f"{INTERACTIONS} interactions, {name} (index: {seconds(min(built))})",
        took,
        limit=LIMIT,
        theirs=f"{seconds(min(theirs))} vcrpy, CPU",
    )


def _request(question: str) -> Request:
    """Return a chat request as the OpenAI client sends it."""
    body = {
        "messages": [
            {"role": "system", "content": "You answer in one paragraph and name your sources."},
            {"role": "user", "content": question},
        ],
        "model": "gpt-4o-mini",
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
    }
    headers = (
        ("Host", "api.openai.com"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Connection", "keep-alive"),
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
        ("User-Agent", "OpenAI/Python 3.51.0"),
        ("X-Stainless-Lang", "python"),
        ("X-Stainless-Package-Version", "3.51.0"),
        ("X-Stainless-OS", "Linux"),
        ("X-Stainless-Arch", "x64"),
        ("X-Stainless-Runtime", "CPython"),
        ("X-Stainless-Runtime-Version", "3.11.7"),
        ("Authorization", "Bearer loopback-key-0123456789"),
        ("X-Stainless-Async", "false"),
        ("x-stainless-retry-count", "0"),
        ("x-stainless-read-timeout", "600"),
        ("Content-Length", "300"),
    )
    return Request("POST", URL, headers, json.dumps(body, separators=(",", ":")).encode())


def _interaction(request: Request) -> Interaction:
    return Interaction(request, HEAD, BODY, (22, len(BODY)), Ending("eof"))


def _vcr_request(request: Request) -> Any:
    return VcrRequest(request.method, request.url, request.body, dict(request.headers))


def _vcr_cassette(recorded: Sequence[Request]) -> Any:
    cassette = Cassette("in memory", record_mode=RecordMode.NONE, match_on=VCR_MATCHERS)
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"content-type": ["text/event-stream"]},
        "body": {"string": BODY},
    }
    for one in recorded:
        cassette.append(_vcr_request(one), response)
    cassette.rewound = True
    return cassette


def _vcr_answer(cassette: Any, request: Any) -> None:
    """Ask as vcrpy's own stubs do."""
    if not cassette.can_play_response_for(request):
        raise AssertionError("vcrpy does not find what it was given")
    cassette.play_response(request)
