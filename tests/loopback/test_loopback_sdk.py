from __future__ import annotations

import asyncio

import anthropic
import httpx2
import openai
import pytest
from azure.ai.inference import ChatCompletionsClient
from azure.ai.inference.aio import ChatCompletionsClient as AsyncChatCompletionsClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError

from chunktape.loopback import (
    COSY_TEXT,
    Write,
    chat,
    complete_chat,
    complete_message,
    error,
    error_event,
    message,
)

HI = [{"role": "user", "content": "hi"}]
TOOLS = [("play", {"tape": "磁带 📼", "side": "B"}), ("stop", "{}")]


def openai_client(provider, retries=0):
    return openai.OpenAI(base_url=provider.openai_url, api_key="k", max_retries=retries)


def anthropic_client(provider):
    return anthropic.Anthropic(base_url=provider.anthropic_url, api_key="k", max_retries=0)


def azure_client(provider):
    return ChatCompletionsClient(
        endpoint=provider.azure_url, credential=AzureKeyCredential("k"), retry_total=0
    )


def by_openai(provider):
    with openai_client(provider) as client:
        return list(client.chat.completions.create(model="m", messages=HI, stream=True))


def by_openai_async(provider):
    async def collect():
        async with openai.AsyncOpenAI(base_url=provider.openai_url, api_key="k", max_retries=0) as client:
            return [
                c async for c in await client.chat.completions.create(model="m", messages=HI, stream=True)
            ]

    return asyncio.run(collect())


def by_azure_openai(provider):
    with openai.AzureOpenAI(
        azure_endpoint=provider.azure_openai_url, api_key="k", api_version="2024-10-21"
    ) as client:
        return list(client.chat.completions.create(model="m", messages=HI, stream=True))


def by_azure(provider):
    with azure_client(provider) as client:
        return list(client.complete(messages=HI, stream=True))


def by_azure_async(provider):
    async def collect():
        async with AsyncChatCompletionsClient(
            endpoint=provider.azure_url, credential=AzureKeyCredential("k")
        ) as client:
            stream = await client.complete(messages=HI, stream=True)
            chunks = [chunk async for chunk in stream]
            # The SDK stops at [DONE] and never sees the end, so it leaves the response open.
            await stream.aclose()
            return chunks

    return asyncio.run(collect())


def by_anthropic(provider):
    with anthropic_client(provider) as client:
        return list(client.messages.create(model="m", max_tokens=9, messages=HI, stream=True))


def by_anthropic_async(provider):
    async def collect():
        async with anthropic.AsyncAnthropic(base_url=provider.anthropic_url, api_key="k") as client:
            stream = await client.messages.create(model="m", max_tokens=9, messages=HI, stream=True)
            return [event async for event in stream]

    return asyncio.run(collect())


def chat_text(chunks):
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices or [])


def message_text(parsed):
    return "".join(event.delta.text for event in parsed if event.type == "content_block_delta")


CHAT_STACKS = [by_openai, by_openai_async, by_azure_openai, by_azure, by_azure_async]
MESSAGE_STACKS = [by_anthropic, by_anthropic_async]


@pytest.mark.parametrize("stack", CHAT_STACKS)
def test_chat_clients_read_the_default(provider, stack):
    """Every chat SDK, sync and async, reads the default stream at its own URL."""
    text = chat_text(stack(provider))

    assert text == COSY_TEXT


@pytest.mark.parametrize("stack", MESSAGE_STACKS)
def test_message_clients_read_the_default(provider, stack):
    """Anthropic's SDK, sync and async, reads the default stream."""
    text = message_text(stack(provider))

    assert text == COSY_TEXT


@pytest.mark.parametrize("stack", CHAT_STACKS)
@pytest.mark.parametrize("azure", [False, True])
def test_chat_clients_read_tool_calls(provider, stack, azure):
    """Arguments that come in several deltas add up, and usage comes in a chunk without choices."""
    provider.play(chat(tools=TOOLS, azure=azure))

    chunks = stack(provider)

    calls = [
        call for chunk in chunks for choice in chunk.choices or [] for call in choice.delta.tool_calls or []
    ]
    names = [call.function.name for call in calls if call.function.name]
    arguments = "".join(call.function.arguments or "" for call in calls)
    assert (names, arguments, chunks[-1].usage.completion_tokens) == (
        ["play", "stop"],
        '{"tape":"磁带 📼","side":"B"}{}',
        5,
    )


