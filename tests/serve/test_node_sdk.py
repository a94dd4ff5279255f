"""The official SDKs for Node over the replay server: what they see is what was recorded."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace

import pytest
from node_sdk import prepare
from taped_questions import QUESTIONS, event_data, given_out, record

from chunktape.cli.meaning import meaning
from chunktape.loopback import Pause
from chunktape.serve import Server

pytestmark = pytest.mark.interop

STREAMED = [question for question in QUESTIONS if question.streamed]
AT_ONCE = [question for question in QUESTIONS if not question.streamed]
# @azure-rest/ai-inference leaves it to its caller to put the events together.
ASSEMBLED = [question for question in STREAMED if question.sdk != "azure"]
PAUSED = ("openai text", "anthropic text", "azure text")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder in which every question is recorded."""
    made = tmp_path_factory.mktemp("cassettes")
    record(made)
    return made


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Return the programs."""
    return prepare(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def told(folder, node):
    """Return what the SDKs told of every question, asked in one run of each."""
    found = {}
    with Server(folder, pace="instant") as server:
        asked = defaultdict(list)
        for question in QUESTIONS:
            sent = question.to_node(server) | {"assemble": question in ASSEMBLED}
            asked[question.program].append((question, sent))
        for program, pairs in asked.items():
            answers = node.ask(program, [sent for _, sent in pairs])
            found |= {question: one for (question, _), one in zip(pairs, answers, strict=True)}
    return found


def _said(answer, api):
    """Return the texts, the thoughts and the tool calls of an answer as a Node SDK gives it."""
    if api == "chat.completions":
        messages = [choice["message"] for choice in answer["choices"]]
        calls = [
            (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
            for message in messages
            for call in message.get("tool_calls") or ()
        ]
        return [message["content"] for message in messages], [], calls
    if api == "messages":
        blocks = answer["content"]
        texts = [block["text"] for block in blocks if block["type"] == "text"]
        thoughts = [block["thinking"] for block in blocks if block["type"] == "thinking"]
        return texts, thoughts, [(b["id"], b["name"], b["input"]) for b in blocks if b["type"] == "tool_use"]
    items = answer["output"]
    calls = [
        (item["call_id"], item["name"], json.loads(item["arguments"]))
        for item in items
        if item["type"] == "function_call"
    ]
    return [part["text"] for item in items for part in item.get("content", ())], [], calls


def _decoded(interaction):
    """Return the same as our decoder reads it in the recording."""
    choices = meaning(interaction)["choices"]
    calls = [
        (call["id"], call["name"], json.loads(call["arguments"] or "{}"))
        for choice in choices
        for call in choice["tool_calls"]
    ]
    thoughts = [choice["reasoning"] for choice in choices if choice["reasoning"]]
    return [choice["content"] for choice in choices], thoughts, calls


@pytest.mark.parametrize("question", STREAMED, ids=str)
def test_events_are_the_recorded_ones(told, folder, question):
    """An SDK gives out the JSON of every recorded event, one by one; Anthropic's keeps pings to itself."""
    expected = given_out(question, event_data(question.recorded(folder).body))

    assert (None, expected) == (told[question].error, told[question].events)


@pytest.mark.parametrize("question", AT_ONCE, ids=str)
def test_an_answer_at_once_is_the_recorded_document(told, folder, question):
    """An answer that was not streamed is the recorded document."""
    expected = json.loads(question.recorded(folder).body)
    came = told[question]

    assert came.error is None
    assert expected == {name: came.answer.get(name) for name in expected}


@pytest.mark.parametrize("question", [*ASSEMBLED, *AT_ONCE], ids=str)
def test_the_answer_says_what_our_decoder_says(told, folder, question):
    """The text, the thoughts and the tool calls that an SDK puts together are those that we decode."""
    expected = _decoded(question.recorded(folder))

    assert expected == _said(told[question].answer, question.api)


@pytest.mark.parametrize("question", [one for one in STREAMED if one.name in PAUSED], ids=str)
def test_no_event_comes_before_its_time(node, tmp_path, question):
    """At recorded pace an SDK gives out no event before the time at which it was recorded."""
    paused = replace(question, reply=_paused(question.reply))
    record(tmp_path, [paused])
    recorded = paused.recorded(tmp_path)
    with Server(tmp_path, pace="recorded") as server:
        [told] = node.ask(question.program, [question.to_node(server)])

    times = [chunk.at for chunk in recorded.chunks if given_out(question, event_data(chunk.data))]
    assert len(times) == len(told.times)
    assert times[-1] > 0.3
    # Clocks tick in steps, and a waiting loop may wake up a little before its time.
    assert [] == [(at, came) for at, came in zip(times, told.times, strict=True) if came < at - 0.005]


def _paused(reply):
    """Return a reply with pauses after its first events."""
    steps = list(reply.steps)
    for place, seconds in ((4, 0.04), (3, 0.2), (2, 0.08)):
        steps.insert(place, Pause(seconds))
    return replace(reply, steps=tuple(steps))
