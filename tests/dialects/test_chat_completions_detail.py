"""The chat completions state machine: what hosts say beside the text. All data is invented."""

from __future__ import annotations

from base64 import b64encode

import pytest
from chat_stream import DONE, HEAD, assemble, chunk, event, feed, message

from chunktape.dialects.chat_completions import answer_of

HELLO = chunk({"role": "assistant", "content": ""}) + chunk({"content": "Hel"}) + chunk({"content": "lo"})
STOP = chunk(reason="stop")
WHOLE = HELLO + STOP + DONE


def test_d14_audio_in_pieces_is_one_sound():
    """D14: audio keeps id, transcript and expiry; pieces that are padded each for itself become one."""
    found = message(
        chunk({"audio": {"id": "audio_1", "transcript": "He"}}),
        chunk({"audio": {"data": b64encode(b"a").decode(), "transcript": "llo"}}),
        chunk({"audio": {"data": b64encode(b"bcd").decode()}}),
        chunk({"audio": {"expires_at": 1700000999}}),
        STOP,
    )

    assert {
        "role": "assistant",
        "content": None,
        "audio": {
            "id": "audio_1",
            "transcript": "Hello",
            "data": b64encode(b"abcd").decode(),
            "expires_at": 1700000999,
        },
    } == found


def test_d14_unknown_fields_are_kept_at_every_level():
    """D14: fields that nobody told us of stay, and padding goes."""
    first = HEAD | {
        "choices": [{"index": 0, "delta": {"mood": "gl"}, "finish_reason": None, "rank": 1}],
        "service_tier": "default",
        "system_fingerprint": "fp_1",
        "obfuscation": "xYz",
        "p": "abc",
        "weather": {"sun": True},
    }

    body = assemble(event(first), chunk({"mood": "ad"}), STOP, DONE).body()

    assert {
        "service_tier": "default",
        "system_fingerprint": "fp_1",
        "weather": {"sun": True},
    } == {name: value for name, value in body.items() if name not in {*HEAD, "choices"}}
    assert ("glad", 1) == (body["choices"][0]["message"]["mood"], body["choices"][0]["rank"])


def test_d14_lists_of_details_meet_by_index_and_annotations_follow():
    """D14: OpenRouter's reasoning details are joined by index, annotations are a list that grows."""
    detail = {"type": "reasoning.text", "index": 0, "format": "some-v1"}
    found = message(
        chunk({"reasoning": "We ", "reasoning_details": [detail | {"text": "We "}]}),
        chunk({"reasoning": "go", "reasoning_details": [detail | {"text": "go"}]}),
        chunk({"reasoning_details": [{"type": "reasoning.encrypted", "index": 0, "data": "xx"}]}),
        chunk({"annotations": [{"type": "url_citation", "url_citation": {"url": "a"}}]}),
        chunk({"annotations": [{"type": "url_citation", "url_citation": {"url": "b"}}]}),
        STOP,
    )

    assert "We go" == found["reasoning"]
    assert [
        detail | {"text": "We go"},
        {"type": "reasoning.encrypted", "index": 0, "data": "xx"},
    ] == found["reasoning_details"]
    assert ["a", "b"] == [one["url_citation"]["url"] for one in found["annotations"]]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_thinking_under_each_of_its_names(name):
    """Reasoning is kept under the host's own name and is thinking in the answer."""
    body = assemble(chunk({name: "Hm"}), chunk({name: "m."}), HELLO, STOP, DONE).body()

    answer = answer_of(body)

    assert ("Hmm.", "Hmm.", "Hello") == (body["choices"][0]["message"][name], answer.thinking, answer.text)


def test_reasoning_said_under_two_names_is_said_once():
    """A host that sends the same thought under both names has thought it once."""
    body = assemble(chunk({"reasoning": "Hm", "reasoning_content": "Hm"}), HELLO, STOP, DONE).body()

    assert "Hm" == answer_of(body).thinking


def test_content_as_a_list_becomes_ordered_parts():
    """Mistral's typed parts are joined by kind, in order, with what is unknown between them."""
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": one}]} for one in ("Oh", "kay")]
    reference = {"type": "reference", "reference_ids": [1]}
    assembly, parts = feed(
        chunk({"content": ""}),
        *(chunk({"content": [one]}) for one in thinking),
        chunk({"content": "Wal"}),
        chunk({"content": [{"type": "text", "text": "k"}, reference]}),
        chunk({"content": "."}),
        STOP,
        DONE,
    )

    answer = answer_of(assembly.body())

    assert [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Ohkay"}]},
        {"type": "text", "text": "Walk"},
        reference,
        {"type": "text", "text": "."},
    ] == assembly.body()["choices"][0]["message"]["content"]
    assert ("Ohkay", "Walk.") == (answer.thinking, answer.text)
    assert ["thinking", "text", "other", "text"] == [block.kind for block in answer.first.blocks]
    assert ["", "", "", "Wal", "k", ".", ""] == [part.content for part in parts]


def test_a_list_of_nothing_but_text_is_text():
    """Content that came as a list of texts is a string without streaming."""
    parts = [{"type": "text", "text": one} for one in "ab"]

    assert "abc" == message(chunk({"content": parts}), chunk({"content": "c"}))["content"]


def test_a_message_beside_the_delta_is_not_said_twice():
    """Perplexity repeats all the text so far in `message`, also beside an empty delta."""
    first = chunk({"content": "Hel"}, message={"content": "Hel"})
    second = chunk({"content": "lo"}, message={"content": "Hello"})
    last = event(
        HEAD
        | {
            "object": "chat.completion.done",
            "choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}],
        }
    )

    assembly = assemble(first, second, last, needs_end_marker=False)

    assert ("Hello", "complete") == (answer_of(assembly.body()).text, assembly.status)


def test_a_whole_message_in_one_event_is_taken():
    """A host that sends the message at once, where deltas belong, is understood."""
    whole = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}

    assert assemble(WHOLE).body() == assemble(event(HEAD | {"choices": [whole]}), DONE).body()


def test_a_later_empty_head_wipes_nothing():
    """An event with an empty id, model and time, as Azure sends them, leaves what is known."""
    empty = event({"id": "", "object": "", "created": 0, "model": "", "system_fingerprint": None})
    known = event(HEAD | {"choices": [], "system_fingerprint": "fp_1"})

    body = assemble(known, HELLO, STOP, empty, DONE).body()

    assert HEAD.items() - {("object", HEAD["object"])} <= {
        (name, value) for name, value in body.items() if name != "choices"
    }
    assert "fp_1" == body["system_fingerprint"]


def test_the_last_id_is_the_id():
    """Groq's compound changes its id on the way; the last is the one that it has without streaming."""
    assert "stub" == assemble(HELLO, STOP, event({"id": "stub"}), DONE).body()["id"]


def test_what_is_said_again_is_not_joined():
    """Groq says the channel with each piece, and its executed tools whole each time."""
    tool = {"index": 0, "type": "search", "arguments": "{}"}
    found = message(
        chunk({"reasoning": "We ", "channel": "analysis", "executed_tools": [tool]}),
        chunk({"reasoning": "go", "channel": "analysis", "executed_tools": [tool | {"output": "sun"}]}),
    )

    assert ("We go", "analysis") == (found["reasoning"], found["channel"])
    assert [tool | {"output": "sun"}] == found["executed_tools"]
