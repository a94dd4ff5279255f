"""Whatever a cassette holds, after a scrub nothing is found in it, and its requests find their recordings."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from itertools import accumulate
from pathlib import Path

import httpx2
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from chunktape import use_cassette
from chunktape.cli.group import root
from chunktape.tape import store
from chunktape.tape.cassette import Cassette
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Head, Request

URL = "https://api.house.test/v1/chat/completions"
EXTRA = "violet koala 4711"
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
KEYS = st.builds(
    lambda begin, middle: f"{begin}{middle}7q",
    st.sampled_from(["sk-proj-", "gsk_", "hf_", "xai-", "pplx-"]),
    st.text(LETTERS, min_size=40, max_size=48),
)
PROSE = st.text('abc \n"\\é📼<>', max_size=12)
JSON = ("content-type", "application/json")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """Keep keys of this machine out of what is looked for."""
    for name in os.environ:
        if name.endswith(("KEY", "TOKEN", "SECRET")):
            monkeypatch.delenv(name)


def cut(text, places):
    """Return a text in pieces, none of them empty."""
    ends = sorted({place % len(text) for place in places if place % len(text)} | {len(text)})
    return [text[start:end] for start, end in zip((0, *ends), ends, strict=False)]


@st.composite
def exchanges(draw):
    """Draw a key, a request that may hold it and more, and the recording of its reply, in any chunks."""
    key = draw(KEYS)
    said = draw(st.sampled_from(["", key, EXTRA, f"{key} {EXTRA}"]))
    headers = (
        JSON,
        *draw(st.sampled_from([(), (("authorization", f"Bearer {key}"),), (("x-api-key", key),)])),
    )
    url = URL + draw(st.sampled_from(["", f"?key={key}", "?page=2"]))
    body = json.dumps({"messages": [{"role": "user", "content": f"{draw(PROSE)} {said}"}]}).encode()
    held = draw(st.sampled_from(["", key, EXTRA]))
    reply = f"{draw(PROSE)} {held} end"
    pieces = cut(reply, draw(st.lists(st.integers(0, 200), max_size=5)))
    events = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    stream = "".join(f"data: {json.dumps(one)}\n\n" for one in events).encode() + b"data: [DONE]\n\n"
    chunks = cut(stream, draw(st.lists(st.integers(0, 2000), max_size=8)))
    ends = tuple(accumulate(map(len, chunks)))
    times = tuple(range(1000, 1000 + len(ends)))
    head = Head(200, "OK", (("content-type", "text/event-stream"), ("x-owner", "jane")))
    request = Request("POST", url, headers, body)
    timing = Timing(500, times, (1,) * len(ends), 9000)
    return key, Interaction(request, head, stream, ends, Ending("eof", 0.009), timing)


def as_vcrpy(one):
    """Return the text of the same exchange as vcrpy would have written it."""
    request = {
        "body": one.request.body.decode(),
        "headers": {name: [value] for name, value in one.request.headers},
        "method": one.request.method,
        "uri": one.request.url,
    }
    headers = {name: [value] for name, value in one.head.headers}
    response = {"body": {"string": one.body}, "headers": headers, "status": {"code": 200, "message": "OK"}}
    return yaml.safe_dump(
        {"interactions": [{"request": request, "response": response}], "version": 1}
    ).encode()


def said_in(body):
    """Return the text that the events of a stream spell out."""
    events = [line[6:] for line in body.decode().split("\n") if line.startswith("data: {")]
    return "".join(json.loads(event)["choices"][0]["delta"]["content"] for event in events)


def scrub(*words):
    return CliRunner().invoke(root, ["scrub", "--secret", EXTRA, *map(str, words)])


async def asked_again(request):
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.request(
            request.method, request.url, headers=dict(request.headers), content=request.body
        )


@settings(max_examples=50, deadline=None)
@given(exchanges(), st.booleans())
def test_a_scrubbed_cassette_is_clean_and_still_answers(exchange, foreign):
    """A second run finds nothing, no secret is left, chunks add up, sync and async find the recording."""
    key, before = exchange
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tape.yaml"
        if foreign:
            path.write_bytes(as_vcrpy(before))
        else:
            store.write(path, [before])

        written, again = scrub("--write", path), scrub(path)
        data, (after,) = path.read_bytes(), Cassette.load(path)
        request = before.request
        with use_cassette(path, record_mode="none", redact=[EXTRA]), httpx2.Client(trust_env=False) as client:
            sync = client.request(
                request.method, request.url, headers=dict(request.headers), content=request.body
            )
        with use_cassette(path, record_mode="none", redact=[EXTRA]):
            awaited = asyncio.run(asked_again(request))

    assert (0, 0) == (written.exit_code, again.exit_code), written.output + again.output
    for secret in (key, EXTRA):
        assert secret.encode() not in data
        assert secret not in said_in(after.body)
    assert len(after.body) == after.ends[-1]
    assert foreign or (len(before.ends), before.timing) == (len(after.ends), after.timing)
    assert after.body == sync.content == awaited.content
