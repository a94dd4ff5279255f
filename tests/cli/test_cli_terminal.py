"""Text on a terminal and elsewhere."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from chunktape.audit.printable import printable
from chunktape.cli.terminal import Typewriter, hanging, open_console

WIDTH = 40


def typed(*pieces, width=WIDTH, mark=""):
    out = io.StringIO()
    typewriter = Typewriter(Console(file=out, width=width, color_system=None), gutter=8, mark=mark)
    for label, text in pieces:
        typewriter.type(label, text)
    typewriter.end()
    return out.getvalue()


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param([("text", "Hello"), ("text", " there")], "text    Hello there\n", id="pieces"),
        pytest.param([("text", "a"), ("tool", "b")], "text    a\ntool    b\n", id="another label"),
        pytest.param([("text", "a\nb\n\nc\n")], "text    a\n        b\n\n        c\n", id="lines"),
        pytest.param([("text", "  \n a")], "text    a\n", id="blanks in front"),
        pytest.param([("text", " \n")], "", id="nothing but blanks"),
        pytest.param([("text", "")], "", id="nothing"),
        pytest.param([("a long label", "a")], "a long… a\n", id="a label that is too long"),
        pytest.param(
            [("text", "one two three four five six seven eight")],
            "text    one two three four five six\n        seven eight\n",
            id="wrapped",
        ),
        pytest.param(
            [("text", "x" * 40)],
            "text    " + "x" * 32 + "\n        " + "x" * 8 + "\n",
            id="a word without end",
        ),
        pytest.param([("text", "带" * 17)], "text    " + "带" * 16 + "\n        带\n", id="wide characters"),
        pytest.param(
            [("text", "a\x1b[31mb\r\nc\x9b\ud83d")], "text    a␛[31mb\n        c\ufffd\ufffd\n", id="controls"
        ),
    ],
)
def test_paragraphs(pieces, expected):
    """Labelled paragraphs grow piece by piece, wrapped right of their labels."""
    assert expected == typed(*pieces)


def test_mark():
    """A mark stands between label and text, and lines go on right of it."""
    expected = "OpenAI  ▸ a\n          b\n"

    assert expected == typed(("OpenAI", "a\nb"), mark="▸ ")


@given(st.lists(st.text(max_size=30), max_size=8), st.integers(min_value=30, max_value=60))
def test_no_line_is_wider_than_the_terminal(pieces, width):
    """However text is cut into pieces, its words are all there and fit into the terminal."""
    out = typed(*(("text", piece) for piece in pieces), width=width)

    assert all(cell_len(line) <= width for line in out.split("\n"))
    words = "".join(printable("".join(map(printable, pieces))).split())
    assert words == "".join(out.removeprefix("text").split())


def test_plain_where_it_is_no_terminal(capsys, monkeypatch):
    """Without a terminal there are neither colours nor line ends of our own, whatever FORCE_COLOR says."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    expected = "word " * 100 + "\n"

    open_console().out("word " * 100, style="bold red")

    assert expected == capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "at", "below", "expected"),
    [
        pytest.param("one two", 0, 4, "one two", id="it fits"),
        pytest.param(
            "x" * 30 + " " + "y" * 8 + " zz", 0, 4, "x" * 30 + " " + "y" * 8 + "\n    zz", id="words"
        ),
        pytest.param("one two three", 32, 4, "one two\n    three", id="behind something"),
        pytest.param("x" * 50, 0, 4, "x" * 36 + "\n    " + "x" * 14, id="a word that is too long"),
        pytest.param("  one " + "x" * 36, 0, 4, "  one\n    " + "x" * 36, id="its own indent"),
        pytest.param("one " + "x" * 38, 0, 30, "one " + "x" * 20 + "\n" + " " * 20 + "x" * 18, id="too deep"),
    ],
)
def test_hanging_lines(text, at, below, expected):
    """On a terminal words stay whole, and what does not fit stands below the line, indented."""
    console = Console(file=io.StringIO(), width=WIDTH, force_terminal=True)

    assert expected == hanging(text, console, at=at, below=below)


@given(st.text("ab 界", max_size=200), st.integers(0, 30), st.integers(0, 60), st.integers(20, 60))
def test_no_hanging_line_is_wider_than_the_terminal(text, at, below, width):
    """Whatever is said, only its beginning may stand further right, and no letter is lost."""
    console = Console(file=io.StringIO(), width=width + at, force_terminal=True)

    first, *rest = hanging(text, console, at=at, below=below).split("\n")

    assert at + cell_len(first) <= width + at
    assert [] == [line for line in rest if cell_len(line) > width + at]
    assert "".join(text.split()) == "".join("".join([first, *rest]).split())


def test_lines_elsewhere_are_left_as_they_are():
    """Where it is no terminal, a program reads whole lines."""
    console = Console(file=io.StringIO(), width=WIDTH, force_terminal=False)

    assert "one " * 30 == hanging("one " * 30, console)
