from __future__ import annotations

import pytest

from chunktape import ConfigurationError
from chunktape.tape.pace import Pace


@pytest.mark.parametrize(
    ("value", "factor"), [("instant", None), ("recorded", 1.0), (2, 2.0), (0.5, 0.5), ("4", 4.0)]
)
def test_pace_is_a_word_or_a_factor(value, factor):
    """`instant` is no factor at all, `recorded` is 1."""
    assert factor == Pace.of(value).factor


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("instnat", "pace='instnat' means nothing; did you mean 'instant'?"),
        (0, "pace=0 is no factor above 0"),
        (True, "pace=True is no factor above 0"),
        ("nan", "pace='nan' is no factor above 0"),
        (None, "pace=None means nothing"),
    ],
)
def test_other_paces_are_refused(value, said):
    """What is neither gets one clear message."""
    meanings = '\n  pace is "instant", "recorded" or a factor such as 2.0 (twice as fast)'

    with pytest.raises(ConfigurationError) as caught:
        Pace.of(value)
    assert said + meanings == str(caught.value)
