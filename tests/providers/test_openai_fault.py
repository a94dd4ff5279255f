"""OpenAI's streams that fail, that are left and taken up again; the wire is invented."""

from __future__ import annotations

import openai
import pytest
from openai_wire import (
    COUNTS,
    DONE,
    TORN,
    World,
    at_once,
    call,
    called,
    chunk,
    counted,
    done,
    failed,
    message,
    said,
    sse,
    streamed,
    text_of,
    whole,
)

from chunktape import ProviderStreamError, StreamInterruptedError, StreamNotConsumedError

OVERLOADED = {"error": {"message": "Overloaded", "type": "server_error", "code": "overloaded", "param": None}}


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


async def test_status_transitions(world):
    """A stream is pending, then streaming, then complete; what only the end tells waits for it."""
    stream = await world.stream(said("Hi"), chunk({}, "stop"), counted(), DONE)
    seen = [(stream.status, hasattr(stream, "message_param"), stream.content, stream.finish_reasons)]
    for count in (1, 2, None):
        await world.pairs(stream, stop_after=count)
        seen.append((stream.status, hasattr(stream, "message_param"), stream.content, stream.finish_reasons))

    assert [
        ("pending", False, "", None),
        ("streaming", False, "Hi", None),
        ("streaming", False, "Hi", ["stop"]),
        ("complete", True, "Hi", ["stop"]),
    ] == seen


async def test_nothing_before_the_first_step(world):
    """The request is sent at the first step, not at the call; until then everything is empty."""
    fn, transport = world.caller(streamed(whole(said("Hi"))), stream=True)
    stream = await done(fn())

    assert ([], "", None, "gpt-4o-mini", 0, 0, None, {}, None) == (
        transport.requests,
        stream.content,
        stream.id,
        stream.model,
        stream.start_time,
        stream.end_time,
        stream.time_to_first_token,
        stream.response_headers,
        stream.cost,
    )
    for partial in (False, True):
        with pytest.raises(StreamNotConsumedError, match="not read yet"):
            stream.construct_call_response(allow_partial=partial)


@pytest.mark.parametrize("kind", [ValueError, AttributeError])
async def test_not_consumed(world, kind):
    """Before the end, `message_param` raises an error that is a ValueError and an AttributeError."""
    stream = await world.stream(chunk({"content": "a"}), whole(said("b")))
    await world.pairs(stream, stop_after=1)

    with pytest.raises(kind, match="not read to its end: 1 events came so far") as caught:
        _ = stream.message_param
    assert isinstance(caught.value, StreamNotConsumedError)


async def test_partial_response(world):
    """A response made on the way is marked interrupted, and does not change when the stream goes on."""
    stream = await world.stream(said("a"), whole(said("b"), called(call("{", name="f", index=0, id="1"))))
    await world.pairs(stream, stop_after=1)
    early = stream.construct_call_response(allow_partial=True)
    written = early.model_dump_json()
    await world.pairs(stream)

    assert ("interrupted", "a", "ab", written) == (
        early.status,
        early.content,
        stream.content,
        early.model_dump_json(),
    )


async def test_d22_error_event_after_text(world):
    """D22: an error inside of the stream raises with the provider's words; what came before stays."""
    stream, pairs, error = await world.broken(ProviderStreamError, said("Hi") + sse(OVERLOADED))

    assert ("Hi", "Hi", "error", "overloaded", OVERLOADED) == (
        text_of(pairs),
        stream.content,
        stream.status,
        error.code,
        error.raw,
    )
    assert (
        "The provider sent an error inside of the stream (overloaded): Overloaded\n"
        f"  after 2 events, {len(said('Hi') + sse(OVERLOADED))} bytes\n"
        "  what came before it is in the stream; construct_call_response(allow_partial=True) gives it"
    ) == str(error)
    assert not hasattr(stream, "message_param")
    assert "error" == stream.construct_call_response(allow_partial=True).status


async def test_d22_error_event_by_name(world):
    """D22: an event called `error` is one, whatever its data looks like."""
    _, _, error = await world.broken(
        ProviderStreamError, said("Hi") + sse({"message": "no", "code": 7}, "error")
    )

    assert "7" == error.code


async def test_d22_error_before_a_proper_end(world):
    """D22: a finish reason and an end marker behind an error do not make the answer complete."""
    stream, _, _ = await world.broken(ProviderStreamError, whole(said("Hi"), sse(OVERLOADED)))

    assert ("error", "Hi") == (stream.status, stream.content)


CUTS = {
    "before the finish reason": ([said("Hi")], "a finish reason", None),
    "before the end marker": ([said("Hi"), chunk({}, "stop"), counted()], "its end marker", ["stop"]),
    "within an event": ([said("Hi"), chunk({}, "stop")[:-20]], "a finish reason", None),
    "at once": ([], "a finish reason", None),
}


@pytest.mark.parametrize("cut", CUTS)
async def test_d22_a_missing_end(world, cut):
    """D22: a stream that stops early raises when it has given out all that came."""
    pieces, missing, reasons = CUTS[cut]
    stream, pairs, error = await world.broken(StreamInterruptedError, *pieces)

    assert f"The stream stopped before {missing} came\n" in str(error)
    assert ("interrupted", reasons, error) == (stream.status, stream.finish_reasons, stream.error)
    assert ("".join(one.content for one, _ in pairs), "Hi" if pieces else "") == (
        stream.content,
        stream.content,
    )
    assert "interrupted" == stream.construct_call_response(allow_partial=True).status


