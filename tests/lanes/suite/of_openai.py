"""Askers of the openai SDK: chat completions, at OpenAI and at Azure, and responses."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from asker import KEY, MODEL, SCHEMA, Question, Told, askers

FUNCTION = {"name": "weather", "description": "Tell the weather.", "parameters": SCHEMA}
TOOLS = [{"type": "function", "function": FUNCTION}]


def client(place: Any, kind: str) -> Any:
    """Return a client of the SDK at the place."""
    import openai

    options: dict[str, Any] = {"base_url": place.openai_url}
    if "Azure" in kind:
        options = {"azure_endpoint": place.azure_openai_url, "api_version": "2024-10-21"}
    return getattr(openai, kind)(api_key=KEY, max_retries=0, **options)


def _options(question: Question, *, stream: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"model": MODEL, "messages": question.messages}
    if question.tool:
        options["tools"] = TOOLS
    if stream:
        options |= {"stream": True, "stream_options": {"include_usage": True}}
    return options


def _chat(place: Any, question: Question, *, kind: str, stream: bool) -> Any:
    with client(place, kind) as sdk:
        answer = sdk.chat.completions.create(**_options(question, stream=stream))
        if not stream:
            yield answer.model_dump()
            return
        with answer:
            for chunk in answer:
                yield chunk.model_dump()


async def _achat(place: Any, question: Question, *, kind: str, stream: bool) -> Any:
    async with client(place, f"Async{kind}") as sdk:
        answer = await sdk.chat.completions.create(**_options(question, stream=stream))
        if not stream:
            yield answer.model_dump()
            return
        async with answer:
            async for chunk in answer:
                yield chunk.model_dump()


def told_chat(objects: tuple[Any, ...]) -> Told:
    """Return what chat completions and their chunks say, given as plain data."""
    text, calls, usage = [], {}, None
    for one in objects:
        counted = one.get("usage")
        usage = (counted["prompt_tokens"], counted["completion_tokens"]) if counted else usage
        for choice in one["choices"]:
            said = choice.get("delta") or choice.get("message") or {}
            text.append(said.get("content") or "")
            for place, call in enumerate(said.get("tool_calls") or ()):
                name, pieces = calls.setdefault(call.get("index") or place, ([], []))
                name.append(call["function"].get("name") or "")
                pieces.append(call["function"].get("arguments") or "")
    made = tuple(("".join(name), json.loads("".join(pieces))) for name, pieces in calls.values())
    return Told("".join(text), made, usage)


def _response_options(question: Question, *, stream: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"model": MODEL, "input": question.text, "stream": stream}
    if question.tool:
        options["tools"] = [{"type": "function", "strict": False, **FUNCTION}]
    return options


def _responses(place: Any, question: Question, *, stream: bool) -> Any:
    with client(place, "OpenAI") as sdk:
        answer = sdk.responses.create(**_response_options(question, stream=stream))
        if not stream:
            yield answer.model_dump()
            return
        with answer:
            for event in answer:
                yield event.model_dump()


async def _aresponses(place: Any, question: Question, *, stream: bool) -> Any:
    async with client(place, "AsyncOpenAI") as sdk:
        answer = await sdk.responses.create(**_response_options(question, stream=stream))
        if not stream:
            yield answer.model_dump()
            return
        async with answer:
            async for event in answer:
                yield event.model_dump()


def _told_responses(objects: tuple[Any, ...]) -> Told:
    whole = objects[-1].get("response") or objects[-1]
    text, calls = [], []
    for item in whole["output"]:
        if item["type"] == "function_call":
            calls.append((item["name"], json.loads(item["arguments"])))
        else:
            text += [part["text"] for part in item["content"]]
    return Told(
        "".join(text), tuple(calls), (whole["usage"]["input_tokens"], whole["usage"]["output_tokens"])
    )


ASKERS = [
    *(
        asker
        for name, part, kind, wire in (
            ("openai", "openai", "OpenAI", "chat"),
            ("azure-openai", "azure_openai", "AzureOpenAI", "azure"),
        )
        for asker in askers(
            name, part, wire, partial(_chat, kind=kind), partial(_achat, kind=kind), told_chat
        )
    ),
    *askers("openai-responses", "openai", "responses", _responses, _aresponses, _told_responses),
]
