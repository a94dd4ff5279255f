"""Metrics are what their definitions say, by hand; and None, never 0, where a recording holds no times."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from itertools import accumulate

import audited_messages
import audited_responses
import pytest
from audit_evidence import CORPUS, ROWS, exchange, kept, recorded
from audited_cassettes import CHAT_URL, asked_chat
from audited_messages import URL, asked

from chunktape.audit.metrics import metrics_of
from chunktape.audit.tick import ticks_of
from chunktape.calls.price import PriceTable
from chunktape.loopback import Pause, chat, complete_message, message, raw
from chunktape.loopback.script.stream import sse
from chunktape.tape.interaction import Timing

PRICES = PriceTable({"*": {"input": 1.0, "output": 10.0}})


def at(one, *milliseconds, head=200, end=None):
    """Return a recording whose chunks came at these times."""
    times = tuple(round(one * 1000) for one in milliseconds)
    waited = tuple(right - left for left, right in zip((0, *times), times, strict=False))
    return replace(one, timing=Timing(head * 1000, times, waited, None if end is None else end * 1000))


def measured(one, **more):
    return metrics_of(exchange(one), prices=PRICES, **more)


def of(row, *names):
    return tuple(getattr(row, name) for name in names)


@pytest.fixture(scope="module")
def row():
    """Metrics of: start, block, ping, "He", "llo", " you", stop, delta (7 tokens), stop."""
    one = recorded(message(["He", "llo", " you"], usage={"output_tokens": 7}), asked(), url=URL)
    return measured(at(one, 210, 211, 212, 300, 360, 2500, 2501, 2510, 2511, end=2600))


def test_times_of_a_stream(row):
    """Head, first event, first output, last output and end are counted from the request."""
    times = of(row, "ttfb", "ttfc", "ttft", "ttfa", "e2e", "e2e_close")

    assert (0.2, 0.21, 0.3, 0.3, 2.5, 2.6) == times


def test_gaps_of_a_stream(row):
    """Gaps lie between events with output; two of them make no stall."""
    assert ((0.06, 2.14), 2.14, 0, 0.0, 0.0) == of(row, "icl", "max_gap", "stalls", "stall_time", "coalesced")
    assert pytest.approx(0.06 + 0.99 * 2.08) == row.p99_gap


def test_rates_of_a_stream(row):
    """Tokens are the provider's count: six of the seven came between the first output and the last."""
    assert pytest.approx(2.2 / 6) == row.itl == row.tpot
    assert pytest.approx(6 / 2.2) == row.out_tps
    assert pytest.approx(7 / 2.5) == row.out_tps_e2e
    assert pytest.approx(7 / 3) == row.tok_per_chunk


def test_sizes_of_a_stream(row):
    """Characters are those of the decoded text."""
    assert (3, 9, 14, 7) == of(row, "events", "characters", "input_tokens", "output_tokens")
    assert pytest.approx((3.0, 3.8, 4.0)) == row.chars_per_chunk


def test_a_row_names_its_stream(row):
    """A row says where it is from, who answered, and what it cost; and it can be sent elsewhere."""
    names = ("cassette", "interaction", "provider", "host", "dialect", "model", "streamed")

    assert of(row, *names) == (
        "cassette.yaml",
        1,
        "anthropic",
        "api.anthropic.com",
        "messages",
        "claude-haiku-4-5-20251001",
        True,
    )
    assert pytest.approx((14 * 1 + 7 * 10) / 1e6) == row.cost.usd
    assert row == pickle.loads(pickle.dumps(row))  # noqa: S301 - our own


def test_reasoning_is_output_and_no_answer():
    """The first reasoning ends the wait for output, the first word the wait for an answer."""
    one = recorded(message(["Yes"], thinking=["Hm", "m"]), asked(), url=URL)
    # start, block, ping, "Hm", "m", signature, stop, block, "Yes", stop, delta, stop
    row = measured(at(one, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, head=5))

    assert (0.04, 0.09, 0.09) == of(row, "ttft", "ttfa", "e2e")


def test_the_name_of_a_tool_is_output():
    """A call begins with its name; its first piece of arguments is empty and counts for nothing."""
    one = recorded(message(tools=[("look", '{"a":1}')]), asked(), url=URL)
    # Sent are a start, the block, a ping, two pieces, the block's end, the last words and the end.
    row = measured(at(one, 10, 20, 30, 40, 50, 60, 70, 80, head=5))

    assert (0.02, 0.02, 0.05, 2, 11) == of(row, "ttft", "ttfa", "e2e", "events", "characters")


