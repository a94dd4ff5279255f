"""What goes wrong on the way to Azure and back; wire data without a source is invented."""

from __future__ import annotations

import gc
import logging
import time

import openai
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure_world import DONE, PROMPT, WIRED, World, chunk

from chunktape import (
    ConfigurationError,
    ProviderStreamError,
    StreamInterruptedError,
    StreamNotConsumedError,
)
from chunktape.azure import azure_call
from chunktape.loopback import Disconnect, Hang, Reply, Write, chat, complete_chat, error, error_event, raw

SOON = {"retry-after": "0.01"}
ONCE = {"azure": {"retry_total": 0}, "openai": {"max_retries": 0}}


@pytest.fixture(params=WIRED)
async def world(request, provider):
    """Return one way to call Azure over a socket."""
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    made = World(request.param, provider)
    yield made
    await made.close()


def once(world):
    """Return a client that tries once."""
    return world.client(**ONCE["openai" if world.over_openai else "azure"])


async def test_error_inside_of_the_stream(world):
    """An error event raises the provider's own code and text; what came before stays readable (D22)."""
    sent = chat(
        "A tale of tape.", azure=True, cut=4, end=Write(error_event("azure", code="over", message="Full"))
    )
    stream = await world.stream(sent)

    with pytest.raises(ProviderStreamError, match=r"\(over\): Full") as caught:
        await world.pairs(stream)
    assert "over" == caught.value.code
    assert ("A tale", "error") == (stream.content, stream.status)
    assert caught.value is stream.error
    with pytest.raises(StreamNotConsumedError, match="its status is 'error'"):
        stream.construct_call_response()
    assert ("A tale", "error") == (
        stream.construct_call_response(allow_partial=True).content,
        stream.construct_call_response(allow_partial=True).status,
    )


async def test_a_refusal_that_cannot_be_read_is_no_answer(world):
    """A gateway's page of HTML that calls itself JSON is the SDK's error, and never an answer."""
    world.play(Reply(400, (("content-type", "application/json"),), (Write(b"<html>no</html>"),)))
    kinds = (HttpResponseError, openai.BadRequestError)

    with pytest.raises(kinds):
        await world.ask(client=once(world))


@pytest.mark.parametrize("end", ["cut", "clean", "no end marker"])
async def test_a_stream_that_stops_early_is_noticed(world, end):
    """However the connection ended, a stream without its end is interrupted; the SDKs say nothing."""
    replies = {
        "cut": chat("A tale of tape.", azure=True, cut=4),
        "clean": raw(chunk({"content": "A"}), chunk({"content": " tale"})),
        "no end marker": raw(chunk({"content": "A"}), chunk({"content": " tale"}), chunk(reason="stop")),
    }
    stream = await world.stream(replies[end])

    with pytest.raises(StreamInterruptedError, match="stopped before"):
        await world.pairs(stream)
    assert ("A tale", "interrupted") == (stream.content, stream.status)
    assert ("A tale", "interrupted") == (
        stream.construct_call_response(allow_partial=True).content,
        stream.construct_call_response(allow_partial=True).status,
    )


async def test_interruption_may_be_left_to_status(world):
    """With `raise_interrupted` off the loop ends, and `status` tells it."""
    stream, _ = await world.finished(
        chat("A tale of tape.", azure=True, cut=4), stream={"raise_interrupted": False}
    )

    assert ("A tale", "interrupted") == (stream.content, stream.status)


