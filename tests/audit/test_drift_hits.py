"""What drift says of each kind of change, word by word."""

from __future__ import annotations

import json
from dataclasses import replace

import audited_messages
import audited_responses
import pytest
from audit_evidence import exchange, recorded
from audited_chat import CLOCK, OPENAI, WEATHER, question
from drifted import changes, messages, structured, swapped, with_headers

from chunktape.audit.drift import drift_of_pair
from chunktape.audit.drift_pair import Pair
from chunktape.audit.sdk_schema import versions
from chunktape.loopback import chat, complete_chat, error, message
from chunktape.wire.message import Ending, Failure

PINNED = versions()
PARIS = ("get_weather", {"city": "Paris"})
ASKED = question(tools=(WEATHER, CLOCK))


def told(text="Hello there.", *, asked=ASKED, **more):
    """Return the recording of a chat stream."""
    return recorded(chat(text, **more), asked, url=OPENAI)


def said(text="Hello there.", **more):
    """Return the recording of a messages stream."""
    return recorded(message(text, **more), audited_messages.asked(), url=audited_messages.URL)


CHAT, MESSAGE = told(), said()


def test_what_each_recording_makes_anew_is_no_change():
    """Ids, times, padding, quotas and request ids are others, and nothing is said."""
    before = swapped(CHAT, ('"choices":', '"obfuscation":"abc","p":"ab","choices":'))
    before = with_headers(before, ("date", "Mon"), ("x-request-id", "req_1"), ("x-ratelimit-remaining", "9"))
    anew = replace(before, body=before.body.replace(b'"id":"', b'"id":"other').replace(b"abc", b"abcdefgh"))
    anew = swapped(anew, ('"created":1', '"created":2'), ('"p":"ab",', ""))
    anew = with_headers(anew, ("Date", "Tue"), ("x-request-id", "req_2"), ("x-ratelimit-remaining", "3"))

    assert before.body != anew.body
    assert [] == messages(before, anew)


def test_a_field_that_the_sdk_knows():
    """A new field is told, with what the SDK's models say of it."""
    found = messages(CHAT, swapped(CHAT, ('"choices":', '"service_tier":"default","choices":')))

    assert [f"service_tier (string) is new in chunk; openai {PINNED['openai']} knows it"] == [
        one for one in found if "usage" not in one
    ]


def test_a_provider_ahead_of_its_sdk():
    """A new field that the SDK's models do not know is the provider's, who is ahead."""
    found = messages(
        MESSAGE, swapped(MESSAGE, ('"type":"text","text":""', '"type":"text","mood":1,"text":""'))
    )

    expected = (
        f"content_block.mood (number) is new in content_block_start, and anthropic {PINNED['anthropic']} "
        "does not know it: the provider is ahead"
    )
    assert [expected] == found


def test_a_provider_behind_its_sdk():
    """A field that is gone and that the SDK's models require is an error."""
    later = swapped(
        MESSAGE, (',"stop_sequence":null', ""), ('"type":"message","role":"assistant",', '"type":"message",')
    )

    fields = [one for one in changes(MESSAGE, later) if one[0] == "DRF-F1"]
    assert [
        ("DRF-F1", "error", "message_start message.role"),
        ("DRF-F1", "warning", "message_delta delta.stop_sequence"),
        ("DRF-F1", "warning", "message_start message.stop_sequence"),
    ] == sorted(fields)
    assert (
        "message.role (string) is gone from message_start, "
        f"and anthropic {PINNED['anthropic']} requires it: the provider is behind"
    ) in messages(MESSAGE, later)


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        pytest.param('"index":0,"content_block"', '"index":"0","content_block"', "error", id="another type"),
        pytest.param('"stop_sequence":null', '"stop_sequence":"end"', "info", id="null and a type"),
    ],
)
def test_a_type_that_changed(old, new, severity):
    """Another type is an error, null where there was a type or the other way about is news."""
    found = changes(MESSAGE, swapped(MESSAGE, (old, new)))

    assert {severity} == {one[1] for one in found if one[0] == "DRF-F1"}


def test_a_field_without_its_type_is_found():
    """A block that says no type any more is compared with what it was."""
    found = changes(MESSAGE, swapped(MESSAGE, ('"content_block":{"type":"text",', '"content_block":{')))

    assert ("DRF-F1", "error", "content_block_start content_block.type") in found


