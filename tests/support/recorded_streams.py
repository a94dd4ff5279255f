"""The recorded streams of chat completions and messages, and the classes that read them."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path

import httpx2
from chat_differences import accumulated

from chunktape.anthropic import AnthropicStream
from chunktape.azure import AzureStream
from chunktape.errors import ProviderStreamError, StreamInterruptedError
from chunktape.openai import OpenAIStream
from chunktape.tape.cassette import Cassette
from chunktape.wire.sse import events

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def lines(name):
    """Return what a file of JSON lines holds; nothing where the corpus is not beside this repository."""
    path = CORPUS / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


ROWS = {row["id"]: row for row in lines("index.jsonl") if row["api"] in {"chat.completions", "messages"}}
STREAMS = [name for name, row in ROWS.items() if row["kind"] == "stream"]
FIRST_PARTY = [name for name in STREAMS if ROWS[name]["provider"] in {"openai", "azure-openai", "anthropic"}]
FACTS = [fact for fact in lines("expected.jsonl") if fact["id"] in STREAMS]
SIBLINGS = [
    (name, sibling) for name in STREAMS for sibling in ROWS[name]["sibling_nonstream"] if sibling in ROWS
]
# Everything but these is complete: these end in an error of the provider's.
ERRORS = {"pydantic-ai-b75f859efb": "tool_use_failed", "pydantic-ai-19ec71a1c5": "400"}


def stream_class(name):
    """Return the class for who answered."""
    if ROWS[name]["api"] == "messages":
        return AnthropicStream
    return AzureStream if ROWS[name]["provider"].startswith("azure-") else OpenAIStream


def response_class(name):
    """Return the class for who answered, at once."""
    return stream_class(name).call_response_type


@cache
def interaction(name):
    """Return one recorded exchange."""
    return Cassette.load(CORPUS / ROWS[name]["open_file"]).interactions[ROWS[name]["index"]]


def opened(name):
    """Return a stream of which nothing was read."""
    return stream_class(name).from_cassette(CORPUS / ROWS[name]["open_file"], ROWS[name]["index"])


def pairs_of(stream):
    """Return the pairs of a stream, as far as it goes."""
    found = []
    with suppress(ProviderStreamError, StreamInterruptedError):
        for pair in stream:
            found.append(pair)  # noqa: PERF402 - what comes before an error is kept
    return found


async def apairs_of(stream):
    """Return the pairs of a stream, as far as it goes."""
    found = []
    with suppress(ProviderStreamError, StreamInterruptedError):
        async for pair in stream:
            found.append(pair)
    return found


def read(stream):
    """Return a stream that was read as far as it goes."""
    pairs_of(stream)
    return stream


def told(chunk):
    """Return everything that a chunk holds."""
    return chunk.data, chunk.content, chunk.event, chunk.received_at, chunk.repeated


def response_of(stream):
    """Return the response, of a stream with an error what came of it."""
    return stream.construct_call_response(allow_partial=stream.status != "complete")


@cache
def finished(name):
    """Return a stream that was read as far as it goes; nobody changes it."""
    return read(stream_class(name).from_interaction(interaction(name)))


def by_the_vendor(name):
    """Return what the vendor's own accumulator makes of a stream, as JSON."""
    found = list(events(interaction(name).body))
    if ROWS[name]["api"] == "chat.completions":
        return accumulated(one.data for one in found if one.data and one.data != "[DONE]")
    return _by_anthropic(interaction(name).body)


def _by_anthropic(body):
    import anthropic

    reply = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)
    transport = httpx2.MockTransport(lambda _: reply)
    asked = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}
    with (
        anthropic.Anthropic(api_key="none", http_client=httpx2.Client(transport=transport)) as client,
        # The stable accumulator leaves calls of MCP without their input.
        client.beta.messages.stream(**asked) as stream,
    ):
        return stream.get_final_message().to_dict(mode="json")


__all__ = [
    "CORPUS",
    "ERRORS",
    "FACTS",
    "FIRST_PARTY",
    "ROWS",
    "SIBLINGS",
    "STREAMS",
    "apairs_of",
    "by_the_vendor",
    "finished",
    "interaction",
    "opened",
    "pairs_of",
    "read",
    "response_class",
    "response_of",
    "stream_class",
    "told",
]
