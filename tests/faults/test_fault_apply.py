"""What faults make of an interaction."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape import Chunk, FaultError, Head, Interaction, Request
from chunktape.faults import every_cut, parse
from chunktape.tape.interaction import Silence, Timing
from chunktape.wire.message import Ending
from chunktape.wire.sse import events

EVENT_STREAM = Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1")
ASKED = Request("POST", "https://user:pw@api.example.com/v1/chat/completions?key=planted-secret")
BODY = 'data: {}\n\ndata: {"ä":1}\n\n: note\n\ndata: [DONE]\n\n'.encode()
# Chunks that are no events: the second one ends within the second event.
ONE = Interaction(
    ASKED,
    EVENT_STREAM,
    BODY,
    (10, 15, len(BODY)),
    Ending("closed", 0.4),
    Timing(100, (1_000, 2_000, 300_000), (900, 800, 290_000), 400_000),
)
JSON = replace(
    ONE,
    head=Head(200, "OK", (("content-type", "application/json"), ("Content-Length", "7"))),
    body=b'{"a":1}',
    ends=(7,),
    timing=None,
)
RESPONSES = replace(
    ONE,
    request=Request("POST", "https://api.example.com/v1/responses"),
    body=b'event: response.created\ndata: {"type":"response.created"}\n\n',
)
ANTHROPIC = replace(ONE, request=Request("POST", "https://api.example.com/v1/messages"))
AZURE = replace(ONE, request=Request("POST", "https://x.services.ai.azure.com/models/chat/completions"))
ALL = [
    *("cut@60%", "cut@event:2", "cut@byte:12", "cut@event:0", "reset@event:1", "disconnect@byte:20"),
    *("no-end", "duplicate@2", "garble@2", "error:overloaded@2", "crlf", "split:utf8", "split:bytes"),
    *("split:random~5", "coalesce", "stall:1s@byte:12", "status:429x2", "timeout", "reset", "refused"),
]


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def applied(text, one=ONE):
    """Return the one answer that a fault leaves."""
    [altered] = parse(text).apply(one)
    return altered


def pieces(one):
    return [chunk.data for chunk in one.chunks]


@pytest.mark.parametrize("text", ALL)
def test_faults_are_pure_and_the_sums_stay_true(text):
    """The same fault gives the same each time, changes nothing it is given, and its chunks make the body."""
    before = replace(ONE)
    first, second = parse(text).apply(ONE), parse(text).apply(ONE)

    assert first == second
    assert before == ONE
    for altered in first:
        assert altered.body == b"".join(pieces(altered))
        assert all(pieces(altered))
        assert altered.timing is None or len(altered.ends) == len(altered.timing.at)


@given(
    st.lists(st.sampled_from(ALL), min_size=1, max_size=4), st.lists(st.integers(1, len(BODY)), unique=True)
)
def test_faults_go_together(texts, ends):
    """Whatever faults follow one another over whatever chunks, the sums stay true or a place is missing."""
    one = replace(ONE, ends=(*sorted({*ends, len(BODY)}),), timing=None)
    try:
        answers = parse(", ".join(texts)).apply(one)
    except FaultError:
        return

    for altered in answers:
        assert altered.body == b"".join(pieces(altered))
        places = {0, None, *altered.ends}
        assert places >= {silence.at for silence in altered.silences}


def test_a_cut_keeps_what_came_before_it():
    """What is cut within a chunk keeps that chunk's time, and the end comes right after it."""
    cut = applied("cut@byte:12")

    assert (BODY[:12], (10, 12), Ending("eof")) == (cut.body, cut.ends, cut.ending)
    assert Timing(100, (1_000, 2_000), (900, 800), 2_000) == cut.timing


@pytest.mark.parametrize(
    ("text", "expected"),
    [("cut@event:0", 0), ("cut@event:1", 10), ("cut@2", 26), ("cut@event:4", 48), ("cut@50%", 24)],
)
def test_places_count_what_has_come(text, expected):
    """event:2 is the place after two events, and comments count as events, as everywhere in a cassette."""
    assert expected == len(applied(text).body)


