"""How facts become lines: what is text, what is cut, what is written out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.calls.transcript_fact import cut, facts, quoted, scalar
from chunktape.calls.transcript_mask import Mask
from chunktape.calls.transcript_media import media_text

MASK, EXACT = Mask(exact=False), Mask(exact=True)
ANY_TEXT = st.text(st.characters(codec=None, categories=None))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain words", "plain words"),
        ("key: value", "key: value"),
        ("", '""'),
        (" a", '" a"'),
        ("a ", '"a "'),
        ("true", '"true"'),
        ("17", '"17"'),
        ("null", '"null"'),
        ("<id 1>", '"<id 1>"'),
        ("[a]", '"[a]"'),
        ("- a", '"- a"'),
        ("a\nb", '"a\\nb"'),
        ("a\rb", "a\\rb"),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        ({"b": 1, "a": "ä"}, '{"a": "ä", "b": 1}'),
        ([], "[]"),
    ],
)
def test_scalar(value, expected):
    """A text stands as it is, unless it could be taken for something else."""
    assert expected == scalar(value, mask=MASK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\nb", ["| a", "|", "| b"]),
        ("", ["|"]),
        ("a \t", ["| a\\x20\\x09"]),
        ("  a", ["|   a"]),
        ("a\r\nb\x1b[0m", ["| a\\r", "| b\\x1b[0m"]),
        ("a\u2028b\ufeff\ud83d", ["| a\\u2028b\\ufeff\\ud83d"]),
        ("a\xa0\u3000", ["| a\\xa0\\u3000"]),
        ("tab\tinside, 磁带 📼", ["| tab\tinside, 磁带 📼"]),
    ],
)
def test_quoted(text, expected):
    """Text is shown line by line; what nobody would see, or no file can hold, is written out."""
    assert expected == list(quoted(text))


@given(ANY_TEXT)
def test_any_text_survives_a_file(text):
    """Whatever a text holds, its lines are those of a file, and none ends in a blank."""
    lines = list(quoted(text))
    file = "\n".join(lines).encode().decode()

    assert file.splitlines() == lines
    assert [line.rstrip() for line in lines] == lines


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | ANY_TEXT,
        lambda one: st.lists(one) | st.dictionaries(ANY_TEXT, one),
    )
)
def test_any_value_becomes_lines(value):
    """Any JSON value becomes lines that a file can hold."""
    for mask in (MASK, EXACT):
        lines = list(facts("value", value, mask=mask))

        assert "\n".join(lines).encode().decode().splitlines() == lines


def test_facts():
    """An object is shown field by field, its type first, without what was not told."""
    value = {
        "z": None,
        "name": "look",
        "type": "call",
        "list": [{"a": 1, "b": "x\ny"}, [], "one"],
        "id": "abc",
        "file_id": "def",
        "created_at": 17,
        "encrypted_content": "x",
    }

    assert list(facts("item", value, mask=Mask(exact=False))) == [
        "item:",
        "  type: call",
        "  file_id: <id 1>",
        "  list:",
        "    - a: 1",
        "      b:",
        "        | x",
        "        | y",
        "    - []",
        "    - one",
        "  name: look",
    ]
    assert list(facts("item", {"id": "abc", "z": None, "a": 1}, mask=EXACT)) == [
        "item:",
        "  id: abc",
        "  z: null",
        "  a: 1",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 400, "a" * 400),
        ("a" * 401, "a" * 400 + "… <1 more characters, sha256 15284784…>"),
        ("\n" * 20, "\n" * 11 + "… <9 more characters, sha256 4ffca2c6…>"),
    ],
    ids=["fits", "too long", "too many lines"],
)
def test_cut(text, expected):
    """A long text is cut, and its hash stands for the rest; the exact one never is."""
    assert expected == cut(text, mask=MASK)
    assert text == cut(text, mask=EXACT)


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        ("data:image/gif;base64,R0lGODlh", None, "<image/gif, 6 bytes, sha256 610f5ae4…>"),
        ("data:text/plain;charset=utf-8;base64,YQ", None, "<text/plain, 1 bytes, sha256 ca978112…>"),
        ("R0lGODlh", "gif", "<image/gif, 6 bytes, sha256 610f5ae4…>"),
        ("R0lGODlh", "pcm16", "<pcm16, 6 bytes, sha256 610f5ae4…>"),
        ("R0lGODlh", None, None),
        ("data:,words", None, None),
        ("words, not base64" * 50, "wav", None),
        ("a" * 201, None, None),
        ("AAAA" * 50, None, "<data, 150 bytes, sha256 1d83518b…>"),
    ],
)
def test_media(text, declared, expected):
    """Long base64 is told by its type, its size and its hash; words are words."""
    assert expected == media_text(text, declared, exact=False)
