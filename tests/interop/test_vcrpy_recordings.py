"""Stock vcrpy's cassettes in our hands: loaded, replayed through every client, and added to."""

from __future__ import annotations

import json
from contextlib import nullcontext

import httpx2
import pytest
import vcr
from clients import CASES, MESSAGES, NAMED
from exchanges import body_of, reply
from stock import STOCK

from chunktape import Cassette, CassetteWarning, use_cassette
from chunktape.loopback import chat, raw

MATCH_ON = ["method", "uri", "body"]
STATED = {"timing": None, "framed": False, "ending": None, "recorded_by": None, "framing": None}
# What `clients` asks through the SDKs of openai.
QUESTION = json.dumps(
    {
        "model": "gpt-4o-mini",
        "messages": MESSAGES,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
).encode()


def _stated(one):
    return {name: getattr(one, name) for name in STATED}


@pytest.mark.parametrize(
    ("encoding", "options"),
    [
        (None, {}),
        (None, {"serializer": "json"}),
        ("gzip", {}),
        ("gzip", {"decode_compressed_response": True}),
        ("gzip", {"decode_compressed_response": True, "serializer": "json"}),
        ("br", {}),
    ],
    ids=["plain", "json", "gzip", "gzip decoded", "gzip decoded json", "brotli"],
)
def test_what_vcrpy_recorded_replays_through_an_sdk(provider, tmp_path, stock, encoding, options):
    """Bytes are found whatever form vcrpy kept them in, cut at events and without times; SDKs replay them."""
    case, script = NAMED["openai"], chat(encoding=encoding)
    provider.play(script, script)
    live = case.run(provider)
    path = tmp_path / f"tape.{options.get('serializer', 'yaml')}"
    url = f"{provider.openai_url}/chat/completions"
    with vcr.use_cassette(str(path), record_mode="once", match_on=MATCH_ON, **options):
        stock.post(url, QUESTION, "application/json")
    asked = provider.connections
    [one] = Cassette.load(path).interactions
    with use_cassette(path, record_mode="none"):
        replayed = case.run(provider)
    with use_cassette(path, record_mode="none"), httpx2.Client() as client:
        body = client.post(url, content=QUESTION).content

    assert live == replayed
    assert body_of(script) == one.body == body
    assert len(live) + 1 == len(one.chunks), "one chunk for each event, and one for [DONE]"
    assert {(None, None)} == {(chunk.at, chunk.waited) for chunk in one.chunks}
    assert _stated(one) == STATED
    assert asked == provider.connections


@pytest.mark.parametrize("encoding", [None, "gzip"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_sdk_that_vcrpy_recorded_sees_the_same(case, provider, tmp_path, encoding):
    """What vcrpy recorded of a client, we play back to it."""
    provider.play(*[reply(case, encoding=encoding)] * 2)
    live = case.run(provider)
    with vcr.use_cassette(str(tmp_path / "tape.yaml"), record_mode="once", match_on=MATCH_ON):
        recording = case.run(provider)
    asked = provider.connections
    [one] = Cassette.load(tmp_path / "tape.yaml").interactions
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = case.run(provider)

    assert live == recording
    assert live == replayed
    assert _stated(one) == STATED
    assert encoding == one.content_encoding
    assert asked == provider.connections


def test_binary_bodies_of_vcrpy_replay(provider, tmp_path, stock):
    """Bytes that are no text, both ways, come back as they were."""
    sent = bytes(range(255, -1, -1))
    script = raw(bytes(range(256)), b"\r\n\xff", headers=(("content-type", "application/octet-stream"),))
    provider.play(script)
    path, url = tmp_path / "tape.yaml", f"{provider.url}/v1/audio"
    with vcr.use_cassette(str(path), record_mode="once", match_on=MATCH_ON):
        recorded = stock.post(url, sent, "application/octet-stream")
    [one] = Cassette.load(path).interactions
    with use_cassette(path, record_mode="none"), httpx2.Client() as client:
        replayed = client.post(url, content=sent)

    assert recorded == (200, body_of(script))
    assert recorded == (replayed.status_code, replayed.content)
    assert (sent, body_of(script)) == (one.request.body, one.body)
    assert _stated(one) == STATED


@pytest.mark.parametrize("first", ["chunktape", "vcrpy"])
def test_a_cassette_of_both_makers_replays_in_both(provider, tmp_path, first):
    """Whoever adds to whose cassette: both play all of it, and what vcrpy recorded never gets times."""
    case, path = NAMED["openai"], tmp_path / "tape.yaml"
    url = f"{provider.openai_url}/chat/completions"
    asked = b'{"messages":[],"stream":true}'
    recordings = {}

    def by_chunktape():
        with use_cassette(path, record_mode="new_episodes"):
            recordings["chunktape"] = case.run(provider)

    def by_vcrpy():
        with vcr.use_cassette(str(path), record_mode="new_episodes", match_on=MATCH_ON):
            recordings["vcrpy"] = STOCK[0].post(url, asked, "application/json")

    for record in (by_chunktape, by_vcrpy) if first == "chunktape" else (by_vcrpy, by_chunktape):
        record()
    connections = provider.connections
    text = path.read_bytes()
    with vcr.use_cassette(str(path), record_mode="none", match_on=MATCH_ON):
        by_stock = {"chunktape": case.run(provider), "vcrpy": STOCK[0].post(url, asked, "application/json")}
    with _said(first), use_cassette(path, record_mode="none") as session:
        by_us = {"chunktape": case.run(provider), "vcrpy": _post(url, asked)}
    times = {one.framed: one.timing is None for one in session.interactions}

    assert recordings == by_stock
    assert recordings == by_us
    assert times == {True: False, False: True}
    assert text == path.read_bytes()
    assert connections == provider.connections


def _said(first):
    """Expect the warning where vcrpy added to a cassette of ours: one interaction lost its block."""
    if first == "chunktape":
        return pytest.warns(
            CassetteWarning, match=r"^Timing lost: interaction 2 has no stream block, and the file"
        )
    return nullcontext()


def _post(url, body):
    with httpx2.Client() as client:
        answer = client.post(url, content=body)
        return answer.status_code, answer.content
