"""`chunktape ls` has a row for every recorded exchange of the corpus, with the facts of the index."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from chunktape.cli.group import root

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@pytest.fixture
def files():
    return sorted({str(CORPUS / row["open_file"]) for row in ROWS})


def run(*words):
    done = CliRunner().invoke(root, ["ls", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_every_exchange_is_a_row(files):
    """Each exchange of the index is a row with its status and its count of events, and is in the totals."""
    expected = {
        (str(CORPUS / row["open_file"]), row["index"]): (row["status"], row["events"]) for row in ROWS
    }

    *rows, total = [json.loads(line) for line in run("--format", "jsonl", *files).splitlines()]

    found = {(row["cassette"], row["index"]): (row["status"], row["events"]) for row in rows}
    assert expected == {place: found[place] for place in expected}
    assert (len(rows), len(files)) == (total["interactions"], total["cassettes"])


def test_rows_say_what_show_says(files):
    """Model, finish reasons, tokens and cost are those of `show`."""
    names = ("cassette", "index", "events", "chunks", "bytes", "ending", "cost", "price_version")
    shown = CliRunner().invoke(root, ["show", "--format", "jsonl", *files]).stdout.splitlines()
    expected = [{name: one[name] for name in names} for one in map(json.loads, shown)]

    *rows, _ = [json.loads(line) for line in run("--format", "jsonl", *files).splitlines()]

    assert expected == [{name: row[name] for name in names} for row in rows]


@pytest.mark.parametrize("by", ["cassette", "test", "provider", "model"])
def test_groups_add_up(files, by):
    """The rows of groups have the interactions, bytes and unknown costs of the totals."""
    *rows, total = [json.loads(line) for line in run("--format", "jsonl", "--by", by, *files).splitlines()]

    for name in ("interactions", "bytes", "cost_unknown", "cost_again_unknown", "trouble"):
        assert total[name] == sum(row[name] for row in rows)


def test_text_shows_every_file(files):
    """Every file is in the table."""
    shown = run(*files)

    assert [] == [name for name in files if f"{name} #1 " not in shown]