def test_stalls_are_long_and_rare():
    """A gap is a stall above one second and above ten times the median of its stream."""
    pieces = [str(number) for number in range(8)]
    one = recorded(chat(pieces), asked_chat(), url=CHAT_URL)
    # role, then eight pieces 100 ms apart with two long gaps, then reason, usage, end marker
    gaps = (0, 100, 100, 1500, 100, 900, 100, 100)
    times = list(accumulate(gaps, initial=0))[1:]
    row = measured(at(one, 0, *(200 + time for time in times), 4000, 4001, 4002))

    assert (1, 1.5, (0.1, 0.1, 1.5, 0.1, 0.9, 0.1, 0.1)) == of(row, "stalls", "max_gap", "icl")
    assert pytest.approx(1.5 / 2.9) == row.stall_time


def test_a_slow_stream_does_not_stall_all_the_time():
    """Where every gap is long, none is a stall."""
    one = recorded(message(["a", "b", "c"]), asked(), url=URL)
    row = measured(at(one, 10, 20, 30, 2000, 4000, 6000, 6001, 6002, 6003))

    assert (0, 2.0) == of(row, "stalls", "max_gap")


def test_events_in_one_read_are_coalesced():
    """Two of three gaps lie within a read, and are 0."""
    sent = [sse(one, one["type"]) for one in audited_responses.events_of("x", [])]
    text = [sse({"type": "response.output_text.delta", "delta": piece}, None) for piece in "abcd"]
    one = recorded(raw(sent[0], text[0] + text[1] + text[2], text[3], sent[-1]), {}, url=None)
    row = measured(at(one, 10, 20, 50, 60))

    assert ((0.0, 0.0, 0.03), 2 / 3) == of(row, "icl", "coalesced")


def test_an_event_arrives_with_its_last_byte():
    """An event that reads cut in two counts from the second; blank lines before it change nothing."""
    event = sse(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}, None
    )
    one = recorded(raw(b"\n\n\n\n" + event[:20], event[20:]), {}, url=URL)

    assert [("text", 1, 700_000, 1)] == [tick[1:] for tick in ticks_of(exchange(at(one, 300, 700)))]


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        ({"role": "assistant", "content": ""}, None),
        ({"content": "ab"}, ("text", 2)),
        ({"reasoning_content": "abc"}, ("reasoning", 3)),
        ({"reasoning": "abc", "reasoning_content": "abc"}, ("reasoning", 3)),
        ({"reasoning": "abc", "content": "d"}, ("text", 4)),
        ({"refusal": "no"}, ("refusal", 2)),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}, ("reasoning", 2)),
        ({"content": [{"type": "text", "text": "Hm"}]}, ("text", 2)),
        ({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": ""}}]}, ("tool", 1)),
        ({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}, ("tool", 2)),
        ({"tool_calls": [{"index": 0, "function": {"arguments": ""}}]}, None),
        ({"tool_calls": {"a": 1}, "content": 7}, None),
        ([], None),
    ],
)
def test_what_a_chat_event_brings(delta, expected):
    """Roles and empty pieces are no output, whatever the host calls its reasoning."""
    one = recorded(raw(sse({"choices": [{"index": 0, "delta": delta}]})), {}, url=CHAT_URL)
    found = [(tick.kind, tick.characters) for tick in ticks_of(exchange(one))]

    assert ([] if expected is None else [expected]) == found


def test_no_times_are_none():
    """A recording without times has counts and a cost, and no time at all."""
    one = replace(recorded(message("Hello you"), asked(), url=URL), timing=None, framed=False, ending=None)
    row = measured(one)
    times = ("ttfb", "ttfc", "ttft", "ttfa", "e2e", "e2e_close", "icl", "coalesced", "itl", "out_tps")
    times += ("out_tps_e2e", "stalls", "max_gap", "p99_gap", "stall_time", "net", "srv_ms")

    assert {None} == {getattr(row, name) for name in times}
    assert (2, 9, 2) == of(row, "events", "characters", "output_tokens")
    assert row.cost is not None


