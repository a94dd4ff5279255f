"""Every recorded stream, delivered in other pieces or cut short, through the class of its provider."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from recorded_streams import (
    ROWS,
    STREAMS,
    apairs_of,
    finished,
    interaction,
    pairs_of,
    read,
    response_of,
    stream_class,
    told,
)

from chunktape.dialects.profile import profile_of
from chunktape.errors import ProviderStreamError, StreamInterruptedError, StreamNotConsumedError
from chunktape.wire.sse import block_ends, events

# Below this many bytes, every cut is tried; above, so many of them.
SMALL = 3_200
SAMPLED = 60
KEPT = 0.6
FAILURES = {
    "complete": type(None),
    "interrupted": StreamInterruptedError,
    "error": ProviderStreamError,
}

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


def delivered(name, *ends):
    """Return a stream of which the bytes up to the last of these offsets come, in these pieces."""
    one = interaction(name)
    cut = replace(one, body=one.body[: ends[-1]], ends=ends, timing=None)
    return stream_class(name).from_interaction(cut)


def outcome(stream):
    """Return all that a stream that was read has made of its bytes."""
    pairs = pairs_of(stream)
    return (
        [(told(chunk), tool) for chunk, tool in pairs],
        stream.status,
        stream.tools,
        response_of(stream).body,
    )


def cuts_of(name):
    """Return the offsets to cut at: all, or a sample, and in it every place within a character."""
    body = interaction(name).body
    if len(body) <= SMALL:
        return range(1, len(body))
    inner = [place for place, byte in enumerate(body) if byte & 0xC0 == 0x80]
    drawn = random.Random(name)  # noqa: S311 - a sample is no secret
    return {*drawn.sample(range(1, len(body)), SAMPLED), *drawn.sample(inner, min(len(inner), SAMPLED // 4))}


@pytest.mark.parametrize("name", STREAMS)
def test_two_pieces_are_the_same_stream(name):
    """Wherever the bytes are cut in two, chunks, tools, status and response are the same."""
    whole, size = outcome(finished(name)), len(interaction(name).body)

    for cut in cuts_of(name):
        assert whole == outcome(read(delivered(name, cut, size))), cut


@pytest.mark.parametrize("name", STREAMS)
async def test_one_byte_at_a_time_is_the_same_stream(name):
    """Where each byte comes alone, chunks, tools, status and response are the same, awaited too."""
    ends = tuple(range(1, len(interaction(name).body) + 1))
    stream, awaited = delivered(name, *ends), delivered(name, *ends)
    await apairs_of(awaited)

    assert outcome(finished(name)) == outcome(read(stream))
    assert told_by(awaited) == told_by(stream)


@pytest.mark.parametrize("name", STREAMS)
def test_the_last_line_may_lack_its_end(name):
    """Where a server ends the body right after its last line, nothing is lost."""
    size = len(interaction(name).body.rstrip())

    assert outcome(finished(name)) == outcome(read(delivered(name, size)))


def told_by(stream):
    return stream.status, stream.content, stream.tools, str(stream.error), response_of(stream).body


def expected_status(name, kept):
    """Return what a stream is of which these bytes came, read off its events alone."""
    came = [one for one in events(kept) if one.terminated and one.data]
    if any(_is_error(one.data) for one in came):
        return "error"
    if any(one.data == "[DONE]" or one.name == "message_stop" for one in came):
        return "complete"
    profile = profile_of(ROWS[name]["host"])
    assert profile.needs_end_marker, "no host of the corpus leaves it out"
    return "interrupted"


def _is_error(data):
    value = json.loads(data) if data.startswith("{") else {}
    return bool(value.get("error") or value.get("x_groq", {}).get("error"))


@pytest.mark.parametrize("name", STREAMS)
def test_a_cut_after_any_event_is_told(name):
    """After each event the stream can be cut: it is interrupted, and what came is read and written."""
    body = interaction(name).body
    text, last = finished(name).content, None
    for end in block_ends(body):
        stream = read(delivered(name, end))
        partial = response_of(stream)
        again = type(partial).model_validate_json(partial.model_dump_json())
        last = stream.status

        assert expected_status(name, body[:end]) == stream.status == partial.status
        assert type(stream.error) is FAILURES[stream.status]
        assert text.startswith(stream.content)
        # A call that was cut short is there, too, and says so.
        assert partial.tools == stream.tools
        assert (partial, partial.body, partial.content) == (again, again.body, stream.content)
        assert partial.message_param["role"] == "assistant"
    assert finished(name).status == last


@pytest.mark.parametrize("name", STREAMS)
async def test_a_cut_within_is_told(name):
    """Cut at three fifths of its bytes, a stream raises at its end, and tells what came."""
    body = interaction(name).body
    kept = int(len(body) * KEPT)
    stream, awaited = delivered(name, kept), delivered(name, kept)
    status = expected_status(name, body[:kept])
    with pytest.raises((StreamInterruptedError, ProviderStreamError)) as raised:
        stream.finish()
    await apairs_of(awaited)

    assert (status, FAILURES[status]) == (stream.status, raised.type)
    assert told_by(awaited) == told_by(stream)
    assert finished(name).content.startswith(stream.content)
    with pytest.raises(StreamNotConsumedError, match="construct_call_response\\(allow_partial=True\\)"):
        stream.construct_call_response()
    with pytest.raises(StreamNotConsumedError):
        _ = stream.message_param
    for tool in response_of(stream).tools or ():
        assert tool == type(tool).model_validate_json(tool.model_dump_json())
    assert stream.cost is None or stream.cost >= 0
