"""The same answer has the same transcript, wherever it came from: live, while it is recorded, in replay."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import count

import openai
import pytest
from anthropic import Anthropic
from pydantic import BaseModel

from chunktape import Cassette, use_cassette
from chunktape.anthropic import anthropic_call
from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_text import transcript_text
from chunktape.loopback import Disconnect, complete_chat, complete_message, error, message, raw
from chunktape.openai import OpenAICallResponse, OpenAIStream, openai_call

KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"
numbers = count(1)


class City(BaseModel):
    name: str


def look(city: str) -> str:
    """Look at a city."""
    return city


def told(value, *, exact=False):
    return transcript_text(transcripts_of(value), exact=exact)


def events(number):
    """Return the events of an answer; ids, times, fingerprint and padding are those of this recording."""
    head = {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion.chunk",
        "created": 1700000000 + number,
        "model": "gpt-4o-mini-2024-07-18",
        "system_fingerprint": f"fp_{number}",
    }

    def event(delta, reason=None):
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return sse(head | {"choices": [choice], "obfuscation": "x" * number})

    def called(arguments, **more):
        return event({"tool_calls": [{"index": 0, "function": {"arguments": arguments}} | more]})

    return [
        event({"role": "assistant", "content": "Let me"}),
        event({"content": " look.\nA moment"}),
        sse(head | {"choices": [], "usage": None}),
        called("", id=f"call_{number}", type="function", function={"name": "City", "arguments": ""}),
        called('{"name": '),
        called('"Paris"}'),
        event({}, "tool_calls"),
        sse(head | {"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 7}}),
        b"data: [DONE]\n\n",
    ]


def sse(data):
    return b"data: %b\n\n" % json.dumps(data).encode()


def in_stream(number):
    told = {"message": f"over, see req_{number}a1b2c3d4e5f6", "code": "overloaded"}
    return raw(*events(number)[:2], sse({"error": told}))


REPLIES = {
    "whole": lambda number: raw(*events(number)),
    "ended early": lambda number: raw(*events(number)[:5]),
    "torn": lambda number: raw(*events(number)[:3], end=Disconnect()),
    "error in the stream": in_stream,
    "error status": lambda _: error(429),
}


@pytest.fixture
def openai_client(provider):
    with openai.OpenAI(base_url=provider.openai_url, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic_client(provider):
    with Anthropic(base_url=provider.anthropic_url, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
def five_ways(provider, tmp_path):
    """Return a function that tells what a call is told as: live, recorded twice, and replayed after each."""

    def tell(reply, ask):
        found = []
        for mode in ("off", "rewrite", "none", "rewrite", "none"):
            if mode != "none":
                provider.play(reply(next(numbers)))
            with use_cassette(tmp_path / "tape.yaml", record_mode=mode):
                found.append(told(ask()))
        return found

    return tell


def read(stream):
    """Read a stream to whatever is its end."""
    with suppress(Exception):
        for _ in stream:
            pass
    return stream


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_stream(five_ways, openai_client, reply):
    """A stream is told alike however it came and however it ended."""
    ask = openai_call("gpt-4o-mini", stream=True, tools=[look], client=openai_client)(lambda: "Where?")
    found = five_ways(reply, lambda: read(ask()))

    assert [found[0]] * 5 == found


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_tape(provider, tmp_path, openai_client, reply):
    """A tape is told alike while it is recorded, while it is played, and when it is read from its file."""
    ask = openai_call("gpt-4o-mini", stream=True, client=openai_client)(lambda: "Where?")
    path, found = tmp_path / "tape.yaml", []
    for mode in ("rewrite", "none", "rewrite", "none"):
        if mode != "none":
            provider.play(reply(next(numbers)))
        with use_cassette(path, record_mode=mode) as session:
            read(ask())
            found.append(told(session))
        found.append(told(Cassette.load(path)))

    assert [found[0]] * 8 == found
    assert found[0].startswith("request: 127.0.0.1 gpt-4o-mini, streamed\n  user: Where?\n")


def test_stream_of_a_response_model(five_ways, openai_client):
    """A structured stream is told as the stream below it."""
    ask = openai_call("gpt-4o-mini", stream=True, response_model=City, client=openai_client)(lambda: "Where?")
    found = five_ways(REPLIES["whole"], lambda: read_model(ask()))

    assert [found[0]] * 5 == found
    assert "  tools: City\n" in found[0]


def read_model(stream):
    assert City(name="Paris") == list(stream)[-1]
    return stream


@pytest.mark.parametrize(
    "reply", [lambda _: complete_chat("Hello"), lambda _: complete_chat(tools=[("look", {"city": "Oslo"})])]
)
def test_response(five_ways, openai_client, reply):
    """An answer that came at once is told alike however it came."""
    ask = openai_call("gpt-4o-mini", tools=[look], client=openai_client)(lambda: "Where?")
    found = five_ways(reply, ask)

    assert [found[0]] * 5 == found


@pytest.mark.parametrize(("stream", "reply"), [(True, message), (False, complete_message)])
def test_anthropic(five_ways, anthropic_client, stream, reply):
    """So it is with Anthropic's SDK."""
    ask = anthropic_call("claude-m", stream=stream, client=anthropic_client)(lambda: "Where?")
    found = five_ways(lambda _: reply("Hello", thinking="Hm"), lambda: read(ask()) if stream else ask())

    assert [found[0]] * 5 == found
    assert "  thinking:\n    | Hm\n    signature: <masked>\n  text:\n    | Hello\n" in found[0]