def test_one_token_has_no_time_between_tokens():
    """With fewer than two tokens, or an unknown count, there is no rate."""
    few = recorded(message(["a"], usage={"output_tokens": 1}), asked(), url=URL)
    unknown = recorded(chat(["a", "b"], usage=False), asked_chat(), url=CHAT_URL)

    assert (None, None) == of(measured(few), "itl", "out_tps")
    assert (None, None, None) == of(measured(unknown), "itl", "tok_per_chunk", "cost")


def test_an_answer_at_once_has_no_stream():
    """A reply that is no stream has a head, an end, counts and a cost."""
    one = recorded(complete_message("Hello you"), asked(stream=False), url=URL)
    row = measured(one)

    assert (False, 0.2, None, None, None, 14, 2) == of(
        row, "streamed", "ttfb", "ttft", "events", "icl", "input_tokens", "output_tokens"
    )
    assert row.cost is not None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((("openai-processing-ms", "120"), ("x-envoy-upstream-service-time", "125")), 120.0),
        ((("x-envoy-upstream-service-time", "125"),), 125.0),
        ((("openai-processing-ms", "soon"),), None),
        ((("openai-processing-ms", "nan"),), None),
        ((), None),
    ],
)
def test_what_the_server_took(headers, expected):
    """The server's own time is taken from the headers, and the rest is the network's."""
    one = recorded(chat("Hi"), asked_chat(), url=CHAT_URL)
    row = measured(replace(one, head=replace(one.head, headers=headers)))
    net = None if expected is None else pytest.approx(0.2 - expected / 1000)

    assert (expected, net) == of(row, "srv_ms", "net")


def test_what_azure_says_that_it_took():
    """Azure's latency checkpoint counts where no header does; its shape is that of a recording of 2026."""
    points = {"engine_ttft_ms": 80, "service_ttft_ms": 90, "user_visible_ttft_ms": 95}
    sent = sse({"choices": [], "latency_checkpoint": points})
    one = recorded(raw(sent), {}, url="https://x.openai.azure.com/openai/deployments/d/chat/completions")

    assert 90.0 == measured(one).srv_ms


def test_pauses_of_a_script_are_gaps():
    """The gaps of a scripted reply are those of its metrics."""
    reply = message(["a", "b", "c"], gap=0.025)
    row = measured(recorded(reply, asked(), url=URL))

    assert any(isinstance(step, Pause) for step in reply.steps)
    assert (0.025, 0.025) == row.icl


def expected_facts():
    path = CORPUS / "expected.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return {fact["id"]: fact["expected"] for fact in rows if ROWS[fact["id"]]["kind"] == "stream"}


@pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")
def test_counts_are_the_corpus_facts():
    """Output tokens are those that the recordings' own projects assert."""
    facts = {name: fact for name, fact in expected_facts().items() if "output_tokens" in fact}

    found = {name: measured(kept(name)).output_tokens for name in facts}

    assert len(facts) >= 10
    assert {name: fact["output_tokens"] for name, fact in facts.items()} == found


@pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")
def test_events_are_the_corpus_texts():
    """The characters of text that events bring are those of the text that the recordings' projects assert."""
    facts = {name: fact for name, fact in expected_facts().items() if fact.get("text")}

    found = {
        name: sum(tick.characters for tick in ticks_of(exchange(kept(name))) if tick.kind == "text")
        for name in facts
    }

    assert len(facts) >= 10
    assert {name: len(fact["text"]) for name, fact in facts.items()} == found


@pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")
@pytest.mark.parametrize(("name", "expected"), [("logfire-2e760cb141", 247.0), ("crewai-0a577f9e29", 837.0)])
def test_the_corpus_says_what_servers_took(name, expected):
    """OpenAI's and Anthropic's headers are read; the network's share is not known without times."""
    assert (expected, None) == of(measured(kept(name)), "srv_ms", "net")


@pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")
@pytest.mark.parametrize("name", ROWS)
def test_foreign_recordings_hold_no_times(name):
    """No recording of the corpus has times, so no metric of it is a time."""
    row = measured(kept(name))

    assert {None} == {
        getattr(row, field) for field in ("ttfb", "ttfc", "ttft", "e2e", "itl", "icl", "stalls")
    }
    assert (row.events is not None) == row.streamed


def test_every_scripted_stream_has_times():
    """Whatever a stream tells, it has all its times, and in their order."""
    for one in (audited_messages.scripted() | audited_responses.scripted()).values():
        row = measured(one)

        assert row.ttfb <= row.ttfc <= row.ttft <= row.ttfa <= row.e2e <= row.e2e_close
        assert len(row.icl) == row.events - 1
