"""Every recorded exchange of the corpus loads, byte for byte."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chunktape.tape import codec
from chunktape.tape.cassette import Cassette

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@pytest.fixture(params=ROWS, ids=[row["id"] for row in ROWS])
def row(request):
    return request.param


@pytest.fixture
def interaction(row):
    return Cassette.load(CORPUS / row["open_file"]).interactions[row["index"]]


def test_the_body_is_the_recorded_one(row, interaction):
    """The decoded body has the digest that the index says."""
    assert row["sha256"] == sha256(interaction.body).hexdigest()


def test_the_head_and_the_request_are_the_recorded_ones(row, interaction):
    """Status and host are those of the index, and absent where it has none."""
    url = interaction.request.url

    assert (row["status"], row["host"]) == (
        interaction.head.status,
        None if url is None else urlsplit(url).hostname,
    )


def test_the_stream_is_cut_at_its_events(row, interaction):
    """A stream has more than one chunk, any other body one; none of them has a time."""
    is_stream = row["kind"] == "stream"

    assert (is_stream, False, None, len(interaction.body)) == (
        len(interaction.ends) > 1,
        interaction.framed,
        interaction.timing,
        interaction.ends[-1],
    )


def test_it_can_be_written_and_read_again(row):
    """What was loaded from another tool's file is kept by ours."""
    expected = Cassette.load(CORPUS / row["open_file"]).interactions

    again = codec.loads(codec.dumps(expected), name="a.yaml")

    assert [(one.request.body, one.body, one.ends, one.framed) for one in expected] == [
        (one.request.body, one.body, one.ends, one.framed) for one in again
    ]


def test_the_corpus_is_whole():
    """The index has its eighty exchanges."""
    assert len(ROWS) == 80