async def test_d22_a_missing_end_can_be_taken(world):
    """With `raise_interrupted` off the loop ends quietly, and the status tells it."""
    stream, _ = await world.finished(said("Hi"), stream={"raise_interrupted": False})

    assert ("interrupted", "Hi") == (stream.status, stream.content)
    assert isinstance(stream.error, StreamInterruptedError)
    with pytest.raises(StreamNotConsumedError, match="its status is 'interrupted'"):
        stream.construct_call_response()


async def test_disconnect(world):
    """A connection that breaks interrupts the stream: the cause is named, what came stays, tools too."""
    tool = called(call('{"x"', name="f", index=0, id="1"))
    stream, pairs, error = await world.broken(StreamInterruptedError, said("Hi"), tool, ending=TORN)

    assert "RemoteProtocolError: the peer left" in str(error)
    assert "RemoteProtocolError" == type(error.__cause__).__name__
    assert ("Hi", "interrupted", 3) == (stream.content, stream.status, len(pairs))
    assert "not" in stream.tool.error


async def test_again_after_an_error(world):
    """A stream that failed gives out what came again, and raises the same again; nothing is sent anew."""
    fn, transport = world.caller(streamed(said("Hi")), stream=True)
    stream = await done(fn())
    for _ in range(2):
        with pytest.raises(StreamInterruptedError) as caught:
            await world.pairs(stream)
        assert (stream.error, "Hi", 1) == (caught.value, stream.content, len(transport.requests))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, openai.BadRequestError), (401, openai.AuthenticationError), (500, openai.InternalServerError)],
)
async def test_http_error_before_the_first_event(world, status, kind):
    """HTTP errors surface in the loop as the SDK's own, each time; the stream says that it failed."""
    headers = {"x_should_retry": "false", "x_request_id": "req_9"}
    fn, transport = world.caller(failed(status, "No such thing", **headers), stream=True)
    stream = await done(fn())
    for _ in range(2):
        with pytest.raises(kind, match="No such thing") as caught:
            await world.pairs(stream)

    assert (1, "error", caught.value, "") == (
        len(transport.requests),
        stream.status,
        stream.error,
        stream.content,
    )
    assert ("invented_code", "req_9") == (caught.value.code, caught.value.request_id)
    for partial in (False, True):
        with pytest.raises(StreamNotConsumedError, match="refused the call"):
            stream.construct_call_response(allow_partial=partial)


async def test_429_then_success(world):
    """The SDK's own retries work below a stream."""
    fn, transport = world.caller(failed(429, retry_after_ms="1"), streamed(whole(said("Hi"))), stream=True)
    stream = await done(fn())
    pairs = await world.pairs(stream)

    assert ("Hi", 2, "complete") == (text_of(pairs), len(transport.requests), stream.status)


async def test_an_error_with_status_200_in_place_of_a_stream(world):
    """Some hosts (OpenRouter) answer 200 with a JSON error instead of a stream; it is an error."""
    fn, _ = world.caller(at_once({"error": {"message": "No credits", "code": 402}}), stream=True)
    stream = await done(fn())

    with pytest.raises(ProviderStreamError, match=r"\(402\): No credits") as caught:
        await world.pairs(stream)
    assert ("402", "error") == (caught.value.code, stream.status)


async def test_an_answer_that_is_no_stream(world):
    """A host that does not stream says what it sent instead."""
    fn, _ = world.caller(at_once(message()), stream=True)
    stream = await done(fn())

    with pytest.raises(StreamInterruptedError, match=r"the answer is no event stream: '\{\"id\""):
        await world.pairs(stream)


async def test_d15_break_then_resume(world):
    """D15: after a break, a loop starts at the first chunk again and goes on live; nothing is lost."""
    wire = whole(said("a", "b", "c"), called(call("{}", name="f", index=0, id="1")))
    ends = [at + 2 for at in range(len(wire)) if wire.startswith(b"\n\n", at)]
    pieces = [wire[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    stream = await world.stream(*pieces)
    first = await world.pairs(stream, stop_after=2)
    midway = stream.content, stream.status
    second = await world.pairs(stream, stop_after=3)
    rest = await world.pairs(stream)
    again = await world.pairs(stream)
    once, _ = await world.finished(wire)

    assert (("a", "streaming"), "abc", "abc") == (midway, text_of(rest), stream.content)
    assert (first, second, rest) == (rest[:2], rest[:3], again)
    assert once.construct_call_response() == stream.construct_call_response()
    assert COUNTS == stream.construct_call_response().body["usage"]


async def test_d15_two_loops_at_once(world):
    """D15: two loops over one stream, one inside of the other, both see everything."""
    stream = await world.stream(*(said(letter) for letter in "ab"), whole(said("c")))
    inner = []
    if world.awaited:
        outer = []
        async for pair in stream:
            outer.append(pair)
            inner = inner or [one async for one in stream]
    else:
        outer = []
        for pair in stream:
            outer.append(pair)
            inner = inner or list(stream)

    assert ("abc", inner) == (text_of(outer), outer)
