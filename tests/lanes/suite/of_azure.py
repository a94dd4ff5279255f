"""Askers of azure-ai-inference, whose clients send through requests and through aiohttp."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from asker import KEY, MODEL, Question, askers
from of_openai import TOOLS, told_chat


def client(place: Any, module: str) -> Any:
    """Return a client of the SDK at the place."""
    with warnings.catch_warnings():
        # The SDK says at each construction that it is deprecated.
        warnings.simplefilter("ignore")
        from azure.core.credentials import AzureKeyCredential

        kind = import_module(module).ChatCompletionsClient
        return kind(place.azure_url, AzureKeyCredential(KEY), retry_total=0)


def _options(question: Question, *, stream: bool) -> dict[str, Any]:
    options = {"model": MODEL, "messages": question.messages, "stream": stream}
    return options | ({"tools": TOOLS} if question.tool else {})


def _complete(place: Any, question: Question, *, stream: bool) -> Any:
    with client(place, "azure.ai.inference") as sdk:
        answer = sdk.complete(**_options(question, stream=stream))
        if not stream:
            yield answer.as_dict()
            return
        with answer:
            for update in answer:
                yield update.as_dict()


async def _acomplete(place: Any, question: Question, *, stream: bool) -> Any:
    async with client(place, "azure.ai.inference.aio") as sdk:
        answer = await sdk.complete(**_options(question, stream=stream))
        if not stream:
            yield answer.as_dict()
            return
        async with answer:
            async for update in answer:
                yield update.as_dict()


ASKERS = askers("azure", "azure", "azure", _complete, _acomplete, told_chat)
