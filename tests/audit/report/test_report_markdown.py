"""The summary in Markdown, as a parser that others wrote reads it."""

from __future__ import annotations

import pytest
from audit_result import HOSTILE, audited, finding, hostile, recorded_audit
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chunktape.audit.catalogue import catalogue
from chunktape.audit.printable import one_line
from chunktape.audit.report.markdown import MOST_BYTES, as_code, as_words, summary
from chunktape.audit.result import CassetteResult, Section
from chunktape.errors import shorten

TEXTS = st.one_of(
    st.just(HOSTILE),
    st.text(st.characters(), max_size=40),
    st.text("`|\\*_[]()<>&#!~@:-+=1. \nwab/", max_size=30),
)


def parsed(text):
    """Return the tokens of a text, inlines among them."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return [one for token in tokens for one in (token, *(token.children or ()))]


def written(text, cell):
    """Return what a reader sees of a cell between two others, and the kinds of its tokens."""
    tokens = parsed(f"| a | b | c |\n| --- | --- | --- |\n| x | {cell} | z |\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert ["a", "b", "c", "x"] == [token.content for token in cells[:4]]
    assert "z" == cells[5].content
    assert 6 == len(cells), text
    return cells[4].children


def test_recordings():
    """An audit of recordings has its verdict, its findings and a table for whatever else there is."""
    told = "".join(summary(recorded_audit(), catalogue()))
    tokens = parsed(told)

    assert told.startswith(
        "## ❌ Audit: failed: not everything could be read\n\n5 errors, 8 warnings, 33 infos, "
    )
    titles = ["Findings", "Rules", "Metrics", "Could not be read", "Unchecked", "Baseline", "Cost by test"]
    assert titles == [
        tokens[place + 1].content
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h3"
    ]
    assert 5 == sum(token.type == "table_open" for token in tokens)


def test_a_finding():
    """A finding is a row, whose evidence is code."""
    told = list(summary(audited([CassetteResult("a", findings=(finding(rule="MY-1"),))]), {}))

    row = (
        "| error | `MY-1` | `cassettes/a.yaml:12 #3 event 7` "
        '| again&#58; the choice 0 finished twice (2 times)<br>`{"index":0,"finish_reason":"stop"}` |\n'
    )
    assert row in told


def test_a_summary_has_an_end():
    """However much there is, a summary takes less than GitHub does, and says that it was cut."""
    rows = tuple(("\U0001f4fc" * 290,) * 9 for _ in range(100))
    sections = tuple(Section(str(number), "A", tuple("abcdefghi"), rows) for number in range(3))

    told = "".join(summary(audited((), sections=sections), {}))

    assert MOST_BYTES - 20_000 < len(told.encode()) <= MOST_BYTES
    assert told.endswith("the JSON Lines report has all of it.\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a*b*", "`a*b*`"),
        ("", ""),
        ("a`|\\", "<code>a&#96;&#124;&#92;</code>"),
        (" a ", "<code>&#32;a&#32;</code>"),
        ("a\nb", "`a␤b`"),
    ],
)
def test_code(text, expected):
    """Code is written in the plainest way that leaves it what it is."""
    assert expected == as_code(text)


@settings(max_examples=200)
@given(TEXTS)
def test_code_is_only_code(text):
    """Whatever was recorded is code within one cell, exactly."""
    found = written(text, as_code(text))

    shown = shorten(one_line(text), 300)
    assert shown == "".join(
        one.content for one in found if one.type in {"text", "code_inline", "text_special"}
    )
    assert {"<code>", "</code>"} >= {one.content for one in found if one.type == "html_inline"}
    assert {"text", "code_inline", "html_inline", "text_special"} >= {one.type for one in found}


@settings(max_examples=200)
@given(TEXTS)
def test_words_are_only_words(text):
    """Whatever was recorded is text, in a cell and in a paragraph of its own."""
    shown = shorten(one_line(text), 300)
    tokens = parsed(f"{as_words(text)}\n") if text else []

    assert {"text", "text_special"} >= {one.type for one in written(text, as_words(text))}
    assert {"paragraph_open", "inline", "text", "text_special", "paragraph_close"} >= {
        one.type for one in tokens
    }
    assert shown == "".join(one.content for one in tokens if one.type in {"text", "text_special"})


@settings(max_examples=30)
@given(TEXTS)
def test_no_text_breaks_it(text):
    """Whatever was recorded, the summary has the same headings, tables and rows."""
    # The name of a rule, which Hypothesis reads in the source, brings a row with it.
    assume(text not in catalogue())
    expected = [one.type for one in parsed("".join(summary(hostile("x"), {}))) if one.block]

    told = "".join(summary(hostile(text), {}))

    if one_line(text):
        assert expected == [one.type for one in parsed(told) if one.block]
    assert told.encode()
