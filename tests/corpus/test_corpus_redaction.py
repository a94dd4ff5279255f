"""Redaction leaves genuine traffic alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chunktape.tape.cassette import Cassette
from chunktape.tape.redaction import Redaction

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")

# Everything that changes in all of the corpus, headers aside: a fragment, which is never sent.
FRAGMENT = "https://api.mistral.ai/v1/chat/completions#stream"
_RESOURCE = re.compile(r"(?<=^https://)[a-z-]+(?=\.(?:openai|services\.ai)\.azure\.com/)")
EXCEPTIONS = {"openllmetry-f47bf27f43": FRAGMENT, "pydantic-ai-7b48b9a89b": FRAGMENT}


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_nothing_genuine_is_redacted(row):
    """Bodies, chunks and URLs stay as recorded, but for names of Azure resources and listed exceptions."""
    before = Cassette.load(CORPUS / row["open_file"]).interactions[row["index"]]

    after = Redaction(environ={}).interaction(before)

    assert (before.body, before.ends, before.request.body) == (after.body, after.ends, after.request.body)
    if row["id"] in EXCEPTIONS:
        assert EXCEPTIONS[row["id"]] == before.request.url
        assert before.request.url.partition("#")[0] == after.request.url
    else:
        assert _RESOURCE.sub("redacted", before.request.url or "") == (after.request.url or "")
