"""The transcript of every recorded exchange: readable, whole, and the same when only ids and times differ."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from chunktape.calls.exchange_answer import read_answer
from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_text import transcript_text
from chunktape.dialects.assembly import parse_json
from chunktape.tape.cassette import Cassette
from chunktape.wire.sse import events

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = {row["id"]: row for row in map(json.loads, INDEX.read_text().splitlines())} if INDEX.exists() else {}
TIMES = re.compile(rb'("(?:created|created_at|completed_at)": ?)([0-9]+)')
FINGERPRINT = re.compile(rb'"(system_fingerprint|obfuscation)": ?"[^"]*"')

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


@cache
def interaction(name):
    return Cassette.load(CORPUS / ROWS[name]["open_file"]).interactions[ROWS[name]["index"]]


def text(one, *, exact=False):
    return transcript_text(transcripts_of(one), exact=exact)


def ids_in(value):
    """Yield the ids of a JSON value, by the names of their fields."""
    for name, one in value.items() if isinstance(value, dict) else ():
        if (name == "id" or name.endswith("_id")) and isinstance(one, str) and len(one) > 11:
            yield one
        yield from ids_in(one)
    for one in value if isinstance(value, list) else ():
        yield from ids_in(one)


def objects(body):
    whole = parse_json(body.decode(errors="replace"))
    return [whole] if whole else [parse_json(event.data) for event in events(body) if event.data]


def recorded_again(one):
    """Return the same answer as it would come the next time: other ids, times and fingerprints."""
    ids = {found for body in (one.request.body, one.body) for found in ids_in(objects(body))}

    def renewed(body):
        for number, found in enumerate(sorted(ids)):
            body = body.replace(found.encode(), f"{found[:4]}{number:02}".encode().ljust(len(found), b"7"))
            # A second later, not years: prices have their time.
        body = TIMES.sub(lambda found: b"%b%d" % (found[1], int(found[2]) + 1), body)
        return FINGERPRINT.sub(rb'"\1": "other"', body)

    body = renewed(one.body)
    request = replace(one.request, body=renewed(one.request.body))
    return replace(one, request=request, body=body, ends=(len(body),), timing=None, framed=False)


@pytest.mark.parametrize("name", ROWS)
def test_another_recording_of_the_same_answer(name):
    """Other ids, times, fingerprints and padding change no line, but the exact text tells them."""
    one = replace(interaction(name), recorded_at=None)
    again = recorded_again(one)

    assert text(one) == text(again)
    if one.body != again.body and read_answer(one).answer.id:
        assert text(one, exact=True) != text(again, exact=True)


@pytest.mark.parametrize("exact", [False, True], ids=["masked", "exact"])
@pytest.mark.parametrize("name", ROWS)
def test_lines(name, exact):
    """Every line survives an editor: no blank at its end, no character that cuts it elsewhere."""
    found = text(interaction(name), exact=exact)

    assert found.split("\n") == [line.rstrip() for line in found.splitlines()]


@pytest.mark.parametrize("name", ROWS)
def test_answer_is_whole(name):
    """All text of an answer is shown, in order, and each tool call by its name."""
    one = interaction(name)
    answer = read_answer(one).answer
    lines = [line.strip() for line in text(one).split("\n")]
    # Blanks at the end of a line are written out, which another test sees to.
    shown = "\n".join(re.sub(r"(\\x20|\\x09)+$", "", line).rstrip() for line in lines)
    place = 0
    for choice in sorted(answer.choices, key=lambda choice: choice.index):
        for block in choice.blocks:
            if block.text:
                told = "\n".join(f"| {line}".rstrip() for line in block.text.split("\n"))
                place = shown.index(told, place) + len(told)

    assert [tool.name for choice in answer.choices for tool in choice.tools] == [
        found[1] for line in lines if (found := re.fullmatch(r"tool call <id \d+>: (.*)", line))
    ]
