"""The chat completions state machine: text and all that is not a tool. All data is invented."""

from __future__ import annotations

import pytest
from chat_stream import DONE, HEAD, assemble, chunk, event, feed, message, usage

from chunktape.dialects.chat_completions import COMMON, answer_of, usage_of

HELLO = chunk({"role": "assistant", "content": ""}) + chunk({"content": "Hel"}) + chunk({"content": "lo"})
STOP = chunk(reason="stop")
WHOLE = HELLO + STOP + DONE


def test_text_becomes_the_body_that_would_have_come_at_once():
    """Text, reason and head make a chat.completion, and the answer says the same."""
    assembly = assemble(WHOLE)

    assert (
        HEAD
        | {
            "object": "chat.completion",
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
            ],
        }
        == assembly.body()
    )
    assert ("complete", None) == (assembly.status, assembly.error)


def test_each_event_gives_its_own_text():
    """A part holds the text of its event and the event itself (D4)."""
    _, parts = feed(WHOLE)

    assert ["", "Hel", "lo", ""] == [part.content for part in parts]
    assert [HEAD["id"]] * 4 == [part.data["id"] for part in parts]


@pytest.mark.parametrize("last", ["stop", "length", "content_filter", "eos"])
def test_d1_a_usage_event_after_the_reason_does_not_wipe_it(last):
    """D1, D23: the last reason that is not empty stays, also an unknown one, in its own words."""
    assembly = assemble(HELLO, chunk(reason=last), usage(prompt_tokens=3), chunk(reason=""), DONE)

    answer = answer_of(assembly.body())

    assert ([last], "complete") == (answer.finish_reasons, assembly.status)


def test_d1_a_repeated_reason_is_one():
    """D1: OpenRouter's habit of saying the reason twice changes nothing."""
    assert assemble(HELLO, STOP, DONE).body() == assemble(HELLO, STOP, STOP, DONE).body()


def test_d23_an_unknown_reason_has_no_common_word():
    """D23: only the protocol's own reasons have a common word."""
    assert (None, "length", "tool_calls") == tuple(map(COMMON.get, ("eos", "length", "function_call")))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([{"prompt_tokens": 5, "completion_tokens": 1}, {"completion_tokens": 2}], (5, 2, None)),
        ([{"prompt_tokens": 5}, {"prompt_tokens": 0, "completion_tokens": 2}], (5, 2, None)),
        ([{"prompt_tokens": 0}, {"prompt_tokens": 7}], (7, None, None)),
        ([{"prompt_tokens": 5}, {"prompt_tokens": None}], (5, None, None)),
        (
            [{"prompt_tokens_details": {"cached_tokens": 4}}, {"prompt_tokens_details": None}],
            (None, None, 4),
        ),
        (
            [
                {"prompt_tokens_details": {"cached_tokens": 4}},
                {"prompt_tokens_details": {"cached_tokens": 0}},
            ],
            (None, None, 4),
        ),
        ([], None),
    ],
    ids=["later wins", "0 lowers nothing", "0 first", "null", "no details", "0 details", "none"],
)
def test_d3_usage_is_merged_and_never_added_up(sent, expected):
    """D3: later counts replace earlier ones, but neither null nor 0 takes a known input count away."""
    assembly = assemble(HELLO, *(usage(**one) for one in sent), STOP, DONE)

    found = answer_of(assembly.body()).usage

    assert expected == (found and (found.input_tokens, found.output_tokens, found.cached_tokens))


def test_d3_usage_beside_a_choice_and_on_every_event():
    """D3: hosts that count on every event are believed the last time."""
    counted = [
        event(
            HEAD
            | {"choices": [{"index": 0, "delta": {"content": "a"}}], "usage": {"completion_tokens": number}}
        )
        for number in (1, 2, 3)
    ]

    assert {"completion_tokens": 3} == assemble(*counted, STOP, DONE).body()["usage"]


