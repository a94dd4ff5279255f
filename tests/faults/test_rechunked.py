"""`rechunked`: the same bytes in any other chunks are the same answer to every dialect."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_streams import pairs_of, response_of, told

from chunktape import Cassette, Head, Interaction, Request
from chunktape.anthropic import AnthropicStream
from chunktape.azure import AzureStream
from chunktape.openai import OpenAIStream
from chunktape.strategies import rechunked

SHELF = Path(__file__).parents[2] / "cassettes"
STREAMS = {"openai": OpenAIStream, "anthropic": AnthropicStream, "azure": AzureStream}
TITLES = ["text", "tools", "cut-up", "error-in-stream"]


def answer(kind, one):
    """Return what a stream class makes of an interaction."""
    stream = kind.from_interaction(one)
    pairs = pairs_of(stream)
    chunks = [(*told(chunk)[:3], tool) for chunk, tool in pairs]
    return chunks, stream.status, stream.tools, response_of(stream).body


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("name", STREAMS)
def test_boundaries_change_no_answer(name, title):
    """However the bytes of a recording are cut, its chunks, tools, status and body are the same."""
    cassette = Cassette.load(SHELF / name / f"{title}.yaml")
    [one] = cassette.interactions
    expected = answer(STREAMS[name], one)

    @settings(max_examples=12, deadline=None)
    @given(rechunked(cassette))
    def agree(other):
        [altered] = other.interactions

        assert one.body == altered.body
        assert expected == answer(STREAMS[name], altered)

    agree()


def test_boundaries_are_drawn():
    """The boundaries do change: from one chunk to a chunk for each byte."""
    [one] = Cassette.load(SHELF / "openai" / "text.yaml").interactions
    counts = set()

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(rechunked(one))
    def collect(altered):
        counts.add(len(altered.ends))

    collect()

    assert 1 in counts
    assert len(counts) > 10
    assert max(counts) > len(one.ends)


@given(st.data())
def test_small_bodies_stay_as_they_are(data):
    """A body of one byte, or none, has no boundary within it."""
    head, asked = Head(200), Request("GET", "https://api.example.com/")
    for body in (b"", b"x"):
        one = Interaction(asked, head, body, (len(body),) if body else ())

        assert one == data.draw(rechunked(one))
