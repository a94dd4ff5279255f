"""Messages streams of hosts with habits of their own; each is invented, to show one case."""

from __future__ import annotations

import pytest
from message_wire import (
    STOP,
    assembled,
    begun,
    block,
    called,
    content_of,
    delta,
    reason,
    said,
    sse,
    started,
    stopped,
    thought,
)

from chunktape.dialects.answer import Usage
from chunktape.dialects.messages import answer_of
from chunktape.wire.sse import events

TEXT = {"type": "text", "text": "Hi"}


def test_a_stream_without_its_start_still_has_its_blocks():
    """Where `message_start` is missing nothing is made up for it."""
    assembly, _ = assembled(said(0, "Hi"), reason(), STOP)

    assert {
        "id": None,
        "type": "message",
        "role": "assistant",
        "model": None,
        "content": [TEXT],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"output_tokens": 5},
    } == assembly.body()


def test_nothing_gives_nothing():
    """A stream of which nothing came has an empty body, which answers nothing."""
    assembly, _ = assembled(sse("ping"))

    assert ({}, "interrupted", ()) == (assembly.body(), assembly.status, answer_of(assembly.body()).choices)


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        ([{"type": "text_delta", "text": "Hi"}], TEXT),
        ([{"text": "H"}, {"text": "i"}], TEXT),
        (
            [{"type": "thinking_delta", "thinking": "T"}, {"type": "signature_delta", "signature": "S"}],
            {"type": "thinking", "thinking": "T", "signature": "S"},
        ),
        ([{"type": "novel_delta", "n": "x"}], {"n": "x"}),
    ],
)
def test_a_block_without_its_start_is_what_its_deltas_say(deltas, expected):
    """Where `content_block_start` is missing the deltas tell the type, if it can be told."""
    assert [expected] == content_of(started(), *(delta(0, **one) for one in deltas), stopped(0))


@pytest.mark.parametrize("typed", [True, False])
def test_empty_fields_of_other_kinds_say_nothing(typed):
    """Hosts that send every field with every delta add none of them to the block."""
    empty = {"text": "", "thinking": "", "signature": "", "partial_json": "", "citation": None, "n": None}
    deltas = [{"thinking": "T"}, {"signature": "S"}, {"thinking": "U"}]
    kinds = [{"type": f"{name}_delta"} if typed else {} for one in deltas for name in one]
    grown = [delta(0, **(kind | empty | one)) for kind, one in zip(kinds, deltas, strict=True)]

    content = content_of(started(), begun(0, type="thinking", thinking="", signature=""), *grown)

    assert [{"type": "thinking", "thinking": "TU", "signature": "S"}] == content


def test_blocks_out_of_order_are_put_in_order():
    """The index of a block is its place, whenever it came."""
    wire = begun(1, type="text", text="") + begun(0, type="text", text="")
    wire += delta(1, type="text_delta", text="b") + delta(0, type="text_delta", text="a") + stopped(1)

    assert ["a", "b"] == [one["text"] for one in content_of(started(), wire, stopped(0))]


@pytest.mark.parametrize(
    "wire",
    [
        delta(0, type="text_delta", text=None),
        delta(0, type="text_delta", text=["x"]),
        delta(0, type="signature_delta"),
        sse("content_block_delta", index=0, delta="x"),
        sse("content_block_stop", index=7),
        sse("message_delta", delta=None, usage=3),
    ],
)
def test_what_cannot_be_read_adds_nothing(wire):
    """An event with a wrong type inside is given on, and the rest of the message stands."""
    expected, _ = assembled(started(), said(0, "Hi"), reason(), STOP)

    got, parts = assembled(started(), said(0, "Hi"), wire, reason(), STOP)

    assert (expected.body(), "complete", 7) == (got.body(), got.status, len(parts))


def test_an_index_that_comes_again_begins_another_block():
    """Gateways that call every block the first one lose none of them."""
    content = content_of(started(), thought(0, "T", "S"), said(0, "a"), called(0, "{}"), said(1, "b"))

    assert ["thinking", "text", "tool_use", "text"] == [one["type"] for one in content]


def test_a_missing_index_means_the_block_that_is_open():
    """Without any index, blocks follow one another as they begin and end."""
    wire = b"".join(
        sse("content_block_start", content_block={"type": "text", "text": ""})
        + sse("content_block_delta", delta={"type": "text_delta", "text": one})
        + sse("content_block_stop")
        for one in "ab"
    )

    assert ["a", "b"] == [one["text"] for one in content_of(started(), wire)]


def test_text_in_the_start_of_a_block_is_its_beginning():
    """Hosts that send the first words with the start lose none."""
    wire = block(0, {"type": "text_delta", "text": "i"}, type="text", text="H")

    assert [TEXT] == content_of(started(), wire)


def test_blocks_in_the_message_start_come_first():
    """Hosts that announce a message with content in it lose none of it."""
    assembly, parts = assembled(
        started(content=[{"type": "tool_use", "id": "t", "name": "look", "input": {}}]), said(1, "Hi")
    )

    assert ["tool_use", "text"] == [one["type"] for one in assembly.body()["content"]]
    assert ["t"] == [tool.id for tool in parts[0].tools]


def test_the_type_may_be_only_the_events_name():
    """An event whose data does not say its type is what its ``event:`` field says."""
    wire = b"".join([started(), said(0, "Hi"), reason(), STOP])
    for event in events(wire):
        wire = wire.replace(f'"type": "{event.name}"'.encode(), b'"novel": 0')
    assembly, _ = assembled(wire)

    assert ("complete", [TEXT]) == (assembly.status, assembly.body()["content"])


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda wire: wire.replace(b"\n", b"\r\n"),
        lambda wire: wire.replace(b"data: ", b"data:"),
        lambda wire: b": hello\n\n" + wire.replace(b"event:", b": beat\nevent:"),
        lambda wire: b"".join(line + b"\n\n" for line in wire.split(b"\n") if line.startswith(b"data")),
        lambda wire: wire + b"data: [DONE]\n\n",
    ],
)
def test_the_dress_of_the_events_does_not_matter(rewrite):
    """CRLF, comments, missing spaces, missing names and a gateway's ``[DONE]`` change nothing."""
    wire = b"".join([started(), said(0, "日", "本 é"), reason(), STOP])
    expected, _ = assembled(wire)

    got, _ = assembled(rewrite(wire))

    assert (expected.body(), "complete", 0) == (got.body(), got.status, got.undecodable)


@pytest.mark.parametrize(
    ("body", "blocks", "usage"),
    [
        ({"content": "Hi"}, [("text", "Hi")], None),
        ({"content": ["Hi", None, 3]}, [("text", "Hi")], None),
        ({"content": [{"text": "Hi"}]}, [("text", "Hi")], None),
        ({"content": [{"type": "text", "text": None}, {"type": ["x"]}]}, [("text", ""), ("other", "")], None),
        ({"content": None, "usage": {"input_tokens": "x"}}, [], Usage()),
        ({"content": [], "usage": []}, [], None),
    ],
)
def test_bodies_of_other_shapes_are_read_as_far_as_they_go(body, blocks, usage):
    """Plain text for content, and types that are wrong, are no reason to fail."""
    answer = answer_of(body)

    assert (blocks, usage) == ([(one.kind, one.text) for one in answer.first.blocks], answer.usage)
