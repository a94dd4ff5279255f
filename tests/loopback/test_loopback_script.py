from __future__ import annotations

import json
import re

import pytest

from chunktape.errors import ConfigurationError
from chunktape.loopback import (
    COSY_TEXT,
    Disconnect,
    Finish,
    Hang,
    Pause,
    Reset,
    Write,
    chat,
    complete_chat,
    complete_message,
    error,
    error_event,
    message,
    raw,
)
from chunktape.wire import events


def written(reply):
    return [step.data for step in reply.steps if isinstance(step, Write)]


def payloads(reply):
    return [json.loads(event.data) for event in events(b"".join(written(reply))) if event.data != "[DONE]"]


@pytest.mark.parametrize("script", [chat, message])
def test_each_event_is_one_write(script):
    """A script writes whole events, one at a time."""
    counts = {len(list(events(data))) for data in written(script())}

    assert counts == {1}


@pytest.mark.parametrize("script", [chat, message, complete_chat, complete_message])
def test_a_script_is_the_same_each_time(script):
    """Nothing in a script depends on clock or chance."""
    assert script(["a", "b"]) == script(["a", "b"])


def test_the_default_text_holds_an_emoji_and_cjk():
    """The default text exercises what goes wrong first: characters of several bytes."""
    found = [
        bool(re.search(pattern, COSY_TEXT)) for pattern in ("[\U0001f300-\U0001faff]", "[一-鿿]", "tape")
    ]

    assert found == [True, True, True]


@pytest.mark.parametrize("script", [chat, message])
def test_a_gap_is_a_pause_between_events(script):
    """With a gap, writes and pauses take turns, without one in front or behind."""
    steps = script("a b", gap=0.5).steps

    expected = [Write if index % 2 == 0 else Pause for index in range(len(steps) - 1)]
    assert [type(step) for step in steps] == [*expected, Finish]


@pytest.mark.parametrize("script", [chat, message])
@pytest.mark.parametrize("end", [None, Disconnect(), Reset()])
def test_a_cut_stream_ends_after_so_many_events(script, end):
    """A cut disconnects, or does what `end` says, and keeps the rest behind it for the length."""
    whole = written(script())

    steps = script(cut=2, end=end).steps

    expected = [*map(Write, whole[:2]), end or Disconnect(), *map(Write, whole[2:])]
    assert list(steps) == expected


@pytest.mark.parametrize("end", [Hang(1), Finish(), Write(b"x")])
def test_after_a_cut_that_stays_connected_nothing_is_kept(end):
    """Behind an end that leaves the connection open the cut events must not follow."""
    whole = chat()

    assert chat(cut=2, end=end).steps == (*whole.steps[:2], end)


def test_a_cut_may_count_from_the_end():
    """A negative cut leaves that many events out."""
    sent = message(cut=-1, end=Finish()).steps

    assert sent == (*message().steps[:-2], Finish())


def test_raw_pieces_stay_as_they_are():
    """Raw pieces are written byte for byte, with pauses between and several steps at the end."""
    reply = raw(b"da", b"ta", gap=1, end=(Pause(2), Reset()))

    assert reply.steps == (Write(b"da"), Pause(1), Write(b"ta"), Pause(2), Reset())


def test_chat_without_done_and_usage():
    """End marker and usage chunk can be left out."""
    last = payloads(chat("a", done=False, usage=False))[-1]

    assert (last["choices"][0]["finish_reason"], "usage" in last) == ("stop", False)


def test_a_usage_of_ones_own():
    """A mapping replaces single counts and keeps the others."""
    usages = [
        payloads(chat("a", usage={"prompt_tokens": 99}))[-1]["usage"],
        payloads(message("a", usage={"output_tokens": 99}))[-2]["usage"],
    ]

    assert [
        (usages[0]["prompt_tokens"], usages[0]["completion_tokens"]),
        (usages[1]["input_tokens"], usages[1]["output_tokens"]),
    ] == [(99, 1), (14, 99)]


def test_chat_with_a_refusal_and_a_finish_reason():
    """A refusal comes in its own deltas, and the finish reason is the given word."""
    chunks = payloads(chat(refusal="I cannot", finish="content_filter"))

    refusal = "".join(chunk["choices"][0]["delta"].get("refusal", "") for chunk in chunks if chunk["choices"])
    assert (refusal, chunks[-2]["choices"][0]["finish_reason"]) == ("I cannot", "content_filter")


def test_azure_sorts_its_keys_and_filters_text():
    """Azure's chunks have sorted keys, with filter results filled in beside text only."""
    chunks = payloads(chat(["a"], azure=True))

    results = [sorted(chunk["choices"][0]["content_filter_results"]) for chunk in chunks if chunk["choices"]]
    assert (
        [list(chunk) == sorted(chunk) for chunk in chunks],
        results,
    ) == ([True] * 5, [[], ["hate", "self_harm", "sexual", "violence"], []])


def test_a_message_has_its_blocks_in_order():
    """Thinking, text and tools become blocks in this order; a ping follows the first opening."""
    parsed = payloads(message("t", thinking="h", tools=[("f", {})]))

    opened = [event["content_block"]["type"] for event in parsed if event["type"] == "content_block_start"]
    assert (opened, parsed[2]["type"]) == (["thinking", "text", "tool_use"], "ping")


def test_a_message_without_ping():
    """The ping can be left out."""
    kinds = {event["type"] for event in payloads(message(ping=False))}

    assert kinds == {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    }


def test_broken_tool_arguments_are_streamed_as_they_are():
    """Arguments given as text need not be JSON."""
    parsed = payloads(message(tools=[("f", '{"a": ')]))

    partial = "".join(
        event["delta"].get("partial_json", "") for event in parsed if "index" in event and "delta" in event
    )
    assert partial == '{"a": '


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        (
            "openai",
            {"error": {"message": "slow", "type": "requests", "param": None, "code": "rate_limit_exceeded"}},
        ),
        (
            "anthropic",
            {
                "type": "error",
                "error": {"type": "rate_limit_error", "message": "slow"},
                "request_id": "req_loopback_invented",
            },
        ),
        ("azure", {"error": {"code": "429", "message": "slow"}}),
    ],
)
def test_an_error_has_its_providers_shape(provider, body):
    """Answer and event of an error hold the same document; extra headers are sent."""
    reply = error(429, provider=provider, message="slow", headers={"retry-after": "1"})
    event = next(events(error_event(provider, status=429, message="slow")))

    assert (json.loads(written(reply)[0]), json.loads(event.data), event.name, reply.headers[-1]) == (
        body,
        body,
        "error" if provider == "anthropic" else None,
        ("retry-after", "1"),
    )


@pytest.mark.parametrize(
    ("status", "words"), [(500, "Internal Server Error"), (529, "Overloaded"), (599, "Error")]
)
def test_an_error_without_a_message_invents_one(status, words):
    """A default message names the status and says that it is invented."""
    body = json.loads(written(error(status))[0])

    assert body["error"]["message"] == f"{words} (invented by the loopback provider)"


def test_an_unknown_provider_is_refused():
    """A misspelt provider is named, with the one that comes close."""
    with pytest.raises(ConfigurationError) as refusal:
        error(500, provider="antropic")

    assert str(refusal.value) == (
        "error() got the unknown provider 'antropic'; "
        "known are openai, anthropic, azure; did you mean 'anthropic'?"
    )
