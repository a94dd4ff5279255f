"""Every recorded stream of the Responses API is assembled into what its last event says."""

from __future__ import annotations

import json
import random
import re
from functools import cache
from pathlib import Path

import httpx2
import openai
import pytest

from chunktape.dialects.responses import ResponsesAssembly, answer_of, common_reason
from chunktape.tape.cassette import Cassette
from chunktape.wire.sse import Event, EventParser, events

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def lines(name):
    path = CORPUS / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


ROWS = {row["id"]: row for row in lines("index.jsonl") if row["api"] == "responses"}
STREAMS = [name for name, row in ROWS.items() if row["kind"] == "stream"]
WHOLE = [name for name, row in ROWS.items() if row["kind"] == "nonstream"]
EXPECTED = {row["id"]: row["expected"] for row in lines("expected.jsonl") if row["id"] in ROWS}
LAST = "response.completed"

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")

# What the protocol itself tells only in the last event, so that a stream cut just before it lacks it.
ONLY_AT_THE_END = {
    r"\.status": "in progress until then",
    r"\.completed_at": "not completed until then",
    r"\.usage": "counted at the end",
    r"\.service_tier": "`auto` until the tier that served is known",
    r"\.reasoning": "OpenRouter tells what it asked for only then",
    r"\.output\[\d+\]\.encrypted_content": "encrypted anew for each event",
    r"\.output\[\d+\]\.tools": "lists of MCP tools that were not streamed are filled in",
}
# What only the `….done` events tell.
ONLY_WHEN_DONE = ONLY_AT_THE_END | {
    r"\.output\[\d+\]\.status": "messages and calls have no event that says how far they are",
    r"\.output\[\d+\]\.queries": "what a file search asked for is not streamed",
    r"\.output\[\d+\]\.action": "what a web search did is not streamed",
    r"\.output\[\d+\]\.content\[\d+\]\.logprobs\[\d+\]\.logprob": "rounded in the last events",
}


@cache
def body_of(name):
    row = ROWS[name]
    return Cassette.load(CORPUS / row["open_file"]).interactions[row["index"]].body


def kind(event):
    return (json.loads(event.data).get("type") if event.data and event.data != "[DONE]" else "") or ""


def assembled(stream):
    assembly = ResponsesAssembly()
    parts = [part for event in stream if (part := assembly.feed(event)) is not None]
    return assembly, parts


def last_response(name):
    (found,) = (json.loads(event.data)["response"] for event in events(body_of(name)) if kind(event) == LAST)
    return found


