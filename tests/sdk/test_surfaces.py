"""Other surfaces of the SDKs than a streamed answer: what the caller sees is the same there too."""

from __future__ import annotations

import asyncio
import io
import json

import pydantic
import pytest
from clients import MESSAGES, NAMED

from chunktape import Cassette, use_cassette
from chunktape.loopback import Reply, Write, chat, complete_chat, complete_message, error, message, raw

OPENAI_JSON = (("content-type", "application/json"), ("x-loopback-provider", "chunktape"))


def _json(value):
    """Return an invented JSON reply of an endpoint that the loopback provider has no script for."""
    return Reply(headers=OPENAI_JSON, steps=(Write(json.dumps(value).encode()),), framing="length")


class Story(pydantic.BaseModel):
    """What a structured answer is parsed into."""

    title: str
    year: int


STORY = '{"title": "Tape", "year": 1963}'
EMBEDDING = _json(
    {
        "object": "list",
        "model": "text-embedding-3-small",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -1.5]}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
)
FILE = _json(
    {
        "id": "file-loopback",
        "object": "file",
        "bytes": 5,
        "created_at": 1795168800,
        "filename": "a.bin",
        "purpose": "assistants",
        "status": "processed",
    }
)
# Invented in the shape of the events in the SDK's own types (openai/types/responses).
RESPONSE = {
    "id": "resp_loopback",
    "object": "response",
    "created_at": 1795168800,
    "model": "gpt-4o-mini",
    "status": "completed",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}
RESPONSE_STREAM = raw(
    *(
        f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n".encode()
        for kind, rest in [
            ("response.created", {"sequence_number": 0, "response": {**RESPONSE, "status": "in_progress"}}),
            (
                "response.output_text.delta",
                {
                    "sequence_number": 1,
                    "item_id": "msg_1",
                    "output_index": 0,
                    "content_index": 0,
                    "delta": "Tape 📼",
                    "logprobs": [],
                },
            ),
            ("response.completed", {"sequence_number": 2, "response": RESPONSE}),
        ]
    )
)


def _chat_stream(client):
    with client.chat.completions.stream(model="gpt-4o-mini", messages=MESSAGES) as stream:
        kinds = [event.type for event in stream]
    return kinds, stream.get_final_completion().model_dump()


def _raw_bytes(client):
    door = client.chat.completions.with_streaming_response
    with door.create(model="gpt-4o-mini", messages=MESSAGES, stream=True) as response:
        return list(response.iter_bytes()), response.headers["content-type"], response.status_code


def _raw_response(client):
    response = client.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=MESSAGES)
    return response.text, response.headers["x-request-id"], response.parse().model_dump()


def _parse(client):
    answer = client.chat.completions.parse(model="gpt-4o-mini", messages=MESSAGES, response_format=Story)
    return answer.choices[0].message.parsed, answer.id


def _upload(client):
    return client.files.create(
        file=("a.bin", io.BytesIO(b"\x00\xff\r\n\x01")), purpose="assistants"
    ).model_dump()


def _responses(client):
    return [
        event.model_dump() for event in client.responses.create(model="gpt-4o-mini", input="hi", stream=True)
    ]


def _not_found(client):
    with pytest.raises(Exception, match="no such model") as caught:
        client.models.retrieve("gone")
    return type(caught.value).__name__, str(caught.value)


def _message_stream(client):
    with client.messages.stream(model="claude-sonnet-4-6", max_tokens=64, messages=MESSAGES) as stream:
        return list(stream.text_stream), stream.get_final_message().model_dump()


def _message(client):
    return client.messages.create(model="claude-sonnet-4-6", max_tokens=64, messages=MESSAGES).model_dump()


def _count_tokens(client):
    return client.messages.count_tokens(model="claude-sonnet-4-6", messages=MESSAGES).model_dump()


def _azure_complete(client):
    return client.complete(messages=MESSAGES, model="gpt-4o-mini").as_dict()


