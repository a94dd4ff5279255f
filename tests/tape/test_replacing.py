"""Recordings that take the places of older ones, while others write to the same file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chunktape.errors import CassetteError, SecretFoundError
from chunktape.tape import store
from chunktape.tape.interaction import Interaction
from chunktape.tape.redaction import Redaction
from chunktape.tape.replacing import replace_recorded
from chunktape.tape.splice import spliced
from chunktape.wire.message import Ending, Head, Request


def recording(asked, answered="old"):
    body = f'{{"said":"{answered}"}}'.encode()
    head = Head(200, "OK", (("content-type", "application/json"),), "HTTP/1.1")
    request = Request("POST", "https://llm.example/v1/chat/completions", (), f'{{"q":"{asked}"}}'.encode())
    return Interaction(request, head, body, (len(body),), Ending("eof"), framed=False)


A, B, C = map(recording, "abc")
NEW = recording("b", "new")


@pytest.fixture
def path(tmp_path):
    """Return the path of a cassette with three recordings."""
    place = tmp_path / "tape.yaml"
    store.write(place, [A, B, C])
    return place


def said(path):
    return [(one.request.body[6:7].decode(), one.body[9:12].decode()) for one in store.read(path)]


def test_comments_and_hand_made_edits_stay(path):
    """Everything outside of the replaced recording stays byte for byte, whoever wrote it."""
    text = path.read_bytes().replace(b"- request:", b"# a note\n- request:", 1) + b"# the end\n"
    path.write_bytes(text)
    old = store.read(path)

    done = replace_recorded(path, old, {1: NEW}, Redaction())

    pieces = path.read_bytes().split(b"- request:")
    assert (frozenset({1}), None, {}) == done
    assert [text.split(b"- request:")[at] for at in (0, 1)] == pieces[:2]
    assert text.split(b"- request:")[3] == pieces[3]
    assert [("a", "old"), ("b", "new"), ("c", "old")] == said(path)


@pytest.mark.parametrize(
    ("meanwhile", "expected"),
    [
        pytest.param([A, B, C, recording("d")], [*"abcd"], id="added"),
        pytest.param([B, C], [*"bc"], id="taken out before it"),
        pytest.param([C, B, A], [*"cba"], id="in another order"),
    ],
)
def test_what_others_have_done_stays(path, meanwhile, expected):
    """A file that has changed is not taken back: the new recording goes where the old one stands now."""
    store.write(path, meanwhile)

    replace_recorded(path, [A, B, C], {1: NEW}, Redaction())

    found = said(path)
    assert expected == [asked for asked, _ in found]
    assert {"b": "new"} == {asked: answer for asked, answer in found if answer == "new"}


@pytest.mark.parametrize("meanwhile", [[A, C], [A, recording("b", "two"), C]])
def test_what_is_gone_is_kept_beside(path, meanwhile):
    """Where somebody has taken the recording out, or made it anew, ours is kept beside the file."""
    store.write(path, meanwhile)
    before = path.read_bytes()

    done = replace_recorded(path, [A, B, C], {1: NEW}, Redaction())

    assert (frozenset(), path.with_name("tape.unsaved.yaml")) == done[:2]
    assert before == path.read_bytes()
    assert [("b", "new")] == said(done.beside)


def test_a_secret_that_was_there_keeps_the_new_one_beside(path):
    """What cannot be written because of what stood there before was paid for all the same."""
    key = "sk-ant-" + "api03-" + "aB3" * 20
    spoilt = recording("c", "".join(f"\\u{ord(letter):04x}" for letter in key))
    store.write(path, [A, B, spoilt])
    before = path.read_bytes()

    with pytest.raises(SecretFoundError, match=r"kept beside it: .*tape\.unsaved\.yaml"):
        replace_recorded(path, [A, B, spoilt], {1: NEW}, Redaction())

    assert (before, [NEW]) == (path.read_bytes(), store.read(path.with_name("tape.unsaved.yaml")))


def test_what_became_part_of_a_loop_is_kept_beside(path):
    """What may not be replaced in the file as it is now, is not."""
    store.write(path, [A, B, C, recording("d")])

    done = replace_recorded(
        path, [A, B, C], {0: recording("a", "new"), 1: NEW}, Redaction(), barred=lambda _: {1}
    )

    assert frozenset({0}) == done.written
    assert [("a", "new"), ("b", "old"), ("c", "old"), ("d", "old")] == said(path)
    assert [("b", "new")] == said(done.beside)


def test_equal_recordings_are_told_apart_by_their_places(path):
    """Of equal recordings the one at its place is replaced, and each once."""
    store.write(path, [B, B, B])

    replace_recorded(path, [B, B, B], {2: NEW, 0: NEW}, Redaction())

    assert ["new", "old", "new"] == [answer for _, answer in said(path)]


def test_a_file_that_is_gone(path):
    """Where the file was deleted, what came is kept beside its place, and that is said."""
    path.unlink()

    with pytest.raises(CassetteError) as caught:
        replace_recorded(path, [A, B, C], {1: NEW}, Redaction())

    beside = path.with_name("tape.unsaved.yaml")
    assert str(caught.value).startswith(f"No cassette: there is no file {path}")
    assert str(caught.value).endswith(f"\n  the file is as it was; kept beside it: {beside}")
    assert [("b", "new")] == said(beside)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda text: text.replace(b"    stream:\n", b"    stream: \n"), id="another layout"),
        pytest.param(lambda text: text.replace(b"\n", b"\r\n"), id="line ends"),
        pytest.param(lambda text: text.partition(b"version:")[0], id="no end"),
    ],
)
def test_what_is_not_laid_out_as_ours_is_not_spliced(path, spoil):
    """Where it is not certain which bytes are a recording's, there is no text with another one in it."""
    assert spliced(spoil(path.read_bytes()), [A, B, C], {1: NEW}) is None


def test_a_replaced_body_of_any_bytes(path):
    """Any body reads back from its place."""
    odd = replace(NEW, body=b"- request:\nversion: 1\n\r\xff\x00", ends=(24,))

    replace_recorded(path, [A, B, C], {1: odd}, Redaction())

    assert odd.body == store.read(path)[1].body