def differences(left, right, path=""):
    if isinstance(left, dict) and isinstance(right, dict):
        for name in left | right:
            yield from differences(left.get(name), right.get(name), f"{path}.{name}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif left != right:
        yield path


def unexplained(paths, explained):
    return [path for path in paths if not any(re.fullmatch(pattern, path) for pattern in explained)]


@pytest.fixture(params=STREAMS)
def name(request):
    return request.param


def test_a_stream_becomes_its_last_response(name):
    """The body is the last event's response, the stream is complete, and every event is known."""
    assembly, _ = assembled(events(body_of(name)))

    assert (last_response(name), "complete", None, [], 0) == (
        assembly.body(),
        assembly.status,
        assembly.error,
        assembly.unknown,
        assembly.undecodable,
    )


def test_the_events_before_the_last_make_the_same_body(name):
    """Without its last event a stream is interrupted, and differs only in what that event tells."""
    assembly, _ = assembled(event for event in events(body_of(name)) if kind(event) != LAST)

    left = differences(assembly.body(), last_response(name))
    assert ("interrupted", []) == (assembly.status, unexplained(left, ONLY_AT_THE_END))


def test_the_deltas_alone_make_the_same_body(name):
    """Without any event that repeats what was streamed, only what is never streamed differs."""
    deltas = (
        event for event in events(body_of(name)) if kind(event) != LAST and not kind(event).endswith(".done")
    )
    assembly, _ = assembled(deltas)

    left = differences(assembly.body(), last_response(name))
    assert [] == unexplained(left, ONLY_WHEN_DONE)


def test_the_parts_add_up_to_the_answer(name):
    """The pieces of text and the tools that the events gave out are those of the answer, each once."""
    assembly, parts = assembled(events(body_of(name)))
    answer = answer_of(assembly.body())

    assert (answer.text or "", list(answer.tools), ()) == (
        "".join(part.content for part in parts),
        [tool for part in parts for tool in part.tools],
        assembly.finish(),
    )
    assert answer.text or answer.tools


def test_any_chunks_make_the_same_body(name):
    """However the bytes are cut, the answer is the same."""
    body = body_of(name)
    dice = random.Random(name)  # noqa: S311 (places to cut, not secrets)

    for _ in range(5):
        parser, assembly = EventParser(), ResponsesAssembly()
        ends = sorted({*dice.choices(range(len(body)), k=50), len(body)})
        for start, end in zip([0, *ends], ends, strict=False):
            for event in parser.feed(body[start:end]):
                assembly.feed(event)

        assert (last_response(name), "complete") == (assembly.body(), assembly.status)


def test_a_cut_after_any_event_is_reported(name):
    """A stream that ends too early is interrupted, and what has come can be read."""
    assembly = ResponsesAssembly()
    text, said = "", ""
    for event in events(body_of(name)):
        if kind(event) == LAST:
            break
        part = assembly.feed(event)
        said += part.content if part else ""
        answer = answer_of(assembly.body())
        text = answer.text or ""

        assert ("interrupted", None, said) == (assembly.status, answer.finish_reasons, text)

    assert text == (answer_of(last_response(name)).text or "")


@pytest.mark.parametrize("name", [name for name in STREAMS if ROWS[name]["provider"] == "openai"])
def test_openai_s_own_accumulator_agrees(name):
    """At every delta the SDK's snapshot is the text that we have, and so is its final response."""
    reply = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body_of(name))
    client = openai.OpenAI(
        api_key="none", http_client=httpx2.Client(transport=httpx2.MockTransport(lambda _: reply))
    )
    ours = ResponsesAssembly()
    theirs, mine = [], []

    with client, client.responses.stream(model="m", input="i") as stream:
        for event, raw in zip(stream, events(body_of(name)), strict=True):
            ours.feed(raw)
            if event.type in {"response.output_text.delta", "response.function_call_arguments.delta"}:
                item = ours.body()["output"][event.output_index]
                is_text = event.type == "response.output_text.delta"
                theirs.append(event.snapshot)
                mine.append(item["content"][event.content_index]["text"] if is_text else item["arguments"])
        final = stream.get_final_response().to_dict(mode="json")

    left = differences(final, json.loads(json.dumps(ours.body())))
    assert theirs
    assert theirs == mine
    # The SDK adds what it has parsed, and writes times as fractions.
    assert [] == [path for path in left if not path.endswith((".parsed", ".parsed_arguments"))]


@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_that_came_at_once_decodes_alike(name):
    """A body that was not streamed gives an answer with every field that a streamed one has."""
    body = json.loads(body_of(name))

    answer = answer_of(body)
    assert (body["id"], body["model"], body["usage"]["input_tokens"], ["completed"], body) == (
        answer.id,
        answer.model,
        answer.usage.input_tokens,
        answer.finish_reasons,
        answer.body,
    )
    assert answer.text or answer.tools


@pytest.mark.parametrize(
    ("name", "sibling"),
    [
        (name, sibling)
        for name in STREAMS
        for sibling in ROWS[name]["sibling_nonstream"]
        if ROWS.get(sibling, {}).get("kind") == "nonstream"
    ],
)
def test_a_streamed_answer_has_the_shape_of_its_sibling(name, sibling):
    """The same question asked without streaming gives blocks of the same kinds, with the same fields."""

    def shape(body):
        # Reasoning that is not shown comes or does not; one sibling was recorded before there were logprobs.
        blocks = answer_of(body).first.blocks
        return [
            (block.kind, sorted(block.raw.keys() - {"logprobs"}))
            for block in blocks
            if block.kind != "redacted_thinking"
        ]

    streamed, _ = assembled(events(body_of(name)))

    assert shape(json.loads(body_of(sibling))) == shape(streamed.body())


@pytest.mark.parametrize("name", [name for name in EXPECTED if ROWS[name]["kind"] == "stream"])
def test_the_facts_that_others_assert_hold(name):
    """What the projects that made the recordings assert about them is what we read."""
    assembly, _ = assembled(events(body_of(name)))
    answer = answer_of(assembly.body())
    facts = {
        "text": answer.text,
        "input_tokens": answer.usage.input_tokens,
        "output_tokens": answer.usage.output_tokens,
        "cached_tokens": answer.usage.cached_tokens,
        "model_name": answer.model,
        "provider_response_id": answer.id,
        "finish_reason": answer.first.finish_reason,
        "normalised_finish_reason": common_reason(answer.first),
    }

    assert EXPECTED[name] == {fact: facts[fact] for fact in EXPECTED[name]}


def test_an_event_without_data_says_nothing():
    """OpenRouter's comments and `[DONE]` carry nothing."""
    assembly = ResponsesAssembly()

    assert [None, None] == [assembly.feed(Event(comments=("",))), assembly.feed(Event("[DONE]"))]
