"""Every recorded messages stream is assembled into what Anthropic's own SDK makes of it."""

from __future__ import annotations

import json
import random
import re
import warnings
from functools import cache
from pathlib import Path

import anthropic
import httpx2
import pytest

from chunktape.dialects.messages import COMMON, MessagesAssembly, answer_of
from chunktape.tape.cassette import Cassette
from chunktape.wire.sse import EventParser, events

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def lines(name):
    path = CORPUS / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


ROWS = {row["id"]: row for row in lines("index.jsonl") if row["api"] == "messages"}
STREAMS = [name for name, row in ROWS.items() if row["kind"] == "stream"]
WHOLE = [name for name, row in ROWS.items() if row["kind"] == "nonstream" and row["status"] == 200]
ERRORS = [name for name, row in ROWS.items() if row["status"] != 200]
EXPECTED = {row["id"]: row["expected"] for row in lines("expected.jsonl") if row["id"] in ROWS}

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")

# Where the SDK's accumulators and ours differ, by the place in the message, and why.
NO_DETAILS = {r"\.stop_details \(null\)": "the SDK writes null where the stream said nothing"}
BY_THE_SDK = {
    # anthropic 2.11, `lib/streaming/_messages.py`, TRACKS_TOOL_INPUT; `client.beta` fills it in.
    "messages": NO_DETAILS
    | {r"\.content\[\d+\]\.input\..* \(missing\)": "the stable accumulator leaves MCP calls without input"},
    "beta": NO_DETAILS,
}
# Streams and bodies that answer the same request, in other words; and where their fields differ.
SIBLINGS = {
    "openllmetry-c1ffce68de": "openllmetry-c8a29652f7",
    "crewai-0a577f9e29": "crewai-5fdd5daa6a",
    "crewai-e9882372f2": "crewai-84602dec4b",
}
BY_THE_RUN = {
    "openllmetry-c1ffce68de": {
        r"\.usage\.(cache_\w+_input_tokens|service_tier) \(missing\)": "counted only since"
    }
}
# pydantic-ai's own words for Anthropic's stop reasons.
NORMALISED = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_call",
    "content_filter": "content_filter",
}


@cache
def body_of(name):
    row = ROWS[name]
    return Cassette.load(CORPUS / row["open_file"]).interactions[row["index"]].body


def assembled(stream):
    assembly = MessagesAssembly()
    for event in stream:
        assembly.feed(event)
    return assembly


def whole(name):
    return assembled(events(body_of(name))).body()


def by_the_sdk(name, door):
    """Return what the SDK makes of a stream's bytes."""
    reply = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body_of(name))
    transport = httpx2.MockTransport(lambda _: reply)
    with anthropic.Anthropic(api_key="none", http_client=httpx2.Client(transport=transport)) as client:
        messages = client.messages if door == "messages" else client.beta.messages
        with messages.stream(model="m", max_tokens=1, messages=[{"role": "user", "content": "x"}]) as stream:
            final = stream.get_final_message()
    with warnings.catch_warnings():
        # It warns of blocks that its stable types do not know, such as those of MCP.
        warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)
        return final.to_dict(mode="json")


def differences(left, right, path=""):
    """Yield where two JSON values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted(left.keys() | right.keys()):
            if name in left and name in right:
                yield from differences(left[name], right[name], f"{path}.{name}")
            else:
                given = left.get(name, right.get(name))
                yield f"{path}.{name} ({'null' if given is None else 'missing'})"
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for place, pair in enumerate(zip(left, right, strict=True)):
            yield from differences(*pair, f"{path}[{place}]")
    elif left != right:
        yield path


def unexplained(found, reasons):
    return [path for path in found if not any(re.fullmatch(pattern, path) for pattern in reasons)]


def shape(value):
    """Return a value with its words and numbers taken away, and its lists as the shapes they hold."""
    if isinstance(value, dict):
        return {name: value[name] if name == "type" else shape(value[name]) for name in value}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return type(value).__name__


@pytest.mark.parametrize("name", STREAMS)
def test_every_stream_is_complete(name):
    """Nothing in a recorded stream is unknown, undecodable or left open."""
    assembly = assembled(events(body_of(name)))

    assert ("complete", None, 0, [], ()) == (
        assembly.status,
        assembly.error,
        assembly.undecodable,
        assembly.unknown,
        assembly.finish(),
    )


@pytest.mark.parametrize("door", ["messages", "beta"])
@pytest.mark.parametrize("name", STREAMS)
def test_the_sdk_makes_the_same_of_it(name, door):
    """The assembled message equals the SDK's final message, in every field, nulls too."""
    found = differences(whole(name), by_the_sdk(name, door))

    assert [] == unexplained(found, BY_THE_SDK[door])


@pytest.mark.parametrize("door", BY_THE_SDK)
def test_each_difference_to_the_sdk_is_there(door):
    """A difference that is written down but no longer found must go."""
    found = {path for name in STREAMS for path in differences(whole(name), by_the_sdk(name, door))}

    assert [] == [one for one in BY_THE_SDK[door] if not any(re.fullmatch(one, path) for path in found)]


