from __future__ import annotations

import pytest

from chunktape import Answer, AsyncMemoryTransport, Ending, Failure, MemoryTransport, Request, TransportError

REQUEST = Request("POST", "http://provider.test/v1", (), b"{}")
BROKEN = Ending("error", None, Failure("reset", "httpx2.ReadError", "gone"))


async def _all(transport, request):
    """Return the pieces of a reply, sync or async."""
    if isinstance(transport, AsyncMemoryTransport):
        return [chunk.data async for chunk in await transport.send(request)]
    return [chunk.data for chunk in transport.send(request)]


@pytest.fixture(params=[MemoryTransport, AsyncMemoryTransport])
def kind(request):
    return request.param


async def test_answers_one_after_the_other(kind):
    """Answers come in their order, and the transport remembers what was asked."""
    transport = kind([Answer((b"a", b"b")), Answer((b"c",))])

    got = [await _all(transport, REQUEST), await _all(transport, REQUEST)]

    assert [[b"a", b"b"], [b"c"]] == got
    assert [REQUEST, REQUEST] == transport.requests


async def test_answers_by_a_function(kind):
    """A function of the request chooses the answer."""
    transport = kind(lambda request: Answer((request.body,)))

    assert [b"{}"] == await _all(transport, REQUEST)


async def test_breaks_off_as_told(kind):
    """An ending that is a failure is raised after the last piece."""
    transport = kind([Answer((b"a",), ending=BROKEN)])

    with pytest.raises(TransportError, match="gone") as caught:
        await _all(transport, REQUEST)
    assert BROKEN.failure == caught.value.failure


async def test_says_when_it_has_no_answer_left(kind):
    """Running out of answers names the request that got none."""
    transport = kind([])

    with pytest.raises(LookupError, match=r"no answer for request 1 \(POST http://provider.test/v1\)"):
        await _all(transport, REQUEST)