def test_every_cut_is_each_boundary_before_the_end():
    """`every_cut` yields a cut right after the head, and one after each event but the last."""
    cuts = list(every_cut(ONE))

    assert ["cut@event:0", "cut@event:1", "cut@event:2", "cut@event:3"] == [str(cut) for cut in cuts]


def test_a_failure_leaves_the_head_as_it_was():
    """A reply that breaks off had announced all of it; one that is cut properly announces what comes."""
    broken, cut = applied("disconnect@byte:3", JSON), applied("cut@byte:3", JSON)

    assert JSON.head == broken.head
    assert "received 3 bytes, expected 7" in broken.ending.failure.message
    assert ("Content-Length", "3") in cut.head.headers


def test_boundaries_alone_change():
    """Splitting and joining keep the bytes; chunks come when their last byte came."""
    split, joined = applied("split:utf8"), applied("coalesce")

    assert (10, 15, 19, 48) == split.ends
    assert Timing(100, (1_000, 2_000, 300_000, 300_000), (900, 800, 290_000, 0), 400_000) == split.timing
    assert (48,) == joined.ends
    assert Timing(100, (300_000,), (291_700,), 400_000) == joined.timing
    assert 48 == len(applied("split:bytes").ends)
    assert BODY == split.body == joined.body
    assert applied("split:random~1").ends != applied("split:random~2").ends


def test_a_stall_stays_where_it_is_put():
    """A stall is a silence at its place, whatever happens to the chunks around it."""
    assert (Silence(1.5, 10),) == applied("stall:1500ms@event:1").silences
    assert (10, 48) == applied("stall:1s@event:1, coalesce").ends
    assert () == applied("stall:1s@event:3, cut@event:1").silences
    assert (Silence(2.0),) == applied("stall:2s").silences


def test_line_ends_become_crlf():
    """The events are the same with other line ends; what is no event stream stays as it is."""
    altered = applied("crlf")

    assert b"data: {}\r\n\r\n" == altered.body[:12]
    assert list(events(BODY)) == list(events(altered.body))
    assert JSON == applied("crlf", JSON)


def test_the_end_marker_is_left_out():
    """Without its end marker the stream ends by itself."""
    altered = applied("no-end")

    assert (BODY[:-14], Ending("eof", 0.4)) == (altered.body, altered.ending)


def test_an_event_comes_twice():
    """The event follows itself, in the same chunk."""
    assert BODY[:10] * 2 + BODY[10:] == applied("duplicate@1").body


def test_garbled_data_is_no_json():
    """Some bytes of one event's data are others, the same for the same seed; the others stay as they are."""
    altered = applied("garble@2")
    ours, theirs = ([one.data for one in events(body)] for body in (altered.body, BODY))

    assert [True, False, True, True] == [a == b for a, b in zip(ours, theirs, strict=True)]
    assert altered == applied("garble@2~0")
    assert altered != applied("garble@2~9")


RESPONSES_ERROR = b"event: error\ndata: " + compact(
    {"type": "error", "code": "server_error", "message": "Overloaded", "param": None, "sequence_number": 1}
)
ERRORS_IN_STREAM = {
    "openai": (
        ONE,
        b'data: {"error":{"message":"Overloaded","type":"server_error","param":null,"code":null}}',
    ),
    "anthropic": (
        ANTHROPIC,
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    ),
    "azure": (AZURE, b'data: {"error":{"code":"529","message":"Overloaded"}}'),
    "responses": (
        RESPONSES,
        RESPONSES_ERROR,
    ),
}


