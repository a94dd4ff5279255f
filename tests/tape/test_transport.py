"""Record and replay behind the seam, without any HTTP library."""

from __future__ import annotations

import pytest

from chunktape import (
    Answer,
    AsyncMemoryTransport,
    AsyncRecordTransport,
    AsyncReplayTransport,
    Ending,
    Failure,
    MemoryTransport,
    RecordTransport,
    ReplayTransport,
    Request,
    Session,
    TransportError,
    UnmatchedRequestError,
)
from chunktape.tape.record_mode import MODES

REQUEST = Request("POST", "http://provider.test/v1/chat/completions", (), b'{"stream":true}')
OTHER = Request("POST", "http://ignored.test/v1", (), b"{}")
PIECES = (b"data: a\n\n", b"data: [DO", b"NE]\n\n")
BROKEN = Ending("error", None, Failure("reset", "httpx2.ReadError", "gone"))


async def _drain(transport, request):
    """Return the pieces of a reply, and the failure that ended it, through either twin."""
    seen = []
    try:
        if hasattr(transport, "aclose"):
            async with await transport.send(request) as reply:
                async for chunk in reply:
                    seen.append(chunk.data)
        else:
            with transport.send(request) as reply:
                for chunk in reply:
                    seen.append(chunk.data)
    except TransportError as error:
        return seen, error.failure.kind
    return seen, None


@pytest.fixture(params=["sync", "async"])
def kinds(request):
    """Return the memory, record and replay transports of one world."""
    if request.param == "sync":
        return MemoryTransport, RecordTransport, ReplayTransport
    return AsyncMemoryTransport, AsyncRecordTransport, AsyncReplayTransport


@pytest.mark.parametrize("ending", [Ending("eof"), BROKEN], ids=["to its end", "broken"])
async def test_record_then_replay_is_the_identity(kinds, ending):
    """What a record transport saw, a replay transport gives: pieces, and the failure that ended them."""
    memory, record, replay = kinds
    session = Session("a.yaml", MODES["once"])
    recording = await _drain(record(memory([Answer(PIECES, ending=ending)]), session), REQUEST)
    again = Session("a.yaml", MODES["none"], session.interactions)
    replayed = await _drain(replay(again), REQUEST)

    assert (list(PIECES), "reset" if ending is BROKEN else None) == recording
    assert recording == replayed


async def test_record_transport_replays_what_it_knows(kinds):
    """With `new_episodes` a known request is answered from its recording, another one is sent on."""
    memory, record, _ = kinds
    first = Session("a.yaml", MODES["once"])
    await _drain(record(memory([Answer(PIECES)]), first), REQUEST)
    inner = memory([Answer((b"new",))])
    second = Session("a.yaml", MODES["new_episodes"], first.interactions)
    transport = record(inner, second)

    assert (list(PIECES), None) == await _drain(transport, REQUEST)
    assert ([b"new"], None) == await _drain(transport, OTHER)
    assert [OTHER] == inner.requests
    assert len(second.interactions) == 2


async def test_ignored_host_is_passed_on_unrecorded(kinds):
    """A request to an ignored host is none of the session's business."""
    memory, record, _ = kinds
    session = Session("a.yaml", MODES["once"], ignore_hosts=["ignored.test"])

    assert ([b"x"], None) == await _drain(record(memory([Answer((b"x",))]), session), OTHER)
    assert () == session.interactions


async def test_failure_before_a_head_is_recorded(kinds):
    """A transport that never got a head is a recording, and fails the same way in replay."""
    memory, record, replay = kinds

    def refuse(_):
        raise TransportError(Failure("connect", "httpx2.ConnectError", "refused", "connect"))

    session = Session("a.yaml", MODES["once"])
    recording = await _drain(record(memory(refuse), session), REQUEST)
    again = Session("a.yaml", MODES["none"], session.interactions)

    assert ([], "connect") == recording
    assert recording == await _drain(replay(again), REQUEST)


async def test_replay_transport_misses_loudly(kinds):
    """Without a recording there is the miss, and nothing is sent."""
    _, _, replay = kinds

    with pytest.raises(UnmatchedRequestError, match="No recording left for POST"):
        await _drain(replay(Session("a.yaml", MODES["none"])), REQUEST)