def test_arguments_are_no_fields_of_the_protocol():
    """Keys that the model chose are no drift of fields."""
    first, second = (
        recorded(complete_chat(tools=[("get_time", {})]), ASKED | {"stream": False}, url=OPENAI) for _ in "ab"
    )
    second = swapped(
        second, ('"object":"chat.completion"', '"metadata":{"mine":1},"object":"chat.completion"')
    )
    first = swapped(
        first, ('"object":"chat.completion"', '"metadata":{"yours":1},"object":"chat.completion"')
    )

    assert [] == changes(first, second)


def test_a_new_word():
    """A reason that was not said before is told, beside the change of the answer itself."""
    later = swapped(MESSAGE, ('"end_turn"', '"refusal"'))

    assert {("DRF-F2", "warning", "delta.stop_reason=refusal"), ("DRF-C1", "error", "finish reason")} <= set(
        changes(MESSAGE, later)
    )
    assert "delta.stop_reason says refusal, which it did not before" in messages(MESSAGE, later)


def test_more_of_the_same_is_the_same_order():
    """Longer texts and more calls are no other order of events."""
    long = [
        said("One two three. " * 20, tools=[PARIS, PARIS]),
        told("One two three. " * 20, tools=[PARIS, PARIS]),
    ]
    short = [said("One.", tools=[PARIS]), told("One.", tools=[PARIS])]

    found = [changes(*pair) for pair in zip(short, long, strict=True)]

    assert [[], []] == [[one for one in of_pair if one[0] == "DRF-S1"] for of_pair in found]


def test_another_order_is_told_with_both_patterns():
    """What comes now that did not before is named, with the whole order before and after."""
    (found,) = [one for one in messages(told(), told(tools=[PARIS])) if "comes now" in one]

    expected = "call+ comes now: role content+ finish usage [DONE] → role content+ call+ finish usage [DONE]"
    assert expected == found


def test_the_same_events_in_another_order():
    """Events that changed places are one finding."""
    stop, ping = '"type":"content_block_stop"', '"type":"message_delta"'
    later = swapped(MESSAGE, (stop, '"type":"swap"'), (ping, stop), ('"type":"swap"', ping))

    subjects = [one[2] for one in changes(MESSAGE, later) if one[0] == "DRF-S1"]

    assert ["the order of the events is another one"] == subjects


def test_pings_come_as_they_like():
    """Pings are no part of the order."""
    ping = 'event: ping\ndata: {"type":"ping"}\n\n'
    later = replace(MESSAGE, body=MESSAGE.body.replace(ping.encode(), b""))

    assert later.body != MESSAGE.body
    assert [] == changes(MESSAGE, replace(later, ends=(len(later.body),), timing=None, framed=False))


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param(
            swapped(CHAT, ("data: {", ": waiting\n\ndata: {"), count=1),
            "comments: none → some",
            id="comments",
        ),
        pytest.param(swapped(CHAT, ("\n", "\r\n")), "line ends: LF → CRLF", id="CRLF"),
        pytest.param(swapped(CHAT, ("data: [DONE]\n\n", "")), "[DONE]: last → none", id="end marker"),
        pytest.param(told(usage=False), "usage: on a chunk of its own → nowhere", id="usage"),
        pytest.param(
            swapped(CHAT, ('"delta":{"content"', '"delta":{"role":"assistant","content"')),
            "role: once → again and again",
            id="role",
        ),
        pytest.param(
            swapped(CHAT, ('"object":"chat.completion.chunk"', '"object":"chunk"')),
            "OAI-5 is broken now",
            id="rule",
        ),
    ],
)
def test_framing(later, expected):
    """Each change of the frame is told as it was and as it is."""
    (found,) = [
        one.hit.message
        for rule in _rules("DRF-S2")
        for one in rule.check(Pair(exchange(CHAT), exchange(later)))
        if not one.hit.subject.startswith(("OAI-1 ", "OAI-U1"))
    ]

    assert expected == found


def _rules(name):
    from chunktape.audit.drift import PAIR_RULES

    return [rule for rule in PAIR_RULES if rule.id == name]


def test_a_rule_that_is_kept_now_is_told():
    """An expected deviation that disappears is drift, too."""
    before = swapped(CHAT, ('"object":"chat.completion.chunk"', '"object":"chunk"'))

    assert ("DRF-S2", "warning", "OAI-5 is kept now") in changes(before, CHAT)


