"""Our cassettes in the hands of stock vcrpy: replayed, saved again, and ours as before."""

from __future__ import annotations

import pytest
import vcr
from clients import CASES
from stock import STOCK
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.serialize import deserialize, serialize
from vcr.serializers import jsonserializer, yamlserializer

from chunktape import Cassette, CassetteWarning, use_cassette
from chunktape.wire.message import header

MATCH_ON = ["method", "scheme", "host", "port", "path", "query", "uri", "body"]


def _sent(one):
    """Return a recorded request as a stock client sends it: the bytes of the wire, not those of the file."""
    return one.request.url, one.request.body, header(one.request.headers, "content-type") or "text/plain"


def _expected(one):
    return (599 if one.head is None else one.head.status), one.body


def test_a_stock_client_gets_the_bytes(recording, stock):
    """Stock vcrpy finds our recordings by every matcher for parsed bodies, and plays their bytes."""
    recorded = Cassette.load(recording.path).interactions
    with vcr.use_cassette(str(recording.path), record_mode="none", match_on=MATCH_ON) as cassette:
        answers = [stock.post(*_sent(one)) for one in recorded]

    assert [_expected(one) for one in recorded] == answers
    assert cassette.all_played
    assert len(answers) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_sdk_sees_the_same_through_stock_vcrpy(case, provider, tmp_path):
    """What we recorded of a client, stock vcrpy plays back to it, and no connection is made."""
    path = tmp_path / "tape.yaml"
    with use_cassette(path, record_mode="once"):
        recording = case.run(provider)
    asked = provider.connections
    with vcr.use_cassette(str(path), record_mode="none", match_on=MATCH_ON):
        replayed = case.run(provider)

    assert recording == replayed
    assert asked == provider.connections


@pytest.mark.parametrize("serializer", [yamlserializer, jsonserializer], ids=["yaml", "json"])
def test_a_cassette_saved_again_by_vcrpy_is_still_ours(recording, tmp_path, serializer):
    """Load and save by vcrpy: block, chunks, times and endings unchanged, and the SDK sees the same."""
    expected = Cassette.load(recording.path).interactions
    if serializer is jsonserializer and b"!!binary" in recording.path.read_bytes():
        pytest.skip("vcrpy's JSON serializer refuses bytes that are no text")
    requests, responses = deserialize(recording.path.read_text(encoding="utf-8"), yamlserializer)
    again = (
        tmp_path / f"again.{serializer.__name__.removeprefix('vcr.serializers.').removesuffix('serializer')}"
    )
    text = serialize({"requests": requests, "responses": responses}, serializer)
    again.write_text(text, encoding="utf-8")

    assert expected == Cassette.load(again).interactions
    assert text.encode() != recording.path.read_bytes()
    if recording.case is not None:
        assert recording.seen == recording.replay(again)


def test_a_cassette_that_vcrpy_added_to_is_still_ours(recording, provider):
    """A new episode of vcrpy's leaves our interactions unchanged; it has no times itself, which is said."""
    expected = Cassette.load(recording.path).interactions
    with vcr.use_cassette(str(recording.path), record_mode="new_episodes", match_on=MATCH_ON):
        added = STOCK[0].post(
            f"{provider.openai_url}/chat/completions", b'{"stream":true}', "application/json"
        )

    with pytest.warns(CassetteWarning) as warned:
        *ours, theirs = Cassette.load(recording.path).interactions
    assert list(expected) == ours
    assert (theirs.timing, theirs.framed, theirs.ending, theirs.body) == (None, False, None, added[1])
    [said] = [str(warning.message) for warning in warned]
    assert said == (
        "Timing lost: interaction 2 has no stream block, and the file has others\n"
        f"  where: {recording.path}, line {_line_of_the_last_response(recording.path)}\n"
        "  way out: record it again; until then it plays event by event, without its times"
    )
    if recording.case is not None:
        with pytest.warns(CassetteWarning, match="Timing lost: interaction 2"):
            assert recording.seen == recording.replay(recording.path)


def _line_of_the_last_response(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return max(number for number, line in enumerate(lines, start=1) if line == "  response:")


@pytest.mark.parametrize(
    ("sent", "matcher", "found"),
    [
        (b'{"stream":true,"n":1}', "body", True),
        (b'{"stream": true, "n": 1}', "body", True),
        (b'{"stream":true,"n":1}', "raw_body", False),
        (b'{"stream": true, "n": 1}', "raw_body", False),
        (b'{"n" :1}', "raw_body", True),
        (b"no JSON", "raw_body", True),
    ],
)
def test_raw_body_is_the_matcher_that_cannot_find_our_json(provider, tmp_path, sent, matcher, found):
    """A JSON request is stored laid out for reading, so vcrpy's comparison of raw bytes never finds it."""
    path, url = tmp_path / "tape.yaml", f"{provider.openai_url}/chat/completions"
    with use_cassette(path, record_mode="once"):
        recorded = STOCK[0].post(url, sent, "application/json")
    with vcr.use_cassette(str(path), record_mode="none", match_on=["uri", matcher]):
        try:
            answer = STOCK[0].post(url, sent, "application/json")
        except CannotOverwriteExistingCassetteException:
            answer = None

    assert (recorded if found else None) == answer


@pytest.mark.parametrize("kind", ["text/plain", "application/vnd.api+json"])
def test_json_that_does_not_say_so_is_found(provider, tmp_path, kind):
    """A body that vcrpy compares as bytes is kept as the bytes that were sent."""
    path, url = tmp_path / "tape.yaml", f"{provider.openai_url}/chat/completions"
    with use_cassette(path, record_mode="once"):
        recorded = STOCK[0].post(url, b'{"stream":true}', kind)
    with vcr.use_cassette(str(path), record_mode="none", match_on=MATCH_ON):
        replayed = STOCK[0].post(url, b'{"stream":true}', kind)

    assert recorded == replayed
