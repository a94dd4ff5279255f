"""Every recorded exchange is told by its dialect, with and without its request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chunktape.dialects.detect import dialect_of, dialect_of_url, read
from chunktape.tape.cassette import Cassette

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@pytest.fixture(params=ROWS, ids=[row["id"] for row in ROWS])
def row(request):
    return request.param | {"dialect": request.param["api"].replace(".", "_")}


@pytest.fixture
def interaction(row):
    return Cassette.load(CORPUS / row["open_file"]).interactions[row["index"]]


def test_the_exchange_is_told(row, interaction):
    """The reply and the URL together tell the dialect that the index says, bare bodies included."""
    assert row["dialect"] == dialect_of(interaction.body, url=interaction.request.url)


def test_the_path_alone_tells(row, interaction):
    """Wherever the request is known, its path is enough."""
    url = interaction.request.url

    assert (None if url is None else row["dialect"]) == dialect_of_url(url or "")


def test_the_body_alone_tells(row, interaction):
    """Every reply that is no error of the provider is told by its shape."""
    told = dialect_of(interaction.body)

    assert told == row["dialect"] or ("http_error" in row["features"] and told in {None, row["dialect"]})


def test_the_exchange_is_read(row, interaction):
    """Every exchange is a stream or not, and whole unless the provider sent an error."""
    reading = read(interaction.body, url=interaction.request.url)

    is_error = bool({"http_error", "error_event"} & {*row["features"]})
    assert (row["dialect"], row["kind"] == "stream", "error" if is_error else "complete") == (
        reading.dialect,
        reading.streamed,
        reading.status,
    )
