"""`--rules` names rules by id, by family and by glob, and takes them away."""

from __future__ import annotations

import pytest

from chunktape.audit.selection import selected
from chunktape.errors import ConfigurationError

IDS = ("SSE-1", "SSE-2", "OAI-1", "OAI-X1", "ANT-B1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, IDS),
        ("", IDS),
        ("OAI", ("OAI-1", "OAI-X1")),
        ("oai-1, sse-2", ("SSE-2", "OAI-1")),
        ("-OAI", ("SSE-1", "SSE-2", "ANT-B1")),
        ("OAI,-OAI-X*", ("OAI-1",)),
        ("!SSE-?,-ant", ("OAI-1", "OAI-X1")),
        ("*-1", ("SSE-1", "OAI-1")),
    ],
)
def test_words_name_rules(text, expected):
    """What is asked for comes in the order of the catalogue."""
    assert expected == selected(text, IDS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "OIA",
            (
                "There is no rule 'OIA'; did you mean 'OAI'?\n"
                "  families: SSE, OAI, ANT; chunktape audit --explain lists the rules of all"
            ),
        ),
        ("OAI,-OAI", "No rule is left by --rules OAI,-OAI\n  way out: name one that is to be looked at"),
    ],
)
def test_a_slip_is_said(text, message):
    """A word that means no rule is an error, and so is an audit without any."""
    with pytest.raises(ConfigurationError) as caught:
        selected(text, IDS)
    assert message == str(caught.value)
