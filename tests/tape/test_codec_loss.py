"""What is lost when somebody edits a cassette, and how that is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chunktape.errors import CassetteWarning
from chunktape.tape import codec

TEXT = Path(__file__).with_name("small_cassette.yaml").read_text()
RESTORE = "restore it from version control, or delete it and record again"


def edited(*pairs):
    text = TEXT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


WITHOUT_DIGEST = re.sub(r" +digest: .*\n", "", TEXT, count=1).encode()
TIMING_LOST = "record it again; until then it plays event by event, without its times"
SECOND = "- {request: {method: GET, uri: x}, response: {status: {code: 200}, body: {string: %s}}}\n"
STREAM = r'"data: 1\n\ndata: 2\n\n"'


@pytest.mark.parametrize(
    ("data", "what", "line"),
    [
        (edited(("chunks: 1 1", "chunks: '1'")), "interaction 1 has more body than chunks", 22),
        (edited(("chunks: 1 1", "chunks: b 9")), "interaction 1 has more body than chunks", 22),
        (edited(("data: 2", "data: 3")), "the body of interaction 1 does not match its digest", 21),
        (WITHOUT_DIGEST, "interaction 1 has lost the digest of its body", 19),
        (
            edited(("gap_ms: 1.000 2.000", "gap_ms: 1.000")),
            "interaction 1 has 2 chunks, 1 gaps and 1 waits",
            23,
        ),
        (
            edited(("end: error", "wait_ms: 1 1 1\n      end: error")),
            "interaction 1 has 2 chunks, 2 gaps and 3 waits",
            23,
        ),
    ],
)
def test_a_timing_that_cannot_be_trusted_is_dropped(data, what, line):
    """An edited body costs the timing: a warning, the chunks are the events, the ending stays."""
    with pytest.warns(CassetteWarning) as warned:
        [one] = codec.loads(data, name="a.yaml")

    assert [f"Timing lost: {what}\n  where: a.yaml, line {line}\n  way out: {TIMING_LOST}"] == [
        str(each.message) for each in warned
    ]
    assert (one.framed, one.timing, one.ends, one.ending.kind) == (False, None, (9, 18), "error")


def test_an_interaction_without_a_block_among_ours_is_named():
    """A stream that another tool recorded into a cassette of ours plays, with a warning."""
    data = TEXT.replace("\nversion: 1", f"\n{SECOND % STREAM}version: 1").encode()

    with pytest.warns(CassetteWarning) as warned:
        first, second = codec.loads(data, name="a.yaml")

    what = "interaction 2 has no stream block, and the file has others"
    assert [f"Timing lost: {what}\n  where: a.yaml, line 28\n  way out: {TIMING_LOST}"] == [
        str(each.message) for each in warned
    ]
    assert (first.framed, second.framed) == (True, False)


def test_an_answer_at_once_of_another_tool_costs_nothing():
    """What vcrpy recorded beside our streams has no block, and plays without a word."""
    data = TEXT.replace("\nversion: 1", f"\n{SECOND % 'a'}version: 1").encode()

    first, second = codec.loads(data, name="a.yaml")

    assert (True, False, b"a") == (first.framed, second.framed, second.body)


@pytest.mark.parametrize(
    ("old", "new", "what", "body"),
    [
        (
            '"model": "m"',
            '"model": "n"',
            "the request of interaction 1 does not match its digest",
            b'{"model":"n"}',
        ),
        (
            '"model": "m"',
            '"model" "m"',
            "the request of interaction 1 is no JSON any more",
            b'{\n  "model" "m"\n}',
        ),
    ],
)
def test_an_edited_request_is_named(old, new, what, body):
    """A request that was edited by hand is used as it is now, with a warning; the timing stays."""
    data = edited((old, new))

    with pytest.warns(CassetteWarning) as warned:
        [one] = codec.loads(data, name="a.yaml")

    way_out = "record it again, unless the edit was meant"
    assert [f"Edited cassette: {what}\n  where: a.yaml, line 2\n  way out: {way_out}"] == [
        str(each.message) for each in warned
    ]
    assert (body, True) == (one.request.body, one.framed)


def test_what_a_body_digest_does_not_see_is_under_the_seal():
    """A changed status, address, header or time is noticed; without the line of the seal it is meant."""
    written = codec.dumps(codec.loads(TEXT.encode(), name="a.yaml")).decode()
    edited = written.replace("code: 200", "code: 206")
    line = 1 + edited[: edited.index("      seal:")].count("\n")

    with pytest.warns(CassetteWarning) as warned:
        [one] = codec.loads(edited.encode(), name="a.yaml")
    [meant] = codec.loads(re.sub("      seal: .*\n", "", edited).encode(), name="a.yaml")

    assert [
        (
            "Edited cassette: something in interaction 1 does not match its seal\n"
            f"  where: a.yaml, line {line}\n"
            "  way out: record it again; where the edit was meant, delete the line of the seal"
        )
    ] == [str(each.message) for each in warned]
    assert one == meant
    assert 206 == one.head.status


def test_a_key_that_nobody_knows_is_named():
    """A misspelt key of the block is a warning: what it said is not known any more."""
    with pytest.warns(CassetteWarning) as warned:
        codec.loads(edited(("end: error", "ent: error")), name="a.yaml")

    assert [
        (
            "Edited cassette: the stream block of interaction 1 has a key "
            "that chunktape does not know: 'ent'\n"
            "  where: a.yaml, line 24\n  way out: upgrade chunktape, or correct the name"
        )
    ] == [str(each.message) for each in warned]