@pytest.mark.parametrize("name", [name for name in EXPECTED if name in STREAMS])
def test_the_expected_facts_hold(name):
    """Text, thinking, counts, names and reasons are those that the recording's own project asserts."""
    answer, facts = answer_of(whole(name)), dict(EXPECTED[name])
    usage = answer.usage
    (reason,) = answer.finish_reasons
    found = {
        "text": answer.text,
        # Redacted thinking is a thinking part without text there.
        "thinking": answer.thinking or "",
        # There, cached tokens are part of the input; Anthropic counts them apart.
        "input_tokens": usage.input_tokens + usage.cached_tokens + usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
        "model_name": answer.model,
        "provider_response_id": answer.id,
        "finish_reason": reason,
        "normalised_finish_reason": NORMALISED[COMMON[reason]],
    }

    assert facts == {fact: found[fact] for fact in facts}


def test_the_facts_are_all_there():
    """Six of the corpus's facts are about messages, all of them streams."""
    assert (6, set()) == (len(EXPECTED), EXPECTED.keys() - set(STREAMS))


@pytest.mark.parametrize(("streamed", "at_once"), SIBLINGS.items())
def test_a_stream_has_the_shape_of_its_sibling(streamed, at_once):
    """The same request, not streamed, has the same fields and types at every place."""
    left, right = shape(whole(streamed)), shape(json.loads(body_of(at_once)))

    assert [] == unexplained(differences(left, right), BY_THE_RUN.get(streamed, {}))


@pytest.mark.parametrize("name", WHOLE)
def test_a_body_that_came_at_once_is_read_the_same_way(name):
    """What it says is what the events say that a server would have sent for it."""
    body = json.loads(body_of(name))

    answer = answer_of(body)

    texts = [one["text"] for one in body["content"] if one["type"] == "text"]
    calls = [(one["id"], one["name"], one["input"]) for one in body["content"] if one["type"] == "tool_use"]
    assert ("".join(texts), calls, [body["stop_reason"]], body["usage"]["output_tokens"]) == (
        answer.text,
        [(tool.id, tool.name, tool.parsed()) for tool in answer.tools],
        answer.finish_reasons,
        answer.usage.output_tokens,
    )


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_body_answers_nothing(name):
    """An error has no choices and no usage."""
    answer = answer_of(json.loads(body_of(name)))

    assert ((), None, None) == (answer.choices, answer.usage, answer.model)


@pytest.mark.parametrize("name", STREAMS)
def test_cutting_the_bytes_anywhere_changes_nothing(name):
    """Two pieces, cut at any byte, give the same message; a sample of the cuts where there are many."""
    body = body_of(name)
    expected = whole(name)
    offsets = range(len(body)) if len(body) < 4000 else random.Random(name).sample(range(len(body)), 150)  # noqa: S311 a sample is no secret

    got = []
    for offset in offsets:
        parser = EventParser()
        got.append(
            assembled([*parser.feed(body[:offset]), *parser.feed(body[offset:]), *parser.finish()]).body()
        )

    assert all(expected == one for one in got)


@pytest.mark.parametrize("name", STREAMS)
def test_one_byte_at_a_time_changes_nothing(name):
    """Bytes that come alone give the same message."""
    body, parser = body_of(name), EventParser()
    stream = [event for place in range(len(body)) for event in parser.feed(body[place : place + 1])]

    assert whole(name) == assembled(stream + parser.finish()).body()


@pytest.mark.parametrize("name", STREAMS)
def test_a_cut_after_any_event_is_an_interruption(name):
    """Every beginning of a stream has a body that can be answered from, and none looks complete."""
    stream = list(events(body_of(name)))
    text = answer_of(whole(name)).text

    for kept in range(len(stream)):
        assembly = assembled(stream[:kept])
        assembly.finish()
        answer = answer_of(assembly.body())

        assert ("interrupted", True) == (assembly.status, text.startswith(answer.text or ""))


@pytest.mark.parametrize("name", STREAMS)
def test_a_message_goes_through_json(name):
    """Dumping and loading a message is the identity, and so is answering from it."""
    body = whole(name)

    again = json.loads(json.dumps(body))

    assert (body, answer_of(body)) == (again, answer_of(again))


@pytest.mark.parametrize("name", STREAMS)
def test_the_calls_on_the_way_are_those_of_the_message(name):
    """Every call comes once while the stream runs, as it is in the message; and so does all text."""
    assembly = MessagesAssembly()
    parts = [assembly.feed(event) for event in events(body_of(name))]
    answer = answer_of(assembly.body())

    assert (answer.tools, answer.text or "") == (
        tuple(tool for part in parts for tool in part.tools),
        "".join(part.content for part in parts),
    )


def test_the_corpus_is_whole():
    """There are eleven streams, three bodies and two errors."""
    assert (11, 3, 2) == (len(STREAMS), len(WHOLE), len(ERRORS))
