"""Askers of LangChain's models for Azure AI Foundry: over azure-ai-inference, and over the openai SDK."""

from __future__ import annotations

from functools import partial
from typing import Any

from asker import KEY, MODEL, askers
from of_langchain import aask, ask, told_messages


def _inference(place: Any) -> Any:
    from langchain_azure_ai.chat_models.inference import AzureAIChatCompletionsModel

    return AzureAIChatCompletionsModel(
        endpoint=place.azure_url, credential=KEY, model=MODEL, client_kwargs={"retry_total": 0}
    )


def _openai(place: Any) -> Any:
    from langchain_azure_ai.chat_models import AzureAIOpenAIApiChatModel

    return AzureAIOpenAIApiChatModel(
        endpoint=place.openai_url, credential=KEY, model=MODEL, max_retries=0, use_responses_api=False
    )


ASKERS = [
    asker
    for name, wire, build in (("azure-ai", "azure", _inference), ("azure-ai-openai", "azure", _openai))
    for asker in askers(
        f"langchain-{name}",
        "langchain_azure",
        wire,
        partial(ask, build=build),
        partial(aask, build=build),
        told_messages,
    )
]
