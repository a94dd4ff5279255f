"""What a stream says of itself: times, costs, and which failures end its loop."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from openai_wire import DONE, chunk, said, streamed, whole

from chunktape import (
    Ending,
    Head,
    Interaction,
    MemoryTransport,
    PriceTable,
    ProviderStreamError,
    Request,
    use_prices,
)
from chunktape.openai import OpenAIStream, openai_call
from chunktape.tape.interaction import Timing

URL = "https://api.openai.com/v1/chat/completions"
PRICES = PriceTable({"gpt-4o-mini-2024-07-18": {"input": 1, "output": 1}, "m": {"input": 1, "output": 1}})


def recorded(*pieces, at):
    """Return a recording whose pieces came at these seconds."""
    ends, place = [], 0
    for piece in pieces:
        place += len(piece)
        ends.append(place)
    moments = tuple(int(second * 1e6) for second in at)
    return Interaction(
        Request("POST", URL, (), b'{"model":"m","messages":[],"stream":true}'),
        Head(200, headers=(("content-type", "text/event-stream"),)),
        b"".join(pieces),
        tuple(ends),
        Ending("eof", 9.0),
        Timing(100_000, moments, moments, 9_000_000),
        recorded_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_role_is_no_output():
    """The first output is the first text; an event with a role alone came before it."""
    role = chunk({"role": "assistant", "content": ""})
    stream = OpenAIStream.from_interaction(
        recorded(role, said("Hi"), chunk({}, "stop"), DONE, at=(1, 2, 3, 4))
    )

    stream.finish()

    assert 2.0 == stream.time_to_first_token
    began = datetime(2026, 1, 2, tzinfo=UTC).timestamp() * 1000
    assert (began, began + 9000) == (stream.start_time, stream.end_time)


def test_each_chunk_has_the_time_of_its_last_byte():
    """A chunk comes when the piece that ends it does, wherever pieces are cut."""
    wire = said("a") + said("b")
    pieces = wire[:10], wire[10 : len(said("a"))], wire[len(said("a")) :], chunk({}, "stop"), DONE
    stream = OpenAIStream.from_interaction(recorded(*pieces, at=(1, 2, 3, 4, 5)))

    assert [2.0, 3.0] == [one.received_at for one, _ in stream][:2]


def test_no_cost_of_an_answer_that_is_not_whole():
    """Nobody told what a cut stream costs; a whole one has a cost, and so has its response."""
    with use_prices(PRICES):
        cut = OpenAIStream.from_bytes(said("Hi"), url=URL)
        with pytest.raises(Exception, match="stopped before"):
            cut.finish()
        partial = cut.construct_call_response(allow_partial=True)
        whole_one = OpenAIStream.from_bytes(whole(said("Hi")) + DONE, url=URL).finish()

        assert (None, None, None, None) == (
            cut.cost,
            partial.cost,
            partial.price_source,
            partial.price_version,
        )
        assert whole_one.cost is not None
        assert whole_one.cost == whole_one.construct_call_response().cost


class Watched:
    """Prices that note for which time they were asked."""

    def __init__(self):
        self.asked = []

    def cost(self, *_, at):
        self.asked.append(at)


def test_prices_are_those_of_the_recording():
    """A stream and its response cost what they cost when they were recorded, not when they are read."""
    one = recorded(whole(said("Hi")), at=(1,))
    stream = OpenAIStream.from_interaction(one).finish()
    prices = Watched()
    with use_prices(prices):
        _ = stream.cost, stream.construct_call_response().cost

    assert [one.recorded_at, one.recorded_at] == prices.asked


def test_only_interruptions_can_be_kept_quiet():
    """A stream that need not raise where it stops early still raises the provider's own error."""
    error = b'data: {"error":{"message":"overloaded","code":"x"}}\n\n'
    transport = MemoryTransport([streamed(said("Hi"), error), streamed(said("Hi"))])

    @openai_call("m", stream={"raise_interrupted": False}, transport=transport)
    def ask() -> str:
        return "Hi"

    stream, cut = ask(), ask()
    with pytest.raises(ProviderStreamError) as raised:
        stream.finish()

    assert ("overloaded", "x") == (raised.value.message, raised.value.code)
    assert ("Hi", "interrupted") == (cut.finish().content, cut.status)
