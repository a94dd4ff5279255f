"""Reading one chat completions object. All data is invented."""

from __future__ import annotations

from base64 import b64encode

import pytest

from chunktape.dialects import chat_event as read

FILTERS = {"hate": {"filtered": False, "severity": "safe"}}
NOTE = {"type": "url_citation", "url_citation": {"url": "a"}}
SOUND = {"id": "audio_1", "data": b64encode(b"abc").decode(), "transcript": "Hi", "expires_at": 9}
SAID = {
    "content": "Hi",
    "refusal": "No",
    "reasoning_content": "Hm",
    "annotations": [NOTE],
    "audio": SOUND,
}
FIELDS = {"finish_reason": "eos", "logprobs": {"content": []}, "content_filter_results": FILTERS}
OTHER = {"index": 1, "delta": {"content": "other", "refusal": "other"}, "finish_reason": "stop"}
EXPECTED = {
    "id_of": "chatcmpl-1",
    "model_of": "gpt-4o",
    "content_of": "Hi",
    "refusal_of": "No",
    "reasoning_of": "Hm",
    "annotations_of": [NOTE],
    "audio_of": read.Audio("audio_1", b"abc", "Hi", 9),
    "finish_reasons_of": ["stop", "eos"],
    "logprobs_of": {"content": []},
    "filter_results_of": FILTERS,
    "prompt_filter_results_of": [{"prompt_index": 0}],
    "raw_usage_of": {"prompt_tokens": 3},
}


@pytest.mark.parametrize("place", ["delta", "message"])
@pytest.mark.parametrize("name", EXPECTED)
def test_one_object_tells(name, place):
    """An event and a body tell what the choice with index 0 says, wherever it stands."""
    data = {
        "id": "chatcmpl-1",
        "model": "gpt-4o",
        "usage": {"prompt_tokens": 3},
        "prompt_filter_results": [{"prompt_index": 0}],
        "choices": [OTHER, {"index": 0, place: SAID, **FIELDS}],
    }

    assert EXPECTED[name] == getattr(read, name)(data)


@pytest.mark.parametrize(
    "data",
    [{}, {"id": "", "model": "", "choices": []}, {"choices": [OTHER | {"finish_reason": ""}]}],
    ids=["nothing", "empty", "only another choice"],
)
@pytest.mark.parametrize("name", [*EXPECTED, "error_of", "usage_of"])
def test_what_is_missing_is_none(name, data):
    """Nothing is invented: what an object does not say is None."""
    assert getattr(read, name)(data) is None


def test_sound_that_is_no_base64_is_none():
    """Sound that cannot be decoded is None, and the rest of the speech is there."""
    data = {"choices": [{"delta": {"audio": {"data": "é", "transcript": "Hi"}}}]}

    assert read.Audio(None, None, "Hi", None) == read.audio_of(data)


def test_reasoning_in_a_list_of_parts_is_reasoning():
    """Mistral's thinking parts are reasoning, and no text."""
    part = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
    data = {"choices": [{"delta": {"content": [part, {"type": "text", "text": "Hi"}]}}]}

    assert ("Hm", "Hi") == (read.reasoning_of(data), read.content_of(data))
