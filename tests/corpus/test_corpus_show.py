"""`chunktape show` covers every recorded exchange of the corpus, with the facts of the index."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from chunktape.cli.group import root

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []
FACTS = ("status", "events", "sha256")

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@pytest.fixture
def files():
    return sorted({str(CORPUS / row["open_file"]) for row in ROWS})


def test_jsonl_has_the_facts_of_the_index(files):
    """Each exchange of the index is a line with its status, its count of events, and its digest."""
    expected = {
        (str(CORPUS / row["open_file"]), row["index"]): {name: row[name] for name in FACTS} for row in ROWS
    }

    done = CliRunner().invoke(root, ["show", "--format", "jsonl", *files])

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    found = {(line["cassette"], line["index"]): {name: line[name] for name in FACTS} for line in lines}
    assert done.exit_code == 0
    assert expected == {place: found[place] for place in expected}


def test_text_shows_every_file(files):
    """Every file is shown, and nothing in it is too strange to be read."""
    done = CliRunner().invoke(root, ["show", *files])

    shown = {line.partition(" · 1 of ")[0] for line in done.stdout.splitlines() if " · 1 of " in line}
    assert (0, set(files)) == (done.exit_code, shown)