def test_usage_in_x_groq_lies_where_everyones_does():
    """Groq's usage is moved to the place that it has without streaming; the rest of x_groq stays."""
    first = event(HEAD | {"choices": [], "x_groq": {"id": "req_1", "seed": 7}})
    last = event(HEAD | {"choices": [], "x_groq": {"usage": {"prompt_tokens": 4, "completion_tokens": 2}}})

    body = assemble(first, HELLO, STOP, last, DONE).body()

    assert {"prompt_tokens": 4, "completion_tokens": 2} == body["usage"]
    assert {"id": "req_1", "seed": 7} == body["x_groq"]


@pytest.mark.parametrize(
    "details", [{"prompt_tokens_details": {"cached_tokens": 6}}, {"prompt_cache_hit_tokens": 6}]
)
def test_d20_cached_tokens_are_read_from_the_wire(details):
    """D20: cached tokens are read where a host puts them."""
    assert 6 == usage_of({"usage": details}).cached_tokens


def test_d20_what_is_not_known_stays_none():
    """D20: a count that did not come is None, and so is one that is no number."""
    found = usage_of({"usage": {"prompt_tokens": "5", "completion_tokens": True}})

    assert (None, None, None, None) == (
        found.input_tokens,
        found.output_tokens,
        found.cached_tokens,
        found.reasoning_tokens,
    )


def test_d12_events_without_choices_or_delta_do_not_fail():
    """D12: Azure's filter events have no choices, or a choice without a delta (autogen#6465)."""
    results = {"hate": {"filtered": False, "severity": "safe"}}
    prompt = event(
        {
            "choices": [],
            "created": 0,
            "id": "",
            "model": "",
            "object": "",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": results}],
        }
    )
    offsets = {"check_offset": 1, "start_offset": 1, "end_offset": 5}
    bare = event(
        HEAD
        | {
            "choices": [
                {
                    "index": 0,
                    "finish_reason": None,
                    "content_filter_offsets": offsets,
                    "content_filter_results": {"hate": {"filtered": True, "severity": "high"}},
                }
            ]
        }
    )
    late = chunk({}, "stop", content_filter_results=results)

    body = assemble(prompt, HELLO, bare, late, DONE).body()

    assert ("chatcmpl-1", 1700000000, "gpt-4o") == (body["id"], body["created"], body["model"])
    assert [{"prompt_index": 0, "content_filter_results": results}] == body["prompt_filter_results"]
    assert {
        "content_filter_offsets": offsets,
        "content_filter_results": {"hate": {"filtered": True, "severity": "high"}},
    }.items() <= body["choices"][0].items()


def test_a_refusal_has_no_empty_text_beside_it():
    """A refusal is joined, and content is null as it is without streaming."""
    found = message(
        chunk({"role": "assistant", "content": "", "refusal": ""}),
        chunk({"refusal": "I can"}),
        chunk({"refusal": "not."}),
        STOP,
    )

    assert {"role": "assistant", "content": None, "refusal": "I cannot."} == found


def test_d13_each_choice_has_its_own_text_reason_and_logprobs():
    """D13: with n=2, everything is kept by index, and the text of a part is that of choice 0."""
    spoken = {"content": [{"token": "b"}]}
    assembly, parts = feed(
        chunk({"content": "b"}, index=1, logprobs=spoken),
        chunk({"content": "a"}),
        chunk({"content": "B"}, index=1, logprobs=spoken),
        chunk(reason="length", index=1),
        STOP,
        DONE,
    )

    choices = assembly.body()["choices"]

    assert ["", "a", "", "", ""] == [part.content for part in parts]
    assert [(0, "a", "stop"), (1, "bB", "length")] == [
        (one["index"], one["message"]["content"], one["finish_reason"]) for one in choices
    ]
    assert {"content": [{"token": "b"}, {"token": "b"}]} == choices[1]["logprobs"]
    assert "logprobs" not in choices[0]


def test_d13_a_choice_without_a_reason_makes_the_stream_interrupted():
    """D13, D22: all choices must have ended."""
    assembly = assemble(chunk({"content": "a"}), chunk({"content": "b"}, index=1), STOP, DONE)

    assert "interrupted" == assembly.status