def _azure_raw(client):
    from azure.core.rest import HttpRequest

    request = HttpRequest("POST", "/chat/completions", json={"messages": MESSAGES, "stream": True})
    with client.send_request(request, stream=True) as response:
        return list(response.iter_bytes()), response.status_code


SURFACES = {
    "openai chat.completions.stream": ("openai", chat(), _chat_stream),
    "openai with_streaming_response": ("openai", chat(), _raw_bytes),
    "openai with_raw_response": ("openai", complete_chat(), _raw_response),
    "openai parse": ("openai", complete_chat(STORY), _parse),
    "openai embeddings": (
        "openai",
        EMBEDDING,
        lambda client: client.embeddings.create(model="e", input="hi").model_dump(),
    ),
    "openai files": ("openai", FILE, _upload),
    "openai responses": ("openai", RESPONSE_STREAM, _responses),
    "openai tools": ("openai", chat(tools=[("weather", {"city": "Zürich"})]), _chat_stream),
    "openai 404": ("openai", error(404, message="no such model"), _not_found),
    "anthropic messages.stream": ("anthropic", message(thinking="Hm."), _message_stream),
    "anthropic messages": ("anthropic", complete_message(), _message),
    "anthropic count_tokens": ("anthropic", _json({"input_tokens": 12}), _count_tokens),
    "azure complete": ("azure", complete_chat(azure=True), _azure_complete),
    "azure send_request": ("azure", chat(azure=True), _azure_raw),
}


@pytest.mark.parametrize("surface", SURFACES)
def test_surface_shows_the_same(surface, provider, tmp_path):
    """Live, recording and replay show the caller the same, through every door of an SDK."""
    name, script, ask = SURFACES[surface]
    provider.play(script, script)
    seen = []
    for mode in ("off", "once", "none"):
        client = NAMED[name].build(provider)
        with use_cassette(tmp_path / "tape.yaml", record_mode=mode):
            seen.append(ask(client))
        client.close()

    assert seen[0] == seen[1]
    assert seen[0] == seen[2]
    assert len(provider.requests) == 2


async def _aall(surface, client):
    kind, _ = surface.split(" ", 1)
    if kind == "openai":
        door = client.chat.completions.with_streaming_response
        async with door.create(model="gpt-4o-mini", messages=MESSAGES, stream=True) as response:
            return [piece async for piece in response.iter_bytes()]
    if kind == "anthropic":
        async with client.messages.stream(
            model="claude-sonnet-4-6", max_tokens=64, messages=MESSAGES
        ) as stream:
            return [text async for text in stream.text_stream]
    return (await client.complete(messages=MESSAGES, model="gpt-4o-mini")).as_dict()


@pytest.mark.parametrize("surface", ["openai raw", "anthropic stream", "azure complete"])
async def test_surface_shows_the_same_awaited(surface, provider, tmp_path):
    """The awaited doors show the same."""
    case = NAMED[f"{surface.split()[0]}-async"]
    seen = []
    for mode in ("off", "once", "none"):
        client = case.build(provider)
        async with use_cassette(tmp_path / "tape.yaml", record_mode=mode):
            seen.append(await _aall(surface, client))
        await client.close()

    assert seen[0] == seen[1] == seen[2]
    assert len(provider.requests) == 2


def test_two_hundred_streams_at_once(provider, tmp_path):
    """Streams that are read at the same time do not mix, and are kept in the order of their requests."""
    case = NAMED["openai-async"]
    count = 200

    async def ask(client, number):
        stream = await client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": f"number {number}"}], stream=True
        )
        async with stream:
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

    async def ask_all(mode):
        client = case.build(provider)
        async with use_cassette(tmp_path / "tape.yaml", record_mode=mode):
            answers = await asyncio.gather(*(ask(client, number) for number in range(count)))
        await client.close()
        return answers

    recorded = asyncio.run(ask_all("once"))
    replayed = asyncio.run(ask_all("none"))
    kept = Cassette.load(tmp_path / "tape.yaml").interactions

    assert recorded == replayed
    assert count == len({one.request.body for one in kept})
    assert sorted(one.recorded_at for one in kept) == [one.recorded_at for one in kept]
