"""Every recorded stream in any other chunks, through the class of its provider."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from recorded_streams import ROWS, STREAMS, finished, interaction, read, response_of, stream_class

from chunktape.strategies import rechunked

# A long stream takes longer to cut, and tells no more at the second time.
LONG_BYTES = 60_000

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@pytest.mark.parametrize("name", STREAMS)
def test_boundaries_change_no_answer(name):
    """However the bytes of a recording are cut, content, tools, status and body are the same."""
    one = interaction(name)
    whole = finished(name)
    expected = whole.status, whole.content, whole.tools, response_of(whole).body

    @settings(max_examples=1 if len(one.body) > LONG_BYTES else 3, deadline=None, database=None)
    @given(rechunked(one))
    def agree(altered):
        stream = read(stream_class(name).from_interaction(altered))

        assert expected == (stream.status, stream.content, stream.tools, response_of(stream).body)

    agree()