def test_recording_read_without_a_call(provider, tmp_path, openai_client):
    """What is read from a recording is told as the call that made it, and so is the response of a stream."""
    path = tmp_path / "tape.yaml"
    provider.play(REPLIES["whole"](1), complete_chat("Hello"))
    with use_cassette(path, record_mode="rewrite"):
        stream = read(openai_call("gpt-4o-mini", stream=True, client=openai_client)(lambda: "Where?")())
        response = openai_call("gpt-4o-mini", client=openai_client)(lambda: "Hi")()

    assert told(stream) == told(read(OpenAIStream.from_cassette(path, 0)))
    assert told(stream) == told(stream.construct_call_response())
    assert told(response) == told(OpenAICallResponse.from_cassette(path, 1))


def test_stream_that_was_not_read(provider, openai_client):
    """Before it is read, a stream tells what was asked; on the way, what has come."""
    provider.play(REPLIES["whole"](1))
    stream = openai_call("gpt-4o-mini", stream=True, client=openai_client)(lambda: "Where?")()
    asked = (
        'request: openai gpt-4o-mini, streamed\n  user: Where?\n  stream_options: {"include_usage": true}\n'
    )

    assert f"{asked}status: pending" == told(stream)

    with stream:
        next(iter(stream))

        assert (
            f"{asked}answer: gpt-4o-mini-2024-07-18\n  text:\n    | Let me\n  finish reason: none\n"
            "cost metadata:\n  streaming_mode: true\nstatus: streaming"
        ) == told(stream)


def test_exact_text_tells_recordings_apart(provider, tmp_path, openai_client):
    """The exact text names what each recording makes anew, and is the same in each replay."""
    ask = openai_call("gpt-4o-mini", stream=True, client=openai_client)(lambda: "Where?")
    texts = []
    for number in (1, 2):
        provider.play(REPLIES["whole"](number))
        with use_cassette(tmp_path / "tape.yaml", record_mode="rewrite"):
            read(ask())
        for _ in range(2):
            with use_cassette(tmp_path / "tape.yaml", record_mode="none") as session:
                texts.append(told([read(ask()), session], exact=True))

    assert [texts[0], texts[0], texts[2], texts[2]] == texts
    for fact in (
        "id: chatcmpl-1",
        "created: 1700000001",
        "fingerprint: fp_1",
        "tool call call_1: City",
        "chunks: 9",
    ):
        assert fact in texts[0]
    assert "chatcmpl-2" in texts[2]
    assert "recorded at: 20" in texts[2]


@pytest.mark.parametrize("exact", [False, True], ids=["masked", "exact"])
def test_secrets(provider, openai_client, monkeypatch, exact):
    """No key is told, wherever it stands: in a header, in a message, in the answer, in the environment."""
    monkeypatch.setenv("BILLING_API_KEY", "q8dk3lfmZxP0aB19rTyu")
    provider.play(complete_chat(f"Your key is {KEY}, or q8dk3lfmZxP0aB19rTyu."))
    more = {
        "extra_headers": {"x-other": "header-secret-1"},
        "extra_body": {"access_token": "body-secret-1", "top_k": 3},
    }
    response = openai_call("gpt-4o-mini", client=openai_client, call_params=more)(lambda: f"Is it {KEY}?")()

    text = told(response, exact=exact)
    assert "  user: Is it <redacted>?\n" in text
    assert "  access_token: <redacted>\n  top_k: 3\n" in text
    assert "    | Your key is <redacted>, or <redacted>.\n" in text
    for secret in (KEY, "secret-1", "q8dk3"):
        assert secret not in text


def test_redaction_of_the_open_cassette(provider, tmp_path, openai_client):
    """What a cassette redacts on wish is not told while it is open, so that record and replay agree."""
    ask = openai_call("gpt-4o-mini", client=openai_client)(lambda: "Is it Jane?")
    provider.play(complete_chat("It is Jane."))
    texts = []
    for mode in ("rewrite", "none"):
        with use_cassette(tmp_path / "tape.yaml", record_mode=mode, redact=["Jane"]):
            texts.append(told(ask()))

    assert texts[0] == texts[1]
    assert "  user: Is it <redacted>?\n" in texts[0]
    assert "    | It is <redacted>.\n" in texts[0]
