"""`Reading`: bytes in, pairs out. All bytes here are invented."""

from __future__ import annotations

import tracemalloc

import pytest
from openai_wire import DONE, call, called, chunk, said, sse, whole

from chunktape import ProviderStreamError, StreamInterruptedError
from chunktape.calls.reading import Reading
from chunktape.calls.source import Timeline
from chunktape.dialects.detect import assembly_for
from chunktape.openai import OpenAICallResponseChunk, OpenAITool


class Clock(Timeline):
    """Counts bytes in place of seconds."""

    def at(self, offset):
        return float(offset)

    def end(self, offset):
        return offset + 0.5


def reading(*, partial=False):
    def make_partial(one, delta):
        return OpenAITool.partial_from_call(one, delta=delta)

    return Reading(
        assembly_for("chat_completions"),
        Clock(),
        chunk_type=OpenAICallResponseChunk,
        make_tool=OpenAITool.undeclared,
        make_partial=make_partial if partial else None,
    )


def fed(*pieces, partial=False):
    found = reading(partial=partial)
    for piece in (*pieces, None):
        found.take(piece)
    return found


def walked(found):
    pairs = []
    while more := found.pairs(len(pairs)):
        pairs += more
    return pairs


def test_chunks_come_with_the_bytes_that_complete_them():
    """A chunk is there as soon as its last byte is, with the time of the piece that brought it."""
    found, wire = reading(), said("a", "b")
    half = len(wire) // 2
    found.take(wire[:half])
    early = [one.content for one in found.chunks], found.lacks(0), found.lacks(1)
    found.take(wire[half:])

    assert (["a"], False, True) == early
    assert ["a", "b"] == [one.content for one in found.chunks]
    assert float(len(wire)) == found.chunks[1].received_at


def test_tools_go_with_their_chunk():
    """A tool lies at the place of the chunk that completed it; further ones at repeated chunks."""
    one, two = (call("{}", name="f", index=place, id=str(place)) for place in (0, 1))
    found = fed(called(one, two, reason="tool_calls") + DONE)

    assert [(False, "0"), (True, "1")] == [(piece.repeated, tool.id) for piece, tool in found.pairs(0)]
    assert ["0", "1"] == [tool.id for _, tool in found.finished]
    assert found.pairs(1) == found.pairs(0)[1:]


def test_no_deltas_are_no_partial_tools():
    """A fragment without arguments makes no partial tool."""
    found = fed(called(call("", name="f", index=0, id="1")), called(call("{", index=0)), partial=True)

    assert [None, "{", None] == [tool and tool.delta for _, tool in walked(found)]


def test_growing_and_whole_tools_of_one_event():
    """What one event adds to and what it completes come one by one, the growing ones first."""
    two = [call("{}", name="f", index=place, id=str(place)) for place in (0, 1)]
    found = fed(called(*two, reason="tool_calls") + DONE, partial=True)

    expected = [(False, "0", "{}"), (True, "1", "{}"), (True, "0", None), (True, "1", None)]
    assert expected == [(piece.repeated, tool.id, tool.delta) for piece, tool in walked(found)]


def test_growing_tools_are_made_when_they_are_asked_for():
    """A stream holds the text of its arguments once, not once for each of its events."""
    pieces = [f"{number:>50}," for number in range(1000)]
    wire = b"".join(called(call(piece, index=0)) for piece in pieces)
    begun = called(call('{"numbers": [', name="f", index=0, id="1"))
    tracemalloc.start()
    found = fed(begun + wire, partial=True)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert kept < 20 * len(wire)
    assert "".join(pieces) == "".join(tool.delta for _, tool in walked(found) if tool and tool.delta)[13:]


def test_a_loop_takes_some_at_a_time():
    """A loop that is left and begun again does not list all that is there each time."""
    found = fed(said(*["a"] * 1000))

    assert len(found.pairs(0)) < 500
    assert len(walked(found)) == 1000


def test_content_is_what_has_come():
    """The text grows, and reading it twice changes nothing."""
    found = reading()
    seen = []
    for piece in (said("a"), said("b"), whole(said("c"))):
        found.take(piece)
        seen += [found.content, found.content]

    assert ["a", "a", "ab", "ab", "abc", "abc"] == seen


@pytest.mark.parametrize(
    ("wire", "status", "kind"),
    [
        (whole(said("a")), "complete", None),
        (said("a"), "interrupted", StreamInterruptedError),
        (said("a") + sse({"error": {"message": "no"}}), "error", ProviderStreamError),
        (b"", "interrupted", StreamInterruptedError),
    ],
)
def test_status(wire, status, kind):
    """Only the end tells what a stream was, and what failed is kept."""
    found = reading()
    found.take(wire)
    found.take(None)

    assert (status, kind, True) == (found.status, type(found.failure) if found.failure else None, found.ended)
    assert len(wire) + 0.5 == found.end


def test_the_end_marker_ends():
    """After the end marker nothing is read any more, whether the connection stays open or not."""
    found = reading()
    found.take(whole(said("a")) + said("b"))

    assert (True, False, "complete", "a") == (found.ended, found.lacks(99), found.status, found.content)


def test_what_breaks_a_stream_off():
    """As a context it takes in errors, which become the cause; a cancellation passes."""
    found = reading()
    with found:
        raise OSError("gone")

    assert (True, "interrupted", OSError) == (found.ended, found.status, type(found.failure.__cause__))
    assert "OSError: gone" in str(found.failure)
    with pytest.raises(KeyboardInterrupt), reading():
        raise KeyboardInterrupt


def test_an_error_after_the_provider_s_own():
    """Where the provider said what is wrong, a broken connection behind it changes nothing."""
    found = reading()
    found.take(sse({"error": {"message": "no", "code": "c"}}))
    with found:
        raise OSError("gone")

    assert ("error", "c") == (found.status, found.failure.code)


def test_torn_events_are_none():
    """An event that the end cut is none, even where its JSON is whole but for the blank line."""
    torn = fed(said("a") + chunk({"content": "b"})[:-10])
    unclosed = fed(said("a") + chunk({"content": "b"}).rstrip(b"\n"))

    assert ("a", "ab") == (torn.content, unclosed.content)


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"<html>\n\n<p>No</p>\n\n", "<html>"),
        (b'{"choices": []}', '{"choices"'),
        (b'{\n\n"object": 1}', "object"),
    ],
)
def test_no_event_stream(size, body, shown):
    """A body that is no event stream is shown in the error, however it was cut."""
    found = fed(*(body[at : at + size] for at in range(0, len(body), size)))

    assert "the answer is no event stream: " in str(found.failure)
    assert shown in str(found.failure)


def test_comments_alone_are_an_event_stream():
    """A stream of comments is one, and holds nothing."""
    found = fed(b": waiting\n\n: waiting\n\n")

    assert ([], "interrupted", False) == (found.chunks, found.status, "no event stream" in str(found.failure))
