"""Askers of LiteLLM: through the openai SDK, and through transports of its own, over httpx and aiohttp."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

# LiteLLM fetches its table of prices when it is imported, unless it is told to take its own.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from asker import CLAUDE, KEY, MODEL, Question, askers
from of_openai import TOOLS, told_chat

MODELS = {
    "openai": (f"openai/{MODEL}", "openai_url"),
    "anthropic": (f"anthropic/{CLAUDE}", "anthropic_url"),
    "azure_ai": ("azure_ai/command-r-plus", "azure_url"),
}


def _options(place: Any, question: Question, *, name: str, stream: bool) -> dict[str, Any]:
    model, url = MODELS[name]
    options: dict[str, Any] = {
        "model": model,
        "messages": question.messages,
        "api_key": KEY,
        "api_base": getattr(place, url),
        "num_retries": 0,
        "max_retries": 0,
        "stream": stream,
    }
    if stream:
        options["stream_options"] = {"include_usage": True}
    return options | ({"tools": TOOLS} if question.tool else {})


def _plain(answer: Any) -> dict[str, Any]:
    """Return an answer as plain data, without the id and time that LiteLLM makes up."""
    made: dict[str, Any] = answer.model_dump(exclude={"id", "created"})
    return made


def _ask(place: Any, question: Question, *, name: str, stream: bool) -> Any:
    import litellm

    answer = litellm.completion(**_options(place, question, name=name, stream=stream))
    if not stream:
        yield _plain(answer)
        return
    for chunk in answer:
        yield _plain(chunk)


async def _aask(place: Any, question: Question, *, name: str, stream: bool) -> Any:
    import litellm

    answer = await litellm.acompletion(**_options(place, question, name=name, stream=stream))
    if not stream:
        yield _plain(answer)
        return
    async for chunk in answer:
        yield _plain(chunk)


ASKERS = [
    asker
    for name, wire in (("openai", "chat"), ("anthropic", "message"), ("azure_ai", "azure"))
    for asker in askers(
        f"litellm-{name}", "litellm", wire, partial(_ask, name=name), partial(_aask, name=name), told_chat
    )
]
