"""Lengths of time as people write them."""

from __future__ import annotations

import pytest

from chunktape.tape.duration import seconds_of


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("250ms", 0.25),
        ("2.5s", 2.5),
        (" 5 min ", 300.0),
        ("5m", 300.0),
        ("12h", 43_200.0),
        ("1d", 86_400.0),
        ("2w", 1_209_600.0),
        ("600", 600.0),
        ("0", 0.0),
        ("7ms", 0.007),
    ],
)
def test_a_length_of_time(written, expected):
    """A number with its unit is a length of time, and one without is seconds."""
    assert expected == seconds_of(written)


@pytest.mark.parametrize(
    "written", ["", "s", "-1s", "1e3", "nan", "inf", "1y", "1.s", "٣s", "200000w", "9" * 99]
)
def test_what_is_no_length_of_time(written):
    """Anything else is none, and neither is what no timer can hold."""
    assert seconds_of(written) is None
