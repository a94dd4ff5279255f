"""Askers of LangChain's chat models for OpenAI, Azure OpenAI and Anthropic."""

from __future__ import annotations

from functools import partial, reduce
from operator import add
from typing import Any

from asker import CLAUDE, KEY, MODEL, SCHEMA, Question, Told, askers

TOOL = {"name": "weather", "description": "Tell the weather.", "input_schema": SCHEMA}
FUNCTION = {"name": "weather", "description": "Tell the weather.", "parameters": SCHEMA}


def _openai(place: Any) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model=MODEL, api_key=KEY, base_url=place.openai_url, max_retries=0, stream_usage=True)


def _azure_openai(place: Any) -> Any:
    from langchain_openai import AzureChatOpenAI

    return AzureChatOpenAI(
        model=MODEL,
        azure_deployment=MODEL,
        api_key=KEY,
        azure_endpoint=place.azure_openai_url,
        api_version="2024-10-21",
        max_retries=0,
        stream_usage=True,
    )


def _responses(place: Any) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model=MODEL, api_key=KEY, base_url=place.openai_url, max_retries=0, use_responses_api=True
    )


def _anthropic(place: Any) -> Any:
    from langchain_anthropic import ChatAnthropic

    return ChatAnthropic(
        model=CLAUDE, api_key=KEY, base_url=place.anthropic_url, max_retries=0, max_tokens=64
    )


def _model(build: Any, place: Any, question: Question) -> Any:
    model = build(place)
    if not question.tool:
        return model
    return model.bind_tools([TOOL if build is _anthropic else {"type": "function", "function": FUNCTION}])


def _without_run(message: Any) -> dict[str, Any]:
    """Return a message as plain data, without the id that LangChain makes for each run."""
    return message.model_dump(exclude={"id"})


def told_messages(objects: tuple[Any, ...]) -> Told:
    """Return what LangChain's messages say, given as plain data."""
    from langchain_core.messages import AIMessage, AIMessageChunk

    kind = AIMessage if objects[0]["type"] == "ai" else AIMessageChunk
    whole = reduce(add, (kind(**one) for one in objects))
    usage = whole.usage_metadata
    calls = tuple((call["name"], call["args"]) for call in whole.tool_calls)
    return Told(str(whole.text), calls, usage and (usage["input_tokens"], usage["output_tokens"]))


def ask(place: Any, question: Question, *, build: Any, stream: bool) -> Any:
    """Ask a chat model."""
    model = _model(build, place, question)
    if not stream:
        yield _without_run(model.invoke(question.text))
        return
    for chunk in model.stream(question.text):
        yield _without_run(chunk)


async def aask(place: Any, question: Question, *, build: Any, stream: bool) -> Any:
    """`ask`, awaited."""
    model = _model(build, place, question)
    if not stream:
        yield _without_run(await model.ainvoke(question.text))
        return
    async for chunk in model.astream(question.text):
        yield _without_run(chunk)


ASKERS = [
    asker
    for name, wire, build in (
        ("openai", "chat", _openai),
        ("openai-responses", "responses", _responses),
        ("azure-openai", "azure", _azure_openai),
        ("anthropic", "message", _anthropic),
    )
    for asker in askers(
        f"langchain-{name}",
        "langchain",
        wire,
        partial(ask, build=build),
        partial(aask, build=build),
        told_messages,
    )
]
