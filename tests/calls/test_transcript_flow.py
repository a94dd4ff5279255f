"""How an answer came, as a transcript tells it on wish: events and chunks, of a stream and of a tape."""

from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.filters import paths
from syrupy.matchers import path_type

from chunktape import ConfigurationError, ProviderStreamError
from chunktape.anthropic import AnthropicStream
from chunktape.calls.recorded import interaction_of_bytes
from chunktape.calls.structured import BaseStructuredStream, Structure
from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_choice import Choice
from chunktape.calls.transcript_text import transcript_text
from chunktape.loopback import Write, chat, complete_chat, message
from chunktape.openai import OpenAICallResponse, OpenAIStream

TOOLS = [("look", '{"place": "here"}'), ("look", '{"place": "there"}')]


def recorded(reply, *more, size=None):
    """Return the recording of a scripted reply, in its own chunks or in some of one size."""
    pieces = [*(step.data for step in reply.steps if isinstance(step, Write)), *more]
    body = b"".join(pieces)
    if size is not None:
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
    sizes = [len(piece) for piece in pieces]
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    one = interaction_of_bytes(body, request={"model": "m", "messages": []})
    return replace(one, ends=tuple(ends), framed=True)


def told(value, **options):
    """Return the lines about how it came."""
    text = transcript_text(transcripts_of(value), events=True, chunks=True, **options)
    return text[text.index("\nevents:") + 1 :].split("\n")


def read(one, kind=OpenAIStream):
    return kind.from_interaction(one).finish()


@pytest.mark.parametrize(
    ("reply", "kind", "events"),
    [
        (chat(["a", "b"]), OpenAIStream, "role text×2 finish usage [DONE]"),  # noqa: RUF001 - times
        (chat("a", tools=TOOLS), OpenAIStream, "role text tool_call×8 finish usage [DONE]"),  # noqa: RUF001
        (chat("a", usage=False, n=2), OpenAIStream, "role×2 text×2 finish×2 [DONE]"),  # noqa: RUF001 - times
        (
            message(["a", "b", "c"]),
            AnthropicStream,
            "message_start content_block_start ping text×3 content_block_stop message_delta message_stop",  # noqa: RUF001
        ),
    ],
)
def test_stream_and_tape_tell_the_same(reply, kind, events):
    """The events of a stream are those of its recording, with the ones that give no chunk, each once."""
    one = recorded(reply)

    assert told(read(one, kind)) == told(one)
    assert f"events: {events}" == told(one)[0]


@pytest.mark.parametrize("kind", [None, OpenAIStream], ids=["tape", "stream"])
def test_what_gives_no_chunk(kind):
    """Comments, the end marker and an event that is cut are in the sequence, at their place."""
    one = recorded(chat("a", usage=False, done=False), b": wait\n\n", b"data: no JSON\n\n", b'data: {"cho')
    value = one if kind is None else kind.from_interaction(one)
    if kind is not None:
        with pytest.raises(ProviderStreamError, match="no JSON"):
            value.finish()

    assert told(value)[0] == "events: role text finish comment data cut"


@pytest.mark.parametrize("kind", [None, OpenAIStream], ids=["tape", "stream"])
def test_chunks(kind):
    """Chunks are counted and added up, and their sizes told in their order."""
    one = recorded(chat(["ab", "cd", "e"]))
    size = len(one.body)
    first, second, third, *others = [
        end - start for start, end in zip((0, *one.ends), one.ends, strict=False)
    ]

    assert second == third
    assert told(one if kind is None else read(one)) == [
        "events: role text×3 finish usage [DONE]",  # noqa: RUF001 - times
        f"chunks: 7, {size} bytes",
        f"  {first} {second}×2 {' '.join(map(str, others))}",  # noqa: RUF001 - times
    ]


@pytest.mark.parametrize("kind", [None, OpenAIStream], ids=["tape", "stream"])
def test_other_chunks_of_the_same_answer(kind):
    """How the bytes were cut changes the sizes of the chunks, but neither the events nor the default text."""
    reply = chat(["磁带", " 📼"], tools=TOOLS)
    once, again = recorded(reply), recorded(reply, size=7)
    if kind is not None:
        once, again = read(once), read(again)

    def text(value, **options):
        return transcript_text(transcripts_of(value), **options)

    assert text(once) == text(again)
    assert text(once, events=True) == text(again, events=True)
    assert text(once, chunks=True) != text(again, chunks=True)


def test_long_sequence():
    """A long sequence takes several lines."""
    lines = told(recorded(message("a", tools=[("look", "{}")] * 3)))
    place = next(number for number, line in enumerate(lines) if line.startswith("chunks:"))
    block = "content_block_start input_json×2 content_block_stop"  # noqa: RUF001 - times

    assert "events:" == lines[0]
    assert [100 >= len(line) - 2 for line in lines[1:place]] == [True] * 3
    assert " ".join(line.strip() for line in lines[1:place]) == (
        f"message_start content_block_start ping text content_block_stop {block} {block} {block} "
        "message_delta message_stop"
    )


def test_structured_stream():
    """A structured stream tells what the stream below it does."""
    stream = read(recorded(chat('{"a": 1}')))

    assert told(stream) == told(BaseStructuredStream(stream, Structure(dict, None)))


def test_no_stream():
    """An answer that came at once has no events, and says so; on a tape its chunks are known."""
    one = recorded(complete_chat("a"))

    assert ["events: none", f"chunks: 1, {len(one.body)} bytes", f"  {len(one.body)}"] == told(one)
    assert "chunks: not recorded" == told(replace(one, framed=False))[1]


def test_stream_that_was_not_read():
    """A stream that nobody has read has no events yet."""
    assert ["events: none", "chunks: 0, 0 bytes"] == told(OpenAIStream.from_interaction(recorded(chat("a"))))


@pytest.mark.parametrize("wanted", ["events", "chunks"])
def test_call_response(wanted):
    """A response does not know how it came; that is an error, so that nobody believes it compared."""
    response = OpenAICallResponse.from_interaction(recorded(complete_chat("a")))

    with pytest.raises(ConfigurationError) as error:
        transcript_text(transcripts_of([response]), **{wanted: True})

    assert str(error.value).split("\n") == [
        f"A call response alone does not tell how it came: it knows no {wanted}",
        f"  compare the stream that it was made of, or the tape, with tape_snapshot({wanted}=True)",
    ]


def test_exact():
    """Where the sizes are told, the number that the exact text has is not told again."""
    one = recorded(chat("a"))
    text = transcript_text(transcripts_of(one), exact=True)

    assert "chunks: 5\n" in f"{text}\n"
    assert 1 == transcript_text(transcripts_of(one), exact=True, chunks=True).count("chunks:")


def test_choice():
    """Both are facts like others, for filters and matchers."""
    one = recorded(chat("a"))
    matcher = path_type({"chunks.sizes": (list,), "chunks.bytes": (int,), "events.1": (str,)})

    assert told(one, choice=Choice(matcher=matcher)) == [
        "events: role str finish usage [DONE]",
        "chunks: 5, int bytes",
        "  sizes: list",
    ]
    assert told(one, choice=Choice(exclude=paths("events.1", "chunks"))) == [
        "events: role finish usage [DONE]"
    ]