def test_an_answer_that_ends_otherwise():
    """Another finish reason is an error."""
    assert "finish reason: stop → length" in messages(
        CHAT, swapped(CHAT, ('"finish_reason":"stop"', '"finish_reason":"length"'))
    )


def test_an_error_instead_of_an_answer():
    """A refusal is one error; what cannot be compared then is named as unchecked, rule by rule."""
    later = recorded(error(429), ASKED, url=OPENAI)

    findings, (missed,) = drift_of_pair(Pair(exchange(CHAT), exchange(later)))

    assert ["status: 200 → 429"] == [one.message for one in findings if one.severity == "error"]
    assert "after, the reply is an error: 429" == missed.reason
    assert {"DRF-F1", "DRF-S1", "DRF-C2", "DRF-U1"} < set(missed.rules)
    assert "DRF-C1" not in missed.rules


def test_a_stream_that_broke_is_an_error():
    """A stream whose transport failed is an answer that was whole, and is not."""
    cut = CHAT.body.index(b"data: [DONE]") - 200
    broken = Ending("error", failure=Failure("reset", "ReadError", "reset"))
    later = replace(CHAT, body=CHAT.body[:cut], ends=(cut,), timing=None, framed=False, ending=broken)

    assert "the answer: complete → interrupted" in messages(CHAT, later)


def test_a_reader_that_left_is_nobodys_fault():
    """A stream that its reader left is not judged, and says so."""
    cut = CHAT.body.index(b"data: [DONE]") - 200
    later = replace(
        CHAT, body=CHAT.body[:cut], ends=(cut,), timing=None, framed=False, ending=Ending("closed")
    )

    findings, (missed,) = drift_of_pair(Pair(exchange(CHAT), exchange(later)))

    assert ([], "after, the stream is cut: the reader had left") == (findings, missed.reason)
    assert "DRF-C1" in missed.rules


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([PARIS], [("get_time", {})], [("error", "tool calls: get_weather → get_time")]),
        ([PARIS], [PARIS, PARIS], [("error", "tool calls: get_weather → get_weather, get_weather")]),
        ([PARIS], [], [("error", "tool calls: get_weather → no call")]),
        (
            [PARIS, ("get_time", {})],
            [("get_time", {}), PARIS],
            [("error", "the order of tool calls: get_weather, get_time → get_time, get_weather")],
        ),
        ([PARIS], [("get_weather", {"city": "Oslo"})], []),
        (
            [PARIS],
            [("get_weather", {"place": "Paris"})],
            [
                ("warning", "get_weather($.city): string → none"),
                ("warning", "get_weather($.place): none → string"),
            ],
        ),
        ([PARIS], [("get_weather", {"city": 7})], [("warning", "get_weather($.city): string → number")]),
    ],
)
@pytest.mark.parametrize("tell", [told, said])
def test_tool_calls(tell, before, after, expected):
    """Names, count and order of calls are errors, the form of arguments a warning, values nothing."""
    found, _ = drift_of_pair(Pair(exchange(tell(tools=before)), exchange(tell(tools=after))))

    assert expected == [(one.severity, one.message) for one in found if one.rule == "DRF-C2"]


def test_tool_calls_of_responses():
    """Calls of the Responses API are compared as all others."""
    clean = audited_responses.scripted()
    before = next(one for one in clean.values() if b'"name":"get_weather"' in one.body.replace(b" ", b""))
    later = replace(before, body=before.body.replace(b"get_weather", b"get_rain"))

    assert ("DRF-C2", "error", "tool calls") in changes(before, later)


def test_a_structured_answer():
    """An answer that fitted its schema and does not any more is an error; one that never did is no drift."""
    good, bad = structured('{"city": "Ur"}'), structured('{"town": "Ur"}')

    assert "the structured answer does not fit its schema any more: $ lacks city" in messages(good, bad)
    assert [] == [one for one in changes(bad, bad) if one[0] == "DRF-C3"]
    assert [] == [one for one in changes(bad, good) if one[0] == "DRF-C3"]


