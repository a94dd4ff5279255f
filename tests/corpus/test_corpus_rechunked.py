"""Every recorded stream in any other chunks, through the class of its provider."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from recorded_streams import ROWS, STREAMS, finished, interaction, read, response_of, stream_class

from chunktape.strategies import rechunked

# A stream of a megabyte takes seconds a reading: those of everyday sizes tell as much.
MOST_BYTES = 60_000

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@pytest.mark.parametrize("name", STREAMS)
def test_boundaries_change_no_answer(name):
    """However the bytes of a recording are cut, content, tools, status and body are the same."""
    one = interaction(name)
    if len(one.body) > MOST_BYTES:
        pytest.skip(f"{len(one.body)} bytes")
    whole = finished(name)
    expected = whole.status, whole.content, whole.tools, response_of(whole).body

    @settings(max_examples=3, deadline=None, database=None)
    @given(rechunked(one))
    def agree(altered):
        stream = read(stream_class(name).from_interaction(altered))

        assert expected == (stream.status, stream.content, stream.tools, response_of(stream).body)

    agree()
