"""What messages show of values that somebody sent can always be written down."""

from __future__ import annotations

import json

import pytest

from chunktape.audit.wording import shown
from chunktape.errors import shorten


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "'x'"),
        ("x" * 100, f"'{'x' * 78}…"),
        ("\ud800", "'\\ud800'"),
        (10**4300, "int"),
        (json.loads("[" * 900 + "]" * 900), "[" * 79 + "…"),
    ],
    ids=["text", "long", "half", "huge", "deep"],
)
def test_a_value_is_shown_by_its_beginning(value, expected):
    """A value is shown in one short line, and by its kind where it cannot be written at all."""
    assert expected == shown(value)


def test_half_of_a_character_is_an_escape():
    """JSON can hold half of a character, which no file can."""
    assert "a\\ud800" == shorten("a\ud800")
    assert "\\ud83d…" == shorten("\ud83d" * 9, 2)
