"""Every client of the three SDKs that chunktape records, as one table.

A case builds its client on a loopback provider and asks one streamed question; what the caller
sees comes back as plain data, so that live, recorded and replayed can be compared.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

MESSAGES = [{"role": "user", "content": "What is on the tape? 🎞️"}]
KEY = "loopback-key-0123456789"


@dataclass(frozen=True)
class Case:
    """One client: how it is built, asked and closed."""

    name: str
    provider: str
    build: Callable[[Any], Any]
    ask: Callable[[Any], Any]
    is_async: bool = False

    def run(self, provider: Any, **options: Any) -> list[Any]:
        """Return what the caller of a new client sees; exceptions come as they are."""
        if not self.is_async:
            client = self.build(provider, **options)
            try:
                return self.ask(client)
            finally:
                client.close()
        return asyncio.run(self.arun(provider, **options))

    async def arun(self, provider: Any, **options: Any) -> list[Any]:
        """`run`, awaited."""
        client = self.build(provider, **options)
        try:
            return await self.ask(client)
        finally:
            await client.close()


def _openai(provider: Any, kind: str, make_http: Any, key: str | None = KEY, **more: Any) -> Any:
    import openai

    options = dict(more)
    if "Azure" in kind:
        options |= {"azure_endpoint": provider.azure_openai_url, "api_version": "2024-10-21"}
    else:
        options |= {"base_url": provider.openai_url}
    if make_http is not None:
        options["http_client"] = make_http()
    if key is not None:
        options["api_key"] = key
    return getattr(openai, kind)(**options)


def _openai_of(kind: str, make_http: Callable[[], Any] | None = None) -> Callable[..., Any]:
    return lambda provider, **more: _openai(provider, kind, make_http, **more)


def _ask_openai(client: Any) -> list[Any]:
    with client.chat.completions.create(
        model="gpt-4o-mini", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    ) as stream:
        return [chunk.model_dump() for chunk in stream]


async def _aask_openai(client: Any) -> list[Any]:
    stream = await client.chat.completions.create(
        model="gpt-4o-mini", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    async with stream:
        return [chunk.model_dump() async for chunk in stream]


def _anthropic_of(kind: str, make_http: Callable[[], Any] | None = None) -> Callable[..., Any]:
    def build(provider: Any, key: str | None = KEY, **more: Any) -> Any:
        import anthropic

        options = {"base_url": provider.anthropic_url, **more}
        if make_http is not None:
            options["http_client"] = make_http()
        if key is not None:
            options["api_key"] = key
        return getattr(anthropic, kind)(**options)

    return build


def _ask_anthropic(client: Any) -> list[Any]:
    with client.messages.create(
        model="claude-sonnet-4-6", max_tokens=64, messages=MESSAGES, stream=True
    ) as stream:
        return [event.model_dump() for event in stream]


async def _aask_anthropic(client: Any) -> list[Any]:
    stream = await client.messages.create(
        model="claude-sonnet-4-6", max_tokens=64, messages=MESSAGES, stream=True
    )
    async with stream:
        return [event.model_dump() async for event in stream]


def _azure_of(module: str) -> Callable[..., Any]:
    def build(provider: Any, key: str | None = KEY, **more: Any) -> Any:
        from importlib import import_module

        from azure.core.credentials import AzureKeyCredential

        kind = import_module(module).ChatCompletionsClient
        with warnings.catch_warnings():
            # The SDK says at each construction that it is deprecated.
            warnings.simplefilter("ignore")
            return kind(provider.azure_url, AzureKeyCredential(key), **more)

    return build


def _ask_azure(client: Any) -> list[Any]:
    with client.complete(messages=MESSAGES, model="gpt-4o-mini", stream=True) as stream:
        return [update.as_dict() for update in stream]


async def _aask_azure(client: Any) -> list[Any]:
    stream = await client.complete(messages=MESSAGES, model="gpt-4o-mini", stream=True)
    async with stream:  # closes the response too: the SDK itself leaves it open at [DONE]
        return [update.as_dict() async for update in stream]


def _httpx_client() -> Any:
    import httpx

    return httpx.Client()


def _httpx_async_client() -> Any:
    import httpx

    return httpx.AsyncClient()


def _openai_aiohttp() -> Any:
    import openai

    return openai.DefaultAioHttpClient()


def _anthropic_aiohttp() -> Any:
    import anthropic

    return anthropic.DefaultAioHttpClient()


Ask = Callable[[Any], list[Any]] | Callable[[Any], Awaitable[list[Any]]]

CASES: list[Case] = [
    Case("openai", "openai", _openai_of("OpenAI"), _ask_openai),
    Case("openai-async", "openai", _openai_of("AsyncOpenAI"), _aask_openai, is_async=True),
    Case("openai-aiohttp", "openai", _openai_of("AsyncOpenAI", _openai_aiohttp), _aask_openai, is_async=True),
    Case("openai-httpx", "openai", _openai_of("OpenAI", _httpx_client), _ask_openai),
    Case(
        "openai-httpx-async",
        "openai",
        _openai_of("AsyncOpenAI", _httpx_async_client),
        _aask_openai,
        is_async=True,
    ),
    Case("azure-openai", "azure-openai", _openai_of("AzureOpenAI"), _ask_openai),
    Case("azure-openai-async", "azure-openai", _openai_of("AsyncAzureOpenAI"), _aask_openai, is_async=True),
    Case(
        "azure-openai-aiohttp",
        "azure-openai",
        _openai_of("AsyncAzureOpenAI", _openai_aiohttp),
        _aask_openai,
        is_async=True,
    ),
    Case("anthropic", "anthropic", _anthropic_of("Anthropic"), _ask_anthropic),
    Case("anthropic-async", "anthropic", _anthropic_of("AsyncAnthropic"), _aask_anthropic, is_async=True),
    Case(
        "anthropic-aiohttp",
        "anthropic",
        _anthropic_of("AsyncAnthropic", _anthropic_aiohttp),
        _aask_anthropic,
        is_async=True,
    ),
    Case("azure", "azure", _azure_of("azure.ai.inference"), _ask_azure),
    Case("azure-async", "azure", _azure_of("azure.ai.inference.aio"), _aask_azure, is_async=True),
]

NAMED = {case.name: case for case in CASES}
