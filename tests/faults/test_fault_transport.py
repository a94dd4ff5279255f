"""Faults over any transport, and under the SDKs through it."""

from __future__ import annotations

import pytest
from clients import NAMED
from exchanges import body_of, reply

import chunktape
from chunktape import (
    Answer,
    AsyncFaultTransport,
    AsyncMemoryTransport,
    Ending,
    Failure,
    FaultTransport,
    MemoryTransport,
    Request,
    TransportError,
)
from chunktape.faults import Cut, event

ASKED = Request("POST", "https://api.example.com/v1/chat/completions")
PIECES = (b"data: 1\n\n", b"data: 2\n\n", b"data: [DONE]\n\n")


class Sync:
    """A fault transport over answers from memory."""

    def __init__(self, faults, *answers):
        self.inner = MemoryTransport(answers)
        self._transport = FaultTransport(self.inner, faults)

    async def send(self, request=ASKED):
        with self._transport as transport, transport.send(request) as reply:
            return reply.head.status, [chunk.data for chunk in reply]


class Async:
    """`Sync`, awaited."""

    def __init__(self, faults, *answers):
        self.inner = AsyncMemoryTransport(answers)
        self._transport = AsyncFaultTransport(self.inner, faults)

    async def send(self, request=ASKED):
        async with self._transport as transport, await transport.send(request) as reply:
            return reply.head.status, [chunk.data async for chunk in reply]


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def over(request):
    """Return what makes a fault transport of either kind."""
    return request.param


async def test_replies_come_altered(over):
    """What the inner transport answers comes altered."""
    transport = over("cut@event:2, coalesce", Answer(PIECES), Answer(PIECES))

    assert (200, [b"data: 1\n\ndata: 2\n\n"]) == await transport.send()
    assert (200, [b"data: 1\n\ndata: 2\n\n"]) == await transport.send()


async def test_numbers_count_what_is_sent(over):
    """A mapping names the requests that are sent by their numbers."""
    transport = over({2: Cut(event(1))}, Answer(PIECES), Answer(PIECES))

    assert [list(PIECES), [PIECES[0]]] == [(await transport.send())[1] for _ in range(2)]


async def test_refusals_are_sent_once(over):
    """A request is sent once; refusals come before its answer, and the next one is a new one."""
    transport = over({1: "status:429x2"}, Answer(PIECES), Answer(PIECES[:1]))
    seen = [(await transport.send())[0] for _ in range(3)]

    assert [429, 429, 200] == seen
    assert [ASKED] == transport.inner.requests
    assert (200, [PIECES[0]]) == await transport.send()


@pytest.mark.parametrize(("fault", "kind"), [("reset@event:1", "reset"), ("timeout", "timeout")])
async def test_failures_are_raised_for_every_sending(over, fault, kind):
    """A fault that breaks a reply off raises what every transport raises, as often as it is asked."""
    transport = over(fault, Answer(PIECES))
    for _ in range(3):
        with pytest.raises(TransportError) as raised:
            await transport.send()

        assert kind == raised.value.failure.kind
    assert [ASKED] == transport.inner.requests


async def test_a_failure_of_the_inner_transport_stays_one(over):
    """Where the inner reply breaks off, the altered one does, too."""
    broken = Answer(PIECES[:2], ending=Ending("error", None, Failure("reset", "x.Y", "gone")))
    transport = over("coalesce", broken)

    with pytest.raises(TransportError, match="gone"):
        await transport.send()


def test_it_goes_under_an_sdk(provider):
    """With `http_client` an SDK raises over it what it raises live."""
    import openai

    provider.play(reply(NAMED["openai"]))
    with (
        chunktape.http_client(FaultTransport(chunktape.LiveTransport(), "reset@event:4")) as http,
        openai.OpenAI(base_url=provider.openai_url, api_key="none", http_client=http) as client,
        pytest.raises(openai.APIConnectionError),
    ):
        list(client.chat.completions.create(model="m", messages=[], stream=True))


def test_a_recording_transport_keeps_the_answer_whole(tmp_path):
    """Behind a `RecordTransport` the caller gets the altered reply, the cassette the whole one."""
    inner = MemoryTransport([Answer((body_of(reply(NAMED["openai"])),))])
    with chunktape.use_cassette(tmp_path / "tape.yaml", record_mode="once", faults="cut@event:1") as session:
        transport = chunktape.RecordTransport(inner, session)
        seen = b"".join(chunk.data for chunk in transport.send(ASKED))

    [kept] = chunktape.Cassette.load(tmp_path / "tape.yaml").interactions
    assert seen == kept.body[: len(seen)]
    assert b"[DONE]" in kept.body[len(seen) :]
    assert "eof" == kept.ending.kind


async def test_a_recording_transport_keeps_the_answer_whole_awaited(tmp_path):
    """Its awaited twin does the same, also where the reply breaks off."""
    broken = Answer(PIECES[:2], ending=Ending("error", None, Failure("reset", "x.Y", "gone")))
    async with chunktape.use_cassette(
        tmp_path / "tape.yaml", record_mode="once", faults="cut@event:1"
    ) as session:
        transport = chunktape.AsyncRecordTransport(AsyncMemoryTransport([broken]), session)
        seen = [chunk.data async for chunk in await transport.send(ASKED)]

    [kept] = chunktape.Cassette.load(tmp_path / "tape.yaml").interactions
    assert [PIECES[0]] == seen
    assert (b"".join(PIECES[:2]), "error") == (kept.body, kept.ending.kind)


async def test_a_retry_that_counts_itself_is_the_same_request(over):
    """SDKs count their retries in a header: what is left for a request is left for those, too."""
    transport = over("status:429x2", Answer(PIECES))
    asked = [
        Request(ASKED.method, ASKED.url, (("x-stainless-retry-count", str(number)),)) for number in range(3)
    ]

    assert [429, 429, 200] == [(await transport.send(one))[0] for one in asked]
    assert 1 == len(transport.inner.requests)
