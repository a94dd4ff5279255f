"""The recordings in `cassettes/` play as they did when they were made."""

from __future__ import annotations

import pytest
from shelf import SHELF, live, path_of, replayed

from chunktape import Cassette


@pytest.mark.parametrize(("name", "title"), SHELF)
def test_recording_on_the_shelf_plays_what_the_provider_says(name, title):
    """A recording made long ago gives the caller what the provider gives today."""
    assert live(name, title) == replayed(name, title)


@pytest.mark.parametrize(("name", "title"), SHELF)
def test_recording_on_the_shelf_is_complete(name, title):
    """Every recording has boundaries, times and an ending."""
    for interaction in Cassette.load(path_of(name, title)).interactions:
        assert interaction.framed
        assert len(interaction.ends) == len(interaction.timing.at)
        assert interaction.ending is not None
        assert interaction.client