# Not zstd, which httpx2 reads only with an extra; `test_loopback_framing` decodes it.
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_encoded_replies_are_read(provider, encoding):
    """The SDK decodes the encodings that it offers."""
    provider.play(chat(encoding=encoding))

    text = chat_text(by_openai(provider))

    assert text == COSY_TEXT


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"text": "hello there"},
        {"tools": TOOLS},
        {"text": "a", "tools": TOOLS, "n": 2},
        {"refusal": "I cannot do that."},
        {"finish": "length", "azure": True},
    ],
)
def test_openai_assembles_a_stream_to_the_document(provider, content):
    """What `.stream()` adds up equals the non-streamed twin."""
    provider.play(chat(**content), complete_chat(**content))
    with openai_client(provider) as client:
        with client.chat.completions.stream(model="m", messages=HI) as stream:
            parsed = [event for event in stream if event.type == "chunk"]
            snapshot = stream.current_completion_snapshot
        whole = client.chat.completions.create(model="m", messages=HI)

    assert parsed
    assert streamed(snapshot) == streamed(whole)


def streamed(completion):
    """Return what both forms of a completion hold."""
    choices = [
        (
            choice.finish_reason,
            choice.message.content or None,
            choice.message.refusal,
            [
                (call.id, call.function.name, call.function.arguments)
                for call in choice.message.tool_calls or []
            ],
        )
        for choice in completion.choices
    ]
    return completion.id, completion.model, choices, completion.usage.model_dump()


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"text": "hello there", "thinking": "let me see"},
        {"tools": TOOLS, "cache_read": 7, "cache_creation": 3},
        {"text": "a", "stop_reason": "max_tokens"},
    ],
)
def test_anthropic_assembles_a_stream_to_the_document(provider, content):
    """What `messages.stream()` adds up equals the non-streamed twin."""
    provider.play(message(**content), complete_message(**content))
    with anthropic_client(provider) as client:
        with client.messages.stream(model="m", max_tokens=9, messages=HI) as stream:
            final = stream.get_final_message()
        whole = client.messages.create(model="m", max_tokens=9, messages=HI)

    assert final.to_dict() == whole.to_dict()


def test_openai_raises_an_error_in_the_stream(provider):
    """An error event after some chunks reaches the caller as the SDK's error."""
    provider.play(chat(cut=3, end=Write(error_event(message="the tape tore"))))

    with pytest.raises(openai.APIError) as failure:
        by_openai(provider)

    assert failure.value.message == "the tape tore"


def test_anthropic_raises_an_error_in_the_stream(provider):
    """An error event after some events reaches the caller as the SDK's error."""
    provider.play(message(cut=3, end=Write(error_event("anthropic", status=529, message="busy"))))

    with pytest.raises(anthropic.APIStatusError) as failure:
        by_anthropic(provider)

    assert failure.value.body["error"] == {"type": "overloaded_error", "message": "busy"}


@pytest.mark.parametrize(
    ("stack", "flavor", "expected"),
    [
        (by_openai, "openai", openai.RateLimitError),
        (by_anthropic, "anthropic", anthropic.RateLimitError),
    ],
)
def test_an_error_becomes_the_sdks_own(provider, stack, flavor, expected):
    """An error reply is understood by the SDK whose provider it imitates."""
    provider.play(error(429, provider=flavor))

    with pytest.raises(expected) as failure:
        stack(provider)

    assert failure.value.status_code == 429


def test_an_azure_error_becomes_the_sdks_own(provider):
    """Azure's SDK finds status and code."""
    provider.play(error(401, provider="azure", code="Unauthorized"))

    with pytest.raises(HttpResponseError) as failure:
        by_azure(provider)

    assert (failure.value.status_code, failure.value.error.code) == (401, "Unauthorized")


def test_a_retry_finds_the_next_reply(provider):
    """An error that asks for a retry, then a stream: the SDK ends up with the stream."""
    provider.play(error(429, headers={"retry-after": "0.001"}), chat("again"))
    with openai_client(provider, retries=1) as client:
        text = chat_text(client.chat.completions.create(model="m", messages=HI, stream=True))

    assert (text, len(provider.requests)) == ("again", 2)


def test_a_cut_stream_breaks_the_transport(provider):
    """A stream that is cut without its last chunk is an error of the HTTP library."""
    provider.play(chat(cut=3))

    with pytest.raises((httpx2.RemoteProtocolError, openai.APIConnectionError)):
        by_openai(provider)


def test_a_client_keeps_its_connection(provider):
    """Two whole answers to one client come over one connection."""
    with openai_client(provider) as client:
        for _ in range(2):
            client.chat.completions.create(model="m", messages=HI)

    assert (provider.connections, len(provider.requests)) == (1, 2)