@pytest.mark.parametrize("shape", ERRORS_IN_STREAM)
def test_an_error_is_in_the_words_of_the_provider(shape):
    """An error in a stream is the event that the provider at hand sends, and the last one."""
    one, expected = ERRORS_IN_STREAM[shape]
    altered = applied("error:overloaded@1", one)

    assert expected + b"\n\n" == altered.body[altered.body.index(b"\n\n") + 2 :]
    assert Ending("eof") == altered.ending


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (ONE, b'{"error":{"message":"Rate limit'),
        (ANTHROPIC, b'{"type":"error","error":{"type":"rate_limit_error","message":"Rate limit'),
        (AZURE, b'{"error":{"code":"rate_limit_exceeded","message":"Rate limit'),
        (RESPONSES, b'{"error":{"message":"Rate limit'),
    ],
)
def test_refusals_are_in_the_words_of_the_provider(one, expected):
    """A refusal has the provider's body and a retry-after, and the recording comes after the last."""
    first, second, last = parse("status:429x2").apply(one)

    assert first == second
    assert one == last
    assert (429, "Too Many Requests") == (first.head.status, first.head.reason)
    assert ("retry-after", "1") in first.head.headers
    assert first.body.startswith(expected)


def test_a_fault_may_happen_the_first_times_only():
    """With a number of times, the unaltered recording comes after so many."""
    first, second, last = parse("reset@event:1x2").apply(ONE)

    assert (b"data: {}\n\n", "reset") == (first.body, first.ending.failure.kind)
    assert first == second
    assert ONE == last


@pytest.mark.parametrize(
    "text", ["cut@event:5", "reset@byte:49", "duplicate@5", "garble@0", "error:overloaded@5"]
)
def test_a_place_beyond_the_end_is_told(text):
    """A place that the stream does not have is an error that says what it has, and no secret."""
    with pytest.raises(FaultError) as raised:
        parse(text).apply(ONE)

    assert (
        f"The fault {text} has no place in the reply to POST https://api.example.com/v1/chat/completions\n"
        "  that reply has 4 events in 48 bytes; events count from 1\n"
        "  way out: a place that it has, or faults={2: …} for one interaction of several"
    ) == str(raised.value)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (JSON, "  that reply has 7 bytes that are no event stream, so they count as one event\n"),
        (applied("timeout"), "  that call got no reply: its connection failed\n"),
    ],
)
@pytest.mark.parametrize("text", ["cut@event:2", "reset@2", "duplicate@2"])
def test_what_is_no_stream_is_told(one, expected, text):
    """Where there are no events, the error says why."""
    with pytest.raises(FaultError) as raised:
        parse(text).apply(one)

    assert expected in str(raised.value)


def test_a_stream_without_an_end_marker_is_told():
    """What has no end marker cannot lose it."""
    with pytest.raises(FaultError) as raised:
        parse("no-end").apply(JSON)

    assert (
        "The fault no-end finds no end marker in the reply to POST https://api.example.com/v1/chat/completions\n"
        "  an end marker is [DONE], message_stop or response.completed (incomplete, failed)\n"
        "  way out: faults={2: …} for one interaction of several"
    ) == str(raised.value)


def test_chunks_have_times():
    """The chunks of an altered interaction are chunks as any."""
    assert (Chunk(b"data: {}\n\n", 0.001, 0.0009), Chunk(b"da", 0.002, 0.0008)) == applied(
        "cut@byte:12"
    ).chunks


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("path", ["/v1/responses", "/proxied"])
def test_errors_in_a_response_that_holds_a_message(streamed, path):
    """A response holds items of the type message, and its errors are OpenAI's all the same.

    The events are written after openai's `types/responses`, as the provider sends them.
    """
    item = {"type": "message", "role": "assistant", "content": []}
    whole = json.dumps({"id": "resp_1", "object": "response", "output": [item]}).encode()
    event = {"type": "response.output_item.added", "item": item, "sequence_number": 0}
    body = b"event: response.output_item.added\ndata: " + json.dumps(event).encode() + b"\n\n"
    kind = "text/event-stream" if streamed else "application/json"
    one = Interaction(
        Request("POST", f"https://api.openai.com{path}"),
        Head(200, headers=(("content-type", kind),)),
        body if streamed else whole,
        (len(body if streamed else whole),),
        Ending("eof"),
    )
    [refused, _] = parse("status:429").apply(one)

    assert "rate_limit_exceeded" == json.loads(refused.body)["error"]["code"]
    if streamed:
        [failed] = parse("error:overloaded@1").apply(one)
        said = json.loads(failed.body.rpartition(b"data: ")[2])
        assert ("error", "server_error", 1) == (said["type"], said["code"], said["sequence_number"])
