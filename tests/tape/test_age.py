"""Ages as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chunktape.tape.age import age_of

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("90min", DAY / 16), ("12h", DAY / 2), (" 30 d ", 30 * DAY), ("1.5w", 10.5 * DAY), (DAY, DAY)],
)
def test_an_age(written, expected):
    """Minutes, hours, days and weeks are an age."""
    assert expected == age_of(written)


@pytest.mark.parametrize("written", ["", "0d", "3x", "d", "30", "6m", "-1d", f"{'9' * 30}w", 7, None, -DAY])
def test_what_is_no_age(written):
    """Anything else, nothing, and what no clock can count are none."""
    assert age_of(written) is None
