"""The explicit way in: our transports as clients of the SDKs, without any patching."""

from __future__ import annotations

import pytest
from clients import KEY, NAMED
from exchanges import body_of, reply

from chunktape import (
    Answer,
    AsyncLiveTransport,
    AsyncMemoryTransport,
    AsyncRecordTransport,
    AsyncReplayTransport,
    Cassette,
    Ending,
    Failure,
    LiveTransport,
    MemoryTransport,
    NetworkRefusedError,
    RecordTransport,
    ReplayTransport,
    Request,
    TransportError,
    UnmatchedRequestError,
    async_azure_transport,
    async_http_client,
    azure_transport,
    http_client,
    use_cassette,
)

SYNC = ["openai", "azure-openai", "anthropic", "azure"]
ASYNC = ["openai-async", "azure-openai-async", "anthropic-async", "azure-async"]


def _plugged(case, transport):
    """Return the option that gives a client of this case one of our transports."""
    if case.provider == "azure":
        return {"transport": (async_azure_transport if case.is_async else azure_transport)(transport)}
    return {"http_client": (async_http_client if case.is_async else http_client)(transport)}


def _run(case, provider, transport):
    return case.run(provider, **_plugged(case, transport))


@pytest.fixture(params=[*SYNC, *ASYNC])
def case(request):
    return NAMED[request.param]


def test_live_transport_is_the_network(case, provider):
    """A client over a live transport sees what it sees without one."""
    transport = AsyncLiveTransport() if case.is_async else LiveTransport()

    assert case.run(provider) == _run(case, provider, transport)


def test_record_and_replay_transports(case, provider, tmp_path):
    """What a record transport kept, a replay transport answers, without a server and without patching."""
    live, record, play = (
        (AsyncLiveTransport, AsyncRecordTransport, AsyncReplayTransport)
        if case.is_async
        else (LiveTransport, RecordTransport, ReplayTransport)
    )
    with use_cassette(tmp_path / "tape.yaml", record_mode="once") as session:
        recording = _run(case, provider, record(live(), session))
    provider.stop()
    replayed = _run(case, provider, play(Cassette.load(tmp_path / "tape.yaml")))

    assert recording == replayed
    assert len(session.interactions) == 1, "the same call is not recorded twice"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_encoded_replies_are_decoded_by_the_stack(case, provider, tmp_path, encoding):
    """A live reply comes encoded, a replayed one decoded, and each says which: the caller sees the same."""
    if case.name == "azure-async" and encoding != "gzip":
        pytest.skip(f"azure-core's aiohttp transport cannot read {encoding} itself")
    live, record, play = (
        (AsyncLiveTransport, AsyncRecordTransport, AsyncReplayTransport)
        if case.is_async
        else (LiveTransport, RecordTransport, ReplayTransport)
    )
    provider.play(*[reply(case, encoding=encoding)] * 3)
    unplugged = case.run(provider)
    plugged = _run(case, provider, live())
    with use_cassette(tmp_path / "tape.yaml", record_mode="once") as session:
        recording = _run(case, provider, record(live(), session))
    cassette = Cassette.load(tmp_path / "tape.yaml")
    replayed = _run(case, provider, play(cassette))

    assert unplugged == plugged
    assert unplugged == recording
    assert unplugged == replayed
    assert encoding == cassette.interactions[0].content_encoding


def test_memory_transport_answers_an_sdk(case, provider):
    """Any of our transports can stand under an SDK, so a test needs no server for an answer from memory."""
    answer = Answer((body_of(reply(case)),))
    transport = AsyncMemoryTransport([answer]) if case.is_async else MemoryTransport([answer])
    provider.play(reply(case))

    assert case.run(provider) == _run(case, provider, transport)
    assert transport.requests[0].method == "POST"
    assert KEY in str(transport.requests[0].headers)


@pytest.mark.parametrize("kind", ["timeout", "reset", "protocol"])
def test_failures_become_the_sdks_own(case, provider, kind):
    """A transport's failure reaches the caller as what the SDK makes of its own stack's failure."""
    ending = Ending("error", None, Failure(kind, "elsewhere.Error", "it broke"))
    answer = Answer((body_of(reply(case))[:600],), ending=ending)
    options = {"retry_total": 0} if case.provider == "azure" else {"max_retries": 0}
    transport = AsyncMemoryTransport([answer]) if case.is_async else MemoryTransport([answer])

    with pytest.raises(Exception) as caught:  # noqa: PT011 each SDK has its own
        case.run(provider, **_plugged(case, transport), **options)
    assert caught.type.__module__.partition(".")[0] in {"openai", "anthropic", "azure", "httpx2"}
    assert not isinstance(caught.value, TransportError)


def test_live_transport_is_refused_in_replay(provider, tmp_path):
    """While a cassette cannot record, a live transport is as closed as everything else."""
    case = NAMED["openai"]
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        case.run(provider)
    request = Request("GET", provider.url + "/healthz")

    with use_cassette(tmp_path / "tape.yaml", record_mode="none") as session:
        with pytest.raises(NetworkRefusedError, match="a LiveTransport goes past the cassette"):
            LiveTransport().send(request)
        session.refused.clear()
    assert len(provider.requests) == 1


def test_live_transport_names_what_failed():
    """Without a server there is a failure of kind connect, not an exception of the HTTP library."""
    with pytest.raises(TransportError) as caught:
        LiveTransport().send(Request("GET", "http://127.0.0.1:9/"))
    assert caught.value.failure.kind == "connect"


async def test_async_live_transport_names_what_failed():
    """The awaited twin says the same."""
    with pytest.raises(TransportError) as caught:
        await AsyncLiveTransport().send(Request("GET", "http://127.0.0.1:9/"))
    assert caught.value.failure.kind == "connect"


def test_replay_transport_explains_a_miss(tmp_path, provider):
    """A replay transport without a fitting recording raises the same miss as an open cassette."""
    case = NAMED["openai"]
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        case.run(provider)

    with pytest.raises(UnmatchedRequestError, match=r"No recording left for GET http://elsewhere\.test/"):
        ReplayTransport(Cassette.load(tmp_path / "tape.yaml")).send(Request("GET", "http://elsewhere.test/"))
