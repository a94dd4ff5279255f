"""Times, ages and sizes: the same spellings and errors wherever a command takes them."""

from __future__ import annotations

import pytest

TIME = "it is a time such as 250ms, 2.5s or 5min"
AGE = "it is an age such as 12h, 30d or 8w"
SIZE = "it is a number of bytes, or a text such as 64MB"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("show", "--live", "--max-gap"), TIME),
        (("refresh", "--timeout"), TIME),
        (("serve", "--grace"), TIME),
        (("ls", "--older"), AGE),
        (("ls", "--newer"), AGE),
        (("refresh", "--older"), AGE),
        (("ls", "--larger"), SIZE),
        (("serve", "--max-body"), SIZE),
    ],
)
@pytest.mark.parametrize("value", ["much", "1e3", "-1", "", "nan"])
def test_what_means_nothing(command, words, expected, value):
    """What is no time, age or size is wrong usage, in words that say what it should be."""
    done = command(*words, value, "tape.yaml")

    said = done.stderr.splitlines()[-1]
    assert (2, f"Error: Invalid value for '{words[-1]}': {value!r} means nothing; {expected}") == (
        done.exit_code,
        said,
    )


@pytest.mark.parametrize(
    "words",
    [
        ("show", "--live", "--max-gap", "250ms"),
        ("show", "--live", "--max-gap", "0.25"),
        ("show", "--live", "--max-gap", "1min"),
        ("refresh", "--timeout", "600"),
        ("refresh", "--timeout", "10min"),
        ("ls", "--newer", "9000d"),
        ("ls", "--older", "5min"),
        ("refresh", "--older", "12h"),
        ("ls", "--larger", "1KB"),
    ],
)
def test_all_spellings_are_taken(command, cassette, words):
    """A time may have any unit or none, in each command that takes one."""
    done = command(*words, cassette())

    assert (0, "") == (done.exit_code, done.stderr)


def test_no_time_to_wait_is_no_time_out(command):
    """Nothing would ever come within no time."""
    assert 2 == command("refresh", "--timeout", "0s", "tape.yaml").exit_code
