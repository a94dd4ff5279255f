"""Which interactions ``chunktape show`` shows, and where it writes them."""

from __future__ import annotations

import json

import pytest

from chunktape.errors import shorten
from chunktape.wire.message import Request

EVENT = b'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\ndata: [DONE]\n\n'


@pytest.fixture
def written(cassette, interaction):
    """Return a function that writes a cassette of so many interactions."""

    def write(count, name="tape.yaml"):
        asked = (Request("POST", f"http://a.b/{number}", (), b"{}") for number in range(1, count + 1))
        return cassette(*(interaction(EVENT, request=request) for request in asked), name=name)

    return write


@pytest.fixture
def numbers(command):
    """Return a function that runs show, and returns the numbers shown, the exit code and the complaints."""

    def run(*words):
        done = command("show", "--format", "jsonl", *words)
        shown = [json.loads(line)["index"] + 1 for line in done.stdout.splitlines()]
        return shown, done.exit_code, done.stderr

    return run


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(["tape.yaml"], [1, 2, 3, 4, 5], id="all"),
        pytest.param(["tape.yaml#3"], [3], id="one"),
        pytest.param(["tape.yaml#1,3-4"], [1, 3, 4], id="some"),
        pytest.param(["tape.yaml#4-"], [4, 5], id="to the end"),
        pytest.param(["tape.yaml#5", "tape.yaml#2"], [5, 2], id="in the order that was asked for"),
        pytest.param(["-n", "2-3", "tape.yaml"], [2, 3], id="option"),
        pytest.param(["-n", " 1 , 3-4 ", "tape.yaml"], [1, 3, 4], id="blanks"),
        pytest.param(["--only", "2", "tape.yaml", "tape.yaml#5"], [2, 5], id="a file that says it itself"),
    ],
)
def test_numbers(written, numbers, words, expected):
    """Interactions are chosen by their numbers, for one file behind #, or for all files by -n."""
    written(5)

    assert (expected, 0, "") == numbers(*words)


def test_a_file_whose_name_holds_a_hash(written, numbers):
    """A file that is called so is meant itself, and has numbers of its own."""
    written(2, "tape.yaml")
    written(3, "tape#2.yaml")
    written(3, "tape.yaml#2.yaml")

    assert ([1, 2, 3], 0, "") == numbers("tape#2.yaml")
    assert ([3], 0, "") == numbers("tape#2.yaml#3")
    assert ([2], 0, "") == numbers("tape.yaml#2.yaml#2")


@pytest.mark.parametrize(
    ("words", "shown", "expected"),
    [
        pytest.param(
            ["tape.yaml#1,7"],
            [1],
            "Error: No interaction 7 in tape.yaml\n  the file holds: 2\n"
            "  way out: take 1 to 2, or leave the number out\n",
            id="a file",
        ),
        pytest.param(
            ["-n", "2,9", "tape.yaml", "one.yaml"],
            [2],
            "Error: No interaction 9 in any file\n  the longest holds: 2\n"
            "  way out: take 1 to 2, or leave the number out\n",
            id="all files",
        ),
        pytest.param(
            ["none.yaml#1"],
            [],
            "Error: No interaction 1 in none.yaml\n  the file holds: 0\n  way out: record it first\n",
            id="an empty file",
        ),
    ],
)
def test_a_number_that_is_not_there(written, numbers, words, shown, expected):
    """What was named and is not there is an error; everything else is shown."""
    written(2)
    written(1, "one.yaml")
    written(0, "none.yaml")

    assert (shown, 4, expected) == numbers(*words)


@pytest.mark.parametrize("program", ["export", "refresh", "show"])
@pytest.mark.parametrize("only", ["x", "1,", "0", "3-2", "-2", "1e3", "9" * 5000, "\u0661"])
def test_numbers_that_mean_nothing(command, written, program, only):
    """What names no interactions is wrong usage, in the same words for every command."""
    expected = (
        f"Error: Invalid value for '-n' / '--only': {shorten(repr(only))} names no interactions: "
        "write 3, 1,3-5 or 4-, counted from 1."
    )

    done = command(program, "--only", only, written(1))

    assert (2, expected) == (done.exit_code, done.stderr.splitlines()[-1])


@pytest.mark.parametrize("program", ["export", "refresh", "show"])
def test_every_command_takes_numbers_alike(command, written, program):
    """A number that is not there has the same message and exit code wherever interactions are chosen."""
    written(2)
    expected = (
        "Error: No interaction 3 in tape.yaml\n  the file holds: 2\n"
        "  way out: take 1 to 2, or leave the number out\n"
    )

    done = command(program, "tape.yaml#3")

    assert (4, expected) == (done.exit_code, done.stderr)


def test_output_goes_into_a_file(command, written, tmp_path):
    """-o writes what would go to standard output, and nothing goes there."""
    written(2)
    expected = command("show", "tape.yaml").stdout

    done = command("show", "-o", "shown.txt", "tape.yaml")

    assert ("", 0) == (done.output, done.exit_code)
    assert expected == (tmp_path / "shown.txt").read_text(encoding="utf-8")
    assert ["shown.txt", "tape.yaml"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize("program", ["ls", "show"])
def test_output_replaces_a_file_only_if_told(command, written, tmp_path, program):
    """What stands at the place of -o is kept, but with --force."""
    written(1)
    place = tmp_path / "shown.txt"
    place.write_text("mine")
    expected = (
        "Error: Not written: there is a file already\n  where: shown.txt\n"
        "  way out: --force writes over it; -o names another place\n"
    )

    kept = command(program, "-o", "shown.txt", "tape.yaml")
    after = place.read_text()
    written_over = command(program, "-o", "shown.txt", "--force", "tape.yaml")

    assert (1, expected, "mine") == (kept.exit_code, kept.stderr, after)
    assert (0, command(program, "tape.yaml").stdout) == (written_over.exit_code, place.read_text())


@pytest.mark.parametrize("program", ["export", "ls", "show"])
def test_force_belongs_to_output(command, program):
    """Without -o there is nothing to write over."""
    done = command(program, "--force", "tape.yaml")

    assert (2, "Error: --force belongs to -o.") == (done.exit_code, done.stderr.splitlines()[-1])


@pytest.mark.parametrize("program", ["ls", "show"])
def test_output_never_replaces_a_cassette_that_is_shown(command, written, tmp_path, program):
    """A slip of the hand costs no recording."""
    written(1)
    before = (tmp_path / "tape.yaml").read_bytes()

    done = command(program, "--force", "-o", "tape.yaml", ".")

    expected = (
        "Error: Not written: that is one of the cassettes\n  where: tape.yaml\n"
        "  way out: -o names another place\n"
    )
    assert (1, expected) == (done.exit_code, done.stderr)
    assert before == (tmp_path / "tape.yaml").read_bytes()
    assert ["tape.yaml"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("program", ["ls", "show"])
def test_output_into_no_folder(command, written, program):
    """A file that cannot be written is an error with its place."""
    written(1)
    expected = (
        "Error: Not written: No such file or directory\n  where: nowhere/shown.txt\n"
        "  way out: name a file in a folder that can be written\n"
    )

    done = command(program, "-o", "nowhere/shown.txt", "tape.yaml")

    assert (4, expected) == (done.exit_code, done.stderr)
