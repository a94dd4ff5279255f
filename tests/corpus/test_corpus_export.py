"""Every recorded exchange of the corpus is exported in every form, and reads back where that is promised."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from har_reading import interaction_of
from markdown_it import MarkdownIt

from chunktape.audit.printable import printable
from chunktape.calls.exchange_answer import read_answer
from chunktape.cli.export_document import documents_of
from chunktape.cli.fact import is_event_stream
from chunktape.errors import CassetteError
from chunktape.tape import codec
from chunktape.tape.cassette import Cassette
from chunktape.tape.redaction import Redaction

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []
FILES = sorted({row["open_file"] for row in ROWS})

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@pytest.fixture(params=FILES)
def cassette(request):
    """Return the interactions of one file, numbered."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(enumerate(Cassette.load(CORPUS / request.param), start=1))


@pytest.fixture
def kept(cassette):
    """Return them as redaction leaves them."""
    redaction = Redaction()
    return [redaction.interaction(one) for _, one in cassette]


def made(cassette, form, **options):
    return [one.data for one in documents_of("tape.yaml", cassette, form, **options).documents]


def test_markdown_has_what_was_said(cassette, kept):
    """The text of each answer stands in a fence of its own, every character of it."""
    [text] = made(cassette, "markdown")

    fences = [one.content for one in MarkdownIt().parse(text.decode()) if one.type == "fence"]
    readings = [reading for one in kept if (reading := read_answer(one)) is not None]
    said = [
        printable(block.text)
        for reading in readings
        for choice in reading.answer.choices
        for block in choice.blocks
        if block.kind in {"text", "thinking", "refusal"} and block.text
    ]
    assert [] == [one for one in said if f"{one}\n" not in fences]


def test_har_reads_back(cassette, kept):
    """An archive holds the interactions themselves."""
    [text] = made(cassette, "har")

    assert kept == [interaction_of(entry) for entry in json.loads(text)["log"]["entries"]]


def test_streams_are_their_bytes(cassette):
    """Each stream is its body, byte for byte, and reads back as one."""
    streams = [(number, one) for number, one in cassette if is_event_stream(one)]

    if streams:
        bodies = made(streams, "sse")
        assert [one.body for _, one in streams] == bodies
        assert [one.ends for _, one in streams] == [
            codec.loads(body, name="a.sse")[0].ends for body in bodies
        ]
    assert [one.body for _, one in cassette] == made(cassette, "sse", any_body=True)


def test_plain_cassettes_read_back(cassette, kept):
    """Requests, heads and bodies are in a cassette for vcrpy; a body without its request is refused."""
    if any(one.request.url is None for one in kept):
        with pytest.raises(CassetteError, match="its request is not known"):
            made(cassette, "vcrpy")
        return

    [text] = made(cassette, "vcrpy")

    facts = [
        (one.request.method, one.request.url, one.request.body, one.head.status, one.head.reason, one.body)
        for one in kept
    ]
    assert facts == [
        (one.request.method, one.request.url, one.request.body, one.head.status, one.head.reason, one.body)
        for one in codec.loads(text, name="a.yaml")
    ]