@pytest.mark.parametrize(
    ("status", "azures", "openais"),
    [
        (401, ClientAuthenticationError, openai.AuthenticationError),
        (404, ResourceNotFoundError, openai.NotFoundError),
        (400, HttpResponseError, openai.BadRequestError),
        (500, HttpResponseError, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_http_errors_are_the_sdks_own(world, status, azures, openais, stream):
    """Errors before the first event are the client's own classes, with status and body."""
    world.play(error(status, provider="azure", message="Nothing here"))
    client = once(world)

    with pytest.raises(openais if world.over_openai else azures, match="Nothing here") as caught:
        result = await world.ask(client=client, stream=stream)
        await world.pairs(result)
    assert status == caught.value.status_code
    assert type(caught.value) is (openais if world.over_openai else azures)
    assert 1 == len(world.requests)


async def test_a_refused_call_stays_refused(world):
    """A stream is sent once: later loops raise the same error, and it says so itself."""
    stream = await world.stream(error(401, provider="azure"), client=once(world))

    caught = []
    for _ in range(2):
        with pytest.raises((HttpResponseError, openai.APIError)) as found:
            await world.pairs(stream)
        caught.append(found.value)
    assert caught[0] is caught[1] is stream.error
    assert (1, "error") == (len(world.requests), stream.status)
    with pytest.raises(StreamNotConsumedError, match="the provider refused the call"):
        stream.construct_call_response()


@pytest.mark.parametrize("stream", [True, False])
async def test_the_sdk_retries(world, stream):
    """After a 429 and a 503 the SDK tries again, and what counts is the last reply."""
    good = chat("Tape.", azure=True) if stream else complete_chat("Tape.", azure=True)
    world.play(error(429, provider="azure", headers=SOON), error(503, provider="azure", headers=SOON), good)

    result = await world.ask(stream=stream)
    if stream:
        await world.pairs(result)
    assert "Tape." == result.content
    assert 3 == len(world.requests)
    assert result.response_headers["content-type"].startswith(
        "text/event-stream" if stream else "application/json"
    )


async def test_closing_gives_the_connection_back(world):
    """A stream that is left early can be closed; what came stays, and the client goes on."""
    client = world.client()
    stream = await world.stream(chat("A tale of tape.", azure=True, gap=0.02), client=client)
    await world.pairs(stream, stop_after=4)
    await world.release(stream)

    assert ("A tale", "interrupted") == (stream.content, stream.status)
    with pytest.raises(StreamInterruptedError):
        await world.pairs(stream)
    next_one, _ = await world.finished(chat("Another.", azure=True), client=client)
    assert "Another." == next_one.content


@pytest.mark.parametrize("name", ["azure", "azure-async"])
@pytest.mark.parametrize("case", ["read", "closed", "refused", "at once", "refused at once"])
async def test_a_client_from_the_environment_is_closed(name, case, provider, monkeypatch):
    """A client that was built for a call leaves nothing open, whatever becomes of the call."""
    world = World(name, provider)
    monkeypatch.setenv("AZURE_INFERENCE_ENDPOINT", provider.azure_url)
    monkeypatch.setenv("AZURE_INFERENCE_CREDENTIAL", "key-of-the-environment")
    at_once = complete_chat("Tape.", azure=True)
    replies = {"at once": at_once, "refused": error(401), "refused at once": error(401)}
    provider.play(replies.get(case, chat("Tape.", azure=True)))
    ask = azure_call("gpt-4o-mini", stream="at once" not in case)(world.function(PROMPT))

    result = seen = None
    try:
        result = await ask() if world.awaited else ask()
        if "at once" not in case:
            seen = await world.pairs(result, stop_after=1 if case == "closed" else None)
    except ClientAuthenticationError:
        seen = "refused"
    if case == "closed":
        await world.release(result)
    del result
    gc.collect()  # what was left open warns now, and warnings are errors

    assert ("refused" in case) is (seen == "refused")
    assert "key-of-the-environment" == dict(provider.requests[0].headers)["api-key"]


async def test_an_answer_that_is_no_json_names_the_url(world):
    """A page of HTML with status 200 is an error that says where to look."""
    page = Reply(200, (("content-type", "text/html"),), (Write(b"<html>Hello</html>"),), "length")
    world.play(page)

    with pytest.raises(ConfigurationError, match=r"no JSON object.*<html>") as caught:
        await world.ask()
    assert "check the base URL" in str(caught.value)


async def test_an_answer_that_the_sdk_cannot_type_is_given(world):
    """What the SDK makes no objects of is still an answer (a shape of choices that is invented)."""
    odd = Reply(
        200, (("content-type", "application/json"),), (Write(b'{"id": "x", "choices": {"a": 1}}'),), "length"
    )
    world.play(odd)

    response = await world.ask()
    assert ("x", {"a": 1}, "") == (response.id, response.body["choices"], response.content)
    assert {"a": 1} == response.response["choices"]


async def test_a_stream_of_nothing_is_interrupted(world):
    """A reply without any event is no answer."""
    stream = await world.stream(raw(b": hello\n\n", end=Disconnect()))

    with pytest.raises(StreamInterruptedError, match="after 0 events"):
        await world.pairs(stream)


async def test_what_is_no_json_is_kept(world):
    """An event that is no JSON is a pair like every other (D4), and the stream is not complete (D22)."""
    wire = raw(b"data: hm\n\n", chunk({"content": "A"}), chunk(reason="stop"), DONE)
    stream = await world.stream(wire, stream={"raise_interrupted": False})
    first = await world.pairs(stream, stop_after=1)
    with pytest.raises(ProviderStreamError, match="an event that is no JSON: hm"):
        await world.pairs(stream)

    assert ("hm", {}) == (first[0][0].data, first[0][0].raw)
    assert ("A", "error") == (stream.content, stream.status)


async def test_nothing_is_waited_for_after_the_end_marker(world):
    """A server that keeps the connection open after the end marker does not keep the loop waiting."""
    began = time.monotonic()
    stream, _ = await world.finished(raw(chunk({"content": "A"}), chunk(reason="stop"), DONE, end=Hang(20)))

    assert "complete" == stream.status
    assert time.monotonic() - began < 10