def test_words_are_compared_when_asked_for():
    """Texts are compared with `content` alone: exactly where nothing is drawn by lot, else by their words."""
    exact = ASKED | {"temperature": 0, "seed": 1}
    rivers = told("The river runs to the sea."), told("Mountains stand where ice once lay.")
    same = told("One two three.", asked=exact), told("One two four.", asked=exact)
    near = told("The river runs to the sea."), told("The river ran to the sea.")
    longer = told("Yes."), told("Yes. " * 30)
    names = {"rivers": rivers, "same": same, "near": near, "longer": longer}

    silent = {name: [one for one in changes(*pair) if one[0] == "DRF-C4"] for name, pair in names.items()}
    found = {
        name: [one[2] for one in changes(*pair, content=True) if one[0] == "DRF-C4"]
        for name, pair in names.items()
    }

    assert {} == {name: one for name, one in silent.items() if one}
    assert {
        "rivers": ["words of the text"],
        "same": ["text"],
        "near": [],
        "longer": ["length of the text"],
    } == found


def test_tokens_that_were_read():
    """Another count of tokens for the same request is a warning; a cache that was hit is none."""
    more = told(usage={"prompt_tokens": 19})
    hit = said(usage={"input_tokens": 4, "cache_read_input_tokens": 10})

    assert (
        "input tokens: 12 → 19 (+7), for the same request: another tokenizer, or another template"
        in messages(CHAT, more)
    )
    assert ("DRF-U2", "info", "cached tokens") in changes(MESSAGE, hit)
    assert [] == [one for one in changes(MESSAGE, hit) if one[0] == "DRF-U1"]


def test_tokens_of_the_providers_own_tools():
    """What a provider's own tools bring into the count is no other tokenizer."""
    asked = ASKED | {"tools": [{"type": "web_search"}]}
    before, after = told(asked=asked), told(asked=asked, usage={"prompt_tokens": 900})

    assert [("DRF-U1", "info", "input tokens")] == [
        one for one in changes(before, after) if one[0] == "DRF-U1"
    ]


def test_who_answered():
    """Another model, fingerprint, tier or version of the API is a warning each."""
    before = with_headers(
        swapped(CHAT, ('"choices":', '"service_tier":"default","choices":')), ("openai-version", "1")
    )
    after = with_headers(
        swapped(
            CHAT,
            ('"choices":', '"service_tier":"flex","choices":'),
            ("gpt-4o-mini-2024-07-18", "gpt-4o-mini-2099-01-01"),
        ),
        ("openai-version", "2"),
    )

    found = [one for one in messages(before, after) if " → " in one and "cost" not in one]

    assert [
        "model: gpt-4o-mini-2024-07-18 → gpt-4o-mini-2099-01-01",
        "service_tier: default → flex",
        "openai-version: 1 → 2",
    ] == found


def test_headers():
    """Names that come and go are told, values of those alone that say the same each time."""
    before = with_headers(CHAT, ("Server", "a"), ("x-ms-region", "East US"), ("age", "1"), ("x-gone", "1"))
    after = with_headers(
        CHAT, ("server", "b"), ("X-MS-Region", "east us"), ("x-new", "1"), ("x-request-id", "2")
    )

    assert [
        "header x-gone: there → none",
        "header x-new: none → there",
        "header x-request-id: none → there",
        "header server: a → b",
    ] == messages(before, after)


def test_what_sdks_make_of_it():
    """An SDK that made something else of the later stream is an error, where both were replayed."""
    pair = Pair(
        exchange(CHAT),
        exchange(CHAT),
        outcomes=({"openai==3.51.0": "ok"}, {"openai==3.51.0": "raised:TypeError"}),
    )

    found, _ = drift_of_pair(pair)

    assert [("DRF-X1", "error", "openai==3.51.0: ok → raised:TypeError")] == [
        (one.rule, one.severity, one.message) for one in found
    ]


def test_a_stream_that_came_at_once():
    """An answer that comes in one piece now is told once, and still compared as an answer."""
    whole = recorded(complete_chat("Hello there."), ASKED, url=OPENAI)
    whole = swapped(whole, ('"finish_reason":"stop"', '"finish_reason":"length"'))

    found = messages(CHAT, whole)

    assert "the reply: a stream → one answer" in found
    assert "finish reason: stop → length" in found


def test_findings_are_collapsed():
    """One subject in one place is one finding, whatever the number of events."""
    many = swapped(CHAT, ('"delta":{"content"', '"delta":{"mood":1,"content"'))

    found, _ = drift_of_pair(Pair(exchange(CHAT), exchange(many, 3)))

    (one,) = [one for one in found if one.rule == "DRF-F1"]
    assert ("cassette.yaml", 3, "chunk choices[].delta.mood", 1) == (
        one.cassette,
        one.interaction,
        one.subject,
        one[8],
    )
    assert len(json.dumps(one)) < 1000
